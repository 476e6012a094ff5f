using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Bota;

/// <summary>Turns a sensor's stamps into host times and counts of samples. The reader thread's own; allocates nothing.</summary>
/// <param name="latencyNs">The constant part of the delay, which stamps cannot show.</param>
internal sealed class BotaClock(long latencyNs)
{
    private const long FromTheFutureNs = 50_000_000;
    private readonly ClockMap _map = new();
    private double _periodUs;
    private uint _stampUs;
    private long _deviceUs, _originatingNs = long.MinValue;
    private bool _any;

    public long OffsetNs => _map.OffsetNs;

    public double DriftPpm => _map.DriftPpm;

    public long ResidualNs => _map.ResidualNs;

    /// <summary>A new connection: nobody knows whether its clock went on.</summary>
    /// <param name="periodUs">Of the samples.</param>
    public void Begin(double periodUs)
    {
        (_any, _periodUs) = (false, periodUs);
        _map.Reset();
    }

    /// <summary>Takes in a frame's stamp.</summary>
    /// <param name="deviceNs">The same on a clock that does not turn over.</param>
    /// <returns>
    /// Samples that the sensor made since the frame before, this one included: above 1 are losses, 0 is the same sample again, below 0 a
    /// clock that has started anew.
    /// </returns>
    public long Add(uint stampUs, long arrivalNs, out long deviceNs)
    {
        long steps = 1;
        deviceNs = 0;
        if (_any)
        {
            int passedUs = (int)(stampUs - _stampUs); // across the turn of its 32 bits, too
            if (passedUs < 0 || arrivalNs < _map.ToHost((_deviceUs + passedUs) * 1000) - FromTheFutureNs)
                return -1;
            steps = passedUs == 0 ? 0 : Math.Max(1, (long)Math.Round(passedUs / _periodUs));
            _deviceUs += passedUs;
        }
        else
            _deviceUs = stampUs;
        (_any, _stampUs) = (true, stampUs);
        deviceNs = _deviceUs * 1000;
        _map.Add(deviceNs, arrivalNs);
        return steps;
    }

    /// <summary>
    /// When a sample was true, host ns: never after its arrival less the latency, never at or before the one before it. Ask once for each,
    /// oldest first, and after all frames of one read were added: the newest of them tells most of the delay.
    /// </summary>
    public long NextOriginating(long deviceNs, long arrivalNs)
    {
        long originating = Math.Min(_map.ToHost(deviceNs), arrivalNs) - latencyNs;
        return _originatingNs = Math.Max(originating, _originatingNs + 1); // a map that improves may step back by a little
    }
}
