using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>Which picture this is.</summary>
/// <param name="Sequence">Counts the camera's pictures from 0; colour and depth of one moment share it.</param>
/// <param name="TrueNs">Host monotonic time of the scene in it.</param>
/// <param name="DeviceNs">The same moment on the camera's own clock.</param>
public readonly record struct PictureInfo(PixelFormat Format, long Sequence, long TrueNs, long DeviceNs);

/// <summary>Writes number and time into the first pixels.</summary>
public delegate void StampPicture(in PictureInfo info, Span<byte> pixels);

/// <summary>Takes a finished picture; the pixels are the camera's own again when it returns.</summary>
public delegate void PublishPicture(in PictureInfo info, ReadOnlySpan<byte> pixels);

/// <summary>
/// A camera that takes a picture at every slot of a grid on its own clock, whatever the load: a late picture still shows the scene as it
/// was at its slot. On a thread of its own: the cell's loop does not wait for it.
/// </summary>
public sealed class SimulatedCamera : IDisposable
{
    // Slots further back than this are given up: soon they are not in the ring any more, or the cell's loop stands still.
    private const double MaxSecondsBehind = 0.4;

    private readonly CameraRig _rig;
    private readonly SnapshotRing _ring;
    private readonly DeviceClock _clock;
    private readonly double _rateHz;
    private readonly StampPicture _stamp;
    private readonly PublishPicture _publish;
    private readonly SceneSnapshot _snapshot, _scratch;
    private readonly byte[] _color, _depth;
    private readonly DeviceThread _thread;
    private long _pictures, _skipped;
    private int _disposed;
    private volatile bool _frozen;

    public SimulatedCamera(
        CameraRig rig, SnapshotRing ring, DeviceClock clock, double rateHz, StampPicture stamp, PublishPicture publish)
    {
        (_rig, _ring, _clock, _rateHz, _stamp, _publish) = (rig, ring, clock, rateHz, stamp, publish);
        _snapshot = new SceneSnapshot(ring.Scene.Count);
        _scratch = new SceneSnapshot(ring.Scene.Count);
        _color = GC.AllocateUninitializedArray<byte>(rig.Camera.ColorBytes, pinned: true);
        _depth = GC.AllocateUninitializedArray<byte>(rig.Camera.DepthBytes, pinned: true);
        _thread = new DeviceThread($"camera {rig.Camera.Name}", Run);
    }

    /// <summary>Pictures taken (colour and depth of one moment are one).</summary>
    public long Pictures => Interlocked.Read(ref _pictures);

    /// <summary>Slots without a picture, because the camera or the scene was too far behind.</summary>
    public long Skipped => Interlocked.Read(ref _skipped);

    /// <summary>A fault: no pictures come, as from a camera whose stream hangs; its clock goes on.</summary>
    public bool Frozen
    {
        get => _frozen;
        set => _frozen = value;
    }

    public void Start() => _thread.Start();

    /// <summary>Ends its thread, after the picture in hand.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
            _thread.Dispose();
    }

    private void Run(CancellationToken stopping)
    {
        while (_ring.Written == 0)
        {
            if (stopping.WaitHandle.WaitOne(1))
                return;
        }
        var grid = new AbsoluteGrid(_rateHz, _clock.ToDevice(HostClock.NowNs)); // on the camera's clock
        for (long slot = 1; !stopping.IsCancellationRequested; slot++)
        {
            long newest = grid.SlotAt(_clock.ToDevice(HostClock.NowNs));
            if (newest - slot > MaxSecondsBehind * _rateHz)
            {
                Interlocked.Add(ref _skipped, newest - slot);
                slot = newest;
            }
            long deviceNs = grid.TimeOf(slot), trueNs = ToHost(deviceNs);
            AbsoluteGrid.SleepUntil(trueNs);
            if (_frozen)
                Interlocked.Increment(ref _skipped);
            else if (WaitForScene(trueNs, stopping))
                TakePicture(trueNs, deviceNs);
        }
    }

    private void TakePicture(long trueNs, long deviceNs)
    {
        _ring.Read(trueNs, _snapshot, _scratch); // never empty: the first cycle was waited for
        long sequence = _pictures;
        _rig.Render(_snapshot, sequence, _color, _depth);
        Send(new(PixelFormat.Rgb8, sequence, trueNs, deviceNs), _color);
        Send(new(PixelFormat.Depth16, sequence, trueNs, deviceNs), _depth);
        Interlocked.Increment(ref _pictures);
    }

    private void Send(in PictureInfo info, Span<byte> pixels)
    {
        _stamp(info, pixels);
        _publish(info, pixels);
    }

    // False where the scene of that time does not come: no picture is better than one of another time.
    private bool WaitForScene(long trueNs, CancellationToken stopping)
    {
        while (_ring.NewestNs < trueNs) // a loop that is late makes up for its cycles
        {
            if (stopping.IsCancellationRequested)
                return false;
            long now = HostClock.NowNs;
            if (now - trueNs > MaxSecondsBehind * 1e9)
            {
                Interlocked.Increment(ref _skipped);
                return false;
            }
            AbsoluteGrid.SleepUntil(now + 500_000); // the loop's cycles are 2 ms apart
        }
        return true;
    }

    // The device's clock runs within 10⁻³ of the host's, so each step leaves a thousandth of the error.
    private long ToHost(long deviceNs)
    {
        long host = HostClock.NowNs;
        for (int i = 0; i < 6; i++)
            host += deviceNs - _clock.ToDevice(host);
        return host;
    }
}
