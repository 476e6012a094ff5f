namespace RobotWorldModel.Planner.Tests.Planners;

/// <summary>Return = -Σ ‖a_t - target_t‖²: one best sequence, known. Its policy is wrong by a constant.</summary>
internal sealed class Quadratic(float[] target, int actionSize) : IImagination
{
    public int ActionSize => actionSize;

    public bool HasPolicy => true;

    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns)
    {
        for (int n = 0; n < candidates; n++)
        {
            double sum = 0;
            for (int i = 0; i < horizon * actionSize; i++)
                sum -= Math.Pow(actions[n * horizon * actionSize + i] - target[i], 2);
            returns[n] = (float)sum;
        }
    }

    public void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions)
    {
        for (int i = 0; i < actions.Length; i++)
            actions[i] = Math.Clamp(target[i % target.Length] + 0.1f + (noise.IsEmpty ? 0 : 0.2f * noise[i]), -1, 1);
    }
}

/// <summary>
/// A mass on a line: x' = x + 0.1 v, v' = v + 0.1 · 3 a; costs x² + 0.1 v² of the state that follows and 0.05 a². Its policy is the
/// gain that is best for an infinite time, from Riccati's equation.
/// </summary>
internal sealed class DoubleIntegrator : IImagination
{
    private const double Step = 0.1, Strength = 3, CostV = 0.1, CostA = 0.05;
    private readonly double _kx, _kv, _xx, _xv, _vv;

    public DoubleIntegrator()
    {
        // V(s) = sᵀ P s, with the cost on the state that follows: Q + P stands where P does usually.
        double xx = 0, xv = 0, vv = 0;
        for (int i = 0; i < 2000; i++)
        {
            double a = 1 + xx, b = xv, c = CostV + vv; // Q + P
            double bpb = c * Math.Pow(Step * Strength, 2) + CostA;
            double bpx = Step * Strength * b, bpv = Step * Strength * (b * Step + c);
            (_kx, _kv) = (bpx / bpb, bpv / bpb);
            (xx, xv, vv) = (a - bpx * bpx / bpb, a * Step + b - bpx * bpv / bpb, a * Step * Step + 2 * b * Step + c - bpv * bpv / bpb);
        }
        (_xx, _xv, _vv) = (xx, xv, vv);
    }

    public double X { get; set; }

    public double V { get; set; }

    public int ActionSize => 1;

    public bool HasPolicy => true;

    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> returns)
    {
        for (int n = 0; n < candidates; n++)
        {
            double x = X, v = V, sum = 0;
            for (int t = 0; t < horizon; t++)
                sum -= Advance(ref x, ref v, actions[n * horizon + t]);
            returns[n] = (float)(sum - (_xx * x * x + 2 * _xv * x * v + _vv * v * v)); // with what is still to come
        }
    }

    public void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions)
    {
        for (int n = 0; n < candidates; n++)
        {
            double x = X, v = V;
            for (int t = 0; t < horizon; t++)
            {
                int at = n * horizon + t;
                actions[at] = (float)Math.Clamp(Gain(x, v) + (noise.IsEmpty ? 0 : 0.2 * noise[at]), -1, 1);
                Advance(ref x, ref v, actions[at]);
            }
        }
    }

    /// <summary>Cost of a whole run under a planner, or of the best gain.</summary>
    public double Run(IPlanner? planner, int steps)
    {
        (X, V) = (0.5, 0);
        double cost = 0;
        for (int i = 0; i < steps; i++)
        {
            float action = (float)Math.Clamp(Gain(X, V), -1, 1);
            if (planner is not null)
            {
                planner.Plan(this, new((ulong)i));
                action = planner.Actions[0];
            }
            (double x, double v) = (X, V);
            cost += Advance(ref x, ref v, action);
            (X, V) = (x, v);
        }
        return cost;
    }

    private double Gain(double x, double v) => -(_kx * x + _kv * v);

    private static double Advance(ref double x, ref double v, double a)
    {
        (x, v) = (x + Step * v, v + Step * Strength * a);
        return x * x + CostV * v * v + CostA * a * a;
    }
}

/// <summary>Plays what a test says and keeps what it was asked.</summary>
internal sealed class Scripted(int actionSize, Func<int, int, float> returns, float policy = 0.25f) : IImagination
{
    /// <summary>Each call: candidates of a Score, or of a SamplePolicy with a null.</summary>
    public List<(string What, int Candidates, float[] Values)> Calls { get; } = [];

    public Action OnScore { get; init; } = () => { };

    public int ActionSize => actionSize;

    public bool HasPolicy => true;

    public void Score(ReadOnlySpan<float> actions, int candidates, int horizon, Span<float> target)
    {
        int call = Calls.Count(c => c.What == "score");
        Calls.Add(("score", candidates, actions.ToArray()));
        for (int i = 0; i < candidates; i++)
            target[i] = returns(call, i);
        OnScore();
    }

    public void SamplePolicy(ReadOnlySpan<float> noise, int candidates, int horizon, Span<float> actions)
    {
        Calls.Add(("policy", candidates, noise.ToArray()));
        actions.Fill(policy);
    }
}
