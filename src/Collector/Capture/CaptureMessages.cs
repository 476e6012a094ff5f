using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Capture;

/// <summary>One tick of the grid as it happened. Times are host monotonic ns.</summary>
/// <param name="LatenessNs">Wake minus slot time.</param>
/// <param name="Missed">Slots passed over so far.</param>
/// <param name="RateNumerator">Slots a second, as a fraction with <paramref name="RateDenominator"/>.</param>
public readonly record struct TickRecord(
    long Slot, long SlotNs, long WakeNs, long LatenessNs, long Missed, long RateNumerator, long RateDenominator);

/// <summary>What the lease's owner asked for at a tick, and what was handed to the arm.</summary>
public struct CommandRecord
{
    /// <summary>The tick's slot.</summary>
    public long Tick;

    /// <summary>Who held the lease: scripted, jog, replay …</summary>
    public string Source;

    /// <summary>How to read <see cref="Requested"/>.</summary>
    public CommandKind Kind;

    /// <summary>Six values by kind.</summary>
    public Vector6 Requested;

    /// <summary>Joint positions after the safety filter, rad.</summary>
    public Vector6 GuardedQ;

    /// <summary>0 open … 1 closed; NaN: left as it is.</summary>
    public double Gripper;

    /// <summary>Host monotonic ns: when the arm should be there, and when the target was handed over (0: it was not).</summary>
    public long DueNs, HandedOverNs;

    /// <summary>Which limits changed it; the safety filter's own flags.</summary>
    public uint Clamped;

    /// <summary>The filter let nothing of it through.</summary>
    public bool Refused;
}

/// <summary>Something that happened: a mark, a stop, a device lost or found.</summary>
/// <param name="TimeNs">Host monotonic ns.</param>
/// <param name="Kind">One of <see cref="CaptureEventKinds"/>, or another word.</param>
/// <param name="Text">For people.</param>
public readonly record struct CaptureEvent(long TimeNs, string Kind, string Text);

/// <summary>Kinds of events that programs look for.</summary>
public static class CaptureEventKinds
{
    public const string Mark = "mark", Stop = "stop", DeviceLost = "device_lost", DeviceFound = "device_found",
        Reset = "reset", Safety = "safety",
        Clock = "clock",
        Tare = "tare";
}

/// <summary>Our own message types (package rwm_msgs) to and from CDR; their texts are in <see cref="RosSchemas"/>.</summary>
internal static class CaptureMessages
{
    /// <summary>More than any of these messages takes, their strings apart.</summary>
    public const int MaxBytes = 1024;

    public static void Write(ref CdrWriter w, in RosHeader header, in Sample<RobotState> sample)
    {
        WriteTimes(ref w, header, sample.Sequence, sample.DeviceNs);
        RobotState s = sample.Value;
        w.Vector(s.Q);
        w.Vector(s.Qd);
        w.Vector(s.Current);
        w.Vector(s.TargetQ);
        w.Vector(s.TargetQd);
        w.Vector(s.TcpPose);
        w.Vector(s.TcpSpeed);
        w.Vector(s.TcpForce);
        w.I32((int)s.Mode);
        w.U32((uint)s.Safety);
        w.U32(s.StatusBits);
        w.I32((int)s.Runtime);
        w.F64(s.SpeedScaling);
        w.F64(s.TargetSpeedFraction);
        w.Vector(s.TcpOffset);
        w.F64(s.Payload);
        w.I32(s.Heartbeat);
        w.I32(s.ProgramStatus);
        w.I32(s.EchoedCounter);
    }

    public static RobotState ReadRobotState(ref CdrReader r) => new()
    {
        Q = r.Vector(),
        Qd = r.Vector(),
        Current = r.Vector(),
        TargetQ = r.Vector(),
        TargetQd = r.Vector(),
        TcpPose = r.Vector(),
        TcpSpeed = r.Vector(),
        TcpForce = r.Vector(),
        Mode = (RobotMode)r.I32(),
        Safety = (SafetyStatusBits)r.U32(),
        StatusBits = r.U32(),
        Runtime = (RuntimeState)r.I32(),
        SpeedScaling = r.F64(),
        TargetSpeedFraction = r.F64(),
        TcpOffset = r.Vector(),
        Payload = r.F64(),
        Heartbeat = r.I32(),
        ProgramStatus = r.I32(),
        EchoedCounter = r.I32(),
    };

    public static void Write(ref CdrWriter w, in RosHeader header, in Sample<GripperState> sample)
    {
        WriteTimes(ref w, header, sample.Sequence, sample.DeviceNs);
        GripperState s = sample.Value;
        w.F64(s.Position);
        w.F64(s.WidthM);
        w.F64(s.ForceN);
        w.Bool(s.ObjectDetected);
        w.Bool(s.Moving);
        w.I32(s.Fault);
    }

    public static GripperState ReadGripperState(ref CdrReader r) => new(r.F64(), r.F64(), r.F64(), r.Bool(), r.Bool(), r.I32());

    /// <summary>The whole of a SampleTimes, and the start of the states.</summary>
    public static void WriteTimes(ref CdrWriter w, in RosHeader header, long sequence, long deviceNs)
    {
        RosMessages.WriteHeader(ref w, header);
        w.I64(sequence);
        w.I64(deviceNs);
    }

    public static (long Sequence, long DeviceNs) ReadTimes(ref CdrReader r)
    {
        SkipHeader(ref r);
        return (r.I64(), r.I64());
    }

    public static void Write(ref CdrWriter w, in RosHeader header, in TickRecord t)
    {
        RosMessages.WriteHeader(ref w, header);
        w.I64(t.Slot);
        w.I64(t.SlotNs);
        w.I64(t.WakeNs);
        w.I64(t.LatenessNs);
        w.I64(t.Missed);
        w.I64(t.RateNumerator);
        w.I64(t.RateDenominator);
    }

    public static TickRecord ReadTick(ref CdrReader r)
    {
        SkipHeader(ref r);
        return new(r.I64(), r.I64(), r.I64(), r.I64(), r.I64(), r.I64(), r.I64());
    }

    public static void Write(ref CdrWriter w, in RosHeader header, in CommandRecord c)
    {
        RosMessages.WriteHeader(ref w, header);
        w.I64(c.Tick);
        w.Text(c.Source ?? "");
        w.U8((byte)c.Kind);
        w.Vector(c.Requested);
        w.Vector(c.GuardedQ);
        w.F64(c.Gripper);
        w.I64(c.DueNs);
        w.I64(c.HandedOverNs);
        w.U32(c.Clamped);
        w.Bool(c.Refused);
    }

    public static CommandRecord ReadCommand(ref CdrReader r)
    {
        SkipHeader(ref r);
        return new CommandRecord
        {
            Tick = r.I64(),
            Source = r.Text(),
            Kind = (CommandKind)r.U8(),
            Requested = r.Vector(),
            GuardedQ = r.Vector(),
            Gripper = r.F64(),
            DueNs = r.I64(),
            HandedOverNs = r.I64(),
            Clamped = r.U32(),
            Refused = r.Bool(),
        };
    }

    public static void Write(ref CdrWriter w, in RosHeader header, in CaptureEvent e)
    {
        RosMessages.WriteHeader(ref w, header);
        w.I64(e.TimeNs);
        w.Text(e.Kind);
        w.Text(e.Text);
    }

    public static CaptureEvent ReadEvent(ref CdrReader r)
    {
        SkipHeader(ref r);
        return new(r.I64(), r.Text(), r.Text());
    }

    internal static void SkipHeader(ref CdrReader r)
    {
        RosMessages.ReadStamp(ref r);
        r.TextBytes();
    }
}
