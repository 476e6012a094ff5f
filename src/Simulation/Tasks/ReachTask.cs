using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Tasks;

/// <summary>One episode's start and goal.</summary>
/// <param name="StartQ">Where the arm stands, rad.</param>
/// <param name="Goal">Where the TCP is to come to rest, base frame, m.</param>
public readonly record struct ReachEpisode(Vector6 StartQ, Vec3 Goal);

/// <summary>
/// Bring the TCP to a point. What is drawn, seen, commanded and rewarded, the same for the faster-than-real-time environment and for a
/// live arm. An action is a TCP velocity in the base frame, 1 is 0.25 m/s along an axis, which is gone to by 0.45 m/s²; the orientation is
/// held. Thread-safe.
/// </summary>
/// <param name="kinematics">The arm's.</param>
/// <param name="limits">The cell's.</param>
public sealed class ReachTask(UrKinematics kinematics, MotionLimits limits)
{
    public const double RateHz = 30, Seconds = 5;

    /// <summary>Decisions an episode.</summary>
    public const int Decisions = 150;

    public const int ActionSize = 3;

    /// <summary>m/s along an axis, for an action of 1.</summary>
    public const double AxisSpeed = 0.25;

    /// <summary>
    /// m/s by which the velocity may change from one decision to the next. What jumps further meets the jerk limits of the set-points: they
    /// then follow in their own time, by what no observation shows.
    /// </summary>
    public const double Slew = 0.015;

    /// <summary>
    /// Success: the TCP within 20 mm of the goal, and no joint faster than 0.2 rad/s, for 0.2 s.
    /// </summary>
    public const double SuccessM = 0.02, SuccessRadPerS = 0.2, SuccessS = 0.2;

    // The box of goals in the controller's base frame, m; in front of the arm is -x.
    private static readonly Vec3 s_goalMin = new(-0.65, -0.3, 0.1), s_goalMax = new(-0.35, 0.3, 0.5);

    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private const double StartRad = 0.3;

    // What start and way keep from box, table and the arm itself beyond the filter's own margin, m.
    private const double Room = 0.01;

    // Looked at so often along the way, m.
    private const double StepM = 0.02;

    // A goal at the box's other end is reached in 3.6 s at the filter's speed.
    private const double LongestWayM = 0.8;

    // Of the joints' speed limit, what the straight way at full speed may need: a singularity is far.
    private const double JointShare = 0.7;

    private const int MostDraws = 10_000;
    private readonly ArmGeometry _geometry = new(kinematics, limits);

    /// <summary>What each value of an observation is, in order.</summary>
    public static IReadOnlyList<string> ObservationNames { get; } =
    [
        .. Enumerable.Range(0, 6).Select(i => $"q{i}"), .. Enumerable.Range(0, 6).Select(i => $"qd{i}"),
        .. Axes("tcp"), .. Axes("tcp_speed"), .. Axes("commanded_less_tcp"), .. Axes("goal"), .. Axes("goal_less_tcp"),
        .. Axes("commanded_speed"),
    ];

    /// <summary>Values of an observation.</summary>
    public static int ObservationSize => ObservationNames.Count;

    public UrKinematics Kinematics => kinematics;

    public MotionLimits Limits => limits;

    /// <summary>The limits of the simulated cell's config.</summary>
    public static MotionLimits CellLimits() => new() { FlangeToTcp = GripperGeometry.FlangeToTcp };

    /// <summary>
    /// The episode of a seed: start within 0.3 rad of home in each joint and clear of everything; goal in the box, such that the straight
    /// way there, the tool's orientation held, is clear and far from singularities.
    /// </summary>
    /// <exception cref="InvalidOperationException">The cell's limits leave no such place.</exception>
    public ReachEpisode Draw(ulong seed)
    {
        var random = new EpisodeRandom(seed);
        for (int draw = 0; draw < MostDraws; draw++)
        {
            Vector6 start = s_home;
            for (int i = 0; i < 6; i++)
                start[i] += random.Uniform(-StartRad, StartRad);
            Vec3 goal = new(random.Uniform(s_goalMin.X, s_goalMax.X), random.Uniform(s_goalMin.Y, s_goalMax.Y),
                random.Uniform(s_goalMin.Z, s_goalMax.Z));
            if (IsFree(start, goal))
                return new(start, goal);
        }
        throw new InvalidOperationException("reach: the cell's limits (workspace box, table, joint ranges) leave no start and goal; "
            + $"goals lie between {s_goalMin} and {s_goalMax} m of the base frame");
    }

    /// <summary>What a controller sees: all of it is known at the tick, live as in the environment.</summary>
    /// <param name="q">Measured, rad.</param>
    /// <param name="qd">Measured, rad/s.</param>
    /// <param name="commandedQ">Where the last accepted command leads (<see cref="SendResult.Guarded"/>); before the first where the arm
    /// stands. rad.</param>
    /// <param name="commandedSpeed">Of the last <see cref="Velocity"/>, before the first 0; m/s.</param>
    /// <param name="goal">Base frame, m.</param>
    /// <param name="observation">[<see cref="ObservationSize"/>], by <see cref="ObservationNames"/>; rad, rad/s, m, m/s.</param>
    public void Observe(in Vector6 q, in Vector6 qd, in Vector6 commandedQ, Vec3 commandedSpeed, Vec3 goal, Span<float> observation)
    {
        for (int i = 0; i < 6; i++)
            (observation[i], observation[6 + i]) = ((float)q[i], (float)qd[i]);
        Vec3 tcp = _geometry.Tcp(q);
        Write(tcp, observation[12..]);
        Write(_geometry.TcpVelocity(q, qd), observation[15..]);
        Write(_geometry.Tcp(commandedQ) - tcp, observation[18..]);
        Write(goal, observation[21..]);
        Write(goal - tcp, observation[24..]);
        Write(commandedSpeed, observation[27..]);
    }

    /// <summary>
    /// The TCP velocity that an action commands, base frame, m/s: no longer than what the safety filter lets pass (0.225 of the cell's
    /// 0.25 m/s), so that the filter has nothing to shorten where the way is free, and by no more than <see cref="Slew"/> another one than
    /// before.
    /// </summary>
    /// <param name="action">Three values, -1..1.</param>
    /// <param name="before">Of the decision before; 0 where the arm begins.</param>
    public Vec3 Velocity(ReadOnlySpan<double> action, Vec3 before)
    {
        Vec3 wanted = Cut(new Vec3(action[0], action[1], action[2]) * AxisSpeed, limits.TcpSpeed * SafetyFilter.SpeedShare * (1 - 1e-6));
        return before + Cut(wanted - before, Slew);
    }

    /// <summary>The command of a <see cref="Velocity"/>.</summary>
    public static Command Command(Vec3 velocity, long dueNs) =>
        Drivers.Motion.Command.TcpSpeeds(new(velocity.X, velocity.Y, velocity.Z, 0, 0, 0), dueNs);

    /// <summary>Of the TCP's place after a step: 1 - tanh(5 d), d its distance to the goal in m.</summary>
    public static double Reward(Vec3 tcp, Vec3 goal) => 1 - Math.Tanh(5 * (tcp - goal).Length);

    /// <summary>The TCP in the base frame, m.</summary>
    public Vec3 Tcp(in Vector6 q) => _geometry.Tcp(q);

    private bool IsFree(in Vector6 start, Vec3 goal)
    {
        if (!_geometry.IsClear(start, SafetyFilter.Margin + Room))
            return false;
        Pose first = kinematics.Flange(start) * limits.FlangeToTcp;
        Vec3 way = goal - first.Position;
        if (way.Length > LongestWayM)
            return false;
        int steps = (int)Math.Ceiling(way.Length / StepM);
        double most = JointShare * limits.JointSpeed * way.Length / steps / limits.TcpSpeed;
        Vector6 q = start;
        for (int i = 1; i <= steps; i++)
        {
            Vector6 before = q;
            Pose there = first with { Position = first.Position + way * ((double)i / steps) };
            double error = kinematics.Inverse(ref q, there, limits.FlangeToTcp);
            if (!(error < 1e-6) || (q - before).MaxAbs > most || !IsInRange(q) || !_geometry.IsClear(q, SafetyFilter.Margin + Room))
                return false;
        }
        return true;
    }

    private bool IsInRange(in Vector6 q)
    {
        for (int i = 0; i < 6; i++)
            if (q[i] < limits.JointMin[i] + 2 * SafetyFilter.JointMargin || q[i] > limits.JointMax[i] - 2 * SafetyFilter.JointMargin)
                return false;
        return true;
    }

    private static Vec3 Cut(Vec3 v, double most) => v.Length is var length && length > most ? v * (most / length) : v;

    private static IEnumerable<string> Axes(string name) => [$"{name}_x", $"{name}_y", $"{name}_z"];

    private static void Write(Vec3 v, Span<float> to) => (to[0], to[1], to[2]) = ((float)v.X, (float)v.Y, (float)v.Z);
}
