using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>
/// The scripted expert: picks a cube and puts it on a target, as TCP poses along straight lines with smooth starts and ends. It knows
/// where things are from the simulated cell, so it is for that alone.
/// </summary>
internal sealed class PickAndPlace : ITickPolicy
{
    private const double Above = 0.12, TravelSpeed = 0.22, DescendSpeed = 0.12, TurnSpeed = 1.0, GripSeconds = 0.6, PauseSeconds = 0.15;
    private const double Open = 0, Closed = 1;
    private readonly List<Segment> _segments = [];
    private volatile bool _go;
    private bool _started;
    private PlanClock _clock;

    /// <summary>From one pose to the next within a time; a rest where both are equal.</summary>
    private readonly record struct Segment(Pose From, Pose To, double Seconds, double Gripper);

    /// <param name="startTcp">Where the TCP is commanded to be now, base frame.</param>
    /// <param name="cube">The cube's centre; its z axis is up.</param>
    /// <param name="target">Where the cube's centre shall end.</param>
    public PickAndPlace(in Pose startTcp, in Pose cube, in Pose target)
    {
        Pose grasp = ToolDown(cube, startTcp);
        Pose place = ToolDown(target, grasp);
        var up = new Vec3(0, 0, Above);
        Pose at = startTcp;
        Rest(ref at, PauseSeconds, Open);
        Line(ref at, grasp with { Position = grasp.Position + up }, TravelSpeed, Open);
        Line(ref at, grasp, DescendSpeed, Open);
        Rest(ref at, GripSeconds, Closed);
        Line(ref at, grasp with { Position = grasp.Position + up }, TravelSpeed, Closed);
        Line(ref at, place with { Position = place.Position + up }, TravelSpeed, Closed);
        Line(ref at, place, DescendSpeed, Closed);
        Rest(ref at, GripSeconds, Open);
        Line(ref at, place with { Position = place.Position + up }, TravelSpeed, Open);
        Line(ref at, startTcp, TravelSpeed, Open);
        Rest(ref at, PauseSeconds, Open);
    }

    public string Name => "scripted";

    /// <summary>How long it takes, s.</summary>
    public double Seconds => _segments.Sum(s => s.Seconds);

    /// <summary>Until this is called it holds the start pose, which is what the first rows of a recording show.</summary>
    public void Go() => _go = true;

    public PolicyStep Next(Observation observation, long dueNs)
    {
        if (!_go)
            return new(ToCommand(_segments[0].From, Open, dueNs), false);
        if (!_started)
            _clock.Start(dueNs);
        _started = true;
        double t = _clock.Advance(dueNs, observation);
        foreach (var segment in _segments)
        {
            if (t <= segment.Seconds)
                return new(ToCommand(At(segment, t), segment.Gripper, dueNs), false);
            t -= segment.Seconds;
        }
        var last = _segments[^1];
        return new(ToCommand(last.To, last.Gripper, dueNs), true);
    }

    private static Command ToCommand(in Pose pose, double gripper, long dueNs) =>
        new(CommandKind.TcpPose, pose.ToVector(), gripper, dueNs);

    /// <summary>Minimum jerk along the line and about one axis (Flash and Hogan, 1985): 10 s³ - 15 s⁴ + 6 s⁵.</summary>
    private static Pose At(in Segment segment, double t)
    {
        double s = Math.Clamp(t / segment.Seconds, 0, 1);
        s = s * s * s * (10 + s * (6 * s - 15));
        Vec3 turn = (segment.To.Rotation * segment.From.Rotation.Inverse).ToRotationVector();
        return new(segment.From.Position + s * (segment.To.Position - segment.From.Position),
            Quat.FromRotationVector(s * turn) * segment.From.Rotation);
    }

    private void Line(ref Pose at, in Pose to, double speed, double gripper)
    {
        const double MinimumJerkPeak = 1.875; // peak over mean speed
        double metres = (to.Position - at.Position).Length;
        double turn = (to.Rotation * at.Rotation.Inverse).ToRotationVector().Length;
        double seconds = MinimumJerkPeak * Math.Max(metres / speed, turn / TurnSpeed);
        if (seconds > 0.01)
            _segments.Add(new(at, to, Math.Max(seconds, 0.3), gripper));
        at = to;
    }

    private void Rest(ref Pose at, double seconds, double gripper) => _segments.Add(new(at, at, seconds, gripper));

    /// <summary>
    /// The tool pointing down at an object, turned the least from where it is: a cube looks the same every quarter turn.
    /// </summary>
    private static Pose ToolDown(in Pose thing, in Pose tool)
    {
        var down = Quat.FromAxisAngle(Vec3.UnitX, Math.PI);
        Quat best = default;
        double least = double.MaxValue;
        for (int quarter = 0; quarter < 4; quarter++)
        {
            Quat candidate = Quat.FromAxisAngle(Vec3.UnitZ, quarter * Math.PI / 2) * thing.Rotation * down;
            double angle = (candidate * tool.Rotation.Inverse).ToRotationVector().Length;
            if (angle >= least)
                continue;
            least = angle;
            best = candidate;
        }
        return new(thing.Position, best);
    }
}
