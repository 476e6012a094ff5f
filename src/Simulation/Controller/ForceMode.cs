using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// How the tool yields along compliant axes: as a mass in oil, pushed by the difference between the force that it shall apply and the one
/// that it does, so that after a moment its speed is proportional to it; never faster than the limits. Which axes, forces and limits
/// mean what is from the URScript manual (force_mode); the mass and the oil are ours, UR publishes none.
/// </summary>
internal sealed class ForceMode
{
    // kg and kg·m², and per s for a damping of 1: with the default damping of 0.025 and gain of 1, 10 N give 0.05 m/s.
    private const double Mass = 20, Inertia = 0.5, FullDamping = 400, Release = 40;

    private Vector6 _selection, _wrench, _limits, _velocity;
    private Pose _taskFrame;
    private Quat _axes = Quat.Identity;
    private int _type;
    private bool _hasMoved;

    public bool Active { get; private set; }

    /// <summary>It has ended, and what moved of it has come to rest.</summary>
    public bool AtRest => !Active && _velocity.MaxAbs == 0;

    /// <summary>0..1; 1 stops at once where no force is, 0 keeps on.</summary>
    public double Damping { get; set; } = 0.025;

    /// <summary>0..2.</summary>
    public double GainScaling { get; set; } = 1;

    /// <param name="taskFrame">In the base frame.</param>
    /// <param name="selection">1: compliant along or about that axis of the task frame.</param>
    /// <param name="wrench">What the robot shall apply to its surroundings, task frame, N and N·m.</param>
    /// <param name="type">1: y points from the TCP to the frame's origin; 2: as given; 3: x along the TCP's motion in x and y.</param>
    /// <param name="limits">Of compliant axes: the highest speed, m/s and rad/s. The others do not yield here, so that theirs, the
    /// greatest deviation, is always kept.</param>
    public void Start(in Pose taskFrame, in Vector6 selection, in Vector6 wrench, int type, in Vector6 limits)
    {
        if (!Active)
            (_velocity, _hasMoved) = (default, false);
        (Active, _taskFrame, _selection, _wrench, _type, _limits) = (true, taskFrame, selection, wrench, type, limits);
    }

    public void End() => Active = false;

    /// <summary>One cycle.</summary>
    /// <param name="tcp">In the base frame.</param>
    /// <param name="motion">Of the TCP as the program moves it, base frame, m/s.</param>
    /// <param name="force">Of the surroundings on the tool, base frame, N and N·m.</param>
    /// <returns>The velocity to add to the TCP's, base frame, m/s and rad/s.</returns>
    public Vector6 Step(double dt, in Pose tcp, Vec3 motion, in Vector6 force)
    {
        if (!Active)
        {
            _velocity = _velocity.MaxAbs > 1e-5 ? _velocity * (1 - Release * dt) : default;
            return ToolMotion.Rotate(_axes, _velocity);
        }
        bool compliant = FindAxes(tcp, motion);
        Vector6 sensed = ToolMotion.Rotate(_axes.Inverse, force);
        for (int i = 0; i < 6; i++)
        {
            double acceleration = GainScaling * (_wrench[i] + sensed[i]) / (i < 3 ? Mass : Inertia);
            double speed = _velocity[i] + (acceleration - FullDamping * Damping * _velocity[i]) * dt;
            _velocity[i] = compliant && _selection[i] != 0 ? Math.Clamp(speed, -_limits[i], _limits[i]) : 0;
        }
        return ToolMotion.Rotate(_axes, _velocity);
    }

    // False: motion's frame, and nothing has moved yet (manual: then no axis is compliant).
    private bool FindAxes(in Pose tcp, Vec3 motion)
    {
        Quat frame = _taskFrame.Rotation;
        Vec3 z = frame.Rotate(Vec3.UnitZ);
        if (_type == 1)
        {
            Vec3 y = _taskFrame.Position - tcp.Position;
            Vec3 x = y.Cross(z);
            if (y.Length > 1e-3 && x.Length > 1e-6)
                _axes = Frame(x.Normalized, y.Normalized);
            return true;
        }
        if (_type == 2)
        {
            _axes = frame;
            return true;
        }
        Vec3 along = motion - z * motion.Dot(z);
        if (along.Length > 1e-4)
            (_axes, _hasMoved) = (Frame(along.Normalized, z.Cross(along.Normalized)), true);
        return _hasMoved;
    }

    // The rotation whose first two axes are these, both of length 1 and at right angles.
    private static Quat Frame(Vec3 x, Vec3 y)
    {
        Vec3 swing = Vec3.UnitX.Cross(x);
        double cosine = x.X;
        Quat first = cosine < -1 + 1e-9 ? Quat.FromAxisAngle(Vec3.UnitZ, Math.PI)
            : new Quat(swing.X, swing.Y, swing.Z, 1 + cosine).Normalized;
        Vec3 before = first.Rotate(Vec3.UnitY);
        double angle = Math.Atan2(before.Cross(y).Dot(x), before.Dot(y));
        return (Quat.FromAxisAngle(x, angle) * first).Normalized;
    }
}
