using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What came of a stream while it was looked at.</summary>
/// <param name="RateHz">Its native rate; 0 where it is not known.</param>
/// <param name="MeasuredHz">By the samples' own times; not a number with fewer than two.</param>
/// <param name="DelayP99Ms">From the world to this program.</param>
internal sealed record StreamLook(
    string Name, double RateHz, int Samples, long Lost, double MeasuredHz, double LongestGapMs, double DelayP50Ms, double DelayP99Ms)
{
    /// <param name="times">Of each sample: when it was true, and when it arrived, ns.</param>
    public static StreamLook Of(string name, double rateHz, long lost, IReadOnlyList<(long OriginatingNs, long ArrivalNs)> times)
    {
        double[] delays = [.. times.Select(t => (t.ArrivalNs - t.OriginatingNs) * 1e-6).Order()];
        long[] gaps = [.. times.Zip(times.Skip(1), (a, b) => b.OriginatingNs - a.OriginatingNs)];
        double span = times.Count < 2 ? double.NaN : (times[^1].OriginatingNs - times[0].OriginatingNs) * 1e-9;
        return new(name, rateHz, times.Count, lost, (times.Count - 1) / span, gaps.Length == 0 ? double.NaN : gaps.Max() * 1e-6,
            Quantile(delays, 0.5), Quantile(delays, 0.99));
    }

    /// <param name="sorted">Ascending.</param>
    public static double Quantile(IReadOnlyList<double> sorted, double share) =>
        sorted.Count == 0 ? double.NaN : sorted[(int)Math.Min(sorted.Count - 1, sorted.Count * share)];
}

/// <summary>Takes every sample of a stream from now on.</summary>
internal abstract class StreamMeter : IDisposable
{
    protected List<(long OriginatingNs, long ArrivalNs)> Times { get; } = [];

    /// <summary>Takes what has come; to be called often, because a queue is bounded and pictures are few.</summary>
    public abstract void Drain();

    public abstract StreamLook Look();

    public abstract void Dispose();

    /// <summary>Meters of all streams of a cell, for a time; each stream has come by then or has not.</summary>
    public static IReadOnlyList<StreamLook> Watch(IReadOnlyList<ISampleStream> streams, TimeSpan time, CancellationToken cancel)
    {
        StreamMeter[] meters = [.. streams.Select(Of)];
        long end = HostClock.NowNs + (long)(time.TotalMilliseconds * 1e6);
        while (HostClock.NowNs < end)
        {
            cancel.ThrowIfCancellationRequested();
            Thread.Sleep(5);
            foreach (var meter in meters)
                meter.Drain();
        }
        StreamLook[] looks = [.. meters.Select(m => m.Look())];
        Array.ForEach(meters, m => m.Dispose());
        return looks;
    }

    private static StreamMeter Of(ISampleStream stream) => stream switch
    {
        SampleStream<RobotState> s => new Meter<RobotState>(s),
        SampleStream<Wrench> s => new Meter<Wrench>(s),
        SampleStream<GripperState> s => new Meter<GripperState>(s),
        SampleStream<ImageFrame> s => new Meter<ImageFrame>(s),
        _ => throw new ArgumentException($"{stream.Name} is of a kind that is not known here"),
    };

    private sealed class Meter<T> : StreamMeter
    {
        private readonly SampleStream<T> _stream;
        private readonly SampleQueue<T> _queue;
        private readonly long _lost;

        public Meter(SampleStream<T> stream)
        {
            _stream = stream;
            _lost = stream.Counters.Lost;
            // Pictures that wait here are missing in the camera's pool.
            _queue = stream.Subscribe(typeof(T) == typeof(ImageFrame) ? 8 : 4096);
        }

        public override void Drain()
        {
            while (_queue.TryDequeue(out var sample))
            {
                Times.Add((sample.OriginatingNs, sample.ArrivalNs));
                (sample.Value as IReferenceCounted)?.Release();
            }
        }

        public override StreamLook Look() =>
            StreamLook.Of(_stream.Name, _stream.RateHz, _stream.Counters.Lost - _lost + _queue.Overrun, Times);

        public override void Dispose() => _stream.Unsubscribe(_queue);
    }
}
