namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// Maps a device's clock to the host's: host = offset + rate · device, fitted from pairs of (device stamp, host arrival).
/// An arrival is the true time plus a delay that is never below its constant part, so the line sought lies below all pairs and
/// as close to them as it can: an edge of the pairs' lower convex hull (Moon, Skelly, Towsley: "Estimation and removal of clock skew
/// from network delay measurements", 1999). Pairs are thinned to the least-delayed one of each bucket, and a window of buckets is kept.
/// The constant part of the delay cannot be seen in stamps; it is subtracted by the caller (<c>latency_ms</c>).
/// Single-threaded: the device's own thread adds and maps. Allocates nothing after construction.
/// </summary>
public sealed class ClockMap
{
    /// <summary>Crystal clocks drift by tens of ppm; a fitted rate outside this is a wrong fit, not a clock.</summary>
    public const double MaxDriftPpm = 200;

    private const int Window = 128;

    /// <summary>A pair this far below the line, plus four times the residual, shows that the transport has become faster.</summary>
    private const long FasterNs = 250_000;

    /// <summary>A slope is taken once it is known to about this; until then the last one holds.</summary>
    private const double SlopeUncertainty = 10e-6;

    /// <summary>Fewer pairs may lie on a line by chance.</summary>
    private const int FewestForSlope = 12;

    private readonly long _bucketNs;
    private readonly long[] _device = new long[Window];
    private readonly long[] _delay = new long[Window]; // arrival - device: offset + transport delay
    private readonly int[] _hull = new int[Window];
    private int _first, _count;
    private long _bucketEnd = long.MinValue;
    private long _originDevice, _offset;
    private double _drift;

    /// <param name="bucketNs">One pair is kept per this much device time; the window is 128 of them.</param>
    public ClockMap(long bucketNs = 500_000_000) => _bucketNs = bucketNs;

    /// <summary>Pairs kept at present; 0 until the first <see cref="Add"/>.</summary>
    public int Count => _count;

    /// <summary>Host clock minus device clock at the window's centre, ns, the delay's unseen constant part included.</summary>
    public long OffsetNs => _offset;

    /// <summary>Rate error of the device's clock against the host's, parts per million; positive: the device runs slow.</summary>
    public double DriftPpm => _drift * 1e6;

    /// <summary>Mean height of the kept pairs above the fitted line, ns: how much the least delays still scatter.</summary>
    public long ResidualNs { get; private set; }

    /// <summary>Forgets everything: the device restarted and its clock with it.</summary>
    public void Reset()
    {
        Restart();
        _offset = 0;
        _drift = 0;
        ResidualNs = 0;
    }

    /// <summary>Adds a pair. Device time must not step back (call <see cref="Reset"/> where it does).</summary>
    public void Add(long deviceNs, long arrivalNs)
    {
        long delay = arrivalNs - deviceNs;
        // A faster transport unmasks what all earlier pairs held as delay; kept, they would tilt the line for as long as the window lasts.
        if (_count > 0 && arrivalNs < ToHost(deviceNs) - FasterNs - 4 * ResidualNs)
            Restart();
        if (_count == 0 || deviceNs >= _bucketEnd)
        {
            bool full = _count == Window;
            if (full)
                _first = (_first + 1) % Window;
            else
                _count++;
            Store(_count - 1, deviceNs, delay);
            _bucketEnd = deviceNs + _bucketNs;
            Fit();
        }
        else if (delay < _delay[Slot(_count - 1)])
        {
            Store(_count - 1, deviceNs, delay);
            Fit();
        }
    }

    /// <summary>The host time at which the device's clock showed <paramref name="deviceNs"/>, plus the delay's constant part.</summary>
    public long ToHost(long deviceNs) => deviceNs + _offset + (long)((deviceNs - _originDevice) * _drift);

    private void Restart()
    {
        _first = _count = 0;
        _bucketEnd = long.MinValue;
    }

    private int Slot(int i) => (_first + i) % Window;

    private void Store(int i, long device, long delay)
    {
        _device[Slot(i)] = device;
        _delay[Slot(i)] = delay;
    }

    private double X(int i) => _device[Slot(i)] - _device[_first];

    private double Y(int i) => _delay[Slot(i)] - _delay[_first];

    private void Fit()
    {
        double meanX = 0;
        for (int i = 0; i < _count; i++)
            meanX += X(i);
        meanX /= _count;

        int hull = LowerHull();
        // Of all lines below the pairs, the one with the least mean distance passes along the hull edge over the mean of x.
        int edge = 0;
        while (edge < hull - 2 && X(_hull[edge + 1]) < meanX)
            edge++;
        double slope = _drift;
        if (hull > 1)
        {
            int a = _hull[edge], b = _hull[edge + 1];
            double fitted = (Y(b) - Y(a)) / (X(b) - X(a));
            // The few lowest pairs of each half carry the edge; over all pairs they lie lower than the mean by about their number.
            double uncertainty = 8 * Lowest(fitted, meanX).Residual / (_count * X(_count - 1));
            if (_count >= FewestForSlope && uncertainty < SlopeUncertainty && Math.Abs(fitted) <= MaxDriftPpm * 1e-6)
                slope = fitted;
        }
        var (lowest, residual) = Lowest(slope, meanX);
        _drift = slope;
        _originDevice = _device[_first] + (long)meanX;
        _offset = _delay[_first] + (long)lowest;
        ResidualNs = (long)residual;
    }

    // The highest line of a slope below all pairs: its height at the mean of x, and the pairs' mean height above it.
    private (double Height, double Residual) Lowest(double slope, double meanX)
    {
        double lowest = double.MaxValue, sum = 0;
        for (int i = 0; i < _count; i++)
        {
            double y = Y(i) - slope * (X(i) - meanX);
            lowest = Math.Min(lowest, y);
            sum += y;
        }
        return (lowest, sum / _count - lowest);
    }

    private int LowerHull()
    {
        int n = 0;
        for (int i = 0; i < _count; i++)
        {
            while (n >= 2 && Cross(_hull[n - 2], _hull[n - 1], i) <= 0)
                n--;
            _hull[n++] = i;
        }
        return n;
    }

    private double Cross(int a, int b, int c) => (X(b) - X(a)) * (Y(c) - Y(a)) - (Y(b) - Y(a)) * (X(c) - X(a));
}
