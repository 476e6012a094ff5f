using RobotWorldModel.Planner.Planners;

namespace RobotWorldModel.Planner.Tests.Planners;

/// <summary>Each planner's own steps, with a scorer that says what a test wants.</summary>
public class PaperTests
{
    [Fact]
    public void Icem_draws_fewer_each_time_keeps_elites_and_adds_the_mean_last()
    {
        var options = CemOptions.Improved with { Horizon = 3, Candidates = 40, Elites = 10, NoiseExponent = 0, Momentum = 0 };
        var planner = new CemPlanner(options, 1, 1);
        var scorer = new Scripted(1, (_, i) => -i);
        planner.Plan(scorer, new(0));
        Assert.Equal([40, 32 + 3, (int)(40 / 1.5625) + 3 + 1], scorer.Calls.Select(c => c.Candidates));
        for (int call = 1; call < 3; call++)
        {
            // The first three of the call before were its best.
            int drawn = call == 1 ? 32 : 25;
            Assert.Equal(scorer.Calls[call - 1].Values[..9], scorer.Calls[call].Values[(drawn * 3)..((drawn + 3) * 3)]);
        }
        float[] second = scorer.Calls[1].Values; // ten elites of it
        float[] mean = [.. Enumerable.Range(0, 3).Select(k => (float)Enumerable.Range(0, 10).Average(i => (double)second[i * 3 + k]))];
        Assert.Equal(mean, scorer.Calls[2].Values[^3..]);

        // The next plan begins with the elites shifted, and their last action drawn anew.
        float[] elites = scorer.Calls[2].Values[..9];
        scorer.Calls.Clear();
        planner.Plan(scorer, new(1));
        Assert.Equal(43, scorer.Calls[0].Candidates);
        for (int k = 0; k < 3; k++)
        {
            float[] kept = scorer.Calls[0].Values[((40 + k) * 3)..((41 + k) * 3)];
            Assert.Equal(elites[(k * 3 + 1)..(k * 3 + 3)], kept[..2]);
            Assert.NotEqual(kept[1], kept[2]);
        }
    }

    [Fact]
    public void Cem_returns_the_best_it_ever_saw_or_the_mean()
    {
        // The best of all is candidate 4 of the second iteration.
        var scorer = new Scripted(1, (call, i) => call == 1 && i == 4 ? 100 : -i - call);
        var options = new CemOptions { Horizon = 3, Candidates = 20, Elites = 4, Iterations = 4, ReturnBest = true };
        var best = new CemPlanner(options, 1, 1);
        Assert.Equal(100, best.Plan(scorer, new(0)).Return);
        Assert.Equal(scorer.Calls[1].Values.AsSpan(12, 3), best.Actions);
        scorer.Calls.Clear();
        var mean = new CemPlanner(options with { ReturnBest = false }, 1, 1);
        mean.Plan(scorer, new(0));
        for (int k = 0; k < 3; k++)
            Assert.Equal(Enumerable.Range(0, 4).Average(i => (double)scorer.Calls[3].Values[i * 3 + k]), mean.Actions[k], 1e-6);
    }

    [Fact]
    public void Momentum_and_least_deviation_act_on_the_old_values()
    {
        var scorer = new Scripted(1, (_, i) => -i);
        var planner = new CemPlanner(
            new() { Horizon = 1, Candidates = 4000, Elites = 1, Iterations = 2, Std = 0.4, Momentum = 0.25, LeastStd = 0.2 }, 1, 1);
        planner.Plan(scorer, new(0));
        float[] second = scorer.Calls[1].Values;
        // One elite: mean 0.75 of it, deviation 0.25 · 0.4, which is less than the least.
        double mean = second.Average(v => (double)v), std = Math.Sqrt(second.Average(v => Math.Pow(v - mean, 2)));
        Assert.Equal(0.75 * scorer.Calls[0].Values[0], mean, 0.015);
        Assert.Equal(0.2, std, 0.01);
    }

    [Fact]
    public void Mppi_goes_to_the_best_candidate_as_its_temperature_goes_to_nothing()
    {
        var scorer = new Scripted(2, (_, i) => i == 17 ? 1 : -0.01f * i);
        var planner = new MppiPlanner(new() { Horizon = 4, Candidates = 64, Temperature = 1e-9 }, 2, 1);
        var result = planner.Plan(scorer, new(0));
        Assert.Equal(scorer.Calls[0].Values.AsSpan(17 * 8, 8), planner.Actions);
        Assert.Equal(1 / 64f, result.EffectiveShare, 6);
        Assert.Equal(1, result.Return);

        var hot = new MppiPlanner(new() { Horizon = 4, Candidates = 64, Temperature = 1e9, ControlCost = 0 }, 2, 1);
        scorer.Calls.Clear();
        Assert.Equal(1f, hot.Plan(scorer, new(0)).EffectiveShare, 6);
        for (int k = 0; k < 8; k++)
            Assert.Equal(Enumerable.Range(0, 64).Average(i => (double)scorer.Calls[0].Values[i * 8 + k]), hot.Actions[k], 1e-6);
    }

    [Fact]
    public void Mppi_weighs_by_the_cost_of_control_too()
    {
        const double temperature = 0.7, std = 0.3;
        var planner = new MppiPlanner(new() { Horizon = 2, Candidates = 50, Temperature = temperature, Std = std }, 1, 1);
        var scorer = new Scripted(1, (_, i) => MathF.Sin(i));
        planner.Plan(scorer, new(0));
        float[] u = [planner.Actions[1], planner.Actions[1]]; // shifted
        scorer.Calls.Clear();
        planner.Plan(scorer, new(1));
        float[] v = scorer.Calls[0].Values;
        double[] expected = new double[2];
        double sum = 0;
        for (int i = 0; i < 50; i++)
        {
            double cost = -Math.Sin(i) + temperature * (u[0] * (v[2 * i] - u[0]) + u[1] * (v[2 * i + 1] - u[1])) / (std * std);
            double weight = Math.Exp(-cost / temperature);
            sum += weight;
            (expected[0], expected[1]) = (expected[0] + weight * v[2 * i], expected[1] + weight * v[2 * i + 1]);
        }
        Assert.Equal(expected[0] / sum, planner.Actions[0], 1e-5);
        Assert.Equal(expected[1] / sum, planner.Actions[1], 1e-5);
    }

    [Fact]
    public void Td_mpc2_plans_in_its_papers_order()
    {
        var options = new TdMpc2Options { Horizon = 2, Candidates = 40, PolicyCandidates = 8, Elites = 6, Iterations = 3 };
        var planner = new TdMpc2Planner(options, 1, seed: 5);
        var scorer = new Scripted(1, (call, i) => MathF.Cos(10 * call + i));
        planner.Plan(scorer, new(0));
        var noise = new NormalNoise(5, 0);
        double[] mean = new double[2];
        for (ulong plan = 0; plan < 2; plan++)
        {
            Assert.Equal(["policy", "score", "score", "score"], scorer.Calls.Select(c => c.What));
            // The policy's noise is drawn before the others'.
            float[] drawn = new float[16];
            noise.Fill(drawn);
            Assert.Equal((8, 16), (scorer.Calls[0].Candidates, scorer.Calls[0].Values.Length));
            Assert.Equal(drawn, scorer.Calls[0].Values);
            double[] std = [2, 2], weights = [];
            for (int iteration = 0; iteration < 3; iteration++)
            {
                float[] values = scorer.Calls[1 + iteration].Values;
                Assert.All(values[..16], v => Assert.Equal(0.25f, v));
                float[] white = new float[64];
                noise.Fill(white);
                for (int i = 0; i < 64; i++)
                    Assert.Equal(Math.Clamp(mean[i % 2] + std[i % 2] * white[i], -1, 1), values[16 + i], 1e-5);
                int[] elites = [.. Enumerable.Range(0, 40).OrderByDescending(i => MathF.Cos(10 * iteration + i)).Take(6)];
                double best = MathF.Cos(10 * iteration + elites[0]);
                weights = [.. elites.Select(i => Math.Exp(0.5 * (MathF.Cos(10 * iteration + i) - best)))];
                for (int k = 0; k < 2; k++)
                {
                    mean[k] = elites.Select((e, i) => weights[i] * values[2 * e + k]).Sum() / weights.Sum();
                    double spread = elites.Select((e, i) => weights[i] * Math.Pow(values[2 * e + k] - mean[k], 2)).Sum() / weights.Sum();
                    std[k] = Math.Clamp(Math.Sqrt(spread), 0.05, 2);
                }
                if (iteration < 2)
                    continue;
                var plans = elites.Select(e => (values[2 * e], values[2 * e + 1]));
                Assert.Contains((planner.Actions[0], planner.Actions[1]), plans);
            }
            scorer.Calls.Clear();
            planner.Plan(scorer, new(1));
            noise.Restart(5, 1);
            mean = [mean[1], 0]; // shifted, a zero comes in
        }
    }

    [Fact]
    public void Td_mpc2_picks_an_elite_by_its_weight_and_adds_noise_only_to_explore()
    {
        var options = new TdMpc2Options
        {
            Horizon = 1,
            Candidates = 10,
            PolicyCandidates = 0,
            Elites = 2,
            Iterations = 1,
            Temperature = 1,
        };
        int first = 0;
        for (ulong i = 0; i < 1000; i++)
        {
            var planner = new TdMpc2Planner(options, 1, 3);
            var scorer = new Scripted(1, (_, k) => k switch { 4 => 1, 7 => 0, _ => -50 });
            planner.Plan(scorer, new(i));
            float taken = planner.Actions[0];
            Assert.True(taken == scorer.Calls[0].Values[4] || taken == scorer.Calls[0].Values[7]);
            first += taken == scorer.Calls[0].Values[4] ? 1 : 0;
        }
        Assert.InRange(first / 1000.0, 0.68, 0.78); // 1 / (1 + e^-1) = 0.731

        var explorer = new TdMpc2Planner(options with { Explore = true }, 1, 3);
        var seen = new Scripted(1, (_, k) => -k);
        explorer.Plan(seen, new(0));
        Assert.DoesNotContain(explorer.Actions[0], seen.Calls[0].Values);
    }
}
