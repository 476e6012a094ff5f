using System.Text.Json.Nodes;
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
/// <param name="Scene">Where the objects of the simulated cell lay when it was recorded; null where that is not known.</param>
internal sealed record ReplayPlan(
    string Episode, double RateHz, Vector6[] Actions, double[] Gripper, Vector6[] RecordedQ, double[] RecordedGripper,
    JsonObject? Scene = null)
{
    public int Rows => Actions.Length;

    public double Seconds => Rows / RateHz;

    public long PeriodNs => (long)(1e9 / RateHz);

    /// <summary>The target at a row, between two rows on the line between theirs; beyond the last row the last one.</summary>
    public Vector6 TargetAt(double row)
    {
        int k = RowAt(row);
        return Vector6.Lerp(Actions[k], Actions[Math.Min(k + 1, Rows - 1)], Math.Clamp(row - k, 0, 1));
    }

    public int RowAt(double row) => Math.Clamp((int)Math.Floor(row + 1e-6), 0, Rows - 1);
}

/// <summary>
/// Plays an episode's actions on its own clock: eases to the first pose, waits until the arm is at rest, then each target goes out with
/// the time at which it was to be reached, so the arm thread sees the same timed stream as when it was recorded. A gripper that has yet
/// to be activated is so before.
/// </summary>
internal sealed class ReplayPolicy(ReplayPlan plan, double speed, MoveTo ease, Func<bool> gripperReady) : ITickPolicy
{
    private const long RestNs = 500_000_000, ArriveNs = 10_000_000_000;
    private const double ArrivedRad = 0.02, StandsRadPerS = 0.02;

    /// <summary>So far the cell's limits may hold the arm back behind the recorded path before it would cut corners, rad.</summary>
    public const double MostBehindRad = 0.1;

    /// <summary>What a person can do where it would.</summary>
    public const string WhatHelps = "replay it slower (--speed), or raise motion.tcp_speed and joint_speed where that is safe";

    private long _restUntilNs = long.MaxValue, _arriveUntilNs = long.MaxValue;
    private readonly long[] _rowNs = new long[plan.Rows];
    private PlanClock _clock;
    private int _passed;
    private double _row;
    private long _dueNs;
    private Vector6 _target;
    private bool _behind;

    public string Name => "replay";

    /// <summary>Host time of the slot at which row 0 was issued again; 0 before. Written once by the tick, read by the monitor.</summary>
    public long PlayStartNs { get; private set; }

    /// <summary>Host time at which the replay came by each row's own time, ns; only those of rows that it has come by.</summary>
    public ReadOnlySpan<long> RowNs => _rowNs.AsSpan(0, _passed);

    /// <summary>The arm has reached the first pose; only the gripper has not.</summary>
    public bool WaitsForGripper => ease.Done && !gripperReady();

    /// <summary>Share of the episode's rows that have been issued.</summary>
    public double Progress { get; private set; }

    public PolicyStep Next(Observation observation, long dueNs)
    {
        if (_behind)
            return new(null, false, $"the cell's limits hold the arm back behind the recorded path: {WhatHelps}");
        if (PlayStartNs == 0 && !EaseIsOver(observation, dueNs))
            return dueNs > _arriveUntilNs
                ? new(null, false, "the arm did not come to rest at the episode's first pose: something holds it back")
                : new(ease.Next(dueNs, plan.Gripper[0], observation.Robot.Value.SpeedFraction), false);
        if (PlayStartNs == 0)
            Begin(dueNs - plan.PeriodNs);
        PassRows(dueNs, _clock.Advance(dueNs, observation) * speed * plan.RateHz);
        double row = _row - 1; // a command is due one period after its row's time
        Progress = Math.Clamp((row + 1) / plan.Rows, 0, 1);
        _target = plan.TargetAt(row);
        return new(new Command(CommandKind.JointPosition, _target, plan.Gripper[plan.RowAt(row)], dueNs),
            row >= plan.Rows - 1 + plan.RateHz * 0.3);
    }

    private void Begin(long startNs)
    {
        PlayStartNs = _dueNs = startNs;
        _clock.Start(startNs);
    }

    // To a place between rows that is reached at this time.
    private void PassRows(long dueNs, double row)
    {
        for (; _passed < plan.Rows && _passed <= row; _passed++)
        {
            double share = row > _row ? (_passed - _row) / (row - _row) : 1;
            _rowNs[_passed] = _dueNs + (long)(share * (dueNs - _dueNs));
        }
        (_row, _dueNs) = (row, dueNs);
    }

    public void Sent(in SendResult result) =>
        _behind |= PlayStartNs != 0 && result.Accepted && (result.Guarded - _target).MaxAbs > MostBehindRad;

    private bool EaseIsOver(Observation observation, long dueNs)
    {
        if (!ease.Done || !gripperReady())
            return false;
        if (_arriveUntilNs == long.MaxValue)
            _arriveUntilNs = dueNs + ArriveNs;
        RobotState robot = observation.Robot.Value;
        bool there = observation.RobotFreshness == StreamFreshness.Fresh
            && (robot.Q - plan.Actions[0]).MaxAbs < ArrivedRad && robot.Qd.MaxAbs < StandsRadPerS;
        if (!there)
            _restUntilNs = long.MaxValue;
        else if (_restUntilNs == long.MaxValue)
            _restUntilNs = dueNs + RestNs;
        return dueNs >= _restUntilNs;
    }
}
