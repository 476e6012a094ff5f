using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Tasks;

/// <summary>
/// <see cref="ReachTask"/> on the kinematic cell, faster than real time: an action takes the same way to the arm as in the real-time cell,
/// through safety filter, set-points and servoj, tick by tick. An episode never terminates before its 5 s are over; success is told apart.
/// </summary>
public sealed class ReachEnvironment : TaskEnvironment
{
    private readonly ControlPath _path;
    private readonly VirtualArm _arm;
    private readonly double[] _late; // actions that are on their way, the oldest first
    private ReachProgress _progress;
    private Vector6 _commanded;
    private Vec3 _velocity; // commanded
    private long _tick;

    /// <param name="task">Null: with a UR5e of nominal geometry in the simulated cell's limits.</param>
    /// <param name="path">Null: as the simulated cell's config has it.</param>
    /// <exception cref="ArgumentOutOfRangeException">A delay that is not possible.</exception>
    public ReachEnvironment(ReachTask? task = null, ControlPath? path = null)
        : base("reach", ReachTask.ObservationSize, ReachTask.ActionSize, ReachTask.Decisions, 1, 1 / ReachTask.RateHz)
    {
        Task = task ?? new(new(UrModel.Ur5e), ReachTask.CellLimits());
        _path = path ?? new();
        if (!(_path.DecisionMs >= 0 && _path.DecisionMs < 1000 / ReachTask.RateHz))
            throw new ArgumentOutOfRangeException(
                nameof(path), $"reach: a decision takes {_path.DecisionMs} ms; it must end within its tick of 33 ms");
        ArgumentOutOfRangeException.ThrowIfNegative(_path.ExtraTicks);
        _arm = new(Task.Kinematics, Task.Limits, _path);
        _late = new double[_path.ExtraTicks * ReachTask.ActionSize];
        Begin(0);
    }

    public ReachTask Task { get; }

    /// <summary>Of the episode under way.</summary>
    public ReachEpisode Episode { get; private set; }

    /// <summary>Where the arm truly is, rad.</summary>
    public Vector6 Q => _arm.Q;

    /// <summary>rad/s.</summary>
    public Vector6 Qd => _arm.Qd;

    /// <summary>Where the TCP truly is, base frame, m.</summary>
    public Vec3 Tcp => Task.Tcp(_arm.Q);

    /// <summary>Of the last decision: whether its command was taken, and what shortened it.</summary>
    public SendResult Sent { get; private set; }

    /// <summary>The goal was reached at some time of the episode: <see cref="ReachProgress"/>.</summary>
    public bool Succeeded => _progress.Succeeded;

    private protected override void Begin(ulong seed)
    {
        Episode = Task.Draw(seed);
        _arm.Seed(Episode.StartQ);
        (_commanded, _velocity, _tick, _progress, Sent) = (Episode.StartQ, default, 0, default, default);
        Array.Clear(_late);
        _arm.AdvanceTo(TimeOf(0));
    }

    private protected override double Advance(ReadOnlySpan<double> action)
    {
        Span<double> sent = stackalloc double[ReachTask.ActionSize];
        action.CopyTo(sent);
        if (_late.Length > 0)
        {
            _late.AsSpan(0, sent.Length).CopyTo(sent);
            _late.AsSpan(sent.Length).CopyTo(_late);
            action.CopyTo(_late.AsSpan(_late.Length - sent.Length));
        }
        _arm.AdvanceTo(TimeOf(_tick) + (long)(_path.DecisionMs * 1e6));
        _velocity = Task.Velocity(sent, _velocity);
        Sent = _arm.Send(ReachTask.Command(_velocity, TimeOf(_tick + 1)));
        _commanded = Sent.Guarded;
        _tick++;
        _arm.AdvanceTo(TimeOf(_tick));
        var (q, qd) = _arm.Known;
        Vec3 tcp = Task.Tcp(q);
        _progress.Look(tcp, qd, Episode.Goal, TimeOf(_tick));
        return ReachTask.Reward(tcp, Episode.Goal);
    }

    private protected override void Observe(Span<float> observation)
    {
        var (q, qd) = _arm.Known;
        Task.Observe(q, qd, _commanded, _velocity, Episode.Goal, observation);
    }

    private protected override void CopyState(TaskEnvironment other)
    {
        var from = (ReachEnvironment)other;
        if (from._path != _path)
            throw new ArgumentException("reach: the other's control path has other delays than this one's", nameof(other));
        _arm.CopyFrom(from._arm);
        from._late.CopyTo(_late, 0);
        (_progress, _commanded, _velocity, _tick) = (from._progress, from._commanded, from._velocity, from._tick);
        (Episode, Sent) = (from.Episode, from.Sent);
    }

    private protected override TaskEnvironment New() => new ReachEnvironment(Task, _path);

    // The arm stands for a tick before the first one.
    private static long TimeOf(long tick) => (tick + 1) * 1_000_000_000 / (long)ReachTask.RateHz;
}
