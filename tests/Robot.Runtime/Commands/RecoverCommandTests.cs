using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Commands;

public sealed class RecoverCommandTests : IDisposable
{
    private readonly TempFolder _data = new();

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
