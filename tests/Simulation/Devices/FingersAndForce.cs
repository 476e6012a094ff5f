using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Tests.Devices;

/// <summary>
/// As much of a cell as gripper and force sensor touch: fingers that move, a block between them, a wrench that the test sets.
/// </summary>
internal sealed class FingersAndForce : ICellPhysics
{
    /// <summary>Width of what lies between the fingers, m; 0 for nothing.</summary>
    public double BlockWidth { get; set; }

    public Vector6 Q => default;

    public Vector6 Qd => default;

    public Vector6 JointTorque => default;

    public double FingerWidth { get; private set; } = 0.085;

    public double FingerTarget { get; set; } = 0.085;

    public double FingerSpeed { get; set; }

    public bool FingersBlocked => BlockWidth > 0 && FingerWidth <= BlockWidth && FingerTarget < BlockWidth;

    public Wrench SensorWrench { get; set; }

    public Vector6 HandWrench { get; set; }

    public IReadOnlyList<SceneBody> Bodies => [];

    public void Step(double dt, in Vector6 targetQ, in Vector6 targetQd)
    {
        double step = Math.Clamp(FingerTarget - FingerWidth, -FingerSpeed * dt, FingerSpeed * dt);
        FingerWidth = Math.Max(FingerWidth + step, FingerWidth < BlockWidth ? FingerWidth : BlockWidth);
    }

    public void Place(string body, in Pose poseInBase) => throw new ArgumentException($"no object {body}");
}
