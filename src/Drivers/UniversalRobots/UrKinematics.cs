using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>Forward, differential and inverse kinematics of a UR arm. Immutable, thread-safe, no allocation.</summary>
public sealed partial class UrKinematics
{
    private readonly Pose[] _link = new Pose[6]; // frame i+1 in frame i for joint angle 0

    /// <param name="model">Nominal geometry and limits.</param>
    /// <param name="calibration">The robot's own geometry, which then replaces the nominal one.</param>
    public UrKinematics(UrModel model, UrCalibration? calibration = null)
    {
        (Model, IsCalibrated) = (model, calibration is not null);
        Pose undone = Pose.Identity;
        for (int i = 0; i < 6; i++)
        {
            Pose nominal = Link(0, model.A[i], model.D[i], model.Alpha[i]);
            if (calibration is null)
            {
                _link[i] = nominal;
                continue;
            }
            // A calibration may put the frames of the nearly parallel axes 2 to 4 hundreds of metres away. A frame may slide along and
            // turn about its own z, which is the next joint's axis, if the next link undoes it: so it comes back to where the link really
            // is.
            Pose link = undone * Link(calibration.Theta[i], calibration.A[i], calibration.D[i], calibration.Alpha[i]);
            Pose slide = i < 5 ? SlideOnto(link, nominal) : Pose.Identity;
            _link[i] = link * slide;
            undone = slide.Inverse;
        }
    }

    public UrModel Model { get; }

    public bool IsCalibrated { get; }

    /// <summary>The flange in the base frame for joint angles in rad.</summary>
    public Pose Flange(in Vector6 q)
    {
        Span<Pose> frames = stackalloc Pose[6];
        Frames(q, frames);
        return frames[5];
    }

    /// <summary>Frames 1…6 in the base frame, each at its link's end (nominally the DH frames); frame 6 is the flange.</summary>
    public void Frames(in Vector6 q, Span<Pose> frames)
    {
        Pose t = Pose.Identity;
        for (int i = 0; i < 6; i++)
        {
            var turn = Quat.FromAxisAngle(Vec3.UnitZ, q[i]);
            frames[i] = t *= new Pose(turn.Rotate(_link[i].Position), turn * _link[i].Rotation);
        }
    }

    /// <summary>
    /// The geometric Jacobian at a point in the base frame: rows vx, vy, vz, wx, wy, wz; columns joints; row-major 6 x 6.
    /// </summary>
    public void Jacobian(in Vector6 q, Vec3 pointInBase, Span<double> jacobian)
    {
        Span<Pose> frames = stackalloc Pose[6];
        Frames(q, frames);
        Jacobian(frames, pointInBase, jacobian);
    }

    private static void Jacobian(ReadOnlySpan<Pose> frames, Vec3 pointInBase, Span<double> jacobian)
    {
        for (int i = 0; i < 6; i++)
        {
            Vec3 axis = i == 0 ? Vec3.UnitZ : frames[i - 1].Rotation.Rotate(Vec3.UnitZ);
            Vec3 origin = i == 0 ? default : frames[i - 1].Position;
            Vec3 v = axis.Cross(pointInBase - origin);
            (jacobian[i], jacobian[6 + i], jacobian[12 + i]) = (v.X, v.Y, v.Z);
            (jacobian[18 + i], jacobian[24 + i], jacobian[30 + i]) = (axis.X, axis.Y, axis.Z);
        }
    }

    /// <summary>TCP velocity (m/s, rad/s, base frame) of joint speeds (rad/s).</summary>
    public Vector6 TcpVelocity(in Vector6 q, in Vector6 qd, in Pose flangeToTcp)
    {
        Span<double> j = stackalloc double[36];
        Jacobian(q, (Flange(q) * flangeToTcp).Position, j);
        Vector6 v = default;
        for (int r = 0; r < 6; r++)
            for (int c = 0; c < 6; c++)
                v[r] += j[r * 6 + c] * qd[c];
        return v;
    }

    /// <summary>
    /// Joint angles that bring the TCP to a pose, reached from <paramref name="q"/> by damped least squares: the branch it starts in.
    /// </summary>
    /// <param name="q">In: where to start. Out: the solution, or the closest found.</param>
    /// <param name="tcpInBase">The pose sought.</param>
    /// <param name="flangeToTcp">The tool.</param>
    /// <returns>The remaining error, m and rad in one norm; below 1e-6 is solved.</returns>
    public double Inverse(ref Vector6 q, in Pose tcpInBase, in Pose flangeToTcp, int maxIterations = 60)
    {
        Span<double> j = stackalloc double[36], system = stackalloc double[42];
        Span<Pose> frames = stackalloc Pose[6];
        double error = double.MaxValue;
        for (int iteration = 0; iteration < maxIterations; iteration++)
        {
            Frames(q, frames);
            Pose at = frames[5] * flangeToTcp;
            Vector6 e = Difference(tcpInBase, at);
            error = e.Norm;
            if (error < 1e-9)
                return error;
            Jacobian(frames, at.Position, j);
            double damping = 1e-8 + 1e-3 * Math.Min(error * error, 1);
            if (!SolveDamped(j, e, damping, system))
                return error;
            for (int i = 0; i < 6; i++)
            {
                double step = 0;
                for (int k = 0; k < 6; k++)
                    step += j[k * 6 + i] * system[k * 7 + 6];
                q[i] += Math.Clamp(step, -0.3, 0.3);
            }
        }
        return Math.Min(error, Difference(tcpInBase, Flange(q) * flangeToTcp).Norm);
    }

    /// <summary>Translation and rotation vector, both in the base frame, that lead from one pose to another.</summary>
    public static Vector6 Difference(in Pose to, in Pose from)
    {
        Vec3 p = to.Position - from.Position;
        Vec3 r = (to.Rotation * from.Rotation.Inverse).ToRotationVector();
        return new(p.X, p.Y, p.Z, r.X, r.Y, r.Z);
    }

    private static Pose Link(double theta, double a, double d, double alpha)
    {
        var rz = Quat.FromAxisAngle(Vec3.UnitZ, theta);
        return new(rz.Rotate(new(a, 0, d)), rz * Quat.FromAxisAngle(Vec3.UnitX, alpha));
    }

    private static Pose SlideOnto(in Pose link, in Pose nominal)
    {
        double along = link.Rotation.Rotate(Vec3.UnitZ).Dot(nominal.Position - link.Position);
        Quat apart = link.Rotation.Inverse * nominal.Rotation;
        return new(new(0, 0, along), Quat.FromAxisAngle(Vec3.UnitZ, 2 * Math.Atan2(apart.Z, apart.W)));
    }

    // (J Jᵀ + λ I) x = e by elimination with pivoting; x in column 6 of the 6 x 7 system.
    private static bool SolveDamped(ReadOnlySpan<double> j, in Vector6 e, double damping, Span<double> m)
    {
        for (int r = 0; r < 6; r++)
        {
            for (int c = 0; c < 6; c++)
            {
                double s = r == c ? damping : 0;
                for (int k = 0; k < 6; k++)
                    s += j[r * 6 + k] * j[c * 6 + k];
                m[r * 7 + c] = s;
            }
            m[r * 7 + 6] = e[r];
        }
        for (int p = 0; p < 6; p++)
        {
            int best = p;
            for (int r = p + 1; r < 6; r++)
                if (Math.Abs(m[r * 7 + p]) > Math.Abs(m[best * 7 + p]))
                    best = r;
            if (Math.Abs(m[best * 7 + p]) < 1e-15)
                return false;
            for (int c = 0; best != p && c < 7; c++)
                (m[p * 7 + c], m[best * 7 + c]) = (m[best * 7 + c], m[p * 7 + c]);
            for (int r = 0; r < 6; r++)
            {
                if (r == p)
                    continue;
                double f = m[r * 7 + p] / m[p * 7 + p];
                for (int c = p; c < 7; c++)
                    m[r * 7 + c] -= f * m[p * 7 + c];
            }
        }
        for (int r = 0; r < 6; r++)
            m[r * 7 + 6] /= m[r * 7 + r];
        return true;
    }
}
