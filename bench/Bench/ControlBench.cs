using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Programs;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// The arm driven once a cycle by a callback, as examples/HighRate does it: whether the controller's watchdog was ever near, what is
/// allocated, and how late the callback is asked.
/// </summary>
internal static class ControlBench
{
    private const int SettleCycles = 1000; // what runs for the first time is compiled and resolved
    private const double RateHz = 500, CycleMs = 1000 / RateHz, Hz = 0.25;
    private static readonly Vector6 s_amplitude = new(0.2, 0.1, 0.1, 0.1, 0.2, 0.3);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        using var bench = new BenchCell();
        var (sim, _) = await bench.StartSimAsync(cancel);
        using var simulated = sim;
        using var cell = ArmCell.Open(bench.ConfigFile);
        if (cell.RealTimeProblem is { } why)
            results.Note($"no real-time class: {why}");
        for (int run = 0; run < runs; run++)
            RunOnce(cell, results, (long)(seconds * RateHz), cell.Interrupted);
    }

    private static void RunOnce(ArmCell cell, Results results, long cycles, CancellationToken cancel)
    {
        using var lease = cell.Take("bench", "swing about where it stands");
        var lateness = new long[cycles];
        Vector6 start = cell.Motion.CommandedJoints;
        long before = 0, after = 0, whole = 0, wholeAfter = 0, reader = 0;
        MotionReport was = default;
        using var watch = new ProgramWatch(cell.Arm.States);
        ControlReport report = lease.Control((in ControlCycle now) =>
        {
            long n = now.Cycle - SettleCycles;
            if (n >= 0 && n < cycles)
                lateness[n] = HostClock.NowNs - now.DueNs + (long)(CycleMs * 1e6);
            if (n == 0)
            {
                (was, reader) = (cell.Motion.Report(), ((UrArm)cell.Arm).ReaderAllocatedBytes);
                watch.Begin();
                (before, whole) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes());
            }
            if (n == cycles)
                (after, wholeAfter) = (GC.GetAllocatedBytesForCurrentThread(), GC.GetTotalAllocatedBytes());
            double x = Math.Tau * Hz * now.Seconds;
            return n < cycles ? Command.Joints(start + s_amplitude * (Math.Sin(x) * Math.Min(1, now.Seconds / 2))) : null;
        }, cancel);
        watch.End();
        cancel.ThrowIfCancellationRequested();
        if (!report.Finished)
            throw new RobotException(ExitCode.Device, $"the motion did not get to its end: {report}");
        MotionReport now = cell.Motion.Report();
        var late = new Distribution(lateness.Select(ns => ns * 1e-6), "lateness");
        results.Add("cycles driven", "", cycles);
        results.Add("the arm stopped because no command came", "", now.Timeouts - was.Timeouts, Goal.Exactly(0));
        results.Add("longest without a new set-point, seen by the controller", "ms", watch.LongestMs, Goal.AtMost(WatchdogMs));
        results.Add("cycles in which the controller had none", "", watch.WithoutSetpoint);
        results.Add("cycles that the callback missed", "", report.Missed);
        results.Add("cycles that the arm's thread missed", "", now.MissedCycles - was.MissedCycles);
        results.Add("allocated by the callback's thread", "bytes", after - before, Goal.Exactly(0));
        results.Add("allocated by the reader's thread", "bytes", ((UrArm)cell.Arm).ReaderAllocatedBytes - reader, Goal.Exactly(0));
        results.Add("allocated by all threads of the process, a cycle", "bytes", (wholeAfter - whole) / (double)cycles);
        results.Add("callback's lateness p50", "ms", late.Median);
        results.Add("callback's lateness p99", "ms", late.P99);
        results.Add("callback's lateness max", "ms", late.Max);
        results.Add("longest call of the callback", "ms", report.LongestCallMs);
    }

    private static double WatchdogMs => new UrArmOptions { Host = "", Model = "UR5e" }.WatchdogMs;

    /// <summary>What our program on the controller says it has had: its echo of the set-points' counter, cycle by cycle.</summary>
    private sealed class ProgramWatch : IDisposable
    {
        private readonly SampleStream<RobotState> _states;
        private readonly SampleQueue<RobotState> _queue;
        private readonly DeviceThread _thread;
        private int _echoed;
        private long _sinceSequence;
        private volatile bool _counts, _ended;

        public ProgramWatch(SampleStream<RobotState> states)
        {
            _states = states;
            _queue = states.Subscribe(1 << 12);
            _thread = new("bench watch", Run);
            _thread.Start();
        }

        public long WithoutSetpoint { get; private set; }

        public double LongestMs { get; private set; }

        public void Begin() => _counts = true;

        /// <summary>What has come so far still counts.</summary>
        public void End()
        {
            _counts = false;
            _ended = true;
            _thread.Dispose();
        }

        public void Dispose()
        {
            if (!_ended)
                End();
            _states.Unsubscribe(_queue);
        }

        private void Run(CancellationToken stop)
        {
            while (!stop.WaitHandle.WaitOne(100))
                while (_queue.TryDequeue(out var sample))
                    Look(sample);
        }

        private void Look(in Sample<RobotState> sample)
        {
            bool fresh = sample.Value.EchoedCounter != _echoed;
            _echoed = sample.Value.EchoedCounter;
            if (_counts && !fresh && _sinceSequence > 0)
            {
                WithoutSetpoint++;
                LongestMs = Math.Max(LongestMs, (sample.Sequence - _sinceSequence + 1) * CycleMs);
            }
            if (fresh)
                _sinceSequence = sample.Sequence;
        }
    }
}
