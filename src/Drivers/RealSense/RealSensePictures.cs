using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>
/// From the library's frames to samples: checked, copied into our pool and released within the callback, because a frame that is held is
/// one that the library cannot fill. Called on the library's threads, one a sensor; allocates nothing.
/// </summary>
internal sealed unsafe class RealSensePictures
{
    private const long LargestGap = 100_000; // an hour of pictures: more is a broken number, not a loss
    private const int MostPadding = 4; // rows longer than so many times their pixels are a broken number, and would be read beyond the end
    private const long LongestLeadUs = 100_000;
    private readonly RealSenseCameraOptions _options;
    private readonly Kind _color, _depth;
    private readonly Lock _lock = new(); // of what the two threads share
    private readonly RealSenseClock _clock = new();
    private RealSenseLibrary _library = null!;
    private CaptureNumbers _numbers = new(1, 0);
    private volatile object? _session;
    private long _broken, _unheld;
    private volatile string _brokenHow = "";
    private bool _hasMetadata;

    /// <summary>What is kept of one of the two kinds of picture.</summary>
    private sealed class Kind(int index, SampleStream<ImageFrame> stream, PixelFormat format)
    {
        public readonly int Index = index;
        public readonly SampleStream<ImageFrame> Stream = stream;
        public readonly PixelFormat Format = format;
        public FramePool? Pool;
        public RealSenseProfile Profile;
        public long Number, Steps, Sequence = -1, OriginatingNs = long.MinValue, ArrivalNs;
        public long Broken; // since the last good one

        public int RowBytes => Profile.Width * (Format == PixelFormat.Rgb8 ? 3 : 2);
    }

    public RealSensePictures(RealSenseCameraOptions options)
    {
        _options = options;
        _color = new(0, new($"{options.Name}_rgb", 0, options.LatencyMs), PixelFormat.Rgb8);
        _depth = new(1, new($"{options.Name}_depth", 0, options.LatencyMs), PixelFormat.Depth16);
    }

    public SampleStream<ImageFrame> Color => _color.Stream;

    public SampleStream<ImageFrame> Depth => _depth.Stream;

    /// <summary>Pictures that could not be what was asked for, since start, and what was wrong with the last.</summary>
    public (long Count, string How) Broken => (Interlocked.Read(ref _broken), _brokenHow);

    /// <summary>Pictures for which there was no frame, because readers held all of them, since start.</summary>
    public long Unheld => Interlocked.Read(ref _unheld);

    /// <summary>Pictures whose stamp was not believed, since start.</summary>
    public long Doubted
    {
        get
        {
            lock (_lock)
                return _clock.Doubted;
        }
    }

    /// <summary>Whose clock the newest stamp was on: camera, host or wall; and how often that has changed while the camera ran.</summary>
    public (string Name, int Changes) Domain
    {
        get
        {
            lock (_lock)
                return (_clock.Domain.Text(), _clock.DomainChanges);
        }
    }

    /// <summary>The newest picture came with the camera's own stamps.</summary>
    public bool HasMetadata => Volatile.Read(ref _hasMetadata);

    /// <summary>
    /// Arrival of the newest good picture, whether there was a frame for it or not, of the stream that is further behind, host ns; 0
    /// before the first.
    /// </summary>
    public long NewestNs(bool withDepth) => withDepth
        ? Math.Min(Interlocked.Read(ref _color.ArrivalNs), Interlocked.Read(ref _depth.ArrivalNs))
        : Interlocked.Read(ref _color.ArrivalNs);

    /// <summary>colour, depth: the one that is further behind.</summary>
    public string Behind(bool withDepth) =>
        withDepth && Interlocked.Read(ref _depth.ArrivalNs) < Interlocked.Read(ref _color.ArrivalNs) ? "depth" : "colour";

    /// <summary>Null where the pictures have no clock of their own.</summary>
    public ClockMapReport? Report()
    {
        lock (_lock)
            return _clock.Map.Count == 0 || _clock.Domain == RsDomain.SystemTime ? null : new(
                _clock.Domain.Text(),
                _clock.Map.OffsetNs, _clock.Map.DriftPpm, _clock.Map.ResidualNs);
    }

    /// <summary>Before the streams of a session start. Only its pictures are taken from now on.</summary>
    public void Begin(object session, RealSenseLibrary library, in RealSenseProfile color, in RealSenseProfile? depth)
    {
        lock (_lock)
        {
            _library = library;
            _clock.Begin();
            _numbers = new(1_000_000_000L / color.Fps, Math.Max(_color.Sequence, _depth.Sequence) + 1);
            Provide(_color, color);
            if (depth is { } d)
                Provide(_depth, d);
        }
        _session = session;
    }

    /// <summary>Nothing more is taken.</summary>
    public void End(object session)
    {
        if (_session != session)
            return;
        _session = null;
        foreach (Kind kind in (ReadOnlySpan<Kind>)[_color, _depth]) // no good picture's number will show these as missing
            kind.Stream.CountLost(Interlocked.Exchange(ref kind.Broken, 0));
    }

    /// <summary>Takes one frame of the library's; the caller releases it.</summary>
    /// <exception cref="RealSenseException">The library will not tell what it is.</exception>
    public void Take(object session, nint frame)
    {
        long arrival = HostClock.NowNs;
        if (_session != session)
            return;
        Kind? kind = KindOf(frame, out RsFormat format);
        if (kind is null)
        {
            Note(null, "a picture of a stream that was not asked for");
            return;
        }
        nint error = 0;
        int width = _library.FrameWidth(frame, &error);
        _library.Check(error);
        int height = _library.FrameHeight(frame, &error);
        _library.Check(error);
        int stride = _library.FrameStride(frame, &error);
        _library.Check(error);
        nint pixels = _library.FrameData(frame, &error);
        _library.Check(error);
        long number = (long)_library.FrameNumber(frame, &error);
        _library.Check(error);
        RealSenseProfile asked = kind.Profile;
        if (format != asked.Format || width != asked.Width || height != asked.Height || pixels == 0
            || stride < kind.RowBytes || stride > MostPadding * kind.RowBytes)
            Note(kind, $"{format} {width}x{height} with rows of {stride} bytes where {asked.Format} {asked.Width}x{asked.Height} was "
                + "asked for");
        else if (number == kind.Number)
            Note(kind, "the same picture twice");
        else
            Publish(kind, frame, new((void*)pixels, stride * height), stride, number, arrival);
    }

    // What was broken is not counted as lost here: the next good picture's number shows it as missing, where one came before.
    private void Note(Kind? kind, string how)
    {
        if (kind is not null)
            Interlocked.Increment(ref kind.Broken);
        _brokenHow = how;
        Interlocked.Increment(ref _broken);
    }

    private void Publish(Kind kind, nint frame, ReadOnlySpan<byte> pixels, int stride, long number, long arrival)
    {
        var (domain, stampMs, leadNs) = ReadTimes(frame);
        long broken = Interlocked.Exchange(ref kind.Broken, 0);
        if (kind.Number < 0)
            kind.Stream.CountLost(broken);
        bool follows = kind.Number >= 0 && number > kind.Number && number - kind.Number <= LargestGap;
        long step = follows ? number - kind.Number : 1;
        kind.Number = number;
        kind.Steps += step;
        kind.Stream.CountLost(step - 1);
        Interlocked.Exchange(ref kind.ArrivalNs, arrival); // also without a frame: nothing is wrong with the camera then
        ImageFrame? picture = kind.Pool!.TryRent();
        if (picture is null)
        {
            kind.Stream.CountLost(1);
            Interlocked.Increment(ref _unheld);
            return;
        }
        Copy(pixels, stride, picture.Pixels, kind.RowBytes);
        Sample<ImageFrame> sample;
        lock (_lock)
        {
            var (deviceNs, stampNs, hostNs) = _clock.Stamp(kind.Index, domain, stampMs, arrival);
            kind.Sequence = _numbers.Next(kind.Index, stampNs, kind.Steps);
            // A refit must not turn two pictures round.
            kind.OriginatingNs = Math.Max(hostNs - leadNs - (long)(_options.LatencyMs * 1e6), kind.OriginatingNs + 1);
            sample = new(picture, kind.OriginatingNs, deviceNs, arrival, kind.Sequence);
        }
        kind.Steps = 0;
        kind.Stream.Publish(sample);
        Volatile.Write(ref _hasMetadata, domain != RsDomain.SystemTime);
    }

    private Kind? KindOf(nint frame, out RsFormat format)
    {
        nint error = 0;
        nint profile = _library.FrameProfile(frame, &error);
        _library.Check(error);
        int stream, coded, number, id, fps;
        _library.ProfileData(profile, &stream, &coded, &number, &id, &fps, &error);
        _library.Check(error);
        format = (RsFormat)coded;
        Kind? kind = (RsStream)stream switch { RsStream.Color => _color, RsStream.Depth => _depth, _ => null };
        return kind?.Profile.Pointer == 0 ? null : kind;
    }

    /// <summary>
    /// The stamp is that of the transfer's begin, which is what the clock's map needs: its delay to the host is steady. What the picture
    /// shows was true in the middle of the exposure, which the camera says in another stamp where its metadata arrive.
    /// </summary>
    private (RsDomain Domain, double StampMs, long LeadNs) ReadTimes(nint frame)
    {
        nint error = 0;
        double stampMs = _library.FrameTimestamp(frame, &error);
        _library.Check(error);
        int domain = _library.FrameDomain(frame, &error);
        _library.Check(error);
        if (Metadata(frame, RsMetadata.FrameTimestamp) is not { } transferUs
            || Metadata(frame, RsMetadata.SensorTimestamp) is not { } exposedUs)
            return ((RsDomain)domain, stampMs, 0);
        uint leadUs = (uint)(transferUs - exposedUs); // both count in 32 bits
        return ((RsDomain)domain, stampMs, leadUs <= LongestLeadUs ? leadUs * 1000L : 0);
    }

    private long? Metadata(nint frame, RsMetadata what)
    {
        nint error = 0;
        int supported = _library.SupportsMetadata(frame, (int)what, &error);
        _library.Check(error);
        if (supported == 0)
            return null;
        long value = _library.Metadata(frame, (int)what, &error);
        _library.Check(error);
        return value;
    }

    private static void Copy(ReadOnlySpan<byte> from, int stride, Span<byte> into, int rowBytes)
    {
        if (stride == rowBytes)
        {
            from.CopyTo(into);
            return;
        }
        for (; into.Length > 0; into = into[rowBytes..], from = from[stride..])
            from[..rowBytes].CopyTo(into);
    }

    private void Provide(Kind kind, in RealSenseProfile profile)
    {
        (kind.Profile, kind.Number, kind.Steps, kind.Broken, kind.ArrivalNs) = (profile, -1, 0, 0, 0);
        kind.Stream.RateHz = profile.Fps;
        if (kind.Pool?.Width != profile.Width || kind.Pool.Height != profile.Height)
            kind.Pool = new(profile.Width, profile.Height, kind.Format, _options.PoolFrames);
    }
}
