using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Bench;

/// <summary>
/// From the sending of a set-point to the arrival of the first state that shows that our program on the controller has it (it echoes
/// their counter), while the arm is driven at the controller's rate in a whole simulated cell.
/// </summary>
internal static class RoundTripBench
{
    private const double PromisedMs = 2.1;
    private const int CollectMs = 100;

    /// <summary>The arm's thread gets into step with the controller.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("the simulated controller's states take 1 ms to arrive");
        using var cell = new BenchCell();
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        for (int run = 0; run < runs; run++)
        {
            using var driving = ArmDriving.Start(cell, results, cancel);
            await Task.Delay(s_settle, cancel);
            await MeasureAsync(driving, results, seconds, cancel);
        }
    }

    private static async Task MeasureAsync(ArmDriving driving, Results results, double seconds, CancellationToken cancel)
    {
        var trips = new List<double>();
        var newest = new long[driving.Arm.RoundTrips.Capacity];
        long missed = driving.MissedCycles, refused = driving.Refused, count = driving.Arm.RoundTrips.Count, overlooked = 0;
        long endNs = HostClock.NowNs + (long)(seconds * 1e9);
        while (HostClock.NowNs < endNs)
        {
            await Task.Delay(CollectMs, cancel);
            long before = count;
            int got = driving.Arm.RoundTrips.CopySince(ref count, newest);
            overlooked += count - before - got;
            trips.AddRange(newest.Take(got).Select(static ns => ns * 1e-6));
        }
        driving.ThrowIfEnded();
        var distribution = new Distribution(trips, "round trips");
        results.Add("set-points whose echo came back", "", trips.Count + overlooked);
        results.Add("of them looked at too late", "", overlooked);
        results.Add("cycles missed by the arm's thread", "", driving.MissedCycles - missed);
        results.Add("targets refused, of 30 a second", "", driving.Refused - refused);
        results.Add("command to state p50", "ms", distribution.Median, Goal.AtMost(PromisedMs));
        results.Add("command to state p99", "ms", distribution.P99);
        results.Add("command to state max", "ms", distribution.Max);
    }
}
