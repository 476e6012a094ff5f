using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Playback;

public sealed class EpisodeCameraOptions
{
    /// <summary>The camera's name here: its streams are NAME_rgb and NAME_depth.</summary>
    public string Name { get; set; } = "";

    /// <summary>The episode's folder.</summary>
    public string Episode { get; set; } = "";

    /// <summary>Its name in the episode; empty where the episode has one camera.</summary>
    public string Camera { get; set; } = "";

    /// <summary>Whether depth is wanted.</summary>
    public bool Depth { get; set; } = true;

    /// <summary>Begin again at the end.</summary>
    public bool Loop { get; set; } = true;

    public double LatencyMs { get; set; }

    /// <summary>base or flange; null: as recorded.</summary>
    public string? MountedOn { get; set; }

    /// <summary>The optical frame in the frame it is mounted on; null: as recorded.</summary>
    public Pose? Extrinsics { get; set; }

    /// <summary>Pictures that readers may hold at a time, of each kind.</summary>
    public int PoolFrames { get; set; } = 32;
}

/// <summary>
/// A recorded episode's pictures as a live camera, for work without hardware: each sample once, in the recording's own time, gaps
/// included. Originating time is when it is published here; device time is the recording's, ns since its t0, running on from loop to loop.
/// </summary>
public sealed class EpisodeCamera : ICamera
{
    private const long LeadNs = 500_000_000; // for the first pictures to be decoded
    private const int StopLookMs = 50, LargestSide = 8192;
    private readonly EpisodeCameraOptions _options;
    private readonly ConnectedDevice<EpisodePictures> _device;
    private readonly SampleStream<ImageFrame> _color, _depth;
    private volatile CameraInfo? _info;
    private volatile ClockMapReport? _clock;

    /// <exception cref="ArgumentException">A name or the folder is missing.</exception>
    public EpisodeCamera(EpisodeCameraOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Name, "camera.name");
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Episode, "camera.episode");
        _options = options;
        _color = new($"{options.Name}_rgb", 0, options.LatencyMs);
        _depth = new($"{options.Name}_depth", 0, options.LatencyMs);
        _device = new(options.Name, options.Episode, _ => Open(), Play);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<ImageFrame> Color => _color;

    public SampleStream<ImageFrame>? Depth => _options.Depth ? _depth : null;

    public CameraInfo? Info => _info;

    public ClockMapReport? Clock => _clock;

    public void Start() => _device.Start();

    public void Dispose() => _device.Dispose();

    private EpisodePictures Open()
    {
        EpisodeReader episode;
        CameraDescription camera;
        EpisodeShot[] shots;
        try
        {
            episode = EpisodeReader.Open(_options.Episode);
            camera = Find(episode);
            CheckSizes(episode, camera);
            shots = EpisodeShot.ListOf(episode, camera.Name, _options.Depth && camera.Depth is not null);
        }
        catch (Exception e) when (e is InvalidDataException or FormatException or UnauthorizedAccessException)
        {
            throw new DeviceLostException($"{_options.Episode} cannot be played: {e.Message}");
        }
        _color.RateHz = RateOf(episode, EpisodeLayout.RgbStream(camera.Name));
        _depth.RateHz = RateOf(episode, EpisodeLayout.DepthStream(camera.Name));
        _info = Describe(episode, camera);
        long startNs = HostClock.NowNs + LeadNs - shots[0].TimeNs;
        _clock = new("episode", startNs, 0, 0);
        return new(episode, camera, shots, startNs, _options, _color, _depth);
    }

    private void Play(EpisodePictures pictures, CancellationToken stop)
    {
        string what = $"playing {_options.Episode}, {pictures.Camera.Name}"
            + (pictures.Camera.Depth is null && _options.Depth ? ", which has no depth (depth: false)" : "");
        (bool Said, string? Trouble) last = default;
        foreach (EpisodePicture picture in pictures.Take(stop))
        {
            try
            {
                SleepUntil(pictures.StartNs + picture.TimeNs, stop);
            }
            catch (OperationCanceledException)
            {
                picture.Frame.Release();
                throw;
            }
            long now = HostClock.NowNs;
            (picture.IsDepth ? _depth : _color).Publish(
                new(picture.Frame, now - (long)(_options.LatencyMs * 1e6), picture.TimeNs, now, picture.Sequence));
            if (last == (true, pictures.Trouble))
                continue;
            last = (true, pictures.Trouble);
            _device.Found(last.Trouble is null ? what : $"{what}; {last.Trouble}");
        }
        _device.Say(false, $"{_options.Episode} is over (loop: false)");
        stop.WaitHandle.WaitOne();
        stop.ThrowIfCancellationRequested();
    }

    /// <exception cref="InvalidDataException">There is no such camera.</exception>
    private CameraDescription Find(EpisodeReader episode)
    {
        CameraDescription[] cameras = [.. episode.Metadata.Cameras.Where(c => c.Color is not null)];
        string names = string.Join(", ", cameras.Select(c => c.Name));
        return _options.Camera == ""
            ? cameras.Length switch
            {
                0 => throw new InvalidDataException("it has no pictures"),
                1 => cameras[0],
                _ => throw new InvalidDataException($"it has several cameras; name one with camera: {names}"),
            }
            : cameras.FirstOrDefault(c => c.Name == _options.Camera)
                ?? throw new InvalidDataException($"it has no pictures of '{_options.Camera}'; it has {(names == "" ? "none" : names)}");
    }

    /// <exception cref="InvalidDataException">Its metadata say what cannot be.</exception>
    private static void CheckSizes(EpisodeReader episode, CameraDescription camera)
    {
        if (!(episode.Metadata.RateHz is >= 1 and <= 1000))
            throw new InvalidDataException($"its rate of {episode.Metadata.RateHz} Hz is not believable");
        foreach (CameraIntrinsics size in new[] { camera.Color, camera.Depth }.OfType<CameraIntrinsics>())
            if (size.Width is < 1 or > LargestSide || size.Height is < 1 or > LargestSide)
                throw new InvalidDataException($"pictures of {size.Width}x{size.Height} are not believable");
    }

    /// <summary>Of what is played: the grid's where the camera was faster.</summary>
    private static double RateOf(EpisodeReader episode, string stream) =>
        episode.Metadata.Streams.TryGetValue(stream, out StreamReport? report)
            ? Math.Min(report.RateHz, episode.Metadata.RateHz) : episode.Metadata.RateHz;

    private CameraInfo Describe(EpisodeReader episode, CameraDescription camera)
    {
        Pose? recorded = camera.Extrinsics is { Translation: [var x, var y, var z], Rotation: [var rx, var ry, var rz] }
            ? Pose.FromVector(new(x, y, z, rx, ry, rz)) : null;
        CameraIntrinsics? depth = _options.Depth ? camera.Depth : null;
        return new(_options.Name, $"{camera.Model} (played from {episode.Metadata.Id})", camera.Serial, camera.Color!, depth,
            depth is null ? 0 : camera.DepthScale ?? 0, _options.MountedOn ?? camera.Extrinsics?.Frame ?? "base",
            _options.Extrinsics ?? recorded);
    }

    private static void SleepUntil(long dueNs, CancellationToken stop)
    {
        while (dueNs - HostClock.NowNs > StopLookMs * 1_000_000L && !stop.WaitHandle.WaitOne(StopLookMs / 2))
        {
            // sleeps of less than that need not be broken off
        }
        stop.ThrowIfCancellationRequested();
        AbsoluteGrid.SleepUntil(dueNs);
    }
}
