using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;

namespace RobotWorldModel.Drivers.Teleoperation;

/// <summary>How what a person does becomes commands while the dead man's switch is held. The tick's thread alone; no allocation.
/// </summary>
public interface ITeleopMotion
{
    /// <summary>For a person: what is waited for before the arm moves; empty where it moves with them.</summary>
    string Waits { get; }

    /// <summary>The switch was pressed.</summary>
    /// <param name="commanded">Where the arm is held, rad.</param>
    void Begin(in TeleopInput input, in Vector6 commanded);

    /// <param name="dueNs">When the command is due, host ns.</param>
    /// <returns>Null: it cannot be gone on with; the switch must be pressed anew.</returns>
    Command? Next(in TeleopInput input, long dueNs);

    /// <summary>What became of it.</summary>
    void Sent(in SendResult result);
}

public enum TeleopFrame
{
    /// <summary>Along and about the axes of the arm's base.</summary>
    Base,

    /// <summary>Along and about the tool's own.</summary>
    Tool,
}

/// <summary>Deflections are velocities of the TCP.</summary>
/// <param name="linearScale">At full deflection, m/s.</param>
/// <param name="angularScale">At full deflection, rad/s.</param>
/// <param name="tcpOf">The TCP in the base frame for joints in rad.</param>
public sealed class HandMotion(double linearScale, double angularScale, TeleopFrame frame, Func<Vector6, Pose> tcpOf) : ITeleopMotion
{
    /// <summary>How fast a deflection takes effect: m/s², rad/s².</summary>
    public const double LinearAcceleration = 1, AngularAcceleration = 4;

    /// <summary>Of both scales, while the button for it is held.</summary>
    public const double SlowShare = 0.25;

    private const double LongestStepS = 0.1;
    private Vector6 _at; // joints of the last target, rad
    private Vec3 _linear, _angular;
    private long _dueNs;
    private bool _centred, _refused;

    public string Waits => _centred ? "" : "let the sticks, or the cap, come to their middle once";

    public void Begin(in TeleopInput input, in Vector6 commanded)
    {
        _at = commanded;
        (_linear, _angular) = (default, default);
        (_centred, _refused, _dueNs) = (false, false, 0);
    }

    public Command? Next(in TeleopInput input, long dueNs)
    {
        double seconds = _dueNs == 0 ? 0 : Math.Min((dueNs - _dueNs) * 1e-9, LongestStepS);
        _dueNs = dueNs;
        // A stick that is pushed already when the switch is pressed would move the arm at once.
        _centred |= input.Deflection.MaxAbs == 0;
        if (!_centred || _refused) // one command that can be obeyed, before the next try
        {
            _refused = false;
            return Command.Joints(_at, dueNs);
        }
        double share = input.Slow ? SlowShare : 1;
        Vector6 d = input.Deflection;
        _linear = Towards(_linear, Limited(new(d[0], d[1], d[2])) * (linearScale * share), LinearAcceleration * seconds);
        _angular = Towards(_angular, Limited(new(d[3], d[4], d[5])) * (angularScale * share), AngularAcceleration * seconds);
        Vec3 v = _linear, w = _angular;
        if (frame == TeleopFrame.Tool)
        {
            Quat tool = tcpOf(_at).Rotation;
            (v, w) = (tool.Rotate(v), tool.Rotate(w));
        }
        return Command.TcpSpeeds(new(v.X, v.Y, v.Z, w.X, w.Y, w.Z), dueNs);
    }

    public void Sent(in SendResult result)
    {
        const Clamp Slowed = Clamp.JointSpeed | Clamp.TcpSpeed;
        _at = result.Guarded; // where it was refused, it is where the arm is
        _refused = !result.Accepted;
        if (_refused || (result.Clamped & ~Slowed) != 0)
            (_linear, _angular) = (default, default); // away from what is in the way without any delay
    }

    // A stick in a corner is no faster than one that is pushed straight.
    private static Vec3 Limited(Vec3 v) => v.Length > 1 ? v.Normalized : v;

    private static Vec3 Towards(Vec3 from, Vec3 to, double most)
    {
        Vec3 step = to - from;
        return step.Length <= most ? to : from + step.Normalized * most;
    }
}

/// <summary>
/// What a leading arm has moved since the press is what this one moves: joint by joint where both are the same model, else the TCP's way
/// along the base's axes and its turn. Where they stood to each other at the press does not matter.
/// </summary>
/// <param name="scale">Of the leading arm's way.</param>
/// <param name="sameModel">Joint by joint.</param>
/// <param name="tcpOf">This arm's TCP in its base frame for joints in rad.</param>
public sealed class LeaderMotion(double scale, bool sameModel, Func<Vector6, Pose> tcpOf) : ITeleopMotion
{
    /// <summary>
    /// So far behind, this arm would cut the corners of the leading one's way: it is halted. rad of a joint; m, rad of the TCP.
    /// </summary>
    public const double MostBehindRad = 0.3, MostBehindM = 0.1;

    private Vector6 _from, _leaderQ, _wanted;
    private Pose _fromTcp, _leaderTcp, _wantedTcp;
    private Vector6 _at;
    private bool _refused;

    public string Waits => "";

    public void Begin(in TeleopInput input, in Vector6 commanded)
    {
        (_from, _leaderQ, _wanted, _at) = (commanded, input.LeaderQ, commanded, commanded);
        (_fromTcp, _leaderTcp) = (tcpOf(commanded), Pose.FromVector(input.LeaderTcp));
        (_wantedTcp, _refused) = (_fromTcp, false);
    }

    public Command? Next(in TeleopInput input, long dueNs)
    {
        if (_refused || IsFarBehind())
            return null;
        if (sameModel)
        {
            _wanted = _from + (input.LeaderQ - _leaderQ) * scale;
            return Command.Joints(_wanted, dueNs);
        }
        Pose leader = Pose.FromVector(input.LeaderTcp);
        Vec3 turn = (leader.Rotation * _leaderTcp.Rotation.Inverse).ToRotationVector() * scale;
        _wantedTcp = new(_fromTcp.Position + (leader.Position - _leaderTcp.Position) * scale,
            (Quat.FromRotationVector(turn) * _fromTcp.Rotation).Normalized);
        return Command.Tcp(_wantedTcp, dueNs);
    }

    public void Sent(in SendResult result)
    {
        _refused = !result.Accepted;
        if (result.Accepted)
            _at = result.Guarded;
    }

    private bool IsFarBehind()
    {
        if (sameModel)
            return (_wanted - _at).MaxAbs > MostBehindRad;
        Pose at = tcpOf(_at);
        return (_wantedTcp.Position - at.Position).Length > MostBehindM
            || (_wantedTcp.Rotation * at.Rotation.Inverse).ToRotationVector().Length > MostBehindRad;
    }
}
