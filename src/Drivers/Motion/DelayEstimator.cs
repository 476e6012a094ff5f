using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// How long after its set-points the arm is where they were: the time by which the commanded joints have to be shifted to lie on the
/// measured ones, in least squares over the last seconds (for signals of constant power the peak of their cross-correlation). Says nothing
/// while the arm stands. One thread at a time; no allocation after construction.
/// </summary>
internal sealed class DelayEstimator
{
    /// <summary>Longer than any servoj setting allows with a lookahead of 0.2 s, ns.</summary>
    public const long LongestNs = 400_000_000;

    private const int Kept = 2048; // 4 s at 500 Hz
    private const long CoarseNs = 20_000_000, FineNs = 2_000_000;
    private const int CoarseEvery = 8, FineEvery = 2, FewestSamples = 50;

    // Below this a joint's motion is its encoder's and the servo's noise, rad.
    private const double LeastMotionRad = 0.01;

    private readonly Track _commanded = new(), _measured = new();

    /// <summary>A set-point and when it was handed over. Times must not run backwards.</summary>
    public void Command(long hostNs, in Vector6 q) => _commanded.Add(hostNs, q);

    /// <summary>Where the arm was, and when. Times must not run backwards.</summary>
    public void Measure(long originatingNs, in Vector6 q) => _measured.Add(originatingNs, q);

    /// <summary>Forgets all: what is commanded next does not follow from what was.</summary>
    public void Clear()
    {
        _commanded.Clear();
        _measured.Clear();
    }

    /// <summary>ns; null where the arm has not moved enough to tell.</summary>
    public long? Estimate()
    {
        int joints = MovingJoints();
        if (joints == 0 || _measured.Count < FewestSamples)
            return null;
        long best = 0;
        double least = double.MaxValue;
        for (long lag = 0; lag <= LongestNs; lag += CoarseNs)
            Take(lag, CoarseEvery, joints, ref best, ref least);
        least = double.MaxValue;
        for (long lag = Math.Max(0, best - CoarseNs), last = lag + 2 * CoarseNs; lag <= last; lag += FineNs)
            Take(lag, FineEvery, joints, ref best, ref least);
        return least == double.MaxValue || best is 0 or >= LongestNs ? null : Refine(best, least, joints);
    }

    private void Take(long lag, int every, int joints, ref long best, ref double least)
    {
        double apart = Apart(lag, every, joints);
        if (apart < least)
            (best, least) = (lag, apart);
    }

    // The bottom of the parabola through the best lag and its neighbours.
    private long Refine(long lag, double least, int joints)
    {
        double before = Apart(lag - FineNs, FineEvery, joints), after = Apart(lag + FineNs, FineEvery, joints);
        double bend = before - 2 * least + after;
        return bend > 0 ? lag + (long)(FineNs * 0.5 * (before - after) / bend) : lag;
    }

    // Mean square distance with the commands this much later.
    private double Apart(long lag, int every, int joints)
    {
        double sum = 0;
        int count = 0, at = 0;
        for (int i = 0; i < _measured.Count; i += every)
        {
            ref readonly var measured = ref _measured[i];
            if (!_commanded.TryAt(measured.Ns - lag, ref at, out Vector6 commanded))
                continue;
            for (int j = 0; j < 6; j++)
                if ((joints >> j & 1) != 0)
                    sum += (measured.Q[j] - commanded[j]) * (measured.Q[j] - commanded[j]);
            count++;
        }
        return count * every < FewestSamples ? double.MaxValue : sum / count;
    }

    private int MovingJoints()
    {
        Vector6 low = default, high = default;
        for (int i = 0; i < _commanded.Count; i++)
        {
            Vector6 q = _commanded[i].Q;
            for (int j = 0; j < 6; j++)
                (low[j], high[j]) = i == 0 ? (q[j], q[j]) : (Math.Min(low[j], q[j]), Math.Max(high[j], q[j]));
        }
        int moving = 0;
        for (int j = 0; j < 6; j++)
            moving |= high[j] - low[j] > LeastMotionRad ? 1 << j : 0;
        return moving;
    }

    /// <summary>The newest samples of a signal, oldest first.</summary>
    private sealed class Track
    {
        private readonly (long Ns, Vector6 Q)[] _samples = new (long, Vector6)[Kept];
        private long _next;

        public int Count => (int)Math.Min(_next, Kept);

        public ref readonly (long Ns, Vector6 Q) this[int i] => ref _samples[(_next - Count + i) % Kept];

        public void Add(long ns, in Vector6 q)
        {
            if (_next > 0 && ns <= this[Count - 1].Ns)
                return; // a map that improves may step back by a little
            _samples[_next++ % Kept] = (ns, q);
        }

        public void Clear() => _next = 0;

        /// <summary>Between two samples on the line between them; false outside of what is kept, and in a gap.</summary>
        /// <param name="at">Where the last one was found: asked in order, the search goes on from there.</param>
        public bool TryAt(long ns, ref int at, out Vector6 q)
        {
            const long Gap = 50_000_000;
            q = default;
            while (at + 1 < Count && this[at + 1].Ns <= ns)
                at++;
            if (at + 1 >= Count || this[at].Ns > ns || this[at + 1].Ns - this[at].Ns > Gap)
                return false;
            double share = (double)(ns - this[at].Ns) / (this[at + 1].Ns - this[at].Ns);
            q = Vector6.Lerp(this[at].Q, this[at + 1].Q, share);
            return true;
        }
    }
}
