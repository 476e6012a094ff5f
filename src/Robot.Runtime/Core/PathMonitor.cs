using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Core.Policies;

namespace RobotWorldModel.Runtime.Core;

/// <summary>How a replay went, compared at the recorded rows' times.</summary>
/// <param name="RmsRad">Root mean square over rows of |q_replay - q_recorded| over six joints.</param>
/// <param name="MaxRad">The largest of them.</param>
/// <param name="Rows">Rows compared.</param>
/// <param name="GripperLateFrames">The most frames by which the gripper passed its half way later or earlier than recorded; NaN: it did
/// not move.</param>
internal sealed record PathError(double RmsRad, double MaxRad, int Rows, double GripperLateFrames);

/// <summary>Listens to the arm while an episode is replayed and compares where it was with where it had been.</summary>
internal sealed class PathMonitor : IDisposable
{
    private readonly SampleStream<RobotState> _robot;
    private readonly SampleStream<GripperState>? _gripper;
    private readonly SampleQueue<RobotState> _robotQueue;
    private readonly SampleQueue<GripperState>? _gripperQueue;
    private readonly List<(long Ns, Vector6 Q)> _path = [];
    private readonly List<(long Ns, double Position)> _grip = [];

    public PathMonitor(SampleStream<RobotState> robot, SampleStream<GripperState>? gripper)
    {
        (_robot, _gripper) = (robot, gripper);
        _robotQueue = robot.Subscribe(1 << 13);
        _gripperQueue = gripper?.Subscribe(1 << 11);
    }

    /// <summary>Takes what has come; called some times a second.</summary>
    public void Collect()
    {
        while (_robotQueue.TryDequeue(out var sample))
            _path.Add((sample.OriginatingNs, sample.Value.Q));
        while (_gripperQueue is not null && _gripperQueue.TryDequeue(out var sample))
            _grip.Add((sample.OriginatingNs, sample.Value.Position));
    }

    /// <param name="rowNs">Host time at which the replay came by each row's own time.</param>
    public PathError Compare(ReplayPlan plan, ReadOnlySpan<long> rowNs)
    {
        Collect();
        double sum = 0, max = 0;
        int compared = 0, at = 0;
        for (int k = 0; k < rowNs.Length; k++)
        {
            long ns = rowNs[k];
            while (at + 1 < _path.Count && _path[at + 1].Ns <= ns)
                at++;
            if (at + 1 >= _path.Count || _path[at].Ns > ns || !plan.RecordedQ[k].IsFinite)
                continue;
            double share = (double)(ns - _path[at].Ns) / (_path[at + 1].Ns - _path[at].Ns);
            double error = (Vector6.Lerp(_path[at].Q, _path[at + 1].Q, share) - plan.RecordedQ[k]).Norm;
            sum += error * error;
            max = Math.Max(max, error);
            compared++;
        }
        return new(compared == 0 ? double.NaN : Math.Sqrt(sum / compared), compared == 0 ? double.NaN : max, compared,
            GripperLateness(plan, rowNs));
    }

    public void Dispose()
    {
        _robot.Unsubscribe(_robotQueue);
        if (_gripperQueue is not null)
            _gripper!.Unsubscribe(_gripperQueue);
    }

    /// <summary>Each passage of the gripper through half way, recorded against replayed, in frames; the worst.</summary>
    private double GripperLateness(ReplayPlan plan, ReadOnlySpan<long> rowNs)
    {
        var recorded = Passages([.. plan.RecordedGripper.Select((p, k) => ((double)k, p))]);
        var track = new List<(double Row, double Position)>();
        foreach (var (ns, position) in _grip)
            if (rowNs.Length > 1 && ns >= rowNs[0])
                track.Add((RowAt(ns, rowNs), position));
        var replayed = Passages(track);
        if (recorded.Count == 0)
            return double.NaN;
        double worst = recorded.Count == replayed.Count ? 0 : double.PositiveInfinity;
        for (int i = 0; i < Math.Min(recorded.Count, replayed.Count); i++)
            worst = Math.Max(worst, Math.Abs(recorded[i] - replayed[i]));
        return worst;
    }

    // Beyond the last row it goes on as between the last two.
    private static double RowAt(long ns, ReadOnlySpan<long> rowNs)
    {
        int found = rowNs.BinarySearch(ns), k = Math.Clamp(found < 0 ? ~found - 1 : found, 0, rowNs.Length - 2);
        return k + (double)(ns - rowNs[k]) / Math.Max(1, rowNs[k + 1] - rowNs[k]);
    }

    private static List<double> Passages(List<(double Row, double Position)> track)
    {
        var passages = new List<double>();
        double low = double.PositiveInfinity, high = double.NegativeInfinity;
        foreach (var (_, position) in track)
            if (double.IsFinite(position))
                (low, high) = (Math.Min(low, position), Math.Max(high, position));
        double half = (low + high) / 2;
        for (int i = 1; high - low > 0.1 && i < track.Count; i++)
        {
            var (s0, p0) = track[i - 1];
            var (s1, p1) = track[i];
            if (double.IsFinite(p0) && double.IsFinite(p1) && (p0 < half) != (p1 < half))
                passages.Add(s0 + (s1 - s0) * (half - p0) / (p1 - p0));
        }
        return passages;
    }
}
