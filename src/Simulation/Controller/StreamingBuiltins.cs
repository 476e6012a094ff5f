using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Commands that a program gives again and again, and the passing of time. Source: URScript manual 5.12, module motion.</summary>
internal sealed class StreamingBuiltins(RobotContext robot)
{
    public void AddTo(BuiltinLibrary library)
    {
        AddServo(library);
        AddSpeeds(library);
        AddTorque(library);
        library.Add("sync()", static (thread, _) =>
        {
            thread.WaitCycles(1);
            return Value.None;
        });
        library.Add("sleep(t)", (thread, a) =>
        {
            thread.WaitCycles(robot.Cycles(a[0].AsNumber()));
            return Value.None;
        });
        library.Add("get_steptime()", (_, _) => Value.Float(robot.StepTimeS));
    }

    private void AddServo(BuiltinLibrary library) =>
        library.Add($"servoj(q, a=0, v=0, t={robot.StepTimeS}, lookahead_time=0.1, gain=300)", (thread, a) =>
        {
            Vector6 target = Arguments.Finite(a[0], "servoj");
            double time = Arguments.Positive(a[3], "servoj: t");
            double lookahead = Arguments.Between(a[4], 0.03, 0.2, "servoj: lookahead_time");
            double gain = Arguments.Between(a[5], 100, 2000, "servoj: gain");
            thread.Run.ClaimRobot(thread);
            robot.Motion.Servo(target, time, lookahead, gain);
            thread.WaitCycles(robot.Cycles(time));
            return Value.None;
        });

    // Of how friction is made up for there is nothing here that could be scaled. Source: script manual 5.25, direct_torque. The second is
    // what 5.22 had before it got that name.
    private void AddTorque(BuiltinLibrary library)
    {
        library.Add("direct_torque(torque, viscous_scale=None, coulomb_scale=None, friction_comp=None)", Torque);
        library.Add("torque_command(torque, friction_comp=True)", Torque);
    }

    private Value Torque(ScriptThread thread, ReadOnlySpan<Value> a)
    {
        Vector6 torques = Arguments.Finite(a[0], "direct_torque");
        thread.Run.ClaimRobot(thread);
        robot.Motion.Torque(torques);
        thread.WaitCycles(1);
        return Value.None;
    }

    private void AddSpeeds(BuiltinLibrary library)
    {
        library.Add("speedj(qd, a, t=None)", (thread, a) =>
        {
            Vector6 speeds = Arguments.Finite(a[0], "speedj");
            double acceleration = Arguments.NotNegative(a[1], "speedj: a");
            thread.Run.ClaimRobot(thread);
            robot.Motion.SpeedJ(speeds, acceleration, Time(a[2]));
            return WaitForSpeed(thread, a[2]);
        });
        library.Add("speedl(xd, a, t=None, aRot=None)", (thread, a) =>
        {
            Vector6 velocity = Arguments.Finite(a[0], "speedl");
            double acceleration = Arguments.Positive(a[1], "speedl: a");
            double turn = Arguments.IsGiven(a[3]) ? Arguments.Positive(a[3], "speedl: aRot") : acceleration;
            thread.Run.ClaimRobot(thread);
            robot.Motion.SpeedL(velocity, acceleration, turn, Time(a[2]));
            return WaitForSpeed(thread, a[2]);
        });
    }

    private static double Time(in Value t) => Arguments.IsGiven(t) ? t.AsNumber() : double.PositiveInfinity;

    // Without a time it returns when the speed is reached.
    private Value WaitForSpeed(ScriptThread thread, in Value t)
    {
        if (Arguments.IsGiven(t))
            thread.WaitCycles(robot.Cycles(t.AsNumber()));
        else
            thread.WaitUntil(() => robot.Motion.SpeedReached);
        return Value.None;
    }
}
