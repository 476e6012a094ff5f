using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// What a program that computes its own torques asks: Jacobian, mass matrix, and how near a singularity is. Names and arguments as
/// public programs call them. Matrices are lists of rows. The dynamics are those of the simulated arm, not of a real one:
/// <see cref="MotionGenerator.JointInertia"/> in every joint, and no joint that feels another.
/// </summary>
internal sealed class ModelBuiltins(RobotContext robot)
{
    // How far, as the sine of an angle or as a share of the arm's length, a singularity counts as near and as too close; UR names neither.
    private const double Near = 0.25, TooClose = 0.1;

    public void AddTo(BuiltinLibrary library)
    {
        // 6 rows: the TCP's velocity (m/s) and turn (rad/s) in the base frame for 1 rad/s of each joint.
        library.Add("get_jacobian(q=None, tcp=None)", (_, a) => Matrix(Jacobian(Angles(a[0]), robot.Tool(a[1]))));
        library.Add("get_jacobian_time_derivative(q=None, qd=None, tcp=None)",
            (_, a) => Matrix(JacobianChange(Angles(a[0]), Speeds(a[1]), robot.Tool(a[2]))));
        library.Add("get_mass_matrix(q=None, include_rotors_inertia=False)", static (_, _) =>
        {
            var inertia = new double[36];
            for (int i = 0; i < 6; i++)
                inertia[7 * i] = MotionGenerator.JointInertia;
            return Matrix(inertia);
        });
        library.Add("get_coriolis_and_centrifugal_torques(q=None, qd=None)", static (_, _) => Value.ListOf(default));
        library.Add("get_freedrive_status()", (_, _) => Value.Int(NearnessOfSingularity(robot.State.Q)));
    }

    private Vector6 Angles(in Value q) => Arguments.IsGiven(q) ? Arguments.Finite(q, "q") : robot.State.Q;

    private Vector6 Speeds(in Value qd) => Arguments.IsGiven(qd) ? Arguments.Finite(qd, "qd") : robot.State.Qd;

    private double[] Jacobian(in Vector6 q, in Pose tool)
    {
        var jacobian = new double[36];
        robot.Kinematics.Jacobian(q, (robot.Kinematics.Flange(q) * tool).Position, jacobian);
        return jacobian;
    }

    private double[] JacobianChange(in Vector6 q, in Vector6 qd, in Pose tool)
    {
        const double Dt = 1e-5; // s: small against what moves, large against rounding
        double[] before = Jacobian(q - qd * Dt, tool), after = Jacobian(q + qd * Dt, tool);
        for (int i = 0; i < after.Length; i++)
            after[i] = (after[i] - before[i]) / (2 * Dt);
        return after;
    }

    // 0: none is near, 1: near, 2: too close. A UR arm's singularities are a straight elbow, a wrist 2 whose neighbours are parallel, and
    // a wrist above the base's axis: the factors of its Jacobian's determinant.
    private int NearnessOfSingularity(in Vector6 q)
    {
        var model = robot.Kinematics.Model;
        double upper = model.A[1] * Math.Cos(q[1]), lower = model.A[2] * Math.Cos(q[1] + q[2]);
        double reach = upper + lower + model.D[4] * Math.Sin(q[1] + q[2] + q[3]);
        double overBase = Math.Abs(reach) / (Math.Abs(model.A[1]) + Math.Abs(model.A[2]));
        double distance = Math.Min(overBase, Math.Min(Math.Abs(Math.Sin(q[2])), Math.Abs(Math.Sin(q[4]))));
        return distance > Near ? 0 : distance > TooClose ? 1 : 2;
    }

    private static Value Matrix(double[] rows)
    {
        var matrix = new Value[6];
        for (int i = 0; i < 6; i++)
            matrix[i] = Value.List(Array.ConvertAll(rows[(6 * i)..(6 * i + 6)], Value.Float));
        return Value.List(matrix);
    }
}
