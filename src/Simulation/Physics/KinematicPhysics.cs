using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Physics;

/// <summary>
/// A cell without dynamics: the arm is where the controller's set-point is, objects are carried, dropped and pushed aside, forces are
/// those of weight, of contact and of a hand on the tool. No allocation in <see cref="Step"/>.
/// </summary>
public sealed class KinematicPhysics : ICellPhysics
{
    private readonly CellScene _scene;
    private readonly UrKinematics _kinematics;
    private readonly ArmDynamics _dynamics;
    private readonly Fingers _fingers;
    private readonly LooseObjects _loose;
    private readonly ToolContact _contact;

    /// <param name="scene">Its bodies are moved by this.</param>
    /// <param name="startQ">Joint angles, rad.</param>
    /// <param name="kinematics">The arm's real geometry; null: it is nominal.</param>
    public KinematicPhysics(CellScene scene, in Vector6 startQ, UrKinematics? kinematics = null)
    {
        _scene = scene;
        _kinematics = kinematics ?? new UrKinematics(scene.Model);
        _dynamics = new ArmDynamics(scene.Model);
        CellObject[] objects = [.. scene.Objects];
        _fingers = new Fingers(objects);
        _loose = new LooseObjects(objects);
        _contact = new ToolContact(objects);
        Step(0.002, startQ, default);
    }

    public Vector6 Q { get; private set; }

    public Vector6 Qd { get; private set; }

    public Vector6 JointTorque { get; private set; }

    public double FingerWidth => _fingers.Width;

    public double FingerTarget
    {
        get => _fingers.Target;
        set => _fingers.Target = value;
    }

    /// <summary>Rate of the opening, m/s: both fingers together.</summary>
    public double FingerSpeed
    {
        get => _fingers.Speed;
        set => _fingers.Speed = value;
    }

    public bool FingersBlocked => _fingers.Blocked;

    /// <summary>The name of what the gripper carries; null for nothing.</summary>
    public string? HeldObject => _fingers.Held?.Body.Name;

    /// <summary>
    /// What all that is below the sensor does to it: force and torque on the sensor, about the flange's origin, in the flange's frame.
    /// With the tool hanging down its weight is +Fz; pressing on the table makes Fz fall and turn negative; a hand's push counts as the
    /// hand pushes.
    /// </summary>
    public Wrench SensorWrench { get; private set; }

    public Vector6 HandWrench { get; set; }

    public IReadOnlyList<SceneBody> Bodies => _scene.Bodies;

    public void Step(double dt, in Vector6 targetQ, in Vector6 targetQd)
    {
        Q = targetQ;
        Qd = targetQd;
        Span<Pose> frames = stackalloc Pose[6];
        _kinematics.Frames(targetQ, frames);
        Pose flange = frames[5];
        _fingers.Step(dt, flange);
        _loose.Step(dt, _fingers.Held);
        _contact.Step(dt, flange, _fingers.Width, _fingers.Held);
        _scene.PoseRobot(frames, _fingers.Width);
        Load(frames, flange);
    }

    /// <remarks>Objects and the target mark can be placed; what the gripper holds leaves it.</remarks>
    public void Place(string body, in Pose poseInBase)
    {
        if (body == _scene.Target.Name)
        {
            _scene.Target.PoseInBase = poseInBase;
            return;
        }
        foreach (CellObject it in _scene.Objects)
        {
            if (it.Body.Name != body)
                continue;
            if (ReferenceEquals(it, _fingers.Held))
                _fingers.Release();
            it.Body.PoseInBase = poseInBase;
            _loose.Stop(it);
            return;
        }
        string known = string.Join(", ", _scene.Objects.Select(o => o.Body.Name));
        throw new ArgumentException($"'{body}' is not an object of this cell; it has {known} and {_scene.Target.Name}", nameof(body));
    }

    /// <summary>A new episode's places for all objects: see <see cref="CellScene.Reset"/>. The gripper lets go.</summary>
    public void Reset(int seed)
    {
        _fingers.Release();
        _scene.Reset(seed);
        foreach (CellObject it in _scene.Objects)
            _loose.Stop(it);
    }

    // Everything that pulls on the flange, gathered as a force and a torque about its origin, base axes.
    private void Load(ReadOnlySpan<Pose> frames, in Pose flange)
    {
        Vec3 force = default, torque = default;
        void Add(Vec3 f, Vec3 at, Vec3 origin)
        {
            force += f;
            torque += (at - origin).Cross(f);
        }
        Vec3 origin = flange.Position;
        Add(Weight(GripperGeometry.MassKg), flange.Transform(new(0, 0, GripperGeometry.CentreOfMassZ)), origin);
        if (_fingers.Held is { } held)
            Add(Weight(held.MassKg), held.Body.PoseInBase.Position, origin);
        Add(_contact.Force, _contact.Point, origin);
        Add(new(HandWrench[0], HandWrench[1], HandWrench[2]), (flange * GripperGeometry.FlangeToTcp).Position, origin);
        torque += new Vec3(HandWrench[3], HandWrench[4], HandWrench[5]);

        JointTorque = _dynamics.HoldingTorque(frames) + ArmDynamics.HoldingTorque(frames, force, torque, origin);
        Quat toSensor = flange.Rotation.Inverse;
        Vec3 f = toSensor.Rotate(force), t = toSensor.Rotate(torque);
        SensorWrench = new(f.X, f.Y, f.Z, t.X, t.Y, t.Z);
    }

    private static Vec3 Weight(double mass) => new(0, 0, -mass * ArmDynamics.Gravity);
}
