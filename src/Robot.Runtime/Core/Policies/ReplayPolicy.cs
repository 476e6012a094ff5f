using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>What a replay needs of an episode: the commands of its rows, and where the arm was at each.</summary>
/// <param name="RateHz">Rows a second.</param>
/// <param name="Actions">Joint targets by row, rad; row k was to be reached at (k + 1) / rate.</param>
/// <param name="Gripper">Gripper targets by row, 0..1; NaN where the episode has none.</param>
/// <param name="RecordedQ">Measured joints at k / rate, rad.</param>
/// <param name="RecordedGripper">Measured gripper at k / rate, 0..1; NaN where there is none.</param>
internal sealed record ReplayPlan(
    string Episode, double RateHz, Vector6[] Actions, double[] Gripper, Vector6[] RecordedQ, double[] RecordedGripper)
{
    public int Rows => Actions.Length;

    public double Seconds => Rows / RateHz;
}

/// <summary>
/// Plays an episode's actions on its own clock: eases to the first pose, waits until the arm is at rest, then each target goes out with
/// the time at which it was to be reached, so the arm thread sees the same timed stream as when it was recorded. A gripper that has yet
/// to be activated is so before.
/// </summary>
internal sealed class ReplayPolicy(ReplayPlan plan, double speed, MoveTo ease, Func<bool> gripperReady) : ITickPolicy
{
    private const long RestNs = 500_000_000;
    private readonly long _periodNs = (long)(1e9 / plan.RateHz);
    private long _restUntilNs = long.MaxValue;

    public string Name => "replay";

    /// <summary>Host time of the slot at which row 0 was issued again; 0 before. Written once by the tick, read by the monitor.</summary>
    public long PlayStartNs { get; private set; }

    /// <summary>The arm has reached the first pose; only the gripper has not.</summary>
    public bool WaitsForGripper => ease.Done && !gripperReady();

    /// <summary>Share of the episode's rows that have been issued.</summary>
    public double Progress { get; private set; }

    public PolicyStep Next(Observation observation, long dueNs)
    {
        if (PlayStartNs == 0 && !EaseIsOver(dueNs))
            return new(ease.Next(dueNs) with { Gripper = plan.Gripper[0] }, false);
        if (PlayStartNs == 0)
            PlayStartNs = dueNs - _periodNs;
        double row = (dueNs - PlayStartNs) * 1e-9 * speed * plan.RateHz - 1;
        Progress = Math.Clamp((row + 1) / plan.Rows, 0, 1);
        int k = Math.Clamp((int)Math.Floor(row + 1e-6), 0, plan.Rows - 1), next = Math.Min(k + 1, plan.Rows - 1);
        Vector6 target = Vector6.Lerp(plan.Actions[k], plan.Actions[next], Math.Clamp(row - k, 0, 1));
        return new(new Command(CommandKind.JointPosition, target, plan.Gripper[k], dueNs), row >= plan.Rows - 1 + plan.RateHz * 0.3);
    }

    private bool EaseIsOver(long dueNs)
    {
        if (ease.Done && gripperReady() && _restUntilNs == long.MaxValue)
            _restUntilNs = dueNs + RestNs;
        return dueNs >= _restUntilNs;
    }
}
