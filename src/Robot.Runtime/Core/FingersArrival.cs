using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Core;

/// <summary>When fingers that were sent somewhere are there: they rest at what was asked, or on something.</summary>
/// <param name="position">0 open … 1 closed.</param>
internal struct FingersArrival(double position)
{
    private const long SettledNs = 200_000_000, LongestNs = 15_000_000_000, BeginNs = 400_000_000;
    private const double Near = 0.03;
    private long _startNs, _restNs;

    /// <summary>Null while they are under way; else how it ended: empty where they arrived.</summary>
    /// <param name="fresh">The state is young enough to be believed.</param>
    public string? Ended(in GripperState state, bool fresh, long nowNs)
    {
        if (_startNs == 0)
            (_startNs, _restNs) = (nowNs, nowNs);
        bool there = state.ObjectDetected || Math.Abs(state.Position - position) < Near;
        if (!fresh || state.Moving || !there)
            _restNs = nowNs;
        return nowNs - _restNs > SettledNs && nowNs - _startNs > BeginNs ? ""
            : nowNs - _startNs > LongestNs
                ? $"the fingers did not arrive within {LongestNs / 1_000_000_000} s; ./robot gripper status says more"
            : null;
    }
}
