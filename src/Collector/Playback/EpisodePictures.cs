using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Playback;

/// <summary>One of an episode's samples that has a picture.</summary>
/// <param name="TimeNs">Its originating time since t0.</param>
/// <param name="Frame">The first row that shows it.</param>
internal readonly record struct EpisodeShot(long TimeNs, bool IsDepth, int Frame)
{
    /// <summary>One camera's, by time; colour before the depth of the same time.</summary>
    /// <exception cref="InvalidDataException">There are none, or frames.csv is damaged.</exception>
    public static EpisodeShot[] ListOf(EpisodeReader episode, string camera, bool depth)
    {
        List<EpisodeShot> shots = [];
        Add(EpisodeLayout.RgbStream(camera), isDepth: false);
        if (depth)
            Add(EpisodeLayout.DepthStream(camera), isDepth: true);
        return shots.Count > 0
            ? [.. shots.OrderBy(s => s.TimeNs).ThenBy(s => s.IsDepth)]
            : throw new InvalidDataException($"every picture of {camera} is missing");

        void Add(string stream, bool isDepth)
        {
            StreamCell[] cells = episode.ReadStream(stream) ?? [];
            long before = long.MinValue;
            for (int frame = 0; frame < cells.Length; frame++)
            {
                if (cells[frame].Status == StreamStatus.Missing || cells[frame].Sequence == before)
                    continue;
                before = cells[frame].Sequence;
                long slotNs = (long)Math.Round(frame * 1e9 / episode.Metadata.RateHz);
                shots.Add(new(slotNs - cells[frame].AgeNs, isDepth, frame));
            }
        }
    }
}

/// <summary>A decoded picture, its reference the reader's.</summary>
/// <param name="TimeNs">Since the t0 of the first loop.</param>
/// <param name="Sequence">Counts the pictures of its kind, those that are passed over too.</param>
internal readonly record struct EpisodePicture(ImageFrame Frame, long TimeNs, bool IsDepth, long Sequence);

/// <summary>
/// Decodes an episode's pictures ahead of their time, on a thread of its own. What would come more than a period late is passed over and
/// counted as lost, as is what is damaged.
/// </summary>
internal sealed class EpisodePictures : IDisposable
{
    private const int Ahead = 16;
    private const long AheadNs = 500_000_000;
    private readonly EpisodeReader _episode;
    private readonly EpisodeShot[] _shots;
    private readonly long _loopNs, _lateNs;
    private readonly SampleStream<ImageFrame> _color, _depth;
    private readonly FramePool _colorPool;
    private readonly FramePool? _depthPool;
    private readonly BlockingCollection<EpisodePicture> _ready = new(2 * Ahead); // of both kinds
    private readonly PictureReader _reader = new();
    private readonly DeviceThread _thread;
    private volatile string? _trouble;
    private long _colorSequence = -1, _depthSequence = -1;

    public EpisodePictures(
        EpisodeReader episode, CameraDescription camera, EpisodeShot[] shots, long startNs, EpisodeCameraOptions options,
        SampleStream<ImageFrame> color, SampleStream<ImageFrame> depth)
    {
        (_episode, Camera, _shots, StartNs, _color, _depth) = (episode, camera, shots, startNs, color, depth);
        _loopNs = options.Loop ? (long)(episode.Frames * 1e9 / episode.Metadata.RateHz) : 0;
        _lateNs = (long)(1e9 / episode.Metadata.RateHz);
        _colorPool = new(camera.Color!.Width, camera.Color.Height, PixelFormat.Rgb8, options.PoolFrames + Ahead);
        _depthPool = camera.Depth is { } d ? new(d.Width, d.Height, PixelFormat.Depth16, options.PoolFrames + Ahead) : null;
        _thread = new($"{options.Name} ahead", Run);
        _thread.Start();
    }

    public CameraDescription Camera { get; }

    /// <summary>Host time at which the episode's t0 is played.</summary>
    public long StartNs { get; }

    /// <summary>What is wrong with a picture of it, in a line; null where nothing is.</summary>
    public string? Trouble => _trouble;

    /// <summary>In the order of their times; ends with an episode that is not played again.</summary>
    /// <exception cref="OperationCanceledException">The stop.</exception>
    public IEnumerable<EpisodePicture> Take(CancellationToken stop) => _ready.GetConsumingEnumerable(stop);

    public void Dispose()
    {
        _thread.Dispose();
        while (_ready.TryTake(out EpisodePicture left))
            left.Frame.Release();
        _ready.Dispose();
    }

    private void Run(CancellationToken stop)
    {
        try
        {
            for (long loop = 0; loop == 0 || _loopNs > 0; loop++)
                foreach (EpisodeShot shot in _shots)
                    Prepare(shot, shot.TimeNs + loop * _loopNs, stop);
            _ready.CompleteAdding();
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
        }
    }

    private void Prepare(in EpisodeShot shot, long timeNs, CancellationToken stop)
    {
        long dueNs = StartNs + timeNs;
        Wait(dueNs - AheadNs, stop); // also where nothing can be decoded, which would else be over at once
        long sequence = shot.IsDepth ? ++_depthSequence : ++_colorSequence;
        FramePool pool = shot.IsDepth ? _depthPool! : _colorPool;
        ImageFrame? frame = null;
        while (HostClock.NowNs <= dueNs + _lateNs && (frame = pool.TryRent()) is null)
            Wait(HostClock.NowNs + 2_000_000, stop); // its readers hold all
        if (frame is null || !TryDecode(shot, frame))
        {
            frame?.Release();
            (shot.IsDepth ? _depth : _color).CountLost(1);
            return;
        }
        try
        {
            _ready.Add(new(frame, timeNs, shot.IsDepth, sequence), stop);
        }
        catch (OperationCanceledException)
        {
            frame.Release();
            throw;
        }
    }

    private static void Wait(long untilNs, CancellationToken stop)
    {
        for (long left; (left = untilNs - HostClock.NowNs) > 0;)
            if (stop.WaitHandle.WaitOne((int)Math.Min(left / 1_000_000 + 1, 1000)))
                break;
        stop.ThrowIfCancellationRequested();
    }

    private bool TryDecode(in EpisodeShot shot, ImageFrame frame)
    {
        string name = shot.IsDepth ? _episode.Layout.Depth(Camera.Name, shot.Frame) : _episode.Layout.Rgb(Camera.Name, shot.Frame);
        try
        {
            string path = Path.Combine(_episode.Folder, name);
            int width, height;
            ReadOnlySpan<byte> pixels;
            if (shot.IsDepth)
            {
                (width, height, var values) = _reader.Depth(path);
                pixels = MemoryMarshal.AsBytes(values.Span);
            }
            else
            {
                (width, height, var rgb) = _reader.Color(path);
                pixels = rgb.Span;
            }
            if (width != frame.Width || height != frame.Height)
                throw new InvalidDataException($"it is {width}x{height}, the camera's pictures are {frame.Width}x{frame.Height}");
            pixels.CopyTo(frame.Pixels);
            return true;
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            _trouble = $"{name} is not played: {e.Message}";
            return false;
        }
    }
}
