using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Scene;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Physics;

public class KinematicPhysicsTests
{
    private const double Dt = 0.002;
    private const double ToolWeight = 0.925 * 9.80665;
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);

    private readonly CellScene _scene = new(UrModel.Ur5e, 1);
    private readonly KinematicPhysics _physics;
    private readonly UrKinematics _kinematics = new(UrModel.Ur5e);
    private Vector6 _q = s_home;

    public KinematicPhysicsTests()
    {
        _physics = new KinematicPhysics(_scene, s_home);
        // Only the cube is where the tool works; the distractors lie far away.
        _physics.Place("can", new(new(-0.3, 0.5, 0.045), Quat.Identity));
        _physics.Place("block", new(new(-0.7, 0.5, 0.016), Quat.Identity));
        _physics.Place("cube", new(new(-0.5, -0.1, 0.0225), Quat.Identity));
    }

    private SceneBody Cube => _scene.Cube.Body;

    // Hand-computed: 0.925 kg at 67.3 mm (0.725 kg at 50 mm and two fingers of 0.1 kg at 130 mm) above the flange.
    [Theory]
    [InlineData(new[] { 0.0, -90, 90, -90, -90, 0 }, new[] { 0, 0, 9.0712, 0, 0, 0 })] // tool down
    [InlineData(new[] { 0.0, -90, 90, -90, 90, 0 }, new[] { 0, 0, -9.0712, 0, 0, 0 })] // tool up
    [InlineData(new[] { 0.0, 0, 0, 0, 0, 0 }, new[] { 0, -9.0712, 0, 0.6105, 0, 0 })] // stretched out: tool level, its y up
    [InlineData(new[] { 0.0, 0, 0, 0, 0, 90 }, new[] { -9.0712, 0, 0, 0, -0.6105, 0 })] // and a quarter turn of the flange
    public void The_sensor_feels_the_weight_of_the_gripper(double[] degrees, double[] expected)
    {
        _physics.Step(Dt, new Vector6(degrees) * (Math.PI / 180), default);
        AssertWrench(expected, _physics.SensorWrench, 1e-3);
    }

    [Fact]
    public void A_hand_on_the_tool_is_felt_as_it_pushes_and_held_by_the_joints()
    {
        Vector6 before = _physics.JointTorque;
        _physics.HandWrench = new(3, 0, -5, 0, 0, 0.7);
        _physics.Step(Dt, s_home, default);
        // At home the flange's x is the base's y, its y the base's x, its z points down; the TCP is 0.145 m along it.
        Wrench w = _physics.SensorWrench;
        AssertWrench([0, 3, ToolWeight + 5, -3 * 0.145, 0, -0.7], w, 1e-6);
        Span<double> jacobian = stackalloc double[36];
        _kinematics.Jacobian(s_home, (_kinematics.Flange(s_home) * GripperGeometry.FlangeToTcp).Position, jacobian);
        for (int j = 0; j < 6; j++)
        {
            double expected = -(jacobian[j] * 3 + jacobian[12 + j] * -5 + jacobian[30 + j] * 0.7);
            Assert.Equal(expected, _physics.JointTorque[j] - before[j], 9);
        }
    }

    [Fact]
    public void Fingers_move_at_their_speed_and_close_on_nothing_to_nothing()
    {
        _physics.FingerTarget = 0;
        _physics.FingerSpeed = 0.05;
        Steps(100);
        Assert.Equal(0.085 - 0.05 * 0.2, _physics.FingerWidth, 9);
        Steps(1000);
        Assert.Equal(0, _physics.FingerWidth);
        Assert.False(_physics.FingersBlocked);
        Assert.Null(_physics.HeldObject);
    }

    [Fact]
    public void A_grasped_cube_follows_the_tool_until_the_fingers_open_and_then_drops_to_the_table()
    {
        Grasp();
        Assert.Equal(0.045, _physics.FingerWidth, 9);
        Assert.True(_physics.FingersBlocked);
        Assert.Equal("cube", _physics.HeldObject);

        Pose tcpBefore = Tcp, cubeBefore = Cube.PoseInBase;
        Pose moved = new(new(-0.45, 0.05, 0.25), Quat.FromAxisAngle(Vec3.UnitZ, 0.7) * tcpBefore.Rotation);
        MoveTo(moved);
        Assert.True(UrKinematics.Difference(Cube.PoseInBase, Tcp * tcpBefore.Inverse * cubeBefore).Norm < 1e-9);
        AssertWrench([0, 0, (0.925 + 0.1) * 9.80665, 0, 0, 0], _physics.SensorWrench, 1e-6);

        _physics.FingerTarget = 0.085;
        Steps(1);
        Assert.Null(_physics.HeldObject);
        double z0 = Cube.PoseInBase.Position.Z;
        Steps(49); // 0.1 s of free fall: 49 mm
        Assert.Equal(0.5 * 9.80665 * 0.1 * 0.1, z0 - Cube.PoseInBase.Position.Z, 2e-3);
        Steps(500);
        Vec3 end = Cube.PoseInBase.Position;
        Assert.True((end - new Vec3(-0.45, 0.05, 0.0225)).Length < 2e-3, $"it lies at {end}");
        Assert.Equal(0.0225, end.Z, 9);
        Assert.False(_physics.FingersBlocked);
        AssertWrench([0, 0, ToolWeight, 0, 0, 0], _physics.SensorWrench, 1e-6);
    }

    [Theory]
    [InlineData(0.0, 0.012)]
    [InlineData(0.35, 0.0)]
    [InlineData(-0.6, -0.008)]
    public void Closing_fingers_centre_and_align_what_stands_askew(double yaw, double offset)
    {
        // At home the fingers move along the base's y.
        _physics.Place("cube", new(new(-0.5, -0.1 + offset, 0.0225), Quat.FromAxisAngle(Vec3.UnitZ, yaw)));
        Grasp();
        Assert.Equal("cube", _physics.HeldObject);
        Assert.Equal(0.045, _physics.FingerWidth, 6);
        Assert.Equal(-0.1, Cube.PoseInBase.Position.Y, 1e-6);
        Vec3 face = Cube.PoseInBase.Rotation.Rotate(Vec3.UnitX);
        Assert.True(Math.Min(Math.Abs(face.X), Math.Abs(face.Y)) < 1e-6, $"its face points along {face}");
        Assert.Equal(0.0225, Cube.PoseInBase.Position.Z, 6);
    }

    [Fact]
    public void A_round_can_is_grasped_as_wide_as_it_is()
    {
        _physics.Place("cube", new(new(-0.7, -0.4, 0.0225), Quat.Identity));
        _physics.Place("can", new(new(-0.5, -0.097, 0.045), Quat.Identity));
        MoveTo(Above(0.05));
        Close();
        Assert.Equal("can", _physics.HeldObject);
        Assert.Equal(0.052, _physics.FingerWidth, 6);
    }

    [Fact]
    public void What_is_not_between_the_pads_is_not_grasped()
    {
        foreach (Vec3 beside in new Vec3[] { new(0.05, 0, 0), new(-0.05, 0, 0), new(0, 0, -0.06) })
        {
            _physics.Place("cube", new(new Vec3(-0.5, -0.1, 0.0225) + beside with { Z = 0 }, Quat.Identity));
            _physics.FingerTarget = 0.085;
            MoveTo(Above(0.03 - beside.Z));
            Close();
            Assert.Null(_physics.HeldObject);
            Assert.Equal(0, _physics.FingerWidth);
        }
    }

    [Fact]
    public void Nearly_closed_fingers_that_come_down_on_the_cube_press_on_it_and_do_not_grasp_it()
    {
        _physics.FingerTarget = 0.02;
        Steps(1000);
        MoveTo(Above(0.045 + 0.015 - 0.001)); // the pads end 15 mm below the TCP: 1 mm into the cube's top
        Steps(2);
        Assert.Null(_physics.HeldObject);
        Assert.Equal(0.02, _physics.FingerWidth, 9);
        AssertWrench([0, 0, ToolWeight - 20, 0, 0, 0], _physics.SensorWrench, 0.2);
    }

    [Fact]
    public void A_tilted_object_comes_to_rest_flat_and_one_beside_the_table_on_the_floor()
    {
        _physics.Place("cube", new(new(-0.5, 0.2, 0.3), Quat.FromRotationVector(new(0.4, -0.3, 1))));
        _physics.Place("block", new(new(-0.5, 0.7, 0.3), Quat.Identity));
        Steps(1000);
        Assert.Equal(0.0225, Cube.PoseInBase.Position.Z, 6);
        Assert.Equal(1, Enumerable.Range(0, 3).Max(i => Math.Abs(Cube.PoseInBase.Rotation.Rotate(Axis(i)).Z)), 9);
        Assert.Equal(CellScene.FloorZ + 0.016, _scene.Bodies.Single(b => b.Name == "block").PoseInBase.Position.Z, 6);
    }

    [Fact]
    public void An_object_comes_to_rest_on_another_and_falls_on_when_that_is_taken_away()
    {
        _physics.Place("block", new(new(-0.51, -0.11, 0.2), Quat.Identity));
        Steps(500);
        SceneBody block = _scene.Bodies.Single(b => b.Name == "block");
        Assert.Equal(0.045 + 0.016, block.PoseInBase.Position.Z, 6);
        _physics.Place("cube", new(new(-0.7, -0.4, 0.0225), Quat.Identity));
        Steps(500);
        Assert.Equal(0.016, block.PoseInBase.Position.Z, 6);
    }

    [Fact]
    public void Pressing_on_the_table_gives_a_stiff_force_upwards_that_is_capped()
    {
        _physics.Place("cube", new(new(-0.7, -0.4, 0.0225), Quat.Identity));
        MoveTo(Above(0.016));
        AssertWrench([0, 0, ToolWeight, 0, 0, 0], _physics.SensorWrench, 1e-6); // 1 mm above
        MoveTo(Above(0.014));
        Steps(1);
        AssertWrench([0, 0, ToolWeight - 20, 0, 0, 0], _physics.SensorWrench, 1e-3); // 1 mm in, 20 kN/m
        Vector6 pressed = _physics.JointTorque;
        MoveTo(Above(-0.02));
        AssertWrench([0, 0, ToolWeight - 300, 0, 0, 0], _physics.SensorWrench, 1e-3);
        Assert.True(_physics.JointTorque[1] != pressed[1]);
        MoveTo(Above(0.1));
        AssertWrench([0, 0, ToolWeight, 0, 0, 0], _physics.SensorWrench, 1e-6);
    }

    [Fact]
    public void Coming_down_fast_is_damped()
    {
        _physics.Place("cube", new(new(-0.7, -0.4, 0.0225), Quat.Identity));
        MoveTo(Above(0.0155));
        MoveTo(Above(0.0145)); // 0.5 mm in within one cycle: 0.25 m/s
        Assert.Equal(ToolWeight - (10 + 25), _physics.SensorWrench.Fz, 1e-3);
        Steps(1);
        Assert.Equal(ToolWeight - 10, _physics.SensorWrench.Fz, 1e-3);
    }

    [Fact]
    public void A_held_cube_pressed_on_the_table_is_felt()
    {
        Grasp();
        MoveTo(Above(0.0225 + 0.1));
        MoveTo(Above(0.0225 - 0.0005));
        Steps(1);
        Assert.Equal((0.925 + 0.1) * 9.80665 - 10, _physics.SensorWrench.Fz, 1e-2);
    }

    [Fact]
    public void An_edge_of_the_pads_on_the_table_is_felt_as_a_torque()
    {
        _physics.Place("cube", new(new(-0.7, -0.4, 0.0225), Quat.Identity));
        Pose tilted = Above(0.025) with { Rotation = Above(0).Rotation * Quat.FromAxisAngle(Vec3.UnitY, 0.25) };
        MoveTo(tilted);
        Steps(1);
        Wrench w = _physics.SensorWrench;
        Assert.True(w.Fz < 0 && Math.Abs(w.Ty) > 0.5, $"one finger presses: {w}");
    }

    [Fact]
    public void The_side_of_a_finger_pushes_the_cube_away()
    {
        _physics.FingerTarget = 0;
        Steps(1000);
        MoveTo(Above(0.025) with { Position = new(-0.42, -0.1, 0.025) });
        for (double x = -0.42; x > -0.5; x -= 0.0005)
            MoveTo(Above(0.025) with { Position = new(x, -0.1, 0.025) });
        Assert.Equal(-0.5 - 0.011 - 0.0225, Cube.PoseInBase.Position.X, 2e-3);
        Assert.Equal(ToolWeight, _physics.SensorWrench.Fz, 1e-6);
    }

    [Fact]
    public void Only_objects_can_be_placed()
    {
        var mistake = Assert.Throws<ArgumentException>(() => _physics.Place("forearm", Pose.Identity));
        Assert.Contains("forearm", mistake.Message);
        Assert.Contains("cube", mistake.Message);
        _physics.Place("target", new(new(-0.4, 0.1, 0), Quat.Identity));
        Assert.Equal(-0.4, _scene.Target.PoseInBase.Position.X);
    }

    [Fact]
    public void Placing_what_is_held_takes_it_out_of_the_gripper_and_a_reset_does_too()
    {
        Grasp();
        _physics.Place("cube", new(new(-0.7, -0.4, 0.0225), Quat.Identity));
        Assert.Null(_physics.HeldObject);
        _physics.FingerTarget = 0.085;
        Steps(500);
        _physics.Place("cube", new(new(-0.5, -0.1, 0.0225), Quat.Identity));
        Grasp();
        _physics.Reset(12);
        Assert.Null(_physics.HeldObject);
        Assert.Equal(new CellScene(UrModel.Ur5e, 12).Cube.Body.PoseInBase, Cube.PoseInBase);
    }

    [Fact]
    public void A_step_allocates_nothing()
    {
        Grasp();
        bool released = true, grasped = true;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            _physics.FingerTarget = 0.085;
            Steps(600);
            released &= _physics.HeldObject is null;
            Close();
            grasped &= _physics.HeldObject is not null;
        }));
        Assert.True(released && grasped);
    }

    private Pose Tcp => _kinematics.Flange(_q) * GripperGeometry.FlangeToTcp;

    // The TCP at a height over the cube's first place, pointing down as at home.
    private Pose Above(double z) => new(new(-0.5, -0.1, z), (_kinematics.Flange(s_home) * GripperGeometry.FlangeToTcp).Rotation);

    private void Grasp()
    {
        MoveTo(Above(0.0225));
        Close();
    }

    private void Close()
    {
        _physics.FingerTarget = 0;
        Steps(600);
    }

    private void MoveTo(Pose tcp)
    {
        Assert.True(_kinematics.Inverse(ref _q, tcp, GripperGeometry.FlangeToTcp) < 1e-6);
        Steps(1);
    }

    private void Steps(int n)
    {
        for (int i = 0; i < n; i++)
            _physics.Step(Dt, _q, default);
    }

    private static Vec3 Axis(int i) => i == 0 ? Vec3.UnitX : i == 1 ? Vec3.UnitY : Vec3.UnitZ;

    private static void AssertWrench(double[] expected, Wrench w, double tolerance)
    {
        double[] actual = [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz];
        for (int i = 0; i < 6; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= tolerance, $"expected {string.Join(", ", expected)}, felt {w}");
    }
}
