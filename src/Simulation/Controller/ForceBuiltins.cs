using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Force mode, force sensors, and what can be told from force: contact. Source: URScript manual 5.12, module motion.</summary>
internal sealed class ForceBuiltins(RobotContext robot)
{
    private const string ExternalSensorInput = "external_force_torque";
    private const int History = 1000; // cycles
    private const double ContactForce = 5; // N against the direction of motion; UR names no number

    private readonly Vector6[] _pastQ = new Vector6[History], _pastForce = new Vector6[History];
    private long _recorded;

    /// <summary>What zero_ftsensor subtracts: N, N·m, base axes.</summary>
    public Vector6 Bias { get; private set; }

    public void Record()
    {
        int at = (int)(_recorded++ % History);
        (_pastQ[at], _pastForce[at]) = (robot.State.Q, robot.State.TcpForce);
    }

    public void AddTo(BuiltinLibrary library)
    {
        AddForceMode(library);
        AddSensors(library);
        library.Add("get_tcp_force()", (_, _) => Value.ListOf(robot.State.TcpForce));
        library.Add("force()", (_, _) => Value.Float(ToolMotion.FirstThree(robot.State.TcpForce).Length));
        library.Add("tool_contact(direction=None)", (_, a) =>
            Value.Int(StepsSinceContact(Arguments.IsGiven(a[0]) ? a[0].AsVector6() : robot.State.TcpSpeed)));
        library.Add("get_actual_joint_positions_history(steps=0)", (_, a) => Value.ListOf(Past(_pastQ, a[0].AsInt())));
        // What outer forces alone put on the joints: the arm's own weight, friction and acceleration are taken off.
        library.Add("get_joint_torques()", (_, _) => Value.ListOf(
            ToolMotion.JointTorques(robot.Kinematics, robot.State.Q, robot.FlangeToTcp, robot.State.TcpForce)));
    }

    private void AddForceMode(BuiltinLibrary library)
    {
        library.Add("force_mode(task_frame, selection_vector, wrench, type, limits)", (thread, a) =>
        {
            int type = Arguments.Whole(a[3], "force_mode: type");
            if (type is < 1 or > 3)
                throw new ScriptFaultException($"force_mode: type must be 1, 2 or 3, not {type}");
            Vector6 limits = a[4].AsVector6();
            for (int i = 0; i < 6; i++)
                limits[i] = Math.Abs(limits[i]);
            thread.Run.CheckMayWait(); // a secondary program may not move the robot
            robot.Motion.Force.Start(Pose.FromVector(a[0].AsPose()), a[1].AsVector6(), a[2].AsVector6(), type, limits);
            return Value.None;
        });
        library.Add("end_force_mode()", (_, _) =>
        {
            robot.Motion.Force.End();
            return Value.None;
        });
        library.Add("force_mode_set_damping(damping)", (_, a) =>
        {
            robot.Motion.Force.Damping = Math.Clamp(a[0].AsNumber(), 0, 1);
            return Value.None;
        });
        library.Add("force_mode_set_gain_scaling(scaling)", (_, a) =>
        {
            robot.Motion.Force.GainScaling = Math.Clamp(a[0].AsNumber(), 0, 2);
            return Value.None;
        });
    }

    private void AddSensors(BuiltinLibrary library)
    {
        library.Add("zero_ftsensor()", (_, _) =>
        {
            Bias += robot.State.TcpForce;
            return Value.None;
        });
        const string Parameters =
            "(enable, sensor_mass=0.0, sensor_measuring_offset=None, sensor_cog=None)"; // mass and cog load the arm, not the measurement
        foreach (string name in (string[])["ft_rtde_input_enable", "enable_external_ft_sensor"])
            library.Add(name + Parameters, (_, a) =>
            {
                Vec3 offset = Arguments.IsGiven(a[2]) ? Arguments.Three(a[2], $"{name}: sensor_measuring_offset") : default;
                UseExternalSensor(a[0].AsBool(), offset);
                return Value.None;
            });
    }

    // Its values must keep coming, by default 10 times a second, for as long as they are used. Source: RTDE guide.
    private void UseExternalSensor(bool use, Vec3 offset)
    {
        robot.State.ExternalSensor = use ? new(offset) : null;
        if (!use)
            robot.Watchdogs.Remove(ExternalSensorInput);
        else if (!robot.Watchdogs.IsArmed(ExternalSensorInput))
            robot.Watchdogs.Set(ExternalSensorInput, 10, "pause");
    }

    // 0: no contact. Else how many cycles ago the force against that direction began to rise.
    private int StepsSinceContact(in Vector6 direction)
    {
        Vec3 along = new(direction[0], direction[1], direction[2]);
        int steps = 0;
        if (Against(robot.State.TcpForce, along) < ContactForce)
            return 0;
        while (steps < History - 1 && steps < _recorded - 1 && Against(Past(_pastForce, steps), along) > ContactForce / 5)
            steps++;
        return Math.Max(1, steps);
    }

    // Without a direction, the force whatever its own.
    private static double Against(in Vector6 force, Vec3 along)
    {
        Vec3 f = new(force[0], force[1], force[2]);
        return along.Length < 1e-9 ? f.Length : -f.Dot(along.Normalized);
    }

    private Vector6 Past(Vector6[] ring, int steps)
    {
        if (steps < 0 || steps >= History)
            throw new ScriptFaultException($"get_actual_joint_positions_history: steps must be in 0..{History - 1}, not {steps}");
        return _recorded == 0 ? robot.State.Q : ring[(_recorded - 1 - Math.Min(steps, _recorded - 1)) % History];
    }
}
