using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>
/// A run's recordings, one for each goal, and the plans that go into them. The arm waits at each start until its recording runs, and
/// stands at the end until it is ended.
/// </summary>
/// <param name="oneAtATime">Taken for what the recorder does.</param>
/// <param name="stops">How often somebody has stopped the arm.</param>
internal sealed class MpcRecording(Recorder recorder, SemaphoreSlim oneAtATime, Func<int> stops, Action<string> say) : IPlanLog
{
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(20);
    private static readonly SimulatedTask s_task = SimulatedTask.Named("reach");
    private volatile string[] _episodes = [];
    private PlannedTask? _planned;
    private ulong _seed;
    private int _stopsBefore;

    public Recorder Recorder => recorder;

    /// <summary>So far.</summary>
    public IReadOnlyList<string> Episodes => _episodes;

    /// <summary>Before <see cref="RunAsync"/>.</summary>
    /// <param name="seed">Of the planner's random numbers.</param>
    public void Describe(PlannerDescription planner, ulong seed)
    {
        (_seed, _stopsBefore) = (seed, stops());
        _planned = new(planner, new Dictionary<string, TableDescription>
        {
            [RecordingHeader.TaskTable] = new(s_task.Columns, s_task.Units, null),
            [RecordingHeader.RewardTable] = new(["reward", "terminal", "success"], ["-", "-", "-"], s_task.Reward),
        });
    }

    /// <summary>Until the last goal is done, or the policy has ended before.</summary>
    /// <exception cref="RobotException">A recording cannot begin.</exception>
    public async Task RunAsync(MpcPolicy policy, int goals, Task<PolicyEnd> ended)
    {
        for (int goal = 0; goal < goals; goal++)
        {
            while (policy.Ready != goal && !ended.IsCompleted)
                await Task.Delay(s_poll);
            if (ended.IsCompleted)
                return;
            string id = await BeginAsync();
            await Task.WhenAny(ended, Task.Delay(ScriptedDemonstration.LeadIn)); // the first rows show the arm at rest
            policy.BeginAt(goal);
            while (policy.Done <= goal && !ended.IsCompleted)
                await Task.Delay(s_poll);
            await EndAsync(id, OutcomeOf(policy, goal), ended);
            policy.Approach(goal + 1);
        }
    }

    /// <inheritdoc/>
    public void Planned(in MadePlan plan, ModelController controller)
    {
        if (recorder.RunningLog is not { } log || log.RentPlan() is not { } record)
            return;
        (record.Slot, record.BeganNs, record.EndedNs) = (plan.Slot, plan.BeganNs, plan.EndedNs);
        (record.Seed, record.Number, record.Shift) = (_seed, plan.Request.Number, plan.Request.Shift);
        (record.Iterations, record.ExpectedReturn) = (plan.Result.Iterations, plan.Result.Return);
        controller.PlannedFrom.CopyTo(record.Latent);
        controller.ActionBeforePlan.CopyTo(record.ActionBefore);
        ReadOnlySpan<float> memory = controller.MemoryBeforePlan;
        record.Warm = memory[0] != 0;
        memory.Slice(1, record.WarmStart.Length).CopyTo(record.WarmStart);
        memory[(1 + record.WarmStart.Length)..].CopyTo(record.Carried);
        controller.CopyPlan(record.Sequence);
        controller.CopyBestReturns(record.EliteReturns);
        log.Write(record);
    }

    private async Task<string> BeginAsync()
    {
        await oneAtATime.WaitAsync();
        try
        {
            string id = recorder.Start(s_task.Name, "mpc", _planned);
            _episodes = [.. _episodes, id];
            say($"{id}: {s_task.Name}");
            return id;
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    /// <param name="outcome">Null: the goal was not gone for to its end.</param>
    private async Task EndAsync(string id, ReachOutcome? outcome, Task<PolicyEnd> ended)
    {
        await oneAtATime.WaitAsync();
        try
        {
            if (recorder.RunningId != id)
                return; // a stop, a full disk or a person has ended it
            if (outcome is { } done)
            {
                recorder.Stop(done.Succeeded ? Outcome.Success : Outcome.Failure, EpisodeEnd.Timeout);
                return;
            }
            PolicyEnd end = await ended;
            bool stopped = stops() != _stopsBefore;
            recorder.Stop(Outcome.Unknown, stopped ? EpisodeEnd.Operator : EpisodeEnd.Terminal, end.Why, stopped,
                stopped ? ExitCode.Done : ExitCode.Device);
        }
        finally
        {
            oneAtATime.Release();
        }
    }

    private static ReachOutcome? OutcomeOf(MpcPolicy policy, int goal) => policy.Done > goal ? policy.Outcomes[goal] : null;
}
