namespace RobotWorldModel.Drivers.Samples;

/// <summary>How a stream stood at a tick, as far as was known then.</summary>
public enum StreamFreshness
{
    /// <summary>Nothing yet, or nothing for 0.5 s.</summary>
    Missing,

    /// <summary>Older than 1.5 periods plus the stream's latency.</summary>
    Stale,

    Fresh,
}

/// <summary>
/// What is known at a tick: the newest sample of every stream with its age. Made once and refilled each tick by the sampler; whoever keeps
/// something beyond the tick copies it (a frame: holds a reference of its own).
/// </summary>
public sealed class Observation(int cameraStreams)
{
    /// <summary>A stream with nothing for this long is missing.</summary>
    public const long MissingAfterNs = 500_000_000;

    public long Slot { get; internal set; }

    /// <summary>Host monotonic time of the slot.</summary>
    public long SlotNs { get; internal set; }

    public Sample<RobotState> Robot;
    public Sample<Wrench> Wrench;
    public Sample<GripperState> Gripper;

    public StreamFreshness RobotFreshness { get; internal set; }

    public StreamFreshness WrenchFreshness { get; internal set; }

    public StreamFreshness GripperFreshness { get; internal set; }

    /// <summary>By camera stream: colour and depth of each camera in the config's order; null before the first picture.</summary>
    public Sample<ImageFrame>?[] Frames { get; } = new Sample<ImageFrame>?[cameraStreams];

    public StreamFreshness[] FrameFreshness { get; } = new StreamFreshness[cameraStreams];

    /// <summary>The rule of freshness, live: stale is older than 1.5 periods plus the latency that stamps cannot show.</summary>
    public static StreamFreshness Judge(long ageNs, double rateHz, double latencyMs) =>
        ageNs > MissingAfterNs ? StreamFreshness.Missing
        : rateHz > 0 && ageNs > 1.5e9 / rateHz + latencyMs * 1e6 ? StreamFreshness.Stale
        : StreamFreshness.Fresh;
}
