using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;
using RowStatus = RobotWorldModel.Collector.Episodes.StreamStatus;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>Somebody at the pendant, or another program, wants the arm otherwise than this service: rows of docs/faults.md.</summary>
[Collection(FaultCellCollection.Name)]
public sealed class PendantTests(FaultCell faults, ITestOutputHelper output) : IDisposable
{
    private const double StandsWithinS = 1;
    private readonly TempFolder _elsewhere = new();

    [Fact]
    public void In_local_control_nothing_is_moved_and_recording_goes_on()
    {
        faults.Home();
        long local = faults.Order("local");
        var recording = faults.StartRecording();
        faults.Arm("move", "--by", "0,0,-0.05").MustRefuse(ExitCode.Device, "local control", "remote control at the pendant's top right");
        faults.Arm("power", "off").MustRefuse(ExitCode.Device, "local control");
        var recorded = faults.EndRecording(recording);
        recorded.Said.MustEndWith(ExitCode.Done);
        Assert.DoesNotContain(recorded.Robot, row => row.Status == RowStatus.Missing);
        faults.MustStandSince(local);
        faults.Order("remote");
        faults.Arm("move", "--by", "0,0,-0.02").MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void A_speed_slider_at_zero_holds_the_arm_on_its_way_and_it_goes_on_from_there()
    {
        faults.Home();
        double height = faults.Cell.Status().Robot!.Tcp[2];
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        const double ZeroForS = 3;
        long zero = faults.Order("speed_slider", ZeroForS, value: 0);
        Eventually.True(() => faults.Cell.Status().Robot!.SpeedScaling == 0, "the status says so", 30);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, zero):0.00} s");
        Assert.False(move.HasExited, $"the move is not over; {move.Said()}");
        faults.MustMove();
        double after = (faults.Witness(zero + 2_000_000_000, HostClock.NowNs).Began[0] - zero) * 1e-9 - ZeroForS;
        Assert.True(after >= 0, $"it moved {-after} s before the slider was back");
        output.WriteLine($"it moves again {after:0.00} s after the slider is back");
        Assert.Contains("arrived", move.WaitForEnd().MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        Assert.Equal(height - FaultCell.MoveM, faults.Cell.Status().Robot!.Tcp[2], 1e-3);
        var recorded = faults.EndRecording(recording);
        recorded.Said.MustEndWith(ExitCode.Done);
        Assert.DoesNotContain(recorded.Robot, row => row.Status == RowStatus.Missing);
        (double slowest, double last) = Speeds(recorded.Episode);
        Assert.Equal((0, 1), (slowest, last));
    }

    [Fact]
    public void Registers_that_another_program_has_are_named_and_recording_goes_on_without_them()
    {
        faults.Home();
        faults.Order("in_use");
        faults.Order("half_open", seconds: 1); // long enough to lose the connection, and with it the registers
        Eventually.True(() => faults.Says() is var line && line.Contains("IN_USE", StringComparison.Ordinal)
            && line.Contains("RTDE at", StringComparison.Ordinal), "the status says so", 30);
        long taken = HostClock.NowNs;
        var recording = faults.StartRecording();
        faults.Arm("home").MustRefuse(ExitCode.Device, "input_double_register_24", "IN_USE", "end that program");
        var recorded = faults.EndRecording(recording);
        recorded.Said.MustEndWith(ExitCode.Done);
        Assert.DoesNotContain(recorded.Robot, row => row.Status == RowStatus.Missing);
        faults.MustStandSince(taken);
        faults.Order("in_use", seconds: 0.1); // and it ends
        Eventually.True(() => HostClock.NowNs > taken + 500_000_000, "it has ended");
        faults.Arm("move", "--by", "0,0,-0.02").MustEndWith(ExitCode.Done);
        Assert.DoesNotContain("IN_USE", faults.Says(), StringComparison.Ordinal);
    }

    [Fact]
    public void Of_two_services_on_one_arm_one_moves_it_and_the_other_is_told_and_both_record()
    {
        faults.Home();
        string config = faults.Cell.ConfigWith($"listen: {new Uri(faults.Cell.Url).Authority}", $"listen: 127.0.0.1:{Ports.FreePort()}");
        string[] options = ["--config", config, "--data", _elsewhere["data"]];
        var second = Elsewhere(["run", .. options]).MustSay("ready; dashboard");
        second.MustSay("IN_USE");
        var move = faults.StartMove();
        long moves = HostClock.NowNs;
        var recording = Elsewhere(["record", "--task", "test", "--seconds", "1", .. options]);
        Elsewhere(["arm", "home", .. options]).WaitForEnd().MustRefuse(ExitCode.Device, "the arm moves");
        move.WaitForEnd().MustEndWith(ExitCode.Done);
        recording.WaitForEnd().MustEndWith(ExitCode.Done);
        Assert.Empty(faults.Witness(moves, moves + 1_500_000_000).Ceased); // the first one's move was not held up
        Elsewhere(["arm", "home", .. options]).WaitForEnd().MustRefuse(ExitCode.Device, "IN_USE", "end that program");
        var episode = EpisodeReader.Open(EpisodeCatalog.Find(_elsewhere["data"]).Single().Path);
        Assert.DoesNotContain(episode.ReadStream("robot")!, row => row.Status == RowStatus.Missing);

        faults.Cell.Ask(CoreMethods.Shutdown);
        faults.Service.WaitForEnd().MustEndWith(ExitCode.Done);
        long alone = HostClock.NowNs;
        Eventually.True(() => HostClock.NowNs > alone + 300_000_000, "there is something to look at");
        faults.MustStandSince(alone);
        Elsewhere(["arm", "home", .. options]).WaitForEnd().MustEndWith(ExitCode.Done);
        second.Signal(RobotProcess.SigTerm);
        second.WaitForEnd().MustEndWith(ExitCode.Done);
        faults.StartService();
        faults.WaitForArm("ready");
    }

    public void Dispose() => _elsewhere.Dispose();

    private RobotProcess Elsewhere(params string[] arguments) => faults.Cell.StartElsewhere(_elsewhere["run"], arguments);

    private static (double Slowest, double Last) Speeds(EpisodeReader episode)
    {
        using var log = new CaptureReader(Path.Combine(episode.Folder, EpisodeLayout.CaptureLog));
        double slowest = 1, last = 1;
        while (log.TryRead(out var message))
            if (message.Kind == CaptureKind.RobotState)
                slowest = Math.Min(slowest, last = message.RobotState().Value.SpeedFraction);
        return (slowest, last);
    }
}
