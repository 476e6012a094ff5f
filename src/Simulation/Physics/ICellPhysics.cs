using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Simulation.Physics;

/// <summary>
/// What is true in the cell: arm, fingers, objects and forces. The controller steps it once a cycle; devices and cameras look. Kinematic
/// for now; a physics engine fills the same interface. Not thread-safe: the cell's loop owns it, cameras get copies of
/// <see cref="Bodies"/>.
/// </summary>
public interface ICellPhysics
{
    /// <summary>Measured joint angles and speeds (rad, rad/s).</summary>
    Vector6 Q { get; }

    Vector6 Qd { get; }

    /// <summary>Torques that the joints' motors give, N·m.</summary>
    Vector6 JointTorque { get; }

    /// <summary>Finger opening, m: as it is, and as the gripper asks.</summary>
    double FingerWidth { get; }

    double FingerTarget { get; set; }

    /// <summary>How fast the fingers may move, m/s.</summary>
    double FingerSpeed { get; set; }

    /// <summary>The fingers hold something or are stopped by it.</summary>
    bool FingersBlocked { get; }

    /// <summary>What an ideal force-torque sensor between flange and gripper feels, in its own frame (z towards the tool).</summary>
    Wrench SensorWrench { get; }

    /// <summary>A hand on the tool: force (N) and torque (N·m) at the TCP in the base frame. Moves the arm in freedrive only.</summary>
    Vector6 HandWrench { get; set; }

    /// <summary>Everything visible, robot links and gripper included, with poses in the robot's base frame.</summary>
    IReadOnlyList<SceneBody> Bodies { get; }

    /// <summary>Advances by dt seconds towards the controller's set-point (rad, rad/s).</summary>
    void Step(double dt, in Vector6 targetQ, in Vector6 targetQd);

    /// <summary>Puts an object somewhere, at rest.</summary>
    /// <exception cref="ArgumentException">No object of that name.</exception>
    void Place(string body, in Pose poseInBase);
}

public enum ShapeKind { Box, Cylinder, Sphere, Plane }

/// <summary>A primitive in its body's frame.</summary>
/// <param name="Size">Box: half extents. Cylinder: radius, half length along z, 0. Sphere: radius, 0, 0. Plane: z = 0, normal up.</param>
/// <param name="Color">0xRRGGBB.</param>
/// <param name="Checker">Squares per metre on its local x-y; 0 for plain.</param>
/// <param name="Print">Of a box: what is printed on its upper side (+z); null for nothing.</param>
public sealed record Shape(
    ShapeKind Kind, Vec3 Size, Pose Local, uint Color, double Checker = 0, CalibrationBoard? Print = null);

/// <summary>A rigid body of the scene.</summary>
public sealed class SceneBody(string name, IReadOnlyList<Shape> shapes)
{
    public string Name { get; } = name;

    public IReadOnlyList<Shape> Shapes { get; } = shapes;

    public Pose PoseInBase { get; set; } = Pose.Identity;
}
