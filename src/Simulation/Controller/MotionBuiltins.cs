using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Moves that end by themselves, stops, and leading by hand. Source: URScript manual 5.12, module motion.</summary>
internal sealed class MotionBuiltins(RobotContext robot)
{
    public void AddTo(BuiltinLibrary library)
    {
        library.Add("movej(q, a=1.4, v=1.05, t=0, r=0)", (thread, a) =>
        {
            Vector6 target = a[0].Kind == ValueKind.Pose
                ? robot.Inverse(a[0].AsPose(), robot.Motion.Q, robot.FlangeToTcp)
                : Arguments.Finite(a[0], "movej");
            return Follow(thread, WithPace(new Move { Kind = PathKind.Joints, ToQ = target }, "movej", a[1], a[2], a[3], a[4]));
        });
        library.Add("movel(pose, a=1.2, v=0.25, t=0, r=0)",
            (thread, a) => Follow(thread, WithPace(LineTo(a[0]), "movel", a[1], a[2], a[3], a[4])));
        library.Add("movep(pose, a=1.2, v=0.25, r=0)",
            (thread, a) => Follow(thread, WithPace(LineTo(a[0]), "movep", a[1], a[2], Value.Int(0), a[3])));
        library.Add("movec(pose_via, pose_to, a=1.2, v=0.25, r=0, mode=0)", (thread, a) =>
        {
            int mode = Arguments.Whole(a[5], "movec: mode");
            if (mode is not (0 or 1))
                throw new ScriptFaultException($"movec: mode must be 0 or 1, not {mode}");
            var arc = new Move
            {
                Kind = PathKind.Arc,
                Via = robot.PoseOf(a[0]).Position,
                ToPose = robot.PoseOf(a[1]),
                TurnsWithArc = mode == 1,
            };
            return Follow(thread, WithPace(arc, "movec", a[2], a[3], Value.Int(0), a[4]));
        });
        // Moves on to the newest of a row of targets; within its radius it is ready for the next.
        library.Add("servoc(pose, a=1.2, v=0.25, r=0)",
            (thread, a) => Follow(thread, WithPace(LineTo(a[0]), "servoc", a[1], a[2], Value.Int(0), a[3])));
        AddOptimized(library);
        library.Add("stopj(a=2)", (thread, a) => Halt(thread, Arguments.Positive(a[0], "stopj: a"), ofTool: false));
        library.Add("stopl(a, aRot=None)", (thread, a) => Halt(thread, Arguments.Positive(a[0], "stopl: a"), ofTool: true));
        AddHandGuiding(library);
    }

    // Source: script manual 5.22, optimovej, optimovel: a and v are shares of what the arm can do on the path, and its speed is smooth.
    private void AddOptimized(BuiltinLibrary library)
    {
        library.Add("optimovej(goal, a=0.3, v=0.3, r=0)", (thread, a) =>
        {
            Value goal = Goal(a[0], "optimovej");
            Vector6 target = goal.Kind == ValueKind.Pose
                ? robot.Inverse(goal.AsPose(), robot.Motion.Q, robot.FlangeToTcp)
                : Arguments.Finite(goal, "optimovej");
            return Follow(thread, Optimized(new Move { Kind = PathKind.Joints, ToQ = target }, "optimovej", a));
        });
        library.Add("optimovel(goal, a=0.3, v=0.3, r=0)",
            (thread, a) => Follow(thread, Optimized(LineTo(Goal(a[0], "optimovel")), "optimovel", a)));
    }

    private static Value Goal(in Value goal, string name) => goal.Kind is ValueKind.List or ValueKind.Pose ? goal
        : throw new ScriptFaultException(
            $"{name}: the simulated controller has no frames and no objects that a goal could be named by; give joint angles or a pose");

    private Move Optimized(in Move move, string name, ReadOnlySpan<Value> a) => move with
    {
        FlangeToTcp = robot.FlangeToTcp,
        Acceleration = Arguments.Share(a[1], name + ": a"),
        Speed = Arguments.Share(a[2], name + ": v"),
        BlendRadius = Arguments.NotNegative(a[3], name + ": r"),
        Optimized = true,
    };

    private void AddHandGuiding(BuiltinLibrary library)
    {
        library.Add("freedrive_mode(freeAxes=None, feature=None)", (thread, a) => Freedrive(thread, Axes(a[0], a[1])));
        library.Add("teach_mode()", (thread, _) => Freedrive(thread, FreeAxes.All));
        foreach (string name in (string[])["end_freedrive_mode()", "end_teach_mode()"])
            library.Add(name, (_, _) =>
            {
                if (robot.Motion.InFreedrive)
                    robot.Motion.Stop(MotionGenerator.ProgramStopDeceleration);
                return Value.None;
            });
    }

    private static FreeAxes Axes(in Value axes, in Value feature)
    {
        Vector6 free = Arguments.IsGiven(axes) ? axes.AsVector6() : FreeAxes.All.Axes;
        if (!Arguments.IsGiven(feature))
            return new(free, Pose.Identity);
        if (feature.Kind == ValueKind.Pose)
            return new(free, Pose.FromVector(feature.AsPose()));
        return feature.AsString() switch
        {
            "base" => new(free, Pose.Identity),
            "tool" => new(free, null),
            string other => throw new ScriptFaultException($"freedrive_mode: the feature \"{other}\" is not a pose, base or tool"),
        };
    }

    private Value Freedrive(ScriptThread thread, in FreeAxes axes)
    {
        thread.Run.ClaimRobot(thread);
        thread.HoldsRobot = false; // it goes on by itself
        robot.Motion.Freedrive(axes);
        return Value.None;
    }

    private Move LineTo(in Value target) => new() { Kind = PathKind.Line, ToPose = robot.PoseOf(target) };

    // A time, where one is given, overrides speed and acceleration.
    private Move WithPace(in Move move, string name, in Value a, in Value v, in Value t, in Value r)
    {
        double time = Arguments.NotNegative(t, name + ": t");
        bool timed = time > 0;
        return move with
        {
            FlangeToTcp = robot.FlangeToTcp,
            Acceleration = timed && a.AsNumber() <= 0 ? MotionGenerator.ProgramStopDeceleration : Arguments.Positive(a, name + ": a"),
            Speed = timed ? v.AsNumber() : Arguments.Positive(v, name + ": v"),
            TimeS = time,
            BlendRadius = Arguments.NotNegative(r, name + ": r"),
        };
    }

    private Value Follow(ScriptThread thread, in Move move)
    {
        thread.Run.ClaimRobot(thread);
        robot.Motion.Follow(move);
        thread.WaitUntil(() => robot.Motion.MayMoveOn);
        return Value.None;
    }

    private Value Halt(ScriptThread thread, double deceleration, bool ofTool)
    {
        thread.Run.ClaimRobot(thread);
        robot.Motion.Stop(deceleration, ofTool);
        thread.WaitUntil(() => robot.Motion.IsDone);
        return Value.None;
    }
}
