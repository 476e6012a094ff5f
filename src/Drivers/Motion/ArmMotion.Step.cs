using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

// The phase of the arm's thread against the controller's cycle.
public sealed partial class ArmMotion
{
    /// <summary>
    /// A set-point goes out so long after a state has come: the state has been taken in, and most of the cycle is left for the way back.
    /// </summary>
    private const long AfterStateNs = 250_000;

    /// <summary>
    /// Each state shifts the thread by this part of what it is off, so that single late states average out: within a second where nobody
    /// drives the arm, within seconds where somebody does.
    /// </summary>
    private const long FreeShare = 20, DrivingShare = 500;

    private long _stepNs; // arrival of the state that was last looked at

    /// <summary>
    /// Without it a set-point would wait on the controller for anything up to a cycle, longer and shorter by turns as the two clocks drift
    /// apart. While somebody drives the arm a period is changed by a thousandth at most; where no states come, by nothing.
    /// </summary>
    private void StayInStep(AbsoluteGrid grid)
    {
        if (!_arm.States.TryGetNewest(out var state) || state.ArrivalNs == _stepNs)
            return;
        _stepNs = state.ArrivalNs;
        grid.Shift(grid.OffSlot(state.ArrivalNs + AfterStateNs) / (_session is null ? FreeShare : DrivingShare));
    }
}
