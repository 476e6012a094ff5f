using System.Diagnostics;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk.Film;

/// <summary>The plans of a cell's planner as they come. Finds the slot again when core has made a new one.</summary>
internal sealed class PlanFeed(string runtimeFolder) : IDisposable
{
    private static readonly TimeSpan s_old = TimeSpan.FromSeconds(1);

    private readonly SharedPlan _plan = new();
    private PlanSlot? _slot;
    private bool _first = true;
    private long _newestAt;

    /// <summary>The newest plan; null where there was none in the last second.</summary>
    public SharedPlan? Newest(string cell)
    {
        if (_slot is null && !Open(cell))
            return null;
        if (_slot!.TryRead(_plan))
        {
            if (!_first)
                _newestAt = Stopwatch.GetTimestamp();
            _first = false; // it may be of a run that is long over
        }
        if (_newestAt != 0 && Stopwatch.GetElapsedTime(_newestAt) < s_old)
            return _plan;
        if (_newestAt != 0) // a new core has another slot
            Dispose();
        return null;
    }

    public void Dispose()
    {
        _slot?.Dispose();
        (_slot, _newestAt, _first) = (null, 0, true);
    }

    private bool Open(string cell)
    {
        try
        {
            _slot = PlanSlot.Open(PlanSlot.PathOf(runtimeFolder, cell));
            return true;
        }
        catch (IOException)
        {
            return false; // nothing has been planned yet
        }
    }
}
