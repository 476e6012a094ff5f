using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>What a cell's limits would do to a replay: its targets through the safety filter, tick by tick, without an arm.</summary>
/// <param name="Shortened">Ticks whose target would not be reached in time.</param>
/// <param name="Limits">What shortens them, or what the first pose does not keep.</param>
/// <param name="FirstRow">The first row that is shortened; the one at which it would end, if it would.</param>
/// <param name="MostBehindRad">The most by which the arm would be behind the recorded path, rad.</param>
/// <param name="Obstruction">One line, why it cannot be played to its end and what to do; null where it can.</param>
internal sealed record ReplayRehearsal(int Shortened, Clamp Limits, int FirstRow, double MostBehindRad, string? Obstruction)
{
    private const Clamp Speeds = Clamp.JointSpeed | Clamp.TcpSpeed;
    private const double RoundingRad = 1e-4; // targets that were at the limit when they were recorded are so again, to their last digit

    public static ReplayRehearsal Of(ReplayPlan plan, UrKinematics kinematics, MotionLimits limits, double speed)
    {
        if (new ArmGeometry(kinematics, limits).Clearance(plan.Actions[0], out Obstacle nearest) < SafetyFilter.Margin / 2)
            return new(0, SafetyFilter.ClampOf(nearest), 0, 0, $"{plan.Episode}: its first pose is out of bounds here: "
                + Name(SafetyFilter.ClampOf(nearest)));
        var filter = new SafetyFilter(kinematics, limits);
        filter.Seed(plan.Actions[0]);
        (int shortened, Clamp why, int first, double behind, double most) = (0, Clamp.None, 0, 0, 0);
        for (int tick = 0; ; tick++)
        {
            double row = tick * speed;
            long nowNs = plan.PeriodNs * (tick + 1);
            Vector6 target = plan.TargetAt(row);
            SendResult sent = filter.Check(new(CommandKind.JointPosition, target, double.NaN, nowNs + plan.PeriodNs), nowNs);
            if (!sent.Accepted)
                return new(shortened, why, (int)row, most, $"{plan.Episode}: row {(int)row} would be refused: {sent.Refusal}");
            double before = behind;
            behind = (sent.Guarded - target).MaxAbs;
            most = Math.Max(most, behind);
            if (behind > RoundingRad && shortened++ == 0)
                first = (int)row;
            if (behind > RoundingRad && before <= RoundingRad) // later, catching up is what goes too fast
                why |= sent.Clamped;
            why |= sent.Clamped & ~Speeds;
            if (most > ReplayPolicy.MostBehindRad)
                return new(shortened, why, (int)row, most, $"{plan.Episode}: at row {(int)row} of {plan.Rows} the cell's limits "
                    + $"({Name(why)}) would hold the arm {most:0.00} rad behind the recorded path: {WhatHelps(why)}");
            if (row >= plan.Rows - 1)
                return new(shortened, why, first, most, null);
        }
    }

    /// <summary>One line for a person; empty where nothing is shortened.</summary>
    public override string ToString() => Shortened == 0 ? ""
        : $"the cell's limits ({Name(Limits)}) would shorten {Shortened} targets, the first in row {FirstRow}, "
            + $"and keep the arm up to {MostBehindRad:0.000} rad behind the recorded path";

    private static string WhatHelps(Clamp why) => (why & ~Speeds) == 0 ? ReplayPolicy.WhatHelps
        : "it leads out of what this cell allows, and is not replayed here";

    /// <summary>Limits by the names of their keys in the config.</summary>
    public static string Name(Clamp limits) => string.Join(", ", Enum.GetValues<Clamp>()
        .Where(c => c != Clamp.None && limits.HasFlag(c))
        .Select(c => c switch
        {
            Clamp.JointRange => "joint range",
            Clamp.JointSpeed => "motion.joint_speed",
            Clamp.TcpSpeed => "motion.tcp_speed",
            Clamp.Workspace => "workspace box",
            Clamp.Table => "motion.table_height",
            _ => "one part of the arm and another",
        }));
}
