using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>The connection stands, and what it carries is not what it should be: rows of docs/faults.md.</summary>
public sealed class WireTests(WiredCell faults, ITestOutputHelper output) : IClassFixture<WiredCell>
{
    private const double StandsWithinS = 1.5;
    private readonly Wire _wire = faults.Wire!;

    [Fact]
    public void A_half_open_connection_that_brings_no_state_stops_the_arm_from_here()
    {
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long deaf = HostClock.NowNs;
        _wire.ServiceIsDeaf = true;
        move.WaitForEnd().MustRefuse(ExitCode.Device, "no state from the arm for 100 ms");
        Eventually.True(() => faults.Says().Contains("takes connections and does not answer", StringComparison.Ordinal), "it is said", 30);
        faults.Arm("home").MustRefuse(ExitCode.Device, "no state from the arm");
        long hears = HostClock.NowNs;
        _wire.ServiceIsDeaf = false;
        faults.WaitForArm("ready");
        output.WriteLine($"data {(HostClock.NowNs - hears) * 1e-9:0.00} s after the connection is whole");
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, deaf):0.00} s");
        Assert.NotEmpty(recorded.EventsOf(CaptureEventKinds.DeviceLost));
        Assert.Contains("robot lost in demo_", recorded.Said.MustEndWith(ExitCode.Device).Err, StringComparison.Ordinal);
        faults.Home();
    }

    [Fact]
    public void A_half_open_connection_that_takes_no_set_points_stops_the_arm_from_there_and_late_ones_move_nothing()
    {
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        long deaf = HostClock.NowNs;
        _wire.ControllerIsDeaf = true;
        move.WaitForEnd().MustRefuse(ExitCode.Device, "our program on the controller stopped", "no new set-point reached the controller");
        faults.Arm("home").MustRefuse(ExitCode.Device, "robot: ");
        _wire.ControllerIsDeaf = false; // all that was sent meanwhile arrives at once
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, deaf):0.00} s");
        recorded.Said.MustEndWith(ExitCode.Done);
        Assert.DoesNotContain(recorded.Robot, row => row.Status == Collector.Episodes.StreamStatus.Missing);
        faults.Home();
    }

    [Fact]
    public void Garbage_on_the_wire_ends_the_connection_and_the_motion_and_is_never_taken_for_data()
    {
        faults.Home();
        var recording = faults.StartRecording();
        var move = faults.StartMove();
        byte[] noise = new byte[3000];
        new Random(4).NextBytes(noise);
        int found = Reconnections();
        long spoilt = HostClock.NowNs;
        _wire.Spoil([0xff, 0xff]); // a package of 65535 bytes: a fifth of a second passes before it is there
        move.WaitForEnd().MustRefuse(ExitCode.Device, "no state from the arm for 100 ms");
        MustFindAgain(++found);
        // A package of no size, bytes without sense, and data of another length: noticed at once, and over within a tenth of a second.
        foreach (byte[] more in (byte[][])[[0, 0, .. noise], noise, [0, 60, (byte)'U', 1, .. noise.AsSpan(0, 56)]])
        {
            _wire.Spoil(more);
            MustFindAgain(++found);
        }
        var recorded = faults.EndRecording(recording);
        output.WriteLine($"the arm stood after {faults.MustStandWithin(StandsWithinS, spoilt):0.00} s");
        string[] lost = [.. recorded.EventsOf(CaptureEventKinds.DeviceLost)];
        Assert.Contains(lost, e => e.Contains("claims a size of 0 bytes", StringComparison.Ordinal));
        Assert.True(lost.Length >= 4 && recorded.EventsOf(CaptureEventKinds.DeviceFound).Count() == lost.Length, string.Join('\n', lost));
        // Whatever came, every row that has joints has those of an arm that cannot jump.
        double[][] q = [.. recorded.Episode.ReadJoints()!.Where(r => r.Q.IsFinite).Select(r => r.Q.ToArray())];
        Assert.All(q.Zip(q.Skip(1)), rows => Assert.All(rows.First.Zip(rows.Second), j => Assert.InRange(j.Second - j.First, -0.3, 0.3)));
        faults.Home();
    }

    private void MustFindAgain(int times)
    {
        Eventually.True(() => Reconnections() == times, "the loss is said, and the arm found again", 30);
        faults.WaitForArm("ready");
    }

    private int Reconnections() => faults.Service.Out.Split("robot: UR5e").Length;
}
