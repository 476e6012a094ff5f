using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Cell;

/// <summary>
/// The witness: how fast the arm really moved in every cycle of the last minutes, taken from where it was and not from what anyone says.
/// Allocates nothing after it is made; read and written from any thread.
/// </summary>
public sealed class MotionLog
{
    /// <summary>Slower than this the arm stands still, rad/s: the fastest joint.</summary>
    public const double StandstillRadS = 1e-4;

    /// <summary>Cycles of which it is known where the arm was, too: a minute at 500 Hz.</summary>
    public const int KeptPlaces = 1 << 15;

    private readonly int _kept;
    private readonly long[] _timeNs;
    private readonly float[] _speed;
    private readonly Vector6[] _places = new Vector6[KeptPlaces];
    private readonly Lock _lock = new();
    private Vector6 _before;
    private long _count;

    /// <param name="kept">Cycles; the default is 17 minutes at 500 Hz.</param>
    public MotionLog(int kept = 1 << 19) => (_kept, _timeNs, _speed) = (kept, new long[kept], new float[kept]);

    /// <summary>What the arm did between two times.</summary>
    /// <param name="MaxJointSpeed">Of the fastest joint, rad/s.</param>
    /// <param name="Began">Host times of the cycles in which it began to move, ns; the first also where it moved from the outset.</param>
    /// <param name="Ceased">Host times of the cycles in which it stood still again, ns.</param>
    /// <param name="Cycles">How many cycles this is the record of: none means that nothing is known.</param>
    public sealed record Account(double MaxJointSpeed, IReadOnlyList<long> Began, IReadOnlyList<long> Ceased, long Cycles);

    /// <param name="timeNs">Host time of the cycle.</param>
    /// <param name="q">Where the arm is, rad.</param>
    /// <param name="dt">Since the cycle before, s.</param>
    public void Add(long timeNs, in Vector6 q, double dt)
    {
        lock (_lock)
        {
            int slot = (int)(_count % _kept);
            _timeNs[slot] = timeNs;
            _speed[slot] = _count == 0 ? 0 : (float)((q - _before).MaxAbs / dt);
            _before = _places[_count % KeptPlaces] = q;
            _count++;
        }
    }

    /// <summary>The cycles in [fromNs, toNs] that are still kept.</summary>
    public Account Between(long fromNs, long toNs)
    {
        var began = new List<long>();
        var ceased = new List<long>();
        double fastest = 0;
        long cycles = 0;
        lock (_lock)
        {
            bool moving = false;
            for (long i = First(fromNs); i < _count && _timeNs[i % _kept] <= toNs; i++, cycles++)
            {
                float speed = _speed[i % _kept];
                fastest = Math.Max(fastest, speed);
                bool moves = speed > StandstillRadS;
                if (moves != moving)
                    (moves ? began : ceased).Add(_timeNs[i % _kept]);
                moving = moves;
            }
        }
        return new(fastest, began, ceased, cycles);
    }

    /// <summary>Where the arm was in each cycle in [fromNs, toNs] that is still kept: rad.</summary>
    public IReadOnlyList<(long TimeNs, Vector6 Q)> PlacesBetween(long fromNs, long toNs)
    {
        var places = new List<(long, Vector6)>();
        lock (_lock)
        {
            for (long i = Math.Max(First(fromNs), _count - KeptPlaces); i < _count && _timeNs[i % _kept] <= toNs; i++)
                places.Add((_timeNs[i % _kept], _places[i % KeptPlaces]));
        }
        return places;
    }

    // The first kept cycle at or after a time, by halves: times only grow.
    private long First(long fromNs)
    {
        long low = Math.Max(0, _count - _kept), high = _count;
        while (low < high)
        {
            long middle = low + (high - low) / 2;
            if (_timeNs[middle % _kept] < fromNs)
                low = middle + 1;
            else
                high = middle;
        }
        return low;
    }
}
