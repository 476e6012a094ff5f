using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.RealSense;

/// <summary>A picture's stamp, looked at.</summary>
/// <param name="DeviceNs">The camera's own, ns, its turns added; <see cref="Sample{T}.NoDeviceTime"/> where it is not to be believed or is
/// only the host's wall clock.</param>
/// <param name="StampNs">Of whatever clock: comparable with the other stream's of the same domain. Null where it is not believed.</param>
/// <param name="HostNs">The host time of it.</param>
internal readonly record struct RealSenseStamp(long DeviceNs, long? StampNs, long HostNs);

/// <summary>
/// Turns the stamps of a camera's pictures into host times. Each domain has a map of its own; within one, colour and depth share the
/// camera's clock. A stamp that cannot be true (steps back, or is <see cref="FarNs"/> from the arrival) is not believed: the picture
/// counts as taken when it arrived. Not thread-safe.
/// </summary>
internal sealed class RealSenseClock
{
    /// <summary>A picture arrives within some tens of milliseconds; more is a wrong stamp, as the library makes them at times.</summary>
    public const long FarNs = 200_000_000;

    private const double WrapUs = 4294967296; // the camera counts microseconds in 32 bits: 71.6 min
    private const int JumpedAfter = 30; // wrong stamps in a row, of both streams: then it is the clock that has jumped
    private const int Streams = 2, Domains = 3;
    private readonly ClockMap[] _maps = [.. Enumerable.Range(0, Domains).Select(_ => new ClockMap())];
    private readonly long[] _mapped = new long[Domains];
    private readonly long[,] _last = new long[Streams, Domains];
    private readonly RsDomain?[] _domainOf = new RsDomain?[Streams];
    private double _lastUs = double.NaN;
    private int _doubted;

    public RealSenseClock() => Reset();

    /// <summary>Whose clock the newest stamp was on.</summary>
    public RsDomain Domain { get; private set; }

    /// <summary>How often a stream's stamps went over to another clock while it ran, since start.</summary>
    public int DomainChanges { get; private set; }

    /// <summary>Pictures that were given their arrival's time.</summary>
    public long Doubted { get; private set; }

    public ClockMap Map => _maps[(int)Domain];

    /// <summary>The camera starts anew, and its clock with it.</summary>
    public void Reset()
    {
        foreach (var map in _maps)
            map.Reset();
        Array.Fill(_mapped, long.MinValue);
        for (int i = 0; i < Streams * Domains; i++)
            _last[i / Domains, i % Domains] = long.MinValue;
        (_lastUs, _doubted) = (double.NaN, 0);
    }

    /// <summary>The streams are started anew: they may be set to other clocks.</summary>
    public void Begin()
    {
        Reset();
        Array.Clear(_domainOf);
    }

    /// <param name="stream">0 or 1.</param>
    /// <param name="stampMs">The library's, ms.</param>
    public RealSenseStamp Stamp(int stream, RsDomain domain, double stampMs, long arrivalNs)
    {
        if ((uint)domain >= Domains || !(stampMs >= 0 && stampMs < 1e13))
            return Doubt(arrivalNs);
        Domain = domain;
        if (_domainOf[stream] is { } before && before != domain)
            DomainChanges++;
        _domainOf[stream] = domain;
        int d = (int)domain;
        long deviceNs = domain == RsDomain.HardwareClock ? Unwrap(stampMs) : (long)(stampMs * 1e6);
        ClockMap map = _maps[d];
        bool known = map.Count > 0;
        if (known && (deviceNs <= _last[stream, d] || Math.Abs(map.ToHost(deviceNs) - arrivalNs) >= FarNs))
        {
            if (++_doubted < JumpedAfter)
                return Doubt(arrivalNs);
            Reset();
            deviceNs = domain == RsDomain.HardwareClock ? Unwrap(stampMs) : deviceNs;
        }
        _doubted = 0;
        _last[stream, d] = deviceNs;
        if (domain == RsDomain.HardwareClock)
            _lastUs = Math.Max(double.IsNaN(_lastUs) ? 0 : _lastUs, deviceNs * 1e-3);
        if (deviceNs >= _mapped[d]) // depth may be stamped before the colour that came first; such a pair adds nothing
        {
            map.Add(deviceNs, arrivalNs);
            _mapped[d] = deviceNs;
        }
        return domain == RsDomain.SystemTime // the wall clock's, which may be set at any time, of nothing but the arrival
            ? new(Sample<ImageFrame>.NoDeviceTime, deviceNs, arrivalNs)
            : new(deviceNs, deviceNs, Math.Min(map.ToHost(deviceNs), arrivalNs));
    }

    private RealSenseStamp Doubt(long arrivalNs)
    {
        Doubted++;
        return new(Sample<ImageFrame>.NoDeviceTime, null, arrivalNs);
    }

    /// <summary>The turn of the counter that brings it nearest to the last believed one.</summary>
    private long Unwrap(double stampMs)
    {
        double us = stampMs * 1000;
        double turns = double.IsNaN(_lastUs) ? 0 : Math.Max(0, Math.Round((_lastUs - us) / WrapUs));
        return (long)((us + turns * WrapUs) * 1000);
    }
}
