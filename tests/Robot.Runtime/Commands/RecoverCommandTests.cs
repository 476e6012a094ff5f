using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Commands;

public sealed class RecoverCommandTests : IDisposable
{
    private readonly TempFolder _data = new();

    [Fact]
    public void A_mark_that_never_came_to_the_index_is_there_after_a_recovery_of_nothing()
    {
        string episode = FakeEpisode.Write(_data.Path, "demo_000", frames: 2, cameras: "wrist");
        DatasetIndex.Refresh(_data.Path);
        EpisodeMark.Mark(episode, Outcome.Failure, null); // and its process was killed
        Assert.Equal(ExitCode.Done, Recover());
        Assert.Equal(Outcome.Failure, Assert.Single(DatasetIndex.TryRead(_data.Path)!.Episodes).Outcome);
    }

    [Fact]
    public void A_folder_without_episodes_gets_no_index()
    {
        Assert.Equal(ExitCode.Done, Recover());
        Assert.False(File.Exists(_data[EpisodeLayout.Metadata]));
    }

    [Fact]
    public void A_log_that_is_damaged_from_its_start_is_a_fault_and_stays()
    {
        string recording = _data["demonstrations/demo_000.recording"], log = Path.Combine(recording, EpisodeLayout.CaptureLog);
        Directory.CreateDirectory(recording);
        File.WriteAllText(log, "this is no log, and nothing was ever recorded like it");
        Assert.Equal(ExitCode.FaultsFound, Recover());
        Assert.True(File.Exists(log));
        Assert.False(Directory.Exists(_data["trash"]));
    }

    public void Dispose() => _data.Dispose();

    private int Recover() => EpisodesCommand.Create().Parse(["recover", _data.Path]).Invoke();
}
