using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>A RealSense D4xx, or any depth camera that librealsense2 opens (docs/realsense.md).</summary>
public sealed class RealSenseCamera : ICamera
{
    private readonly RealSenseCameraOptions _options;
    private readonly RealSensePictures _pictures;
    private readonly RealSenseLink _link;

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
        foreach (var (key, us) in new[] { ("exposure_us", options.ExposureUs), ("depth_exposure_us", options.DepthExposureUs) })
            if (us > 1_000_000 / options.Fps)
                throw new ArgumentException($"{options.Name}: {key}: {us} is longer than a picture lasts at {options.Fps} Hz "
                    + $"({1_000_000 / options.Fps} µs)");
        if (options is { DepthExposureUs: not null, Depth: false })
            throw new ArgumentException($"{options.Name}: depth_exposure_us says nothing with depth: false");
        if (options is { Gain: not null, ExposureUs: null })
            throw new ArgumentException($"{options.Name}: gain says nothing without exposure_us: automatic exposure sets both");
        _options = options;
        _pictures = new(options);
        _link = new(options, _pictures);
    }

    /// <summary>The version of librealsense2 that would be used, e.g. 2.55.1.</summary>
    /// <param name="library">A file, or empty for the system's.</param>
    /// <exception cref="DllNotFoundException">There is none, or none that can be used; says what to do.</exception>
    public static string LibraryVersion(string library) => RealSenseLibrary.Load(library).Version;

    public string Name => _options.Name;

    public DeviceStatus Status => _link.Status;

    public SampleStream<ImageFrame> Color => _pictures.Color;

    public SampleStream<ImageFrame>? Depth => _options.Depth ? _pictures.Depth : null;

    public CameraInfo? Info => _link.Info;

    public ClockMapReport? Clock => _pictures.Report();

    public void Start() => _link.Start();

    public void Dispose() => _link.Dispose();
}
