namespace RobotWorldModel.Vision.Latency;

/// <summary>By how much a camera's pictures are older than their times say.</summary>
/// <param name="LagMs">To be added to the latency that the times were made with; negative: they are younger.</param>
/// <param name="ErrorMs">Standard error of that: from how it changes when each pair of motions is left out (the jackknife).</param>
/// <param name="Motions">That are seen clearly.</param>
/// <param name="Correlation">Between what moved in the pictures and how the arm moved, at that lag: 1 at best.</param>
public sealed record LatencyResult(double LagMs, double ErrorMs, int Motions, double Correlation);

/// <summary>
/// Finds the lag at which the differences between pictures follow the arm's way between the same two times best: where their correlation
/// is largest, to a fraction of a picture by a parabola through its top. What a picture shows is the middle of its exposure, and with a
/// rolling shutter the middle of its rows: the lag is to there.
/// </summary>
public static class LatencyFit
{
    private const double LeastLagMs = -120, MostLagMs = 420, StepMs = 2;
    private const double AroundMotionMs = 150, SingleReachMs = 40, SingleStepMs = 1;
    private const double MovingShare = 0.08;
    private const long RestNs = 80_000_000;
    private const int FewestMotions = 5, FewestPictures = 30, FewestInMotion = 6;
    private const double LeastCorrelation = 0.75, ClearlyLower = 0.05, MostErrorMs = 1.5, SingleCorrelation = 0.6;

    /// <exception cref="VisionException">The pictures do not show when the arm moved; says why, and what to do.</exception>
    public static LatencyResult Find(PictureMotion motion, ArmPath arm)
    {
        if (motion.Samples[0].Count < FewestPictures)
            throw new VisionException($"{motion.Samples[0].Count} pictures are too few to tell when something moved; record some seconds");
        var motions = arm.Motions(MovingShare, RestNs);
        if (motions.Count < FewestMotions)
            throw new VisionException($"the arm moved {motions.Count} times with a rest before and after, and at least {FewestMotions} "
                + "are needed: move it on and off, with short rests");
        var sizes = motion.Samples.Select(pictures =>
        {
            double[] seen = Amplitudes(pictures);
            return (Pictures: pictures, Seen: seen, Curve: Curve(pictures, seen, arm, LeastLagMs, MostLagMs, StepMs));
        });
        var (pictures, seen, whole) = sizes.MaxBy(s => s.Curve.Max());
        return Find(pictures, seen, whole, arm, motions);
    }

    private static LatencyResult Find(
        IReadOnlyList<MotionSample> pictures, double[] seen, double[] whole, ArmPath arm, IReadOnlyList<(long, long)> motions)
    {
        int best = IndexOfMax(whole);
        double correlation = whole[best];
        if (!(correlation >= LeastCorrelation))
            throw new VisionException($"what moves in the pictures does not follow the arm (correlation {correlation:0.00}, at least "
                + $"{LeastCorrelation} is needed): is the arm, or what a camera on it looks at, well in view? Does something else move?");
        double lag = LeastLagMs + StepMs * (best + Top(whole, best));
        if (best == 0 || best == whole.Length - 1)
            throw new VisionException($"the pictures are later than {MostLagMs} ms, or earlier than the arm: the times are not to be "
                + "trusted");
        double rival = Rival(whole, best);
        if (rival > correlation - ClearlyLower)
            throw new VisionException($"another lag fits almost as well ({rival:0.00} against {correlation:0.00}): "
                + "move at irregular intervals");
        // A way and the way back are off to opposite sides: what they make of the motion's begin and end differs.
        double[][][] pairs = [.. motions.Chunk(2)
            .Select(pair => pair.Select(m => Around(pictures, seen, arm, m, lag)).OfType<double[]>().ToArray())
            .Where(curves => curves.Length > 0)];
        int clear = pairs.Sum(p => p.Length);
        if (clear < FewestMotions || pairs.Length < 2)
            throw new VisionException($"only {clear} of {motions.Count} motions are seen clearly enough in the pictures, and at "
                + $"least {FewestMotions} are needed: move further, or bring more of the arm into view");
        // Each motion with its own share, whatever it moves in the picture: to and away from the camera is little of it.
        double fine = lag + TopMs([.. pairs.SelectMany(p => p)]);
        double[] without = [.. pairs.Select(left => TopMs([.. pairs.Where(p => p != left).SelectMany(p => p)]))];
        double mean = without.Average();
        double error = Math.Sqrt((pairs.Length - 1.0) / pairs.Length * without.Sum(w => (w - mean) * (w - mean)));
        return error <= MostErrorMs ? new(fine, error, clear, correlation) : throw new VisionException(
            $"the motions disagree: {fine:0.0} ms with a standard error of {error:0.0} ms over {clear}, at most {MostErrorMs} is "
            + "allowed; are pictures lost, or are the camera's times uneven? Record for longer, or move further");
    }

    /// <summary>Where the sum of motions' curves is highest; from the middle, ms.</summary>
    private static double TopMs(double[][] curves)
    {
        double[] sum = [.. Enumerable.Range(0, curves[0].Length).Select(i => curves.Sum(c => c[i]))];
        return SingleStepMs * (TopOf(sum) ?? SingleReachMs / SingleStepMs) - SingleReachMs;
    }

    /// <summary>Differences grow with the square root of their energy, above what noise alone makes.</summary>
    private static double[] Amplitudes(IReadOnlyList<MotionSample> pictures)
    {
        double noise = pictures.Select(p => p.Energy).Order().ElementAt(pictures.Count / 10);
        return [.. pictures.Select(p => Math.Sqrt(Math.Max(0, p.Energy - noise)))];
    }

    private static double[] Curve(
        IReadOnlyList<MotionSample> pictures, double[] seen, ArmPath arm, double fromMs, double toMs, double stepMs) =>
        [.. Enumerable.Range(0, (int)Math.Round((toMs - fromMs) / stepMs) + 1)
            .Select(i => Correlation(pictures, seen, arm, fromMs + i * stepMs))];

    /// <summary>Pearson's, over the pictures for which the arm's way is known.</summary>
    private static double Correlation(IReadOnlyList<MotionSample> pictures, double[] seen, ArmPath arm, double lagMs)
    {
        double n = 0, x = 0, y = 0, xx = 0, xy = 0, yy = 0;
        for (int i = 0; i < pictures.Count; i++)
        {
            double way = arm.At(pictures[i].ToNs - lagMs * 1e6) - arm.At(pictures[i].FromNs - lagMs * 1e6);
            if (double.IsNaN(way))
                continue;
            (n, x, y) = (n + 1, x + way, y + seen[i]);
            (xx, xy, yy) = (xx + way * way, xy + way * seen[i], yy + seen[i] * seen[i]);
        }
        double varianceX = xx - x * x / n, varianceY = yy - y * y / n;
        return n < FewestInMotion || varianceX <= 1e-12 || varianceY <= 1e-12 ? 0 : (xy - x * y / n) / Math.Sqrt(varianceX * varianceY);
    }

    /// <summary>One motion's correlation near the lag of all; null where it is not seen well.</summary>
    private static double[]? Around(
        IReadOnlyList<MotionSample> pictures, double[] seen, ArmPath arm, (long FromNs, long ToNs) motion, double lagMs)
    {
        double from = motion.FromNs + (lagMs - AroundMotionMs) * 1e6, to = motion.ToNs + (lagMs + AroundMotionMs) * 1e6;
        int[] near = [.. Enumerable.Range(0, pictures.Count).Where(i => pictures[i].FromNs >= from && pictures[i].ToNs <= to)];
        var curve = Curve([.. near.Select(i => pictures[i])], [.. near.Select(i => seen[i])], arm,
            lagMs - SingleReachMs, lagMs + SingleReachMs, SingleStepMs);
        return curve.Max() < SingleCorrelation ? null : curve;
    }

    /// <summary>Where a curve is highest, in steps from its begin; null where that is at its end.</summary>
    private static double? TopOf(double[] curve)
    {
        int best = IndexOfMax(curve);
        return best == 0 || best == curve.Length - 1 ? null : best + Top(curve, best);
    }

    /// <summary>The highest other hill: from where the curve has gone down from the highest and goes up again.</summary>
    private static double Rival(double[] curve, int best)
    {
        int left = best, right = best;
        while (left > 0 && curve[left - 1] <= curve[left])
            left--;
        while (right < curve.Length - 1 && curve[right + 1] <= curve[right])
            right++;
        return Math.Max(curve[..left].DefaultIfEmpty(0).Max(), curve[(right + 1)..].DefaultIfEmpty(0).Max());
    }

    private static int IndexOfMax(double[] values) => Array.IndexOf(values, values.Max());

    /// <summary>Where a parabola through a highest value and its neighbours has its top, in steps from it.</summary>
    private static double Top(double[] values, int at)
    {
        if (at == 0 || at == values.Length - 1)
            return 0;
        double curvature = values[at - 1] - 2 * values[at] + values[at + 1];
        return curvature < 0 ? 0.5 * (values[at - 1] - values[at + 1]) / curvature : 0;
    }
}
