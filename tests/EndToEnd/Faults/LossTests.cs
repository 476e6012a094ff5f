using System.Diagnostics;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;
using RowStatus = RobotWorldModel.Collector.Episodes.StreamStatus;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>The controller goes away while the arm moves and is recorded, or its clock does something: rows of docs/faults.md.</summary>
[Collection(FaultCellCollection.Name)]
public class LossTests(FaultCell faults, ITestOutputHelper output)
{
    private const double StandsWithinS = 1;

    [Fact]
    public void A_cable_that_is_pulled_stops_the_arm_which_moves_again_only_when_it_is_asked()
    {
        const double PulledForS = 2;
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long pulled = faults.Order("half_open", PulledForS);
        move.WaitForEnd().MustRefuse(ExitCode.Device, "no state from the arm for 100 ms", "check its network");
        Eventually.True(() => faults.Says().Contains("has gone silent", StringComparison.Ordinal), "the loss is said", 30);
        faults.WaitForArm("ready");
        output.WriteLine($"data {SinceMended(pulled, PulledForS):0.00} s after the cable is back");
        Assert.DoesNotContain("IN_USE", faults.Says(), StringComparison.Ordinal);
        faults.RecordOn();
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, pulled):0.00} s");

        MustShowTheGap(recorded);
        Assert.Contains("robot lost in demo_", recorded.Said.MustEndWith(ExitCode.Device).Err, StringComparison.Ordinal);
        Assert.Contains(recorded.EventsOf(CaptureEventKinds.DeviceLost), e => e.Contains("has gone silent", StringComparison.Ordinal));
        Assert.Single(recorded.EventsOf(CaptureEventKinds.DeviceFound));
        faults.Home();
    }

    [Fact]
    public void A_controller_that_restarts_is_found_again_and_moves_when_it_is_powered_and_asked()
    {
        const double DownForS = 1;
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long down = faults.Order("restart", DownForS);
        move.WaitForEnd().MustRefuse(ExitCode.Device, "the move ended before its end");
        Eventually.True(() => faults.Says().Contains("has it booted?", StringComparison.Ordinal), "the loss is said", 30);
        Eventually.True(() => faults.Cell.Status() is { Robot.Mode: "booting", Motion.Arm: "connecting" }, "it boots", 30);
        output.WriteLine($"data {SinceMended(down, DownForS):0.00} s after the controller is back");
        faults.Arm("home").MustRefuse(ExitCode.Device, "Booting", "wait until it has booted");
        faults.WaitForArm("powered_off");
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, down):0.00} s");

        MustShowTheGap(recorded);
        Assert.NotEmpty(recorded.EventsOf(CaptureEventKinds.DeviceLost));
        Assert.Single(recorded.EventsOf(CaptureEventKinds.DeviceFound));
        Assert.Single(recorded.EventsOf(CaptureEventKinds.Clock));
        var powered = Stopwatch.StartNew();
        faults.Arm("power", "on").MustEndWith(ExitCode.Done);
        faults.Home();
        output.WriteLine($"at home {powered.Elapsed.TotalSeconds:0.0} s after the word for power");
    }

    [Fact]
    public void A_clock_that_jumps_or_starts_anew_holds_up_neither_the_arm_nor_the_recording()
    {
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long jumped = faults.Order("clock_step", value: 1);
        Eventually.True(() => Drivers.Time.HostClock.NowNs > jumped + 500_000_000, "some rows later");
        long anew = faults.Order("new_epoch");
        move.WaitForEnd().MustEndWith(ExitCode.Done);
        var recorded = faults.EndRecording(recording);
        recorded.Said.MustEndWith(ExitCode.Done);

        Assert.Empty(faults.Witness(jumped - 50_000_000, anew + 300_000_000).Ceased); // it went on through both
        Assert.Equal(2, recorded.EventsOf(CaptureEventKinds.Clock).Count());
        Assert.Empty(recorded.EventsOf(CaptureEventKinds.DeviceLost));
        Assert.DoesNotContain(recorded.Robot, row => row.Status == RowStatus.Missing);
        double[] times = [.. recorded.Episode.ReadJoints()!.Select(row => row.Timestamp)];
        Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second > pair.First, $"{pair.First} s, then {pair.Second} s"));
        // Where the arm was at each row lies on the way between its ends, at the speed of the move and no other.
        double[] joint = [.. recorded.Episode.ReadJoints()!.Select(row => row.Q[1])];
        Assert.All(joint.Zip(joint.Skip(1)), pair => Assert.InRange(Math.Abs(pair.Second - pair.First), 0, 0.05));
    }

    /// <summary>Rows before it, none made up in it, rows after it.</summary>
    private void MustShowTheGap(Recorded recorded)
    {
        faults.Cell.MustVerify(recorded.Episode.Folder);
        StreamCell[] rows = recorded.Robot;
        int first = Array.FindIndex(rows, r => r.Status == RowStatus.Missing);
        int last = Array.FindLastIndex(rows, r => r.Status == RowStatus.Missing);
        Assert.True(first > 0 && last < rows.Length - 1, $"missing from row {first} to {last} of {rows.Length}");
        Assert.All(rows[first..(last + 1)], row => Assert.Equal(RowStatus.Missing, row.Status));
        Assert.Contains(rows[..first], row => row.Status == RowStatus.Stale); // what was known last, with its own time
        Assert.Contains(rows[(last + 1)..], row => row.Status == RowStatus.Interpolated);
        var joints = recorded.Episode.ReadJoints()!;
        Assert.All(joints[first..(last + 1)], row => Assert.False(row.Q.IsFinite));
        Assert.Equal(last + 1 - first, recorded.Episode.Metadata.Streams["robot"].Counts.Missing);
    }

    private static double SinceMended(long brokenNs, double seconds) =>
        (Drivers.Time.HostClock.NowNs - brokenNs) * 1e-9 - seconds;
}
