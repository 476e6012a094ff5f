using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>Compares what is commanded with what the arm does while it runs, and says how far behind it is.</summary>
internal sealed class DelayWatch : IDisposable
{
    private const int CollectMs = 200;
    private readonly SampleStream<RobotState> _states;
    private readonly SampleQueue<RobotState> _measured;
    private readonly SampleQueue<Vector6> _commanded = new(1024); // 2 s at 500 Hz
    private readonly DelayEstimator _estimator = new();
    private readonly DeviceThread _thread;
    private long _delayNs = -1, _sequence;

    public DelayWatch(SampleStream<RobotState> states)
    {
        _states = states;
        _measured = states.Subscribe(1024);
        _thread = new("arm delay", Run);
    }

    /// <summary>From set-point to motion, ns: the newest estimate, however long ago the arm moved; null before the first.</summary>
    public long? DelayNs => Interlocked.Read(ref _delayNs) is >= 0 and var ns ? ns : null;

    public void Start() => _thread.Start();

    /// <summary>By the arm's thread, as the set-point is handed over; no lock, no allocation.</summary>
    public void Commanded(in Vector6 q)
    {
        long now = HostClock.NowNs;
        _commanded.TryEnqueue(new(q, now, Sample<Vector6>.NoDeviceTime, now, ++_sequence));
    }

    public void Dispose()
    {
        _thread.Dispose();
        _states.Unsubscribe(_measured);
    }

    private void Run(CancellationToken stop)
    {
        long newest = 0;
        while (!stop.WaitHandle.WaitOne(CollectMs))
        {
            while (_commanded.TryDequeue(out var sample))
            {
                if (sample.Sequence != newest + 1)
                    _estimator.Clear(); // this thread was kept from running: the arm did not stand meanwhile
                newest = sample.Sequence;
                _estimator.Command(sample.OriginatingNs, sample.Value);
            }
            while (_measured.TryDequeue(out var sample))
                _estimator.Measure(sample.OriginatingNs, sample.Value.Q);
            if (_estimator.Estimate() is { } ns)
                Interlocked.Exchange(ref _delayNs, ns);
        }
    }
}
