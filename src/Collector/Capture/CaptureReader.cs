using System.Globalization;
using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Capture;

/// <summary>What a message of a capture log is.</summary>
public enum CaptureKind
{
    RobotState,
    Wrench,
    GripperState,
    Image,

    /// <summary>A picture without its pixels: what stays of it in a log that keeps the numbers.</summary>
    ImageTimes,
    CameraInfo,
    Tick,
    Command,
    Plan,
    Decision,
    Event,
}

/// <summary>How a log begins.</summary>
/// <param name="Json">As it was handed to <see cref="CaptureLog.Start"/>.</param>
public sealed record CaptureStart(WallClockAnchor Anchor, string Json);

/// <summary>How a log was ended; a log that was cut off has none.</summary>
/// <param name="Json">As it was handed to <see cref="CaptureLog.Stop"/>.</param>
/// <param name="Counters">JSON: received, written, dropped and bytes of each stream.</param>
public sealed record CaptureEnd(string Json, string Counters);

/// <summary>
/// One message of a log; it lies in the reader's buffer until the next read, and is decoded where it is asked for. All times are host
/// monotonic ns, as they were in the recording process.
/// </summary>
public readonly ref struct CaptureMessage
{
    private readonly ReadOnlySpan<byte> _data;

    internal CaptureMessage(
        CaptureKind kind, string stream, string camera, bool depth, long originatingNs, long deviceNs, long arrivalNs, long sequence,
        ReadOnlySpan<byte> data)
    {
        (Kind, Stream, Camera, IsDepth) = (kind, stream, camera, depth);
        (OriginatingNs, DeviceNs, ArrivalNs, Sequence) = (originatingNs, deviceNs, arrivalNs, sequence);
        _data = data;
    }

    public CaptureKind Kind { get; }

    /// <summary>robot, force, gripper, wrist_rgb …; empty for ticks, commands and events.</summary>
    public string Stream { get; }

    /// <summary>The camera's name; empty for what is none.</summary>
    public string Camera { get; }

    /// <summary>A picture of a camera's depth, or the info of it.</summary>
    public bool IsDepth { get; }

    /// <summary>When it was true in the world; of a tick the slot's time, of a command when it was handed over.</summary>
    public long OriginatingNs { get; }

    /// <summary>On the device's own clock; <see cref="Sample{T}.NoDeviceTime"/> where it has none.</summary>
    public long DeviceNs { get; }

    public long ArrivalNs { get; }

    /// <summary>The sample's own; of a tick or command the slot's low 32 bits.</summary>
    public long Sequence { get; }

    public Sample<RobotState> RobotState()
    {
        var r = Reader(CaptureKind.RobotState);
        CaptureMessages.ReadTimes(ref r);
        return Sample(CaptureMessages.ReadRobotState(ref r));
    }

    public Sample<Wrench> Wrench()
    {
        var r = Reader(CaptureKind.Wrench);
        RosMessages.ReadStamp(ref r);
        r.TextBytes();
        Vector6 v = r.Vector();
        return Sample(new Wrench(v[0], v[1], v[2], v[3], v[4], v[5]));
    }

    public Sample<GripperState> GripperState()
    {
        var r = Reader(CaptureKind.GripperState);
        CaptureMessages.ReadTimes(ref r);
        return Sample(CaptureMessages.ReadGripperState(ref r));
    }

    /// <summary>The picture where it lies.</summary>
    public RosImage Image()
    {
        var r = Reader(CaptureKind.Image);
        return RosMessages.ReadImage(ref r);
    }

    public CameraIntrinsics CameraInfo()
    {
        var r = Reader(CaptureKind.CameraInfo);
        return RosMessages.ReadCameraInfo(ref r, out _);
    }

    public TickRecord Tick()
    {
        var r = Reader(CaptureKind.Tick);
        return CaptureMessages.ReadTick(ref r);
    }

    public CommandRecord Command()
    {
        var r = Reader(CaptureKind.Command);
        return CaptureMessages.ReadCommand(ref r);
    }

    /// <summary>Fills a record, whose arrays say how much is expected.</summary>
    /// <exception cref="InvalidDataException">The message's are of other sizes.</exception>
    public void Plan(PlanRecord to)
    {
        var r = Reader(CaptureKind.Plan);
        PlanMessages.Read(ref r, to);
    }

    /// <inheritdoc cref="Plan"/>
    public void Decision(DecisionRecord to)
    {
        var r = Reader(CaptureKind.Decision);
        PlanMessages.Read(ref r, to);
    }

    public CaptureEvent Event()
    {
        var r = Reader(CaptureKind.Event);
        return CaptureMessages.ReadEvent(ref r);
    }

    private CdrReader Reader(CaptureKind kind) => Kind == kind
        ? new CdrReader(_data)
        : throw new InvalidOperationException($"a message of kind {Kind} was read as {kind}");

    private Sample<T> Sample<T>(T value) => new(value, OriginatingNs, DeviceNs, ArrivalNs, Sequence);
}

/// <summary>
/// Reads a capture log back, also while it is being written. Messages of one stream come in the order in which they arrived; those of
/// different streams only nearly so. A picture's pixels are handed out where they lie.
/// </summary>
public sealed class CaptureReader : IDisposable
{
    private static readonly Dictionary<string, CaptureKind> s_kinds = new()
    {
        [CaptureTopics.RobotState] = CaptureKind.RobotState,
        [CaptureTopics.GripperState] = CaptureKind.GripperState,
        [CaptureTopics.Wrench] = CaptureKind.Wrench,
        [CaptureTopics.Tick] = CaptureKind.Tick,
        [CaptureTopics.Command] = CaptureKind.Command,
        [CaptureTopics.Plan] = CaptureKind.Plan,
        [CaptureTopics.Decision] = CaptureKind.Decision,
        [CaptureTopics.Event] = CaptureKind.Event,
    };

    private readonly McapReader _reader;
    private readonly Dictionary<ushort, Source> _sources = [];
    private readonly bool _pixels;
    private int _metadataSeen;

    /// <summary>What a channel's messages are; for pictures and wrenches with the times that stood before the message.</summary>
    private sealed class Source
    {
        public CaptureKind? Kind;
        public bool IsTimes;
        public string Stream = "", Camera = "";
        public bool Depth;
        public Times Times = null!;
    }

    private sealed class Times
    {
        public long Sequence, DeviceNs, PublishNs = long.MinValue;
    }

    /// <param name="pixels">
    /// True: pictures come as <see cref="CaptureKind.Image"/>, where the log still has them. False: all that were recorded come as
    /// <see cref="CaptureKind.ImageTimes"/>.
    /// </param>
    /// <exception cref="IOException">The file cannot be opened.</exception>
    public CaptureReader(string path, bool pixels = true) => (_reader, _pixels) = (new McapReader(path), pixels);

    /// <summary>Null until the log's first record has been read.</summary>
    public CaptureStart? Start { get; private set; }

    /// <summary>Null until the log's last record has been read, and for good in a log that was cut off.</summary>
    public CaptureEnd? End { get; private set; }

    /// <summary>Whether more may come, after <see cref="TryRead"/> said that there is nothing.</summary>
    public McapReadState State => _reader.State;

    /// <summary>What is damaged, where, in one line; null where nothing is. Everything before it has been handed out.</summary>
    public string? Damage { get; private set; }

    /// <summary>The next message. False: none at present; again while <see cref="State"/> is <see cref="McapReadState.Open"/>.</summary>
    public bool TryRead(out CaptureMessage message)
    {
        while (Damage is null && _reader.TryRead(out var m))
        {
            TakeMetadata();
            try
            {
                if (TryTake(m, out message))
                    return true;
            }
            catch (InvalidDataException e)
            {
                Damage = $"{_reader.Path}: topic {m.Channel.Topic}: {e.Message}";
            }
        }
        TakeMetadata();
        Damage ??= _reader.Damage;
        message = default;
        return false;
    }

    public void Dispose() => _reader.Dispose();

    private bool TryTake(scoped in McapMessage m, out CaptureMessage message)
    {
        message = default;
        if (!_sources.TryGetValue(m.Channel.Id, out var source))
            _sources[m.Channel.Id] = source = Describe(m.Channel);
        if (source.IsTimes)
        {
            var times = new CdrReader(m.Data);
            (source.Times.Sequence, source.Times.DeviceNs) = CaptureMessages.ReadTimes(ref times);
            source.Times.PublishNs = m.PublishTimeNs;
        }
        if (source.Kind is not { } kind)
            return false;
        if (Start is not { } start)
            throw new InvalidDataException($"the log has no '{CaptureTopics.MetadataName}' metadata before its messages: not one of ours");

        long sequence = m.Sequence, deviceNs = Sample<int>.NoDeviceTime;
        if (kind is CaptureKind.RobotState or CaptureKind.GripperState)
        {
            var r = new CdrReader(m.Data);
            (sequence, deviceNs) = CaptureMessages.ReadTimes(ref r);
        }
        else if (source.Times is { } times && times.PublishNs == m.PublishTimeNs && (uint)times.Sequence == m.Sequence)
        {
            (sequence, deviceNs) = (times.Sequence, times.DeviceNs);
        }
        long back = start.Anchor.MonotonicNs - start.Anchor.UnixNs;
        message = new CaptureMessage(
            kind, source.Stream, source.Camera, source.Depth, m.PublishTimeNs + back, deviceNs, m.LogTimeNs + back, sequence, m.Data);
        return true;
    }

    private Source Describe(McapChannel channel)
    {
        string stream = channel.Metadata.GetValueOrDefault("stream", "");
        var source = new Source { Stream = stream };
        if (s_kinds.TryGetValue(channel.Topic, out var kind))
            source.Kind = kind;
        else if (channel.Topic == CaptureTopics.WrenchTimes)
            source.IsTimes = true;
        else if (!DescribeCamera(channel.Topic, source))
            return source;
        var related = _sources.Values.FirstOrDefault(s => s.Times is not null && s.Stream == stream);
        source.Times = related?.Times ?? new Times();
        return source;
    }

    /// <summary>/camera/NAME/color/image_raw and its like.</summary>
    private bool DescribeCamera(string topic, Source source)
    {
        string[] parts = topic.Split('/');
        if (parts is not ["", "camera", var name, "color" or "depth", var end])
            return false;
        source.Camera = name;
        source.Depth = parts[3] == "depth";
        switch ("/" + end)
        {
            case CaptureTopics.Image when _pixels:
                source.Kind = CaptureKind.Image;
                return true;
            case CaptureTopics.CameraInfo:
                source.Kind = CaptureKind.CameraInfo;
                return true;
            case CaptureTopics.Times:
                source.IsTimes = true;
                source.Kind = _pixels ? null : CaptureKind.ImageTimes;
                return true;
            default:
                return false;
        }
    }

    private void TakeMetadata()
    {
        for (; _metadataSeen < _reader.Metadata.Count; _metadataSeen++)
        {
            var m = _reader.Metadata[_metadataSeen];
            if (m.Name != CaptureTopics.MetadataName)
                continue;
            string json = m.Values.GetValueOrDefault("json", "{}");
            if (m.Values.GetValueOrDefault("phase") == "stop")
            {
                End = new CaptureEnd(json, m.Values.GetValueOrDefault("counters", "{}"));
            }
            else if (long.TryParse(m.Values.GetValueOrDefault("anchor_monotonic_ns"), CultureInfo.InvariantCulture, out long monotonicNs)
                && long.TryParse(m.Values.GetValueOrDefault("anchor_unix_ns"), CultureInfo.InvariantCulture, out long unixNs))
            {
                Start = new CaptureStart(new WallClockAnchor(monotonicNs, unixNs), json);
            }
        }
    }
}
