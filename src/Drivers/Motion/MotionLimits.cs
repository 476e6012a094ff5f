using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// What a cell allows its arm. Set-points never leave these limits; targets are kept a little inside them, so that the arm can always
/// stop in time. Angles rad, lengths m, base frame.
/// </summary>
public sealed class MotionLimits
{
    /// <summary>Of the TCP, m/s.</summary>
    public double TcpSpeed { get; set; } = 0.25;

    /// <summary>Of each joint, rad/s.</summary>
    public double JointSpeed { get; set; } = 1.5;

    /// <summary>Of each joint, rad/s².</summary>
    public double JointAcceleration { get; set; } = 8;

    /// <summary>Of each joint, rad/s³.</summary>
    public double JointJerk { get; set; } = 120;

    /// <summary>
    /// How far the force may go from what it was when the lease began, N. Where the tool's weight is not known to
    /// be taken away, turning the tool over changes it by twice that.
    /// </summary>
    public double ForceLimitN { get; set; } = 50;

    public Vector6 JointMin { get; set; } = new(-TwoPi, -TwoPi, -TwoPi, -TwoPi, -TwoPi, -TwoPi);

    public Vector6 JointMax { get; set; } = new(TwoPi, TwoPi, TwoPi, TwoPi, TwoPi, TwoPi);

    /// <summary>The lower corner of the box that the TCP stays in.</summary>
    public Vec3 WorkspaceMin { get; set; } = new(-0.75, -0.75, 0);

    /// <summary>The upper corner of the box that the TCP stays in.</summary>
    public Vec3 WorkspaceMax { get; set; } = new(0.75, 0.75, 0.9);

    /// <summary>Nothing of elbow, forearm, wrist or tool goes below.</summary>
    public double TableHeight { get; set; }

    /// <summary>The tool's tip; must equal the controller's TCP.</summary>
    public Pose FlangeToTcp { get; set; } = Pose.Identity;

    /// <summary>The tool's thickness around the line from flange to TCP.</summary>
    public double ToolRadius { get; set; } = 0.04;

    /// <summary>Must equal the controller's payload; NaN is not compared.</summary>
    public double ExpectedPayloadKg { get; set; } = double.NaN;

    /// <summary>The payload's centre of mass, flange frame; must equal the controller's. NaN is not compared.</summary>
    public Vec3 PayloadCog { get; set; } = new(double.NaN, double.NaN, double.NaN);

    /// <summary>Without a new target for this long the arm ramps to a stop.</summary>
    public double TargetTimeoutMs { get; set; } = 100;

    /// <summary>How far from the last commanded pose a lease's first target may be, each joint.</summary>
    public double FirstTargetRad { get; set; } = 0.05;

    /// <summary>Without a new state of the arm for this long motion ends.</summary>
    public double StateTimeoutMs { get; set; } = 100;

    /// <summary>Without a new sample of a configured force sensor for this long motion ends.</summary>
    public double ForceTimeoutMs { get; set; } = 250;

    /// <summary>
    /// How far the arm may be from where it was sent, each joint, before motion ends: it is held by something, or slowed down.
    /// </summary>
    public double FollowingErrorRad { get; set; } = 0.2;

    /// <summary>The same limits, with joints no faster than this, rad/s.</summary>
    internal MotionLimits SlowedTo(double jointSpeed)
    {
        var slowed = (MotionLimits)MemberwiseClone();
        slowed.JointSpeed = Math.Min(JointSpeed, jointSpeed);
        return slowed;
    }

    private const double TwoPi = 2 * Math.PI;

    /// <exception cref="ArgumentException">A limit that is not a positive number, or a box or range that is empty.</exception>
    public void Validate()
    {
        Positive(TcpSpeed, nameof(TcpSpeed));
        Positive(JointSpeed, nameof(JointSpeed));
        Positive(JointAcceleration, nameof(JointAcceleration));
        Positive(JointJerk, nameof(JointJerk));
        Positive(ForceLimitN, nameof(ForceLimitN));
        Positive(ToolRadius, nameof(ToolRadius));
        Positive(TargetTimeoutMs, nameof(TargetTimeoutMs));
        Positive(FirstTargetRad, nameof(FirstTargetRad));
        Positive(StateTimeoutMs, nameof(StateTimeoutMs));
        Positive(ForceTimeoutMs, nameof(ForceTimeoutMs));
        Positive(FollowingErrorRad, nameof(FollowingErrorRad));
        if (!double.IsFinite(TableHeight))
            throw new ArgumentException($"motion: TableHeight is {TableHeight}; a height in metres is needed");
        Vec3 size = WorkspaceMax - WorkspaceMin;
        if (!(size.X > 0 && size.Y > 0 && size.Z > 0))
            throw new ArgumentException($"motion: the workspace box from {WorkspaceMin} to {WorkspaceMax} is empty");
        for (int i = 0; i < 6; i++)
            if (!(JointMax[i] > JointMin[i]))
                throw new ArgumentException($"motion: the range of joint {i}, {JointMin[i]} to {JointMax[i]} rad, is empty");
    }

    private static void Positive(double value, string name)
    {
        if (!(value > 0 && double.IsFinite(value)))
            throw new ArgumentException($"motion: {name} is {value}; a number above 0 is needed");
    }
}
