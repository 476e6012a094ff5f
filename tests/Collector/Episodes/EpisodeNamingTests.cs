using System.Diagnostics;
using System.Globalization;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Tests.Codecs;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class EpisodeNamingTests
{
    [Theory]
    [InlineData(new string[0], new string[0], "demo_000")]
    [InlineData(new[] { "demo_000", "demo_001" }, new string[0], "demo_002")]
    [InlineData(new[] { "demo_000", "demo_004.recording" }, new string[0], "demo_005")]
    [InlineData(new[] { "demo_000" }, new[] { "demo_007" }, "demo_008")]
    [InlineData(new[] { "demo_000" }, new[] { "demo_011.recording~3" }, "demo_012")]
    [InlineData(new[] { "demo_999" }, new string[0], "demo_1000")]
    [InlineData(new[] { "demo_12", "demo_x", "other_055", "demo_002" }, new string[0], "demo_003")]
    public void The_next_number_is_one_more_than_the_highest(string[] there, string[] discarded, string expected)
    {
        using var folder = new MemoryFolder();
        string episodes = Path.Combine(folder.Path, "demonstrations"), trash = Path.Combine(folder.Path, "trash");
        foreach (string name in there)
            Directory.CreateDirectory(Path.Combine(episodes, name));
        foreach (string name in discarded)
            Directory.CreateDirectory(Path.Combine(trash, name));
        Assert.Equal(Path.Combine(episodes, expected + ".recording"), EpisodeNaming.CreateRecording(episodes, trash));
    }

    [Fact]
    public void A_folder_of_episodes_that_is_made_outlives_a_power_cut()
    {
        using var folder = new MemoryFolder();
        string root = Path.Combine(folder.Path, "data"), episodes = Path.Combine(root, "demonstrations");
        string trash = Path.Combine(root, "trash");
        using var above = new FolderWatch(folder.Path);
        Directory.CreateDirectory(root);
        Assert.False(above.WasOpened());
        using var watch = new FolderWatch(root);
        string recording = EpisodeNaming.CreateRecording(episodes, trash);
        Assert.True(watch.WasOpened(), "the root is synced, for which it must be opened");
        EpisodeNaming.CreateRecording(episodes, trash);
        Assert.False(watch.WasOpened(), "the second recording makes nothing in the root");
        EpisodeNaming.Discard(recording, trash);
        Assert.True(watch.WasOpened(), "the trash is new in the root");

        EpisodeNaming.CreateRecording(Path.Combine(folder.Path, "other", "demonstrations"), trash);
        Assert.True(above.WasOpened(), "so is a root that is made");
    }

    [Fact]
    public void Discarding_keeps_the_number_taken_and_replaces_nothing()
    {
        using var folder = new MemoryFolder();
        string episodes = Path.Combine(folder.Path, "demonstrations"), trash = Path.Combine(folder.Path, "trash"),
            other = Path.Combine(folder.Path, "simulation");
        string recording = EpisodeNaming.CreateRecording(episodes, trash);
        File.WriteAllText(Path.Combine(recording, "capture.mcap"), "one");
        Assert.Equal(Path.Combine(trash, "demo_000.recording"), EpisodeNaming.Discard(recording, trash));
        Assert.False(Directory.Exists(recording));
        Directory.CreateDirectory(Path.Combine(other, "demo_000.recording"));
        Assert.Equal(Path.Combine(trash, "demo_000.recording~2"), EpisodeNaming.Discard(Path.Combine(other, "demo_000.recording"), trash));
        Assert.Equal("one", File.ReadAllText(Path.Combine(trash, "demo_000.recording", "capture.mcap")));
        Assert.Equal("demo_001.recording", Path.GetFileName(EpisodeNaming.CreateRecording(episodes, trash)));
        Assert.Throws<ArgumentException>(() => EpisodeNaming.Discard(trash, trash));
    }

    [SkippableFact]
    public void Two_processes_and_four_threads_never_get_a_number_twice()
    {
        const int Each = 60, Threads = 4;
        using var folder = new MemoryFolder();
        string episodes = Directory.CreateDirectory(Path.Combine(folder.Path, "demonstrations")).FullName;
        string trash = Directory.CreateDirectory(Path.Combine(folder.Path, "trash")).FullName;
        using Process other = Peer.StartPython("episode_naming.py", episodes, trash, (2 * Each).ToString(CultureInfo.InvariantCulture));
        var taken = new int[Threads][];
        Parallel.For(0, Threads, new ParallelOptions { MaxDegreeOfParallelism = Threads }, t =>
        {
            taken[t] = new int[Each];
            for (int i = 0; i < Each; i++)
            {
                string recording = EpisodeNaming.CreateRecording(episodes, trash);
                taken[t][i] = EpisodeNaming.NumberOf(Path.GetFileName(recording))!.Value;
                // committed, or discarded, at once: the name is free again, the number is not
                if (i % 3 == 0)
                    EpisodeNaming.Discard(recording, trash);
                else
                    Directory.Move(recording, recording[..^EpisodeLayout.RecordingSuffix.Length]);
            }
        });
        string said = other.StandardOutput.ReadToEnd();
        other.WaitForExit();
        Assert.True(other.ExitCode == 0, other.StandardError.ReadToEnd());
        List<int> all = [.. said.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries).Select(int.Parse),
            .. taken.SelectMany(t => t)];
        Assert.Equal((2 + Threads) * Each, all.Count);
        Assert.Equal(all.Count, all.Distinct().Count());
    }
}
