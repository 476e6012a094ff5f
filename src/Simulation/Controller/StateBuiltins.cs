using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>What a program can ask about the arm, and kinematics. Source: URScript manual 5.12, module internals.</summary>
internal sealed class StateBuiltins(RobotContext robot)
{
    public void AddTo(BuiltinLibrary library)
    {
        AddArm(library);
        AddPayload(library);
        AddKinematics(library);
    }

    private void AddArm(BuiltinLibrary library)
    {
        ControllerState state = robot.State;
        MotionGenerator motion = robot.Motion;
        foreach (string name in (string[])["get_actual_joint_positions", "get_joint_positions"])
            library.Add(name + "()", (_, _) => Value.ListOf(state.Q));
        library.Add("get_actual_joint_speeds()", (_, _) => Value.ListOf(state.Qd));
        library.Add("get_target_joint_positions()", (_, _) => Value.ListOf(motion.Q));
        library.Add("get_target_joint_speeds()", (_, _) => Value.ListOf(motion.Qd));
        library.Add("get_target_joint_accelerations()", (_, _) => Value.ListOf(motion.Qdd));
        library.Add("get_actual_tcp_pose()", (_, _) => Value.PoseOf(state.TcpPose));
        library.Add("get_actual_tool_flange_pose()", (_, _) => Value.PoseOf(robot.Kinematics.Flange(state.Q).ToVector()));
        library.Add("get_target_tcp_pose()", (_, _) => Value.PoseOf(robot.Tcp(motion.Q).ToVector()));
        library.Add("get_target_waypoint()", (_, _) => Value.PoseOf((motion.Waypoint ?? robot.Tcp(motion.Q)).ToVector()));
        library.Add("get_actual_tcp_speed()", (_, _) => Value.ListOf(state.TcpSpeed));
        library.Add("get_target_tcp_speed()",
            (_, _) => Value.ListOf(robot.Kinematics.TcpVelocity(motion.Q, motion.Qd, robot.FlangeToTcp)));
        library.Add("is_steady()", (_, _) => Value.Bool(motion.IsSteady && state.Qd.MaxAbs < 1e-3));
        library.Add("get_controller_temp()", static (_, _) => Value.Float(30)); // °C: a control box in a room
        library.Add("is_within_safety_limits(pose)", (_, a) => Value.Bool(IsWithinLimits(a[0])));
    }

    private void AddPayload(BuiltinLibrary library)
    {
        ControllerState state = robot.State;
        library.Add("get_tcp_offset()", (_, _) => Value.PoseOf(state.TcpOffset));
        library.Add("get_target_payload()", (_, _) => Value.Float(state.PayloadKg));
        library.Add("get_target_payload_cog()", (_, _) => Value.List(
            [Value.Float(state.PayloadCog.X), Value.Float(state.PayloadCog.Y), Value.Float(state.PayloadCog.Z)]));
        library.Add("get_target_payload_inertia()", (_, _) => Value.ListOf(state.PayloadInertia));
    }

    private void AddKinematics(BuiltinLibrary library)
    {
        library.Add("get_forward_kin(q=None, tcp=None)", (_, a) =>
        {
            Vector6 q = Arguments.IsGiven(a[0]) ? a[0].AsVector6() : robot.State.Q;
            return Value.PoseOf((robot.Kinematics.Flange(q) * robot.Tool(a[1])).ToVector());
        });
        const string Parameters = "(x, qnear=None, maxPositionError=1e-10, maxOrientationError=1e-10, tcp=None)";
        library.Add("get_inverse_kin" + Parameters, (_, a) => Value.ListOf(robot.Inverse(a[0].AsPose(), Near(a[1]), robot.Tool(a[4]))));
        library.Add("get_inverse_kin_has_solution" + Parameters,
            (_, a) => Value.Bool(robot.TryInverse(a[0].AsPose(), Near(a[1]), robot.Tool(a[4]), out Vector6 _)));
    }

    private Vector6 Near(in Value q) => Arguments.IsGiven(q) ? q.AsVector6() : robot.State.Q;

    // A pose, or joint angles. The simulated installation has no safety planes: what bounds the arm is its reach and its joints' range.
    private bool IsWithinLimits(in Value target) => target.Kind == ValueKind.Pose
        ? robot.TryInverse(target.AsPose(), robot.State.Q, robot.FlangeToTcp, out _)
        : target.AsVector6() is var q && q.IsFinite && q.MaxAbs <= UrModel.JointRange;
}
