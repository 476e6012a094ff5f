using System.Diagnostics;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;
using RowStatus = RobotWorldModel.Collector.Episodes.StreamStatus;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>The arm is stopped by its safety system: rows of docs/faults.md.</summary>
[Collection(FaultCellCollection.Name)]
public class StopTests(FaultCell faults, ITestOutputHelper output)
{
    private const double StandsWithinS = 1;

    [Fact]
    public void A_protective_stop_in_a_recording_is_marked_and_the_recording_goes_on()
    {
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long stopped = faults.Order("protective_stop");
        move.WaitForEnd().MustRefuse(ExitCode.Device, "ProtectiveStop", "look at the cell, then acknowledge");
        faults.WaitForArm("protective_stop");
        Assert.Contains("protective stop: find its cause, then unlock it", faults.Says(), StringComparison.Ordinal);
        Unlock();
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, stopped):0.00} s");

        recorded.Said.MustEndWith(ExitCode.Done);
        string[] safety = [.. recorded.EventsOf(CaptureEventKinds.Safety)];
        Assert.Contains(safety, e => e.Contains("safety is protective_stop", StringComparison.Ordinal));
        Assert.Contains(safety, e => e.Contains("safety is normal", StringComparison.Ordinal));
        Assert.Equal("a person has acknowledged", safety[^1]);
        Assert.DoesNotContain(recorded.Robot, row => row.Status == RowStatus.Missing);
        faults.Home();
    }

    [Fact]
    public void A_protective_stop_ends_a_replay_which_begins_anew_only_when_it_is_asked()
    {
        string episode = faults.Episode;
        faults.Home();
        var replay = StartReplay(episode);
        faults.MustMove();
        long stopped = faults.Order("protective_stop");
        var ended = replay.WaitForEnd().MustEndWith(ExitCode.Device);
        Assert.Matches("replay stopped: .*ProtectiveStop.*acknowledge", ended.Out);
        faults.WaitForArm("protective_stop");
        StartReplay(episode).WaitForEnd().MustRefuse(ExitCode.Device, "acknowledge");
        Unlock();
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, stopped):0.00} s");
        Assert.Contains("replay done", StartReplay(episode).WaitForEnd().MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
    }

    [Fact]
    public void After_an_emergency_stop_the_button_power_and_a_persons_word_are_needed()
    {
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long pressed = faults.Order("emergency_stop");
        move.WaitForEnd().MustRefuse(ExitCode.Device, "EmergencyStop", "look at the cell, then acknowledge");
        faults.WaitForArm("emergency_stop");
        faults.Arm("unlock").MustRefuse(ExitCode.Device, "emergency stop is pressed", "release it");
        faults.Arm("power", "on").MustRefuse(ExitCode.Device, "emergency stop is pressed", "release it");
        long released = faults.Order("emergency_release");
        Eventually.True(() => faults.Cell.Status() is { Robot: { Safety: "normal", Mode: "power_off" } }, "the button is out", 30);
        Assert.Equal("emergency_stop", faults.Cell.Status().Motion.Arm); // nobody has looked yet
        faults.Arm("power", "on").MustEndWith(ExitCode.Done);
        faults.Arm("home").MustRefuse(ExitCode.Device, "acknowledge");
        Assert.Contains("ready", faults.Arm("unlock").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        output.WriteLine($"ready {(Drivers.Time.HostClock.NowNs - released) * 1e-9:0.0} s after the button was released");
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, pressed):0.00} s");

        recorded.Said.MustEndWith(ExitCode.Done);
        string[] safety = [.. recorded.EventsOf(CaptureEventKinds.Safety)];
        Assert.Contains(safety, e => e.Contains("robot_emergency_stop", StringComparison.Ordinal));
        Assert.Equal("a person has acknowledged", safety[^1]);
        Assert.DoesNotContain(recorded.Robot, row => row.Status == RowStatus.Missing);
        faults.Home();
    }

    private void Unlock()
    {
        var asked = Stopwatch.StartNew();
        Assert.Contains("ready", faults.Arm("unlock").MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);
        output.WriteLine($"ready {asked.Elapsed.TotalSeconds:0.0} s after the word");
    }

    private RobotProcess StartReplay(string episode) =>
        faults.Cell.Start("replay", episode, "--config", faults.Config, "--data", faults.Cell.Data);
}
