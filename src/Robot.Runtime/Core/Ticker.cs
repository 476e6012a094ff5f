using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core.Policies;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Where ticks and commands go to be recorded. Called on the tick's thread: must not wait or allocate.</summary>
internal interface ITickLog
{
    void Tick(in TickRecord tick);

    void Command(in CommandRecord command);
}

/// <summary>
/// The 30 Hz heart: sample, decide, guard, command, log. One thread on an absolute grid; a missed slot is skipped and counted.
/// </summary>
internal sealed class Ticker : IDisposable
{
    private const long RateDenominator = 1000;
    private readonly AbsoluteGrid _grid;
    private readonly Sampler _sampler;
    private readonly Observation _observation;
    private readonly PolicyRunner _policies;
    private readonly ITickLog _log;
    private readonly DeviceThread _thread;
    private readonly long _rateNumerator;

    public Ticker(double rateHz, Sampler sampler, PolicyRunner policies, ITickLog log)
    {
        _grid = new(rateHz, HostClock.NowNs);
        _rateNumerator = (long)Math.Round(rateHz * RateDenominator);
        (_sampler, _observation, _policies, _log) = (sampler, sampler.CreateObservation(), policies, log);
        _thread = new("tick", Run);
        RateHz = rateHz;
    }

    public double RateHz { get; }

    /// <summary>Host monotonic time of slot 0.</summary>
    public long OriginNs => _grid.OriginNs;

    /// <summary>Slots whose time had passed before they could be waited for.</summary>
    public long Missed => _grid.Missed;

    /// <summary>The last slot that ran; the watchdog and the status look at it.</summary>
    public long Slot { get; private set; } = -1;

    public LatenessStatistics Lateness { get; } = new();

    public void Start() => _thread.Start();

    /// <summary>Runs the whole tick some times before the first real one, so that nothing is compiled while it counts.</summary>
    public void WarmUp()
    {
        for (int i = 0; i < 100; i++)
            Tick(-1);
    }

    public void Dispose() => _thread.Dispose();

    private void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
            Tick(_grid.WaitNext());
    }

    private void Tick(long slot)
    {
        long wakeNs = HostClock.NowNs, slotNs = _grid.TimeOf(slot);
        _sampler.Sample(slot, slotNs, _observation);
        if (_policies.Decide(_observation, _grid.TimeOf(slot + 1), out Command command, out SendResult result))
            _log.Command(_policies.Record(slot, command, result));
        if (slot < 0)
            return; // warming up
        _log.Tick(new(slot, slotNs, wakeNs, wakeNs - slotNs, _grid.Missed, _rateNumerator, RateDenominator));
        Lateness.Add(wakeNs - slotNs);
        Slot = slot;
    }
}
