using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Tests.Data;

public class DatasetTests
{
    private static readonly DataOptions s_task = new() { Modalities = ["task"], Validation = 0 };

    [Fact]
    public void The_test_episodes_are_standard_ones()
    {
        using var folder = new TempFolder();
        string episode = new TinyEpisode { Number = 3, Extra = true, Terminal = true, NoAction = [4] }.Commit(folder.Path);
        Assert.Equal([], EpisodeVerifier.Verify(episode));
    }

    [Fact]
    public void A_summary_says_what_a_model_is_trained_on()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 3; i++)
            new TinyEpisode { Number = i, Frames = 30, Robot = "UR5e" }.Commit(folder.Path);
        Dataset data = Dataset.Open(folder.Path, s_task with { Actions = ["a1"] }, Assert.Fail);
        DatasetSummary s = data.Summary;
        Assert.Equal((3, 90L, 30.0, "UR5e", 3), (s.Episodes, s.Frames, s.RateHz, s.Robot, s.Tasks["swing"]));
        Assert.Equal(3 / 3600.0, s.Hours, 1e-12);
        Assert.Equal(["a1"], s.Actions.Names);
        Assert.Equal([null], s.Actions.Lower);
        Assert.Equal(["rad", "rad/s"], s.Modalities.Single().Units);
        DatasetSummary again = DatasetSummary.Parse(s.ToJson());
        Assert.Equal(s.ToJson(), again.ToJson());
        Assert.Equal(s.Actions, again.Actions);
        Assert.Contains("\"kind\": \"environment\"", s.ToJson(), StringComparison.Ordinal);

        new TinyEpisode { Number = 3, Robot = "UR5e" }.Commit(folder.Path);
        Assert.NotEqual(s.Digest, Dataset.Open(folder.Path, s_task, Assert.Fail).Summary.Digest);
    }

    [Fact]
    public void What_is_broken_or_not_finished_is_left_out_with_a_line_each()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 6; i++)
            new TinyEpisode { Number = i }.Commit(folder.Path);
        string At(int number, string file) => folder[$"simulation/demo_00{number}/{file}"];
        File.WriteAllText(At(1, "metadata.json"), "{");
        File.AppendAllText(At(2, "task.csv"), "20,x,y,z\r\n");
        File.Delete(At(4, "rewards.csv"));
        File.WriteAllText(At(5, "task.csv"), File.ReadAllText(At(5, "task.csv")).Replace("angle", "x", StringComparison.Ordinal));
        Directory.CreateDirectory(folder["simulation/demo_007.recording"]);
        var lines = new List<string>();
        Dataset data = Dataset.Open(folder.Path, s_task, lines.Add);
        Assert.Equal(["simulation/demo_000", "simulation/demo_003"], data.Episodes.Select(e => e.Name));
        Assert.Equal(5, lines.Count);
        Assert.Contains(lines, l => l.Contains("rewards.csv is not there", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("task.csv has no column angle", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("demo_001 is left out", StringComparison.Ordinal) && !l.Contains('\n'));
        Assert.Contains(lines, l => l.Contains("demo_002 is left out", StringComparison.Ordinal) && l.Contains("task.csv"));
        Assert.Contains(lines, l => l.Contains("demo_007.recording is not finished", StringComparison.Ordinal));
        Assert.Equal(lines, data.Summary.LeftOut);
    }

    [Fact]
    public void Nothing_to_read_is_an_error_that_says_so()
    {
        using var folder = new TempFolder();
        Assert.Contains("no episode", Assert.Throws<InvalidDataException>(
            () => Dataset.Open(folder.Path, s_task, Assert.Fail)).Message, StringComparison.Ordinal);
        string episode = new TinyEpisode().Commit(folder.Path);
        var unknown = Assert.Throws<InvalidDataException>(
            () => Dataset.Open(folder.Path, s_task with { Modalities = ["wrench"] }, Assert.Fail));
        Assert.Contains("no episode has 'wrench'; there are task", unknown.Message, StringComparison.Ordinal);
        Assert.Contains("no action 'a5'", Assert.Throws<InvalidDataException>(
            () => Dataset.Open(folder.Path, s_task with { Actions = ["a5"] }, Assert.Fail)).Message, StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(episode, "actions.csv"), "");
        var lines = new List<string>();
        Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path, s_task, lines.Add));
        Assert.Single(lines);
    }

    public static TheoryData<string> Kinds => ["robots", "rates", "actions", "columns of task"];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Episodes_that_differ_are_refused_by_name(string what)
    {
        using var folder = new TempFolder();
        new TinyEpisode { Robot = "UR5e" }.Commit(folder.Path);
        new TinyEpisode { Number = 1, Robot = "UR5e" }.Commit(folder.Path);
        TinyEpisode other = new() { Number = 2, Robot = "UR5e" };
        (what switch
        {
            "robots" => other with { Robot = "UR3e" },
            "rates" => other with { RateHz = 20 },
            "actions" => other with { Upper = 3 },
            _ => other with { Columns = ["angle", "force"] },
        }).Commit(folder.Path);
        string message = Assert.Throws<InvalidDataException>(() => Dataset.Open(folder.Path, s_task, Assert.Fail)).Message;
        Assert.StartsWith($"simulation/demo_000 and simulation/demo_002 have different {what}", message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', message);
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        foreach (DataOptions options in new[] { s_task with { Modalities = [] }, s_task with { Modalities = ["task", "task"] },
            s_task with { PictureSide = 0 }, s_task with { Validation = 0.6, Test = 0.4 }, s_task with { Validation = double.NaN } })
            Assert.Throws<ArgumentException>(() => Dataset.Open("/", options, Assert.Fail));
    }

    [Fact]
    public void A_split_stays_when_episodes_come()
    {
        var options = new DataOptions { Validation = 0.2, Test = 0.1, SplitSeed = 5 };
        string[] names = [.. Enumerable.Range(0, 2000).Select(i => $"demonstrations/demo_{i:D3}")];
        DataPart[] few = EpisodeSplit.Of(names[..500], options, null), all = EpisodeSplit.Of(names, options, null);
        Assert.Equal(few, all[..500]);
        Assert.InRange(all.Count(p => p == DataPart.Validation), 340, 460);
        Assert.InRange(all.Count(p => p == DataPart.Test), 150, 250);
        Assert.NotEqual(all, EpisodeSplit.Of(names, options with { SplitSeed = 6 }, null));
        DataPart[] wider = EpisodeSplit.Of(names, options with { Validation = 0.3, Test = 0 }, null);
        Assert.All(names.Select((_, i) => i).Where(i => all[i] == DataPart.Validation), i => Assert.Equal(DataPart.Validation, wider[i]));
    }

    [Fact]
    public void Of_two_episodes_one_is_for_validation()
    {
        for (ulong seed = 0; seed < 50; seed++)
        {
            var options = new DataOptions { Validation = 0.1, SplitSeed = seed };
            DataPart[] parts = EpisodeSplit.Of(["a/demo_000", "a/demo_001"], options, null);
            Assert.Equal([DataPart.Train, DataPart.Validation], parts.Order());
            Assert.Equal([DataPart.Train], EpisodeSplit.Of(["a/demo_000"], options, null));
        }
    }

    [Fact]
    public void A_split_made_by_hand_goes_first()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 3; i++)
            new TinyEpisode { Number = i }.Commit(folder.Path);
        DatasetIndex index = DatasetIndex.Rebuild(folder.Path);
        (index with { Split = new(["simulation/demo_001"], ["simulation/demo_000"], ["simulation/demo_002"]) }).Write(folder.Path);
        Dataset data = Dataset.Open(folder.Path, s_task, Assert.Fail);
        Assert.Equal("simulation/demo_001", data.In(DataPart.Train).Single().Name);
        Assert.Equal("simulation/demo_000", data.In(DataPart.Validation).Single().Name);
        Assert.Equal("simulation/demo_002", data.In(DataPart.Test).Single().Name);
        File.WriteAllText(folder["metadata.json"], "{");
        Assert.Equal(3, Dataset.Open(folder.Path, s_task, Assert.Fail).Summary.Train);
        Assert.True(File.Exists(folder["metadata.json"])); // a reader changes nothing
    }
}
