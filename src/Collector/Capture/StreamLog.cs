using System.Globalization;
using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Capture;

/// <summary>One stream on its way into a log: its queue, its channels, its counts.</summary>
internal abstract class StreamLog
{
    protected long _dequeued, _bytes;

    /// <summary>Arrival of the newest sample taken from the queue, host ns.</summary>
    public long NewestArrivalNs { get; protected set; } = long.MinValue;

    public abstract CaptureCounters Counters { get; }

    /// <summary>Makes the stream's channels; before the first <see cref="Drain"/>.</summary>
    public abstract void Open(LogTarget target);

    /// <summary>
    /// Writes what waits, up to samples that arrived at a time, which may be set meanwhile; later ones are let go.
    /// </summary>
    public abstract void Drain(in long lastArrivalNs);

    /// <summary>Ends the subscription; what waits can still be drained.</summary>
    public abstract void Detach();

    /// <summary>Ends the subscription of a log that never opened.</summary>
    public abstract void Abandon();
}

/// <summary>Where messages go: the file, its types, and the episode's clock.</summary>
internal sealed class LogTarget(McapWriter writer, WallClockAnchor anchor)
{
    private readonly Dictionary<string, McapSchema> _schemas = [];

    public McapWriter Writer { get; } = writer;

    public long UnixNs(long monotonicNs) => anchor.ToUnixNs(monotonicNs);

    public McapChannel Channel(RosType type, string topic, ISampleStream? stream = null)
    {
        if (!_schemas.TryGetValue(type.Name, out var schema))
            _schemas[type.Name] = schema = Writer.AddSchema(type.Name, "ros2msg", System.Text.Encoding.UTF8.GetBytes(type.FullText));
        var metadata = new Dictionary<string, string>();
        if (stream is not null)
        {
            metadata["stream"] = stream.Name;
            metadata["rate_hz"] = stream.RateHz.ToString(CultureInfo.InvariantCulture);
            metadata["latency_ms"] = stream.LatencyMs.ToString(CultureInfo.InvariantCulture);
        }
        return Writer.AddChannel(schema, topic, "cdr", metadata);
    }
}

/// <summary>A stream of one type of sample.</summary>
internal abstract class StreamLog<T>(SampleStream<T> stream, int capacity) : StreamLog
{
    private readonly SampleQueue<T> _queue = stream.Subscribe(capacity);
    private LogTarget _target = null!;

    public override CaptureCounters Counters
    {
        get
        {
            long written = Interlocked.Read(ref _dequeued), dropped = _queue.Overrun;
            return new(stream.Name, written + dropped, written, dropped, Interlocked.Read(ref _bytes));
        }
    }

    protected SampleStream<T> Stream => stream;

    public override void Open(LogTarget target)
    {
        _target = target;
        MakeChannels(target);
    }

    public override void Drain(in long lastArrivalNs)
    {
        while (_queue.TryDequeue(out var sample))
        {
            NewestArrivalNs = sample.ArrivalNs;
            if (sample.ArrivalNs <= Volatile.Read(in lastArrivalNs))
            {
                Write(sample);
                Interlocked.Increment(ref _dequeued);
            }
            Release(sample.Value);
        }
    }

    public override void Detach() => stream.Detach(_queue);

    public override void Abandon() => stream.Unsubscribe(_queue);

    protected abstract void MakeChannels(LogTarget target);

    protected abstract void Write(in Sample<T> sample);

    protected virtual void Release(T value)
    {
    }

    protected RosHeader Header(in Sample<T> sample, string frame) => new(_target.UnixNs(sample.OriginatingNs), frame);

    /// <summary>A CDR writer over a message's place in the log. Log time is the arrival, publish time the originating time.</summary>
    protected CdrWriter Begin(McapChannel channel, in Sample<T> sample, int maxBytes) => new(_target.Writer.Begin(
        channel, (uint)sample.Sequence, _target.UnixNs(sample.ArrivalNs), _target.UnixNs(sample.OriginatingNs), sample.ArrivalNs,
        maxBytes));

    protected void End(ref CdrWriter w)
    {
        int bytes = w.Finish().Length;
        _target.Writer.End(bytes);
        Interlocked.Add(ref _bytes, bytes);
    }
}

/// <summary>The arm: everything in /robot/state, and the usual ROS types beside it for the tools that people have.</summary>
internal sealed class RobotLog(SampleStream<RobotState> stream) : StreamLog<RobotState>(stream, 4096)
{
    private const string Base = "base";

    private static readonly string[] s_joints =
        ["shoulder_pan_joint", "shoulder_lift_joint", "elbow_joint", "wrist_1_joint", "wrist_2_joint", "wrist_3_joint"];

    private McapChannel _state = null!, _joints = null!, _pose = null!, _twist = null!;

    protected override void MakeChannels(LogTarget target)
    {
        _state = target.Channel(RosSchemas.RobotState, CaptureTopics.RobotState, Stream);
        _joints = target.Channel(RosSchemas.JointState, CaptureTopics.JointStates, Stream);
        _pose = target.Channel(RosSchemas.PoseStamped, CaptureTopics.TcpPose, Stream);
        _twist = target.Channel(RosSchemas.TwistStamped, CaptureTopics.TcpTwist, Stream);
    }

    protected override void Write(in Sample<RobotState> sample)
    {
        RosHeader header = Header(sample, Base);
        var w = Begin(_state, sample, CaptureMessages.MaxBytes);
        CaptureMessages.Write(ref w, header, sample);
        End(ref w);

        RobotState s = sample.Value;
        w = Begin(_joints, sample, CaptureMessages.MaxBytes);
        RosMessages.WriteJointState(ref w, header, s_joints, s.Q, s.Qd, s.Current);
        End(ref w);

        w = Begin(_pose, sample, CaptureMessages.MaxBytes);
        RosMessages.WritePose(ref w, header, Pose.FromVector(s.TcpPose));
        End(ref w);

        w = Begin(_twist, sample, CaptureMessages.MaxBytes);
        RosMessages.WriteTwistOrWrench(ref w, header, s.TcpSpeed);
        End(ref w);
    }
}

internal sealed class ForceLog(SampleStream<Wrench> stream) : StreamLog<Wrench>(stream, 4096)
{
    private const string Sensor = "force_sensor";
    private McapChannel _times = null!, _wrench = null!;

    protected override void MakeChannels(LogTarget target)
    {
        _times = target.Channel(RosSchemas.SampleTimes, CaptureTopics.WrenchTimes, Stream);
        _wrench = target.Channel(RosSchemas.WrenchStamped, CaptureTopics.Wrench, Stream);
    }

    protected override void Write(in Sample<Wrench> sample)
    {
        RosHeader header = Header(sample, Sensor);
        var w = Begin(_times, sample, CaptureMessages.MaxBytes);
        CaptureMessages.WriteTimes(ref w, header, sample.Sequence, sample.DeviceNs);
        End(ref w);

        Wrench v = sample.Value;
        w = Begin(_wrench, sample, CaptureMessages.MaxBytes);
        RosMessages.WriteTwistOrWrench(ref w, header, new Vector6(v.Fx, v.Fy, v.Fz, v.Tx, v.Ty, v.Tz));
        End(ref w);
    }
}

internal sealed class GripperLog(SampleStream<GripperState> stream) : StreamLog<GripperState>(stream, 1024)
{
    private McapChannel _state = null!;

    protected override void MakeChannels(LogTarget target) =>
        _state = target.Channel(RosSchemas.GripperState, CaptureTopics.GripperState, Stream);

    protected override void Write(in Sample<GripperState> sample)
    {
        var w = Begin(_state, sample, CaptureMessages.MaxBytes);
        CaptureMessages.Write(ref w, Header(sample, "gripper"), sample);
        End(ref w);
    }
}

/// <summary>One camera's colour or depth pictures, with the camera's info beside them once a second.</summary>
internal sealed class ImageLog(SampleStream<ImageFrame> stream, CaptureCamera camera, bool depth) : StreamLog<ImageFrame>(stream, 64)
{
    private const long InfoPeriodNs = 1_000_000_000;
    private readonly string _frame = $"{camera.Name}_{(depth ? "depth" : "color")}_optical_frame";
    private McapChannel _times = null!, _image = null!, _info = null!;
    private long _nextInfoNs = long.MinValue;

    protected override void MakeChannels(LogTarget target)
    {
        string folder = CaptureTopics.Camera(camera.Name, depth);
        _times = target.Channel(RosSchemas.SampleTimes, folder + CaptureTopics.Times, Stream);
        _info = target.Channel(RosSchemas.CameraInfo, folder + CaptureTopics.CameraInfo, Stream);
        _image = target.Channel(RosSchemas.Image, folder + CaptureTopics.Image, Stream);
    }

    protected override void Write(in Sample<ImageFrame> sample)
    {
        RosHeader header = Header(sample, _frame);
        var w = Begin(_times, sample, CaptureMessages.MaxBytes);
        CaptureMessages.WriteTimes(ref w, header, sample.Sequence, sample.DeviceNs);
        End(ref w);

        if (sample.ArrivalNs >= _nextInfoNs && camera.Info() is { } info && (depth ? info.Depth : info.Color) is { } intrinsics)
        {
            w = Begin(_info, sample, CaptureMessages.MaxBytes);
            RosMessages.WriteCameraInfo(ref w, header, intrinsics);
            End(ref w);
            _nextInfoNs = sample.ArrivalNs + InfoPeriodNs;
        }

        ImageFrame frame = sample.Value;
        w = Begin(_image, sample, frame.Pixels.Length + RosMessages.ImageOverhead);
        RosMessages.WriteImage(ref w, header, frame.Height, frame.Width, frame.Format, frame.Pixels);
        End(ref w);
    }

    protected override void Release(ImageFrame value) => value.Release();
}
