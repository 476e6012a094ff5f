using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Bench;

/// <summary>
/// When a camera's pictures came. They are taken off its queues ten times a second and given back: a camera has few frames to lend. What
/// is kept has its room from the beginning, so that nothing is allocated while it counts.
/// </summary>
internal sealed class PictureArrivals : IDisposable
{
    private const int CollectMs = 100, QueueSize = 64; // 2 s at 30 Hz
    private const double FastestHz = 40;
    private readonly Kind? _depth;

    /// <param name="seconds">The longest time between two calls of <see cref="Clear"/>.</param>
    public PictureArrivals(ICamera camera, double seconds) =>
        (Color, _depth) = (new(camera.Color, seconds), camera.Depth is { } depth ? new(depth, seconds) : null);

    public Kind Color { get; }

    /// <exception cref="InvalidOperationException">The camera has none.</exception>
    public Kind Depth => _depth ?? throw new InvalidOperationException("this camera has no depth");

    /// <summary>Forgets what it has kept.</summary>
    public void Clear()
    {
        Color.Clear();
        _depth?.Clear();
    }

    /// <summary>On the calling thread, until a host time.</summary>
    public void Collect(long untilNs, CancellationToken cancel = default)
    {
        for (bool over = false; !over;)
        {
            cancel.ThrowIfCancellationRequested();
            AbsoluteGrid.SleepUntil(Math.Min(untilNs, HostClock.NowNs + CollectMs * 1_000_000L));
            over = HostClock.NowNs >= untilNs;
            Color.Take();
            _depth?.Take();
        }
    }

    public void Dispose()
    {
        Color.Dispose();
        _depth?.Dispose();
    }

    /// <summary>Pictures of one kind.</summary>
    public sealed class Kind(SampleStream<ImageFrame> stream, double seconds) : IDisposable
    {
        private readonly SampleQueue<ImageFrame> _queue = stream.Subscribe(QueueSize);
        private readonly List<(long ArrivalNs, long DeviceNs, long Sequence)> _kept = new((int)(seconds * FastestHz) + 100);

        public int Count => _kept.Count;

        /// <summary>Host times.</summary>
        public long[] ArrivalsNs => [.. _kept.Select(p => p.ArrivalNs)];

        /// <summary>From a picture's own stamp to its arrival.</summary>
        /// <param name="offsetNs">From the camera's clock to the host's.</param>
        public long[] AgesNs(long offsetNs) => [.. _kept.Select(p => p.ArrivalNs - p.DeviceNs - offsetNs)];

        /// <summary>Between the first and the last that did not come.</summary>
        public long Lost => _kept.Count < 2 ? 0 : _kept[^1].Sequence - _kept[0].Sequence + 1 - _kept.Count;

        internal void Take()
        {
            while (_queue.TryDequeue(out var sample))
            {
                _kept.Add((sample.ArrivalNs, sample.DeviceNs, sample.Sequence));
                sample.Value.Release();
            }
        }

        internal void Clear() => _kept.Clear();

        public void Dispose() => stream.Unsubscribe(_queue);
    }
}
