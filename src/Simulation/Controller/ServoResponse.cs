using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// How the controller's set-point follows a servoj target: qdd = gain · (target - q - lookahead · qd), which has the natural frequency
/// √gain, the damping lookahead·√gain/2 and on a ramp a lag of lookahead. Inferred from UR's description of servoj; the clamps are
/// ours.
/// </summary>
internal static class ServoResponse
{
    /// <summary>One cycle.</summary>
    /// <param name="q">rad.</param>
    /// <param name="qd">rad/s.</param>
    /// <param name="target">rad.</param>
    /// <param name="maxSpeed">Of each joint, rad/s.</param>
    public static void Step(
        ref Vector6 q, ref Vector6 qd, in Vector6 target, in Vector6 maxSpeed, double lookaheadS, double gain, double dt)
    {
        bool arrived = true;
        for (int i = 0; i < 6; i++)
        {
            double acceleration = gain * (target[i] - q[i] - lookaheadS * qd[i]);
            acceleration = Math.Clamp(acceleration, -MotionGenerator.JointAcceleration, MotionGenerator.JointAcceleration);
            qd[i] = Math.Clamp(qd[i] + acceleration * dt, -maxSpeed[i], maxSpeed[i]);
            q[i] += qd[i] * dt;
            arrived &= Math.Abs(qd[i]) < 1e-6 && Math.Abs(target[i] - q[i]) < 1e-7;
        }
        if (arrived)
            (q, qd) = (target, default);
    }
}
