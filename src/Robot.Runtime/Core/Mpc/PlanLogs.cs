using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>Two who take each plan; either may be nobody.</summary>
internal sealed class PlanLogs(IPlanLog? first, IPlanLog? second) : IPlanLog
{
    /// <inheritdoc/>
    public void Planned(in MadePlan plan, ModelController controller)
    {
        first?.Planned(plan, controller);
        second?.Planned(plan, controller);
    }
}

/// <summary>Gives a copy of each plan to who draws what it imagines, in another process.</summary>
internal sealed class PlanShare(PlanSlot slot, ModelController controller) : IPlanLog
{
    private readonly float[] _actions = new float[controller.Horizon * controller.ActionSize];

    /// <inheritdoc/>
    public void Planned(in MadePlan plan, ModelController controller)
    {
        controller.CopyPlan(_actions);
        slot.Write(plan.Slot, plan.Observed.Span, controller.PlannedFrom, _actions);
    }
}
