using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>What the service says of the delay from command to motion, against what a witness at the controller sees.</summary>
public class DelayTests(ITestOutputHelper output)
{
    private const double SendMs = 1; // simulation.robot.delay_ms_min and max

    /// <param name="cycleMs">Of the controller: servoj begins in the cycle in which it is called.</param>
    [Theory]
    [InlineData("UR5e", 2, 2000, 0.03)]
    [InlineData("UR5e", 2, 100, 0.2)]
    [InlineData("UR5", 8, 2000, 0.03)]
    public async Task It_is_published_and_written_into_an_episode_within_four_milliseconds_of_the_truth(
        string model, double cycleMs, int gain, double lookahead)
    {
        using var cell = new TestCell(cameras: 0, changes:
        [
            TestCell.Force("driver: ur_rtde"),
            ("model: UR5e", FormattableString.Invariant($"model: {model}\n  servoj_gain: {gain}\n  servoj_lookahead_s: {lookahead}")),
        ]);
        cell.StartSim();
        cell.StartService();
        cell.WaitForDevices();
        await using var core = await cell.ConnectAsync();
        using var witness = new ControllerWitness(cell.Host, 1000 / cycleMs);
        var started = await core.CallAsync(CoreMethods.RecordStart, new { task = "delay", source = "none" });
        string id = started.GetProperty("id").GetString()!;
        foreach (double turn in (double[])[0.8, -0.4, 0]) // nearly as fast as the cell allows
        {
            double[] joints = [0.1 * turn, -1.5708, 1.5708, -1.5708, -1.5708 + 0.2 * turn, turn];
            await core.CallAsync(CoreMethods.ArmMove, new { joints, share = 0.9 });
            await core.CallAsync(CoreMethods.ArmMoved);
        }
        long ended = cell.Status().TimeNs;
        Eventually.True(() => cell.Status() is { Motion.DelayMs: not null } s && s.TimeNs - ended > 1_000_000_000, "it is known", 30);
        MotionStatus published = cell.Status().Motion;
        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "success" });
        await core.CallAsync(CoreMethods.RecordWait, new { id });
        MotionTiming recorded = EpisodeMetadata.Read(cell.Episode(0)).Motion!;

        double servoj = witness.ShiftMs();
        // And the way to the program on the controller: the round trip less the data's way back.
        double truth = servoj + published.RoundTripMs!.Value - SendMs;
        output.WriteLine($"{model}, gain {gain}, lookahead {lookahead} s: servoj {servoj:0.0} ms, "
            + $"round trip {published.RoundTripMs:0.0} ms, truth {truth:0.0} ms, "
            + $"published {published.DelayMs:0.0} ms, recorded {recorded.DelayMs:0.0} ms");
        Assert.Equal(truth, published.DelayMs!.Value, 4.0);
        Assert.Equal(truth, recorded.DelayMs, 4.0);
        // On a ramp servoj is its lookahead behind; in moves as short as these the softest setting a little less.
        Assert.Equal(lookahead * 1e3 - cycleMs, servoj, Math.Max(4, 0.08 * lookahead * 1e3));
    }
}
