using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>One goal, and where the arm is led before it; null: it begins where it stands.</summary>
internal sealed record ReachOrder(Vec3 Goal, Vector6? Start);

/// <summary>Where the pictures that a model sees are among a cell's camera streams.</summary>
/// <param name="Streams">Of each, in the model's order.</param>
/// <param name="Stale">Whether one that is late counts, as it did in training.</param>
internal sealed record SeenPictures(int[] Streams, bool Stale);

/// <summary>How one goal was come by.</summary>
/// <param name="ErrorM">Of the TCP at the end, by the arm's own joints.</param>
/// <param name="WorstM">In the last half second.</param>
/// <param name="Succeeded">See <see cref="ReachProgress"/>.</param>
/// <param name="EndNs">The tick at which it was over, host time.</param>
internal readonly record struct ReachOutcome(double ErrorM, double WorstM, bool Succeeded, double Return, long EndNs);

/// <summary>
/// Reaches goals by planning in a learned model: each tick sends what a plan has for it and posts what was seen for the next plan. Nothing
/// fresh, or no plan: the arm is told to stand still, and where that lasts the turn ends.
/// </summary>
internal sealed class MpcPolicy : ITickPolicy
{
    /// <summary>Ticks without an action of any plan that end it.</summary>
    public const int MostHeld = 15;

    private const long MostAgeNs = (long)(0.5e9 / ReachTask.RateHz);
    private const int Lasting = 15; // ticks that the end is looked at
    private readonly ReachTask _task;
    private readonly PlanningLoop _loop;
    private readonly ModelController _controller;
    private readonly IReadOnlyList<ReachOrder> _orders;
    private readonly ArmMotion _motion;
    private readonly int _ticks;
    private readonly float[] _observation = new float[ReachTask.ObservationSize], _action = new float[ReachTask.ActionSize];
    private readonly float[] _planned = new float[ReachTask.ActionSize]; // not numbers where no plan had one
    private readonly Recorder? _recorder;
    private readonly SeenPictures _pictures;
    private readonly ImageFrame?[] _frames;
    private readonly double[] _wide = new double[ReachTask.ActionSize], _lastErrors = new double[Lasting];
    private readonly ReachOutcome[] _outcomes;
    private readonly string[] _outside;
    private readonly (Vector6 Q, Vec3 Velocity)[] _inEffect; // what was commanded, at this tick and at those by which it takes effect late
    private readonly WayBack _back;
    private readonly double _latencyMs;
    private ReachProgress _progress;
    private IMotion? _ease;
    private Arrival _arrival = new();
    private Vector6 _commanded;
    private Vec3 _velocity; // commanded
    private int _tick = -1, _heldInARow;
    private double _return, _reward;
    private bool _atStart, _goesBack;
    private Decision? _decided; // by the command that is on its way
    private long _dueNs, _lastDueNs; // of the command on its way, and of the last one that was taken
    private volatile int _mayApproach = int.MaxValue, _mayBegin = int.MaxValue, _ready = -1; // numbers of goals

    private readonly record struct Decision(long Slot, long SlotNs, ActionSource Source, bool Late, bool Fresh);

    /// <param name="orders">One after the other.</param>
    /// <param name="ticks">Each goal is given so many.</param>
    /// <param name="latencyMs">By which the arm's states always come late.</param>
    /// <param name="recorder">
    /// Its recordings get each tick's decision, and each goal waits for <see cref="Approach"/> and <see cref="BeginAt"/>. Null: the run is
    /// not recorded, and nothing waits.
    /// </param>
    public MpcPolicy(
        ReachTask task, PlanningLoop loop, ModelController controller, IReadOnlyList<ReachOrder> orders, ArmMotion motion, int ticks,
        double latencyMs, SeenPictures pictures, Recorder? recorder = null)
    {
        (_pictures, _frames) = (pictures, new ImageFrame?[pictures.Streams.Length]);
        (_task, _loop, _controller, _orders, _motion, _ticks) = (task, loop, controller, orders, motion, ticks);
        (_latencyMs, _back) = (latencyMs, new(ticks + 1));
        _recorder = recorder;
        if (recorder is not null)
            (_mayApproach, _mayBegin) = (0, -1);
        _outcomes = new ReachOutcome[orders.Count];
        _inEffect = new (Vector6, Vec3)[loop.DelayTicks + 1];
        // Made here, where it may be allocated.
        _outside = [.. ReachTask.ObservationNames.Select(name =>
            $"{name} is far outside of what the model learned from: another start or goal, or another model")];
    }

    public string Name => "mpc";

    /// <summary>Orders that are done.</summary>
    public int Done { get; private set; }

    public bool Easing { get; private set; } = true;

    /// <summary>Number of the goal at whose start the arm waits for <see cref="BeginAt"/>; -1 for none.</summary>
    public int Ready => _ready;

    /// <summary>The arm may go to the start of this goal.</summary>
    public void Approach(int goal) => _mayApproach = goal;

    /// <summary>This goal may be gone for.</summary>
    public void BeginAt(int goal) => _mayBegin = goal;

    /// <summary>Of the TCP to the goal at the last tick, m.</summary>
    public double Distance { get; private set; }

    /// <summary>Of what this goal brought so far: the sum of rewards.</summary>
    public double Return => _return;

    /// <summary>Commands that the safety filter shortened.</summary>
    public long Clamped { get; private set; }

    /// <summary>Ticks in which nothing fresh was seen.</summary>
    public long Stale { get; private set; }

    /// <summary>Ticks that sent an action.</summary>
    public long Ticks { get; private set; }

    public ReadOnlySpan<ReachOutcome> Outcomes => _outcomes.AsSpan(0, Done);

    public PolicyStep Next(Observation observation, long dueNs)
    {
        _dueNs = dueNs;
        if (Done == _orders.Count)
            return new(Standing(dueNs), Done: true);
        ReachOrder order = _orders[Done];
        if (_tick < 0 && Approach(order, observation, dueNs) is { } step)
            return step;
        if (_tick < 0)
            Begin();
        return Control(order, observation, dueNs);
    }

    public void Sent(in SendResult result)
    {
        if (_decided is { } decision)
            Keep(decision, result, (_dueNs - _lastDueNs) * 1e-9);
        (Decision? decided, _decided) = (_decided, null);
        if (!result.Accepted)
            return;
        _lastDueNs = _dueNs;
        if (decided is null)
            _arrival.Sent(result.Clamped, result.Guarded);
        _commanded = result.Guarded;
        if (decided is null)
            return;
        _back.Keep(result.Guarded);
        if (result.Clamped != Clamp.None)
            Clamped++;
    }

    // Null once the arm stands at the start and may begin.
    private PolicyStep? Approach(ReachOrder order, Observation observation, long dueNs)
    {
        if (Done > _mayApproach)
            return new(Standing(dueNs), false);
        if (!_atStart && order.Start is { } start && Ease(start, observation, dueNs) is { } easing)
            return easing;
        _atStart = true;
        if (Done <= _mayBegin)
            return null;
        _ready = Done;
        return new(Standing(dueNs), false);
    }

    // Null once the arm stands at the start.
    private PolicyStep? Ease(in Vector6 start, Observation observation, long dueNs)
    {
        if (_ease is null)
            (_ease, _arrival, _velocity) = (_goesBack ? _back : _motion.MoveTo(start, 0.5), new(), default);
        RobotState state = observation.Robot.Value;
        _arrival.Look(_ease.Done, state, observation.RobotFreshness == StreamFreshness.Fresh, dueNs);
        if (_arrival.Failed is { } failed)
            return new(null, false, failed);
        if (!_arrival.Arrived)
            return new(_ease.Next(dueNs, speedFraction: state.SpeedFraction), false);
        (bool wentBack, _goesBack, _ease) = (_goesBack, false, null);
        return wentBack ? Ease(start, observation, dueNs) : null;
    }

    private void Begin()
    {
        (_tick, _return, _heldInARow, _progress, _ease, Easing) = (0, 0, 0, default, null, false);
        (_atStart, _ready) = (false, -1);
        (_commanded, _velocity) = (_motion.CommandedJoints, default);
        _back.Begin(_commanded);
        Array.Fill(_inEffect, (_commanded, _velocity));
        Array.Clear(_lastErrors); // what a stale tick does not show is not another goal's
    }

    private PolicyStep Control(ReachOrder order, Observation observation, long dueNs)
    {
        if (_loop.Doubt is { } doubt)
            return new(null, false, doubt);
        bool fresh = MayBeActedOn(observation.RobotFreshness, observation.SlotNs - observation.Robot.OriginatingNs, _latencyMs);
        _inEffect[_tick % _inEffect.Length] = (_commanded, _velocity);
        if (fresh)
        {
            RobotState robot = observation.Robot.Value;
            // The oldest: where the model learned, a state shows the effect of commands as old as that.
            var (q, velocity) = _inEffect[(_tick + 1) % _inEffect.Length];
            _task.Observe(robot.Q, robot.Qd, q, velocity, order.Goal, _observation);
            if (_controller.Outside(_observation) is >= 0 and var which)
                return new(null, false, _outside[which]);
            Look(order, robot, observation.SlotNs);
        }
        else
        {
            Stale++;
        }
        if (!Choose(observation, fresh, out bool acts))
            return new(null, false, "no plan was there in time for half a second: too little of this computer is left for planning");
        TakeFrames(observation);
        _loop.Post(observation.Slot, dueNs, fresh ? _observation : [], _action, begins: _tick == 0, _frames);
        Command command = acts ? Order(dueNs) : Standing(dueNs);
        if (++_tick == _ticks)
            End(dueNs);
        Ticks++;
        return new(command, false);
    }

    /// <summary>
    /// A recording marks a state that is one package late; to act on, it is good for half a tick longer than it always takes: 4 mm at full
    /// speed.
    /// </summary>
    /// <param name="ageNs">At the tick.</param>
    /// <param name="latencyMs">By which states always come late.</param>
    internal static bool MayBeActedOn(StreamFreshness freshness, long ageNs, double latencyMs) =>
        freshness == StreamFreshness.Fresh
        || (freshness == StreamFreshness.Stale && ageNs <= MostAgeNs + (long)(latencyMs * 1e6));

    // A picture that is missing, or too late, is masked, as in training.
    private void TakeFrames(Observation observation)
    {
        for (int i = 0; i < _frames.Length; i++)
        {
            StreamFreshness freshness = observation.FrameFreshness[_pictures.Streams[i]];
            bool there = freshness == StreamFreshness.Fresh || (_pictures.Stale && freshness == StreamFreshness.Stale);
            _frames[i] = there ? observation.Frames[_pictures.Streams[i]]?.Value : null;
        }
    }

    // The action of this tick; false where there has been none for too long. What is not fresh is not acted on.
    private bool Choose(Observation observation, bool fresh, out bool acts)
    {
        ActionSource source = _tick == 0 ? ActionSource.None : _loop.Take(observation.Slot, _action);
        _decided = new(observation.Slot, observation.SlotNs, source, Late: _tick > 0 && source != ActionSource.Planned, fresh);
        if (source == ActionSource.None)
            Array.Fill(_planned, float.NaN);
        else
            _action.CopyTo(_planned, 0);
        acts = source != ActionSource.None && fresh;
        if (!acts)
            Array.Clear(_action);
        _heldInARow = source == ActionSource.None && _tick > 0 ? _heldInARow + 1 : 0;
        return _heldInARow < MostHeld;
    }

    private Command Order(long dueNs)
    {
        for (int i = 0; i < _action.Length; i++)
            _wide[i] = _action[i];
        _velocity = _task.Velocity(_wide, _velocity);
        return ReachTask.Command(_velocity, dueNs);
    }

    /// <summary>Into the running recording.</summary>
    /// <param name="seconds">That the command is for.</param>
    private void Keep(in Decision decision, in SendResult result, double seconds)
    {
        if (_recorder?.RunningLog is not { } log || log.RentDecision() is not { } record)
            return;
        (record.Slot, record.SlotNs, record.DecidedNs) = (decision.Slot, decision.SlotNs, HostClock.NowNs);
        (record.Late, record.Fallback) = (decision.Late, decision.Source != ActionSource.Planned || !decision.Fresh);
        (record.Seen, record.Reward, record.Terminal, record.Success) = (decision.Fresh, _reward, false, _progress.Succeeded);
        _planned.CopyTo(record.Action, 0);
        _observation.CopyTo(record.Observation, 0);
        // The filter lets no more than its time-out's way pass for a longer gap.
        Vec3 way = _task.Tcp(result.Guarded) - _task.Tcp(_commanded);
        way *= 1 / (Math.Min(seconds, _task.Limits.TargetTimeoutMs * 1e-3) * ReachTask.AxisSpeed);
        if (!result.Accepted)
            way = new(double.NaN, double.NaN, double.NaN);
        (record.Guarded[0], record.Guarded[1], record.Guarded[2]) = ((float)way.X, (float)way.Y, (float)way.Z);
        log.Write(record);
    }

    // At once, not by the task's own ramp: where nothing is known, nothing goes on. The set-points brake within the cell's limits.
    private Command Standing(long dueNs)
    {
        _velocity = default;
        return ReachTask.Command(_velocity, dueNs);
    }

    private void Look(ReachOrder order, in RobotState robot, long slotNs)
    {
        Vec3 tcp = _task.Tcp(robot.Q);
        Distance = (tcp - order.Goal).Length;
        _lastErrors[_tick % Lasting] = Distance;
        _reward = ReachTask.Reward(tcp, order.Goal);
        _return += _reward;
        _progress.Look(tcp, robot.Qd, order.Goal, slotNs);
    }

    private void End(long endNs)
    {
        double worst = 0;
        foreach (double error in _lastErrors)
            worst = Math.Max(worst, error);
        _outcomes[Done] = new(Distance, worst, _progress.Succeeded, _return, endNs);
        (_tick, _goesBack) = (-1, !_progress.Succeeded);
        Easing = true;
        Done++;
    }
}
