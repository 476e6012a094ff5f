using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>An episode as it was played: D decisions, and the D + 1 observations around them.</summary>
/// <param name="Seed">Of start, policy and noise.</param>
/// <param name="Observations">[D + 1, O].</param>
/// <param name="Actions">[D, A], as they were taken, -1..1.</param>
/// <param name="Rewards">[D], received on entering the observation after each.</param>
/// <param name="Successes">[D], whether the task had succeeded by then; null where it knows no success.</param>
/// <param name="Terminated">The task's own end came, not the time's.</param>
internal sealed record PlayedEpisode(
    ulong Seed, float[] Observations, float[] Actions, double[] Rewards, bool[]? Successes, bool Terminated)
{
    // Streams of the noise's generator: a policy's own is 0.
    private const ulong ExplorationStream = 1;

    public double Return => Rewards.Sum();

    /// <summary>Null where the task knows no success.</summary>
    public bool? Succeeded => Successes?[^1];

    /// <summary>Plays one.</summary>
    /// <param name="noise">σ of the normal noise on each value of each action.</param>
    /// <exception cref="OperationCanceledException">The stop; the episode is lost.</exception>
    public static PlayedEpisode Play(IEnvironment environment, IEpisodePolicy policy, ulong seed, double noise, CancellationToken stop)
    {
        int o = environment.ObservationSize, a = environment.ActionSize, most = environment.Decisions;
        (float[] seen, float[] done, double[] rewards) = (new float[(most + 1) * o], new float[most * a], new double[most]);
        bool[]? successes = environment is ReachEnvironment ? new bool[most] : null;
        var random = new NormalNoise(seed, ExplorationStream);
        float[] before = new float[a], exploration = new float[a];
        environment.Reset(seed, seen.AsSpan(0, o));
        policy.Begin(seed);
        for (int t = 0; ; t++)
        {
            stop.ThrowIfCancellationRequested();
            Span<float> action = done.AsSpan(t * a, a);
            policy.Act(seen.AsSpan(t * o, o), before, action);
            if (noise > 0)
                random.Fill(exploration);
            for (int i = 0; i < a; i++)
                action[i] = Math.Clamp(action[i] + (float)noise * exploration[i], -1, 1);
            action.CopyTo(before);
            StepResult result = environment.Step(action, seen.AsSpan((t + 1) * o, o));
            rewards[t] = result.Reward;
            if (successes is not null)
                successes[t] = ((ReachEnvironment)environment).Succeeded;
            if (result is { Terminated: false, Truncated: false })
                continue;
            int decisions = t + 1;
            return new(seed, seen[..((decisions + 1) * o)], done[..(decisions * a)], rewards[..decisions], successes?[..decisions],
                result.Terminated);
        }
    }
}
