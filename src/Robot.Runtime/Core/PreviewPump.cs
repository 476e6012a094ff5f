using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// Copies each camera's newest colour picture, quartered where it is not small, into its shared-memory slot some times a second. Allocates
/// nothing per picture.
/// </summary>
internal sealed class PreviewPump : IDisposable
{
    private const double RateHz = 15;
    private const int Step = 2, MaxWidth = 1920, MaxHeight = 1080, SmallWidth = 128;
    private readonly (ICamera Camera, PreviewSlot Slot)[] _slots;
    private readonly DeviceThread _thread;

    public PreviewPump(string cell, IReadOnlyList<ICamera> cameras)
    {
        _slots = [.. cameras.Select(c => (c, PreviewSlot.Create(RuntimeFolder.Preview(cell, c.Name), MaxWidth / Step, MaxHeight / Step)))];
        _thread = new("preview", Run);
    }

    public void Start() => _thread.Start();

    public void Dispose()
    {
        _thread.Dispose();
        foreach (var (_, slot) in _slots)
            slot.Dispose();
    }

    private void Run(CancellationToken stop)
    {
        var grid = new AbsoluteGrid(RateHz, HostClock.NowNs);
        while (!stop.IsCancellationRequested)
        {
            grid.WaitNext();
            foreach (var (camera, slot) in _slots)
            {
                if (!camera.Color.TryGetNewest(out var sample))
                    continue;
                int step = sample.Value.Width <= SmallWidth ? 1 : Step;
                slot.Write(sample.Value.Pixels, sample.Value.Width, sample.Value.Height, step, sample.Sequence, sample.OriginatingNs);
                sample.Value.Release();
            }
        }
    }
}
