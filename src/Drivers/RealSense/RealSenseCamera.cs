using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// A RealSense D4xx, or any depth camera that librealsense2 opens. Its thread calls nothing of the library: it asks the hub for the
/// device, lets a session run it, and watches. Without pictures it climbs a ladder: streams anew, a reset of the camera, a person.
/// </summary>
public sealed partial class RealSenseCamera : ICamera
{
    private readonly RealSenseCameraOptions _options;
    private readonly RealSenseTimings _timings;
    private readonly RealSensePictures _pictures;
    private readonly DeviceThread _thread;
    private volatile DeviceStatus _status;
    private volatile CameraInfo? _info;
    private string _serial;
    private string _lastLoss = "";
    private int _found;
    private bool _started, _disposed;

    /// <exception cref="ArgumentException">A name is missing or an option out of range; says which.</exception>
    public RealSenseCamera(RealSenseCameraOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Name, "camera.name");
        if (options.PoolFrames is < 2 or > 1024)
            throw new ArgumentException($"{options.Name}: pool_frames must be 2 to 1024, it is {options.PoolFrames}");
        if (options.MountedOn is not ("base" or "flange"))
            throw new ArgumentException($"{options.Name}: mounted_on must be base or flange, it is '{options.MountedOn}'");
        if (options.Width is < 1 or > 8192 || options.Height is < 1 or > 8192 || options.Fps is < 1 or > 300)
            throw new ArgumentException(
                $"{options.Name}: {options.Width}x{options.Height} at {options.Fps} Hz is no picture that a camera makes");
        if (options.ExposureUs > 1_000_000 / options.Fps)
            throw new ArgumentException($"{options.Name}: exposure_us: {options.ExposureUs} is longer than a picture lasts at "
                + $"{options.Fps} Hz ({1_000_000 / options.Fps} µs)");
        if (options is { Gain: not null, ExposureUs: null })
            throw new ArgumentException($"{options.Name}: gain says nothing without exposure_us: automatic exposure sets both");
        (_options, _timings, _serial) = (options, options.Timings, options.Serial);
        _pictures = new(options);
        _status = new(false, $"{options.Name}: not started", 0);
        _thread = new(options.Name, Run);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _status;

    public SampleStream<ImageFrame> Color => _pictures.Color;

    public SampleStream<ImageFrame>? Depth => _options.Depth ? _pictures.Depth : null;

    public CameraInfo? Info => _info;

    public ClockMapReport? Clock => _pictures.Report();

    public void Start()
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        if (_started)
            return;
        _started = true;
        Say(false, "looking for the camera");
        _thread.Start();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _thread.Dispose();
        Say(false, "stopped");
    }

    /// <summary>Pictures flow (again).</summary>
    private void Found(string message)
    {
        if (!_status.Connected)
            _found++;
        Say(true, message);
    }

    private void Lost(string why)
    {
        if (_status.Connected)
            _lastLoss = why;
        Say(false, _found > 0 ? $"lost: {why}" : why);
    }

    /// <summary>Replaces the line that a person reads; the name is put in front.</summary>
    private void Say(bool connected, string message)
    {
        string line = $"{Name}: {message}";
        DeviceStatus old = _status;
        int reconnects = Math.Max(0, _found - 1);
        if (old.Connected != connected || old.Message != line || old.Reconnects != reconnects)
            _status = new(connected, line, reconnects, _lastLoss);
    }
}
