using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>The built-ins that reach the robot. Source: URScript manual 5.12, modules motion, internals and interfaces.</summary>
internal sealed class RobotBuiltins(
    ControllerState state, MotionGenerator motion, UrKinematics kinematics, PrimaryMessages messages, InputWatchdogs watchdogs)
{
    private double StepTimeS => 1 / kinematics.Model.BaseRateHz;

    private Pose FlangeToTcp => Pose.FromVector(state.TcpOffset);

    /// <summary>What zero_ftsensor subtracts: N, N·m, base axes.</summary>
    public Vector6 ForceBias { get; private set; }

    public void AddTo(BuiltinLibrary library)
    {
        AddMotion(library);
        AddStreaming(library);
        AddTime(library);
        AddState(library);
        AddKinematics(library);
        AddSettings(library);
        AddInputs(library);
        AddOutputs(library);
    }

    private void AddMotion(BuiltinLibrary library)
    {
        library.Add("movej(q, a=1.4, v=1.05, t=0, r=0)", (thread, a) =>
        {
            Vector6 target = a[0].Kind == ValueKind.Pose ? Inverse(a[0].AsPose(), motion.Q, FlangeToTcp) : a[0].AsVector6();
            double acceleration = Positive(a[1], "movej: a"), speed = Positive(a[2], "movej: v"), time = a[3].AsNumber();
            RefuseBlend(a[4], "movej");
            return Move(thread, () => motion.MoveJ(target, acceleration, speed, time));
        });
        library.Add("movel(pose, a=1.2, v=0.25, t=0, r=0)", (thread, a) =>
        {
            Pose target = a[0].Kind == ValueKind.Pose ? Pose.FromVector(a[0].AsPose()) : kinematics.Flange(a[0].AsVector6()) * FlangeToTcp;
            double acceleration = Positive(a[1], "movel: a"), speed = Positive(a[2], "movel: v"), time = a[3].AsNumber();
            RefuseBlend(a[4], "movel");
            return Move(thread, () => motion.MoveL(target, FlangeToTcp, acceleration, speed, time));
        });
        library.Add("stopj(a)", (thread, a) => Halt(thread, Positive(a[0], "stopj: a"), ofTool: false));
        library.Add("stopl(a, aRot=None)", (thread, a) => Halt(thread, Positive(a[0], "stopl: a"), ofTool: true));
        library.Add("freedrive_mode(freeAxes=None, feature=None)", (thread, a) =>
        {
            if (a[0].Kind != ValueKind.None || a[1].Kind != ValueKind.None)
                throw new ScriptFaultException("freedrive_mode: this controller frees all axes only; call it without arguments");
            thread.Run.ClaimRobot(thread);
            thread.HoldsRobot = false; // it goes on by itself
            motion.Freedrive();
            return Value.None;
        });
        library.Add("end_freedrive_mode()", (_, _) =>
        {
            if (motion.InFreedrive)
                motion.Stop(MotionGenerator.ProgramStopDeceleration);
            return Value.None;
        });
    }

    private void AddStreaming(BuiltinLibrary library)
    {
        library.Add($"servoj(q, a=0, v=0, t={StepTimeS}, lookahead_time=0.1, gain=300)", (thread, a) =>
        {
            Vector6 target = a[0].AsVector6();
            if (!target.IsFinite)
                throw new ScriptFaultException("servoj: the target is not finite");
            double time = Positive(a[3], "servoj: t");
            thread.Run.ClaimRobot(thread);
            motion.Servo(target, time, Between(a[4], 0.03, 0.2, "servoj: lookahead_time"), Between(a[5], 100, 2000, "servoj: gain"));
            thread.WaitCycles(Cycles(time));
            return Value.None;
        });
        library.Add("speedj(qd, a, t=None)", (thread, a) =>
        {
            Vector6 speeds = a[0].AsVector6();
            bool timed = a[2].Kind != ValueKind.None;
            double acceleration = Positive(a[1], "speedj: a"), time = timed ? a[2].AsNumber() : double.PositiveInfinity;
            thread.Run.ClaimRobot(thread);
            motion.SpeedJ(speeds, acceleration, time);
            if (timed)
                thread.WaitCycles(Cycles(time));
            else
                thread.WaitUntil(() => motion.SpeedReached);
            return Value.None;
        });
    }

    private void AddTime(BuiltinLibrary library)
    {
        library.Add("sync()", static (thread, _) =>
        {
            thread.WaitCycles(1);
            return Value.None;
        });
        library.Add("sleep(t)", (thread, a) =>
        {
            thread.WaitCycles(Cycles(a[0].AsNumber()));
            return Value.None;
        });
        library.Add("get_steptime()", (_, _) => Value.Float(StepTimeS));
        library.Add("textmsg(s1, s2='')", (_, a) =>
        {
            messages.Text(a[0].ToString() + a[1]);
            return Value.None;
        });
        library.Add("popup(s, title='Popup', warning=False, error=False, blocking=False)", (thread, a) =>
        {
            bool blocking = a[4].AsBool();
            if (blocking)
                thread.WaitUntil(() => !messages.PopupOpen);
            messages.Popup(a[1].AsString(), a[0].ToString(), a[2].AsBool(), a[3].AsBool(), blocking);
            return Value.None;
        });
    }

    private void AddState(BuiltinLibrary library)
    {
        foreach (string name in (string[])["get_actual_joint_positions", "get_joint_positions"])
            library.Add(name + "()", (_, _) => Value.ListOf(state.Q));
        library.Add("get_actual_joint_speeds()", (_, _) => Value.ListOf(state.Qd));
        library.Add("get_target_joint_positions()", (_, _) => Value.ListOf(motion.Q));
        library.Add("get_target_joint_speeds()", (_, _) => Value.ListOf(motion.Qd));
        library.Add("get_actual_tcp_pose()", (_, _) => Value.PoseOf(state.TcpPose));
        library.Add("get_target_tcp_pose()", (_, _) => Value.PoseOf((kinematics.Flange(motion.Q) * FlangeToTcp).ToVector()));
        library.Add("get_actual_tcp_speed()", (_, _) => Value.ListOf(state.TcpSpeed));
        library.Add("get_target_tcp_speed()", (_, _) => Value.ListOf(kinematics.TcpVelocity(motion.Q, motion.Qd, FlangeToTcp)));
        library.Add("get_tcp_force()", (_, _) => Value.ListOf(state.TcpForce));
        library.Add("get_tcp_offset()", (_, _) => Value.PoseOf(state.TcpOffset));
        library.Add("get_target_payload()", (_, _) => Value.Float(state.PayloadKg));
        library.Add("is_steady()", (_, _) => Value.Bool(motion.IsSteady && state.Qd.MaxAbs < 1e-3));
    }

    private void AddKinematics(BuiltinLibrary library)
    {
        library.Add("get_forward_kin(q=None, tcp=None)", (_, a) =>
        {
            Vector6 q = a[0].Kind == ValueKind.None ? state.Q : a[0].AsVector6();
            return Value.PoseOf((kinematics.Flange(q) * Tool(a[1])).ToVector());
        });
        library.Add("get_inverse_kin(x, qnear=None, maxPositionError=1e-10, maxOrientationError=1e-10, tcp=None)", (_, a) =>
            Value.ListOf(Inverse(a[0].AsPose(), a[1].Kind == ValueKind.None ? state.Q : a[1].AsVector6(), Tool(a[4]))));
    }

    private void AddSettings(BuiltinLibrary library)
    {
        library.Add("set_tcp(pose)", (_, a) =>
        {
            state.TcpOffset = a[0].AsPose();
            return Value.None;
        });
        library.Add("set_payload(m, cog=None)", (_, a) =>
        {
            double mass = a[0].AsNumber();
            state.PayloadKg = mass >= 0 ? mass : throw new ScriptFaultException("set_payload: the mass is below zero");
            ReadOnlySpan<Value> cog = a[1].Kind == ValueKind.None ? [] : a[1].AsItems();
            if (cog.Length is not (0 or 3))
                throw new ScriptFaultException("set_payload: cog takes three numbers");
            if (cog.Length == 3)
                state.PayloadCog = new(cog[0].AsNumber(), cog[1].AsNumber(), cog[2].AsNumber());
            return Value.None;
        });
        library.Add("zero_ftsensor()", (_, _) =>
        {
            ForceBias += state.TcpForce;
            return Value.None;
        });
        library.Add("rtde_set_watchdog(variable_name, min_frequency, action='pause')", (_, a) =>
        {
            watchdogs.Set(a[0].AsString(), a[1].AsNumber(), a[2].AsString());
            return Value.None;
        });
    }

    private void AddInputs(BuiltinLibrary library)
    {
        library.Add("read_input_integer_register(address)", (_, a) => Value.Int(state.InputInt[Register(a[0])]));
        library.Add("read_input_float_register(address)", (_, a) => Value.Float(state.InputDouble[Register(a[0])]));
        library.Add("read_input_boolean_register(address)", (_, a) => Value.Bool(state.InputBit[BitRegister(a[0])]));
        library.Add("read_output_integer_register(address)", (_, a) => Value.Int(state.OutputInt[Register(a[0])]));
        library.Add("read_output_float_register(address)", (_, a) => Value.Float(state.OutputDouble[Register(a[0])]));
        library.Add("read_output_boolean_register(address)", (_, a) => Value.Bool(state.OutputBit[BitRegister(a[0])]));
    }

    private void AddOutputs(BuiltinLibrary library)
    {
        library.Add("write_output_integer_register(address, value)", (_, a) =>
        {
            state.OutputInt[Register(a[0])] = a[1].AsInt();
            return Value.None;
        });
        library.Add("write_output_float_register(address, value)", (_, a) =>
        {
            state.OutputDouble[Register(a[0])] = a[1].AsNumber();
            return Value.None;
        });
        library.Add("write_output_boolean_register(address, value)", (_, a) =>
        {
            state.OutputBit[BitRegister(a[0])] = a[1].AsBool();
            return Value.None;
        });
        AddDigitalOutput(library, "standard", 0, 8);
        AddDigitalOutput(library, "configurable", 8, 8);
        AddDigitalOutput(library, "tool", 16, 2);
    }

    private void AddDigitalOutput(BuiltinLibrary library, string kind, int firstBit, int count)
    {
        library.Add($"set_{kind}_digital_out(n, b)", (_, a) =>
        {
            int bit = firstBit + Below(a[0], count);
            state.DigitalOutputs = a[1].AsBool() ? state.DigitalOutputs | 1ul << bit : state.DigitalOutputs & ~(1ul << bit);
            return Value.None;
        });
        library.Add($"get_{kind}_digital_out(n)",
            (_, a) => Value.Bool((state.DigitalOutputs >> (firstBit + Below(a[0], count)) & 1) != 0));
    }

    private Value Move(ScriptThread thread, Action start)
    {
        thread.Run.ClaimRobot(thread);
        start();
        thread.WaitUntil(() => motion.IsDone);
        return Value.None;
    }

    private Value Halt(ScriptThread thread, double deceleration, bool ofTool)
    {
        thread.Run.ClaimRobot(thread);
        motion.Stop(deceleration, ofTool);
        thread.WaitUntil(() => motion.IsDone);
        return Value.None;
    }

    private Vector6 Inverse(in Vector6 pose, in Vector6 near, in Pose tool)
    {
        Vector6 q = near;
        double error = kinematics.Inverse(ref q, Pose.FromVector(pose), tool, 200);
        return error < 1e-6 && q.MaxAbs <= UrModel.JointRange
            ? q
            : throw new ScriptFaultException("get_inverse_kin: unable to find an inverse kinematics solution");
    }

    private Pose Tool(in Value tcp) => tcp.Kind == ValueKind.None ? FlangeToTcp : Pose.FromVector(tcp.AsPose());

    private long Cycles(double seconds) => (long)Math.Round(seconds / StepTimeS);

    private static int Register(in Value address) => Below(address, ControllerState.Registers);

    private static int BitRegister(in Value address) => Below(address, ControllerState.BitRegisters);

    private static int Below(in Value address, int count)
    {
        int i = address.AsInt();
        return i >= 0 && i < count ? i : throw new ScriptFaultException($"Index out of bounds: {i} is not in 0..{count - 1}");
    }

    private static void RefuseBlend(in Value radius, string what)
    {
        if (radius.AsNumber() != 0)
            throw new ScriptFaultException($"{what}: this controller does not blend moves; leave r out");
    }

    private static double Positive(in Value value, string what) =>
        value.AsNumber() > 0 ? value.AsNumber() : throw new ScriptFaultException($"{what} must be above zero, not {value}");

    private static double Between(in Value value, double min, double max, string what) =>
        value.AsNumber() >= min && value.AsNumber() <= max
            ? value.AsNumber()
            : throw new ScriptFaultException($"{what} must be in [{min}, {max}], not {value}");
}
