namespace RobotWorldModel.Drivers.Samples;

/// <summary>
/// Fills an <see cref="Observation"/> with the newest sample of each stream: what is known now, for live control. Allocates nothing.
/// </summary>
public sealed class Sampler(
    SampleStream<RobotState>? robot,
    SampleStream<Wrench>? wrench,
    SampleStream<GripperState>? gripper,
    IReadOnlyList<SampleStream<ImageFrame>> frames)
{
    private readonly SampleStream<ImageFrame>[] _frames = [.. frames];

    public Observation CreateObservation() => new(_frames.Length);

    /// <summary>Takes the newest of everything at a slot's time. Frames of the observation before are let go.</summary>
    public void Sample(long slot, long slotNs, Observation into)
    {
        (into.Slot, into.SlotNs) = (slot, slotNs);
        into.RobotFreshness = Newest(robot, slotNs, ref into.Robot);
        into.WrenchFreshness = Newest(wrench, slotNs, ref into.Wrench);
        into.GripperFreshness = Newest(gripper, slotNs, ref into.Gripper);
        for (int i = 0; i < _frames.Length; i++)
        {
            into.Frames[i]?.Value.Release();
            Sample<ImageFrame> sample = default;
            into.FrameFreshness[i] = Newest(_frames[i], slotNs, ref sample);
            into.Frames[i] = sample.Value is null ? null : sample;
        }
    }

    private static StreamFreshness Newest<T>(SampleStream<T>? stream, long slotNs, ref Sample<T> into) =>
        stream is not null && stream.TryGetNewest(out into)
            ? Observation.Judge(slotNs - into.OriginatingNs, stream.RateHz, stream.LatencyMs)
            : StreamFreshness.Missing;
}
