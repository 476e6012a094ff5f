using System.Diagnostics;
using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>Episodes to be played.</summary>
/// <param name="FirstSeed">Episode i has this and i.</param>
/// <param name="Noise">σ of the noise on each action.</param>
/// <param name="Root">Data root where they are kept; null: they are only counted.</param>
/// <param name="Pictures">Width and height of what two cameras see of reach, pixels; null: there are none.</param>
internal sealed record SimulationPlan(
    SimulatedTask Task, PolicyKind Policy, int Episodes, ulong FirstSeed, double Noise, string? Root, int Workers, int? Pictures = null)
{
    public IReadOnlyList<ulong> Seeds => [.. Enumerable.Range(0, Episodes).Select(i => FirstSeed + (ulong)i)];
}

/// <param name="Done">Episodes, those from before among them.</param>
/// <param name="Mean">Return so far.</param>
internal readonly record struct SimulationProgress(int Done, int Episodes, double Mean);

/// <summary>What came of the episodes, in the order of their seeds.</summary>
/// <param name="Kept">Episodes that were there from before.</param>
/// <param name="Decisions">That were taken now.</param>
/// <param name="Elapsed">Of this run.</param>
internal sealed record SimulationReport(
    IReadOnlyList<double> Returns, IReadOnlyList<bool?> Successes, int Kept, long Decisions, TimeSpan Elapsed)
{
    public double Mean => Returns.Average();

    /// <summary>Of the returns, as a population.</summary>
    public double Std => Math.Sqrt(Returns.Average(r => (r - Mean) * (r - Mean)));
}

/// <summary>Plays episodes on several threads, each with an environment and a policy of its own.</summary>
internal static class SimulationRun
{
    /// <param name="said">Told after each episode, by one thread at a time.</param>
    /// <exception cref="OperationCanceledException">The stop: what was whole by then is kept.</exception>
    public static SimulationReport Play(SimulationPlan plan, Action<SimulationProgress> said, CancellationToken stop)
    {
        long begun = Stopwatch.GetTimestamp();
        ulong[] seeds = [.. plan.Seeds];
        IEnvironment one = plan.Task.Make();
        using SimulatedEpisodes? episodes =
            plan.Root is null ? null : new(plan.Root, plan.Task, one, plan.Policy, plan.Noise, seeds, plan.Pictures);
        var results = new (double Return, bool? Succeeded)?[seeds.Length];
        for (int i = 0; i < seeds.Length; i++)
            if (episodes?.Kept.TryGetValue(seeds[i], out var known) == true)
                results[i] = known;
        int[] missing = [.. Enumerable.Range(0, seeds.Length).Where(i => results[i] is null)];
        int kept = seeds.Length - missing.Length, next = -1;
        long decisions = 0;
        var gate = new object();
        OnThreads(Math.Min(plan.Workers, missing.Length), halt =>
        {
            IEnvironment environment = one.Copy();
            using IEpisodePolicy policy = plan.Policy.Make(environment);
            while (Interlocked.Increment(ref next) is var at && at < missing.Length)
            {
                PlayedEpisode played = PlayedEpisode.Play(environment, policy, seeds[missing[at]], plan.Noise, halt);
                episodes?.Save(played);
                lock (gate)
                {
                    results[missing[at]] = (played.Return, played.Succeeded);
                    decisions += played.Rewards.Length;
                    var done = results.OfType<(double Return, bool? Succeeded)>();
                    said(new(done.Count(), seeds.Length, done.Average(r => r.Return)));
                }
            }
        }, stop);
        return new([.. results.Select(r => r!.Value.Return)], [.. results.Select(r => r!.Value.Succeeded)], kept, decisions,
            Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>The first failure ends the others too, and is thrown.</summary>
    private static void OnThreads(int count, Action<CancellationToken> work, CancellationToken stop)
    {
        using var halt = CancellationTokenSource.CreateLinkedTokenSource(stop);
        Exception? failure = null;
        Thread[] threads = [.. Enumerable.Range(0, count).Select(i => new Thread(() =>
        {
            try
            {
                work(halt.Token);
            }
            catch (Exception e) // thrown below, by the thread that waits
            {
                Interlocked.CompareExchange(ref failure, e, null);
                halt.Cancel();
            }
        })
        { Name = $"simulate {i}", IsBackground = true })];
        foreach (Thread thread in threads)
            thread.Start();
        foreach (Thread thread in threads)
            thread.Join();
        if (failure is not null)
            System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }
}
