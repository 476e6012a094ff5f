using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// How long after its set-points the arm is where they were: the time by which the commanded joints have to be shifted to lie on the
/// measured ones, in least squares over what has moved lately (for signals of constant power the peak of their cross-correlation). It
/// speaks of whole motions: servoj is less far behind while the arm speeds up than while it slows down, so half a motion would mislead.
/// Says nothing before the first. One thread at a time; no allocation after construction.
/// </summary>
internal sealed class DelayEstimator
{
    /// <summary>Longer than any servoj setting allows with a lookahead of 0.2 s, ns.</summary>
    public const long LongestNs = 400_000_000;

    private const long LagNs = 4_000_000;
    private const int Lags = (int)(LongestNs / LagNs) + 1;

    // Of the measured samples those of 8 ms are enough; a little less, because the controller's clock is mapped to ours.
    private const long SampleNs = 7_500_000;

    // Of motion: what is longer ago counts for less and less.
    private const double ForgetNs = 5e9;

    // A motion without rest says enough by then.
    private const long WholeNs = 4_000_000_000;

    // Below this a joint's motion is its encoder's and the servo's noise, rad.
    private const double LeastMotionRad = 0.01;

    private const int FewestSamples = 25;
    private readonly Track _commanded = new(), _measured = new();
    private readonly double[] _apart = new double[Lags], _sample = new double[Lags]; // squared distances, rad², by lag
    private long _compared, _at, _comparedNs, _restNs;
    private int _samples;
    private bool _moves;

    public DelayEstimator() => Clear();

    /// <summary>
    /// A set-point and when it was handed over. Times must not run backwards. After a pause the arm stands at the first one, as a lease
    /// begins.
    /// </summary>
    public void Command(long hostNs, in Vector6 q) => _commanded.Add(hostNs, q);

    /// <summary>Where the arm was, and when. Times must not run backwards.</summary>
    public void Measure(long originatingNs, in Vector6 q) => _measured.Add(originatingNs, q);

    /// <summary>Forgets all: what is commanded next does not follow from what was.</summary>
    public void Clear()
    {
        _commanded.Clear();
        _measured.Clear();
        Array.Clear(_apart);
        (_compared, _at, _comparedNs, _restNs, _samples, _moves) = (0, 0, long.MinValue / 2, long.MinValue / 2, 0, false);
    }

    /// <summary>ns; null where the arm has not moved enough to tell, and in the first seconds of a motion.</summary>
    public long? Estimate()
    {
        Compare();
        if (_samples < FewestSamples || (_moves && _comparedNs - _restNs < WholeNs))
            return null;
        int best = 0;
        for (int i = 1; i < Lags; i++)
            if (_apart[i] < _apart[best])
                best = i;
        if (best is 0 or Lags - 1)
            return null;
        // The bottom of the parabola through the best lag and its neighbours.
        double before = _apart[best - 1], after = _apart[best + 1], bend = before - 2 * _apart[best] + after;
        return LagNs * best + (bend > 0 ? (long)(LagNs * 0.5 * (before - after) / bend) : 0);
    }

    // What was measured since the last time, as far as its set-points are there.
    private void Compare()
    {
        _compared = Math.Max(_compared, _measured.First);
        for (; _compared < _measured.End; _compared++)
        {
            ref readonly var measured = ref _measured[_compared];
            if (measured.Ns - _comparedNs < SampleNs)
                continue;
            if (measured.Ns <= _commanded.NewestNs)
            {
                if (_commanded.TryBracket(measured.Ns, ref _at) && Add(measured.Ns, measured.Q))
                    _comparedNs = measured.Ns;
            }
            else if (_measured.NewestNs - _commanded.NewestNs > Track.PauseNs)
                _moves = false; // nobody drives the arm any more
            else
                return; // its set-points may still come
        }
    }

    // False: where the set-points were is not known any more.
    private bool Add(long ns, in Vector6 q)
    {
        Vector6 low = default, high = default;
        long at = _at;
        for (int i = 0; i < Lags; i++)
        {
            if (!_commanded.TryAt(ns - i * LagNs, ref at, out Vector6 commanded))
                return false;
            double sum = 0;
            for (int j = 0; j < 6; j++)
            {
                double c = commanded[j], d = q[j] - c;
                sum += d * d;
                (low[j], high[j]) = i == 0 ? (c, c) : (Math.Min(low[j], c), Math.Max(high[j], c));
            }
            _sample[i] = sum;
        }
        _moves = (high - low).MaxAbs > LeastMotionRad;
        if (!_moves)
        {
            _restNs = ns;
            return true; // it would tell every lag the same
        }
        double kept = 1 - SampleNs / ForgetNs;
        for (int i = 0; i < Lags; i++)
            _apart[i] = _apart[i] * kept + _sample[i];
        _samples++;
        return true;
    }

    /// <summary>The newest samples of a signal, numbered from the first one on.</summary>
    private sealed class Track
    {
        /// <summary>
        /// The program on the controller bridges less than its watchdog's time; after more it has stopped the arm, or nobody drove it.
        /// </summary>
        public const long PauseNs = 250_000_000;

        private const int Kept = 2048; // 4 s at 500 Hz
        private readonly (long Ns, Vector6 Q)[] _samples = new (long, Vector6)[Kept];

        public long End { get; private set; }

        public long First => Math.Max(0, End - Kept);

        public long NewestNs => End == 0 ? long.MinValue / 2 : this[End - 1].Ns;

        public ref readonly (long Ns, Vector6 Q) this[long number] => ref _samples[number % Kept];

        public void Add(long ns, in Vector6 q)
        {
            if (ns <= NewestNs)
                return; // a map that improves may step back by a little
            _samples[End++ % Kept] = (ns, q);
        }

        public void Clear() => End = 0;

        /// <summary>The number of the newest sample up to a time, which is not in a pause and not beyond the newest.</summary>
        /// <param name="at">Of the time before: asked with growing times, the search goes on from there.</param>
        public bool TryBracket(long ns, ref long at)
        {
            at = Math.Max(at, First);
            while (at + 1 < End && this[at + 1].Ns <= ns)
                at++;
            return this[at].Ns <= ns && (at + 1 == End || this[at + 1].Ns - this[at].Ns <= PauseNs);
        }

        /// <summary>
        /// On the line between two samples; in a pause where it ends, as the arm stands there. False before what is kept.
        /// </summary>
        /// <param name="at">Where the last one was found: asked with falling times, the search goes on from there.</param>
        public bool TryAt(long ns, ref long at, out Vector6 q)
        {
            while (at >= First && this[at].Ns > ns)
                at--;
            q = default;
            if (at < First)
            {
                if (First == 0)
                    q = this[0].Q; // it stood there before the first set-point
                return First == 0;
            }
            ref readonly var from = ref this[at];
            if (at + 1 == End)
            {
                q = from.Q;
                return true;
            }
            ref readonly var to = ref this[at + 1];
            q = to.Ns - from.Ns > PauseNs ? to.Q : Vector6.Lerp(from.Q, to.Q, (double)(ns - from.Ns) / (to.Ns - from.Ns));
            return true;
        }
    }
}
