using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Grid;

/// <summary>The timelines of a recording, filled from its log message by message, and asked for rows slot by slot.</summary>
internal sealed class RecordedStreams
{
    private readonly Dictionary<string, Timeline<HeldPicture>> _pictures = [];
    private readonly Dictionary<string, StreamCount> _counts = [];
    private readonly Timeline<RobotState>? _robot;
    private readonly Timeline<Wrench>? _force;
    private readonly Timeline<GripperState>? _gripper;

    /// <summary>How many of a stream's samples the log has, and the span of their stamps.</summary>
    internal sealed class StreamCount
    {
        public long Received;

        /// <summary>Device stamps where the stream has them, else originating times.</summary>
        public long FirstNs = long.MaxValue, LastNs = long.MinValue;

        /// <summary>Of the sequence's steps above one: samples that were on their way and never came.</summary>
        public long Lost, LastSequence = long.MinValue;
    }

    public RecordedStreams(RecordingHeader header)
    {
        foreach (var (name, stream) in header.Streams)
        {
            _counts[name] = new();
            switch (name)
            {
                case EpisodeLayout.RobotStream:
                    _robot = new(stream.RateHz);
                    break;
                case EpisodeLayout.ForceStream:
                    _force = new(stream.RateHz);
                    break;
                case EpisodeLayout.GripperStream:
                    _gripper = new(stream.RateHz);
                    break;
                default:
                    _pictures[name] = new(stream.RateHz, p => p.LetGo());
                    break;
            }
        }
    }

    public IReadOnlyDictionary<string, StreamCount> Counts => _counts;

    public bool HasRobot => _robot is not null;

    public bool HasForce => _force is not null;

    public bool HasGripper => _gripper is not null;

    public IEnumerable<string> PictureStreams => _pictures.Keys;

    /// <summary>Pictures in memory.</summary>
    public int PicturesHeld => _pictures.Values.Sum(p => p.Count);

    /// <summary>The originating time up to which every stream has spoken.</summary>
    public long SpokenUntilNs
    {
        get
        {
            long least = Math.Min(
                _robot?.NewestNs ?? long.MaxValue, Math.Min(_force?.NewestNs ?? long.MaxValue, _gripper?.NewestNs ?? long.MaxValue));
            foreach (var pictures in _pictures.Values)
                least = Math.Min(least, pictures.NewestNs);
            return least;
        }
    }

    /// <summary>Takes a sample's message; others are not for here.</summary>
    public void Add(in CaptureMessage message)
    {
        switch (message.Kind)
        {
            case CaptureKind.RobotState when _robot is not null:
                _robot.Add(message.OriginatingNs, message.Sequence, message.RobotState().Value);
                break;
            case CaptureKind.Wrench when _force is not null:
                _force.Add(message.OriginatingNs, message.Sequence, message.Wrench().Value);
                break;
            case CaptureKind.GripperState when _gripper is not null:
                _gripper.Add(message.OriginatingNs, message.Sequence, message.GripperState().Value);
                break;
            case CaptureKind.Image when _pictures.TryGetValue(message.Stream, out var pictures):
                var image = message.Image();
                pictures.Add(message.OriginatingNs, message.Sequence, new(image.Pixels, image.Width, image.Height));
                break;
            case CaptureKind.ImageTimes when _pictures.TryGetValue(message.Stream, out var pictures):
                pictures.Add(message.OriginatingNs, message.Sequence, HeldPicture.WithoutPixels);
                break;
            default:
                return;
        }
        Count(_counts[message.Stream], message);
    }

    /// <summary>Whether every stream would be fresh at a slot: the rule for t0.</summary>
    public bool AllFresh(long slotNs)
    {
        if (_robot?.IsFresh(slotNs, interpolated: true) == false
            || _force?.IsFresh(slotNs, interpolated: true) == false
            || _gripper?.IsFresh(slotNs, interpolated: false) == false)
            return false;
        foreach (var pictures in _pictures.Values)
            if (!pictures.IsFresh(slotNs, interpolated: false))
                return false;
        return true;
    }

    /// <summary>Lets go of what a slot and all later ones do not need.</summary>
    public void Forget(long slotNs)
    {
        _robot?.Forget(slotNs);
        _force?.Forget(slotNs);
        _gripper?.Forget(slotNs);
        foreach (var pictures in _pictures.Values)
            pictures.Forget(slotNs);
    }

    public StreamCell Robot(long slotNs, long t0Ns, out JointsRow? row)
    {
        var cell = _robot!.Around(slotNs, out var before, out var after, out double fraction);
        row = cell.Status switch
        {
            StreamStatus.Missing => null,
            StreamStatus.Interpolated => Between(StreamRules.Seconds(slotNs - t0Ns), before.Value, after.Value, fraction),
            _ => JointsRow.From(StreamRules.Seconds(before.OriginatingNs - t0Ns), before.Value),
        };
        return cell;
    }

    public StreamCell Force(long slotNs, long t0Ns, out ForceRow? row)
    {
        var cell = _force!.Around(slotNs, out var before, out var after, out double f);
        Wrench a = before.Value, b = after.Value;
        row = cell.Status switch
        {
            StreamStatus.Missing => null,
            StreamStatus.Interpolated => new(StreamRules.Seconds(slotNs - t0Ns), new(a.Fx + f * (b.Fx - a.Fx), a.Fy + f * (b.Fy - a.Fy),
                a.Fz + f * (b.Fz - a.Fz), a.Tx + f * (b.Tx - a.Tx), a.Ty + f * (b.Ty - a.Ty), a.Tz + f * (b.Tz - a.Tz))),
            _ => new(StreamRules.Seconds(before.OriginatingNs - t0Ns), a),
        };
        return cell;
    }

    public StreamCell Gripper(long slotNs, long t0Ns, out GripperRow? row)
    {
        var cell = _gripper!.Newest(slotNs, out var sample);
        row = cell.Status == StreamStatus.Missing ? null : GripperRow.From(StreamRules.Seconds(sample.OriginatingNs - t0Ns), sample.Value);
        return cell;
    }

    public StreamCell Picture(string stream, long slotNs, out HeldPicture? picture)
    {
        var cell = _pictures[stream].Newest(slotNs, out var sample);
        picture = cell.Status == StreamStatus.Missing ? null : sample.Value;
        return cell;
    }

    public void Clear()
    {
        foreach (var pictures in _pictures.Values)
            pictures.Clear();
    }

    /// <summary>Linear in everything but the orientation, which goes the shorter way about one axis.</summary>
    private static JointsRow Between(double timestamp, in RobotState a, in RobotState b, double f)
    {
        Pose from = Pose.FromVector(a.TcpPose), to = Pose.FromVector(b.TcpPose);
        Vec3 turn = (to.Rotation * from.Rotation.Inverse).ToRotationVector();
        var pose = new Pose(from.Position + f * (to.Position - from.Position), Quat.FromRotationVector(f * turn) * from.Rotation);
        return new(timestamp, Vector6.Lerp(a.Q, b.Q, f), Vector6.Lerp(a.Qd, b.Qd, f), Vector6.Lerp(a.Current, b.Current, f),
            pose.ToVector(), Vector6.Lerp(a.TcpSpeed, b.TcpSpeed, f));
    }

    private static void Count(StreamCount count, in CaptureMessage message)
    {
        count.Received++;
        long stamp = message.DeviceNs == Sample<int>.NoDeviceTime ? message.OriginatingNs : message.DeviceNs;
        count.FirstNs = Math.Min(count.FirstNs, stamp);
        count.LastNs = Math.Max(count.LastNs, stamp);
        if (count.LastSequence != long.MinValue && message.Sequence > count.LastSequence + 1)
            count.Lost += message.Sequence - count.LastSequence - 1;
        count.LastSequence = message.Sequence;
    }
}
