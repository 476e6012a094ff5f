using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>From velocities of the tool to those of the joints, and from forces on it to torques.</summary>
internal static class ToolMotion
{
    /// <summary>
    /// Joint speeds (rad/s) that give the TCP a velocity (m/s, rad/s, base frame); damped, so that near a singularity they stay finite
    /// and the tool lags.
    /// </summary>
    public static Vector6 JointSpeeds(UrKinematics kinematics, in Vector6 q, in Pose flangeToTcp, in Vector6 tcpVelocity)
    {
        Span<double> j = stackalloc double[36], m = stackalloc double[42];
        kinematics.Jacobian(q, (kinematics.Flange(q) * flangeToTcp).Position, j);
        for (int row = 0; row < 6; row++)
        {
            for (int column = 0; column < 6; column++)
            {
                double sum = row == column ? 1e-6 : 0;
                for (int k = 0; k < 6; k++)
                    sum += j[row * 6 + k] * j[column * 6 + k];
                m[row * 7 + column] = sum;
            }
            m[row * 7 + 6] = tcpVelocity[row];
        }
        Solve(m);
        Vector6 speeds = default;
        for (int i = 0; i < 6; i++)
            for (int row = 0; row < 6; row++)
                speeds[i] += j[row * 6 + i] * m[row * 7 + 6];
        return speeds;
    }

    /// <summary>Torques (N·m) on the joints of a force and torque (N, N·m, base frame) at the TCP.</summary>
    public static Vector6 JointTorques(UrKinematics kinematics, in Vector6 q, in Pose flangeToTcp, in Vector6 wrench)
    {
        Span<double> j = stackalloc double[36];
        kinematics.Jacobian(q, (kinematics.Flange(q) * flangeToTcp).Position, j);
        Vector6 torques = default;
        for (int i = 0; i < 6; i++)
            for (int row = 0; row < 6; row++)
                torques[i] += j[row * 6 + i] * wrench[row];
        return torques;
    }

    /// <summary>The linear part of a twist, or the force of a wrench.</summary>
    public static Vec3 FirstThree(in Vector6 v) => new(v[0], v[1], v[2]);

    /// <summary>A vector of two triples (a twist, a wrench), each turned.</summary>
    public static Vector6 Rotate(Quat rotation, in Vector6 v)
    {
        Vec3 a = rotation.Rotate(new(v[0], v[1], v[2])), b = rotation.Rotate(new(v[3], v[4], v[5]));
        return new(a.X, a.Y, a.Z, b.X, b.Y, b.Z);
    }

    // Elimination without pivoting: the matrix is symmetric and positive definite. The solution is left in column 6.
    private static void Solve(Span<double> m)
    {
        for (int p = 0; p < 6; p++)
        {
            for (int row = 0; row < 6; row++)
            {
                if (row == p)
                    continue;
                double factor = m[row * 7 + p] / m[p * 7 + p];
                for (int column = p; column < 7; column++)
                    m[row * 7 + column] -= factor * m[p * 7 + column];
            }
        }
        for (int row = 0; row < 6; row++)
            m[row * 7 + 6] /= m[row * 7 + row];
    }
}
