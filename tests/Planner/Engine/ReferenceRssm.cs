using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>The RSSM of world-models in double precision, as the equations are written down: one candidate at a time, no tricks.</summary>
internal sealed class ReferenceRssm(WeightFile weights, RssmConfig config, int actionSize)
{
    private readonly int _d = config.Deterministic, _s = config.StochasticWidth;

    /// <summary>Returns of each candidate; noise as the engine takes it, or empty.</summary>
    public double[] Score(float[] h0, float[] s0, float[] actions, int candidates, int horizon, float[] noise, Objective objective)
    {
        double[] returns = new double[candidates];
        for (int n = 0; n < candidates; n++)
        {
            double[] h = ToDouble(h0), s = ToDouble(s0);
            double weight = 1;
            double[] before = new double[actionSize];
            for (int t = 0; t < horizon; t++)
            {
                double[] action = ToDouble(actions.AsSpan((n * horizon + t) * actionSize, actionSize));
                (h, s) = Step(h, s, action, noise.Length == 0 ? [] : noise.AsSpan(t * _s, _s));
                double[] z = [.. h, .. s];
                bool last = t == horizon - 1;
                returns[n] += weight * (objective.RewardWeight * Scalar("reward", z) - Cost(objective, h, z, action, before, last));
                weight *= objective.Discount * (objective.Continues ? Sigmoid(Scalar("continues", z)) : 1);
                if (last && objective.TerminalValue)
                    returns[n] += weight * Scalar("value", z);
                before = action;
            }
        }
        return returns;
    }

    /// <summary>Actions of the policy, tanh(mean) + std · ε within [-1, 1].</summary>
    public double[] Policy(float[] h0, float[] s0, int candidates, int horizon, float[] noise, float[] policyNoise)
    {
        double[] actions = new double[candidates * horizon * actionSize];
        for (int n = 0; n < candidates; n++)
        {
            double[] h = ToDouble(h0), s = ToDouble(s0);
            for (int t = 0; t < horizon; t++)
            {
                double[] policy = Network("actor", [.. h, .. s]), action = new double[actionSize];
                for (int k = 0; k < actionSize; k++)
                {
                    int at = (n * horizon + t) * actionSize + k;
                    double std = 0.9 * Sigmoid(policy[actionSize + k] + 2) + 0.1;
                    action[k] = Math.Tanh(policy[k]) + (policyNoise.Length == 0 ? 0 : std * policyNoise[at]);
                    actions[at] = action[k] = Math.Clamp(action[k], -1, 1);
                }
                (h, s) = Step(h, s, action, noise.Length == 0 ? [] : noise.AsSpan(t * _s, _s));
            }
        }
        return actions;
    }

    private double Cost(Objective objective, double[] h, double[] z, double[] action, double[] before, bool last)
    {
        double cost = objective.ActionCost * action.Sum(a => a * a)
            + objective.ActionChangeCost * action.Zip(before, (a, b) => (a - b) * (a - b)).Sum();
        if (objective.State is { } state)
        {
            double[] x = Network("decoder.vectors", z);
            for (int i = 0; i < x.Length; i++)
            {
                double beyond = Math.Max(0, Math.Max(x[i] - state.High![i], state.Low![i] - x[i]));
                cost += (!state.AtEndOnly || last ? state.Weights[i] * Math.Pow(x[i] - state.Goal[i], 2) : 0)
                    + state.LimitWeight * beyond * beyond;
            }
        }
        if (objective.Latent is { } latent && (!latent.AtEndOnly || last))
            cost += latent.Weight * (config.Classes > 0 ? h : z).Zip(latent.Goal, (a, g) => (a - g) * (a - g)).Sum();
        return cost;
    }

    private (double[] H, double[] S) Step(double[] h, double[] s, double[] action, ReadOnlySpan<float> noise)
    {
        double[] x = [.. s, .. action];
        if (config.InputLayer > 0)
            x = [.. Linear("input.linear0", x).Select(Act)];
        double[] gi = Matrix("cell.weight_ih", "cell.bias_ih", x), gh = Matrix("cell.weight_hh", "cell.bias_hh", h);
        double[] next = new double[_d];
        for (int i = 0; i < _d; i++)
        {
            double r = Sigmoid(gi[i] + gh[i]), z = Sigmoid(gi[_d + i] + gh[_d + i]);
            double n = Math.Tanh(gi[2 * _d + i] + r * gh[2 * _d + i]);
            next[i] = (1 - z) * n + z * h[i];
        }
        double[] prior = Network("prior", next), latent = new double[_s];
        if (config.Classes == 0)
        {
            for (int i = 0; i < _s; i++)
                latent[i] = prior[i] + (noise.IsEmpty ? 0 : (Math.Log(1 + Math.Exp(prior[_s + i])) + config.MinStd) * noise[i]);
            return (next, latent);
        }
        for (int g = 0; g < config.Stochastic; g++)
        {
            double[] logits = prior[(g * config.Classes)..((g + 1) * config.Classes)];
            double sum = logits.Sum(Math.Exp);
            double[] score = new double[config.Classes];
            for (int c = 0; c < score.Length; c++)
            {
                double p = (1 - config.Unimix) * Math.Exp(logits[c]) / sum + config.Unimix / config.Classes;
                score[c] = Math.Log(p) + (noise.IsEmpty ? 0 : noise[g * config.Classes + c]);
            }
            latent[g * config.Classes + Array.IndexOf(score, score.Max())] = 1;
        }
        return (next, latent);
    }

    private double Scalar(string name, double[] z)
    {
        double[] output = Network(name, z);
        if (output.Length == 1)
            return output[0];
        double most = output.Max(), sum = output.Sum(l => Math.Exp(l - most)), expected = 0;
        for (int i = 0; i < output.Length; i++)
        {
            double symlog = -20 + 40.0 * i / (output.Length - 1);
            expected += Math.Exp(output[i] - most) / sum * Math.Sign(symlog) * (Math.Exp(Math.Abs(symlog)) - 1);
        }
        return expected;
    }

    private double[] Network(string name, double[] x)
    {
        for (int i = 0; weights.Has($"{name}.linear{i}.weight"); i++)
        {
            x = Linear($"{name}.linear{i}", x);
            if (config.Norm)
            {
                double mean = x.Average(), std = Math.Sqrt(x.Average(v => (v - mean) * (v - mean)) + 1e-5);
                float[] gain = weights.Weights[$"{name}.norm{i}.weight"].Values, bias = weights.Weights[$"{name}.norm{i}.bias"].Values;
                x = [.. x.Select((v, k) => (v - mean) / std * gain[k] + bias[k])];
            }
            x = [.. x.Select(Act)];
        }
        return Linear($"{name}.out", x);
    }

    private double Act(double x) => config.Activation == Activation.Silu ? x * Sigmoid(x) : x > 0 ? x : Math.Exp(x) - 1;

    private double[] Linear(string name, double[] x) => Matrix($"{name}.weight", $"{name}.bias", x);

    private double[] Matrix(string weight, string bias, double[] x)
    {
        float[] w = weights.Weights[weight].Values, b = weights.Weights[bias].Values;
        double[] y = new double[b.Length];
        for (int o = 0; o < y.Length; o++)
        {
            y[o] = b[o];
            for (int i = 0; i < x.Length; i++)
                y[o] += w[o * x.Length + i] * x[i];
        }
        return y;
    }

    private static double Sigmoid(double x) => 1 / (1 + Math.Exp(-x));

    private static double[] ToDouble(ReadOnlySpan<float> values)
    {
        double[] copy = new double[values.Length];
        for (int i = 0; i < copy.Length; i++)
            copy[i] = values[i];
        return copy;
    }
}
