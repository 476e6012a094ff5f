using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// Rows of plan.npz, task.csv and rewards.csv. A plan may come long after its slot, where it was late: plan.npz is written at the end.
/// </summary>
internal sealed class PlanRows(EpisodeWriter writer, string folder, PlanShape shape)
{
    private readonly Dictionary<long, PlanRecord> _plans = [];
    private readonly Dictionary<long, DecisionRecord> _decisions = [];
    private readonly List<(long Slot, DecisionRecord? Decision)> _rows = [];

    /// <summary>Sum of the rewards so far.</summary>
    public double Return { get; private set; }

    /// <exception cref="InvalidDataException">Its sizes are not those that the log's head names.</exception>
    public void Add(in CaptureMessage message)
    {
        if (message.Kind == CaptureKind.Plan)
        {
            var plan = new PlanRecord(shape);
            message.Plan(plan);
            _plans[plan.Slot] = plan;
        }
        else
        {
            var decision = new DecisionRecord(shape);
            message.Decision(decision);
            _decisions[decision.Slot] = decision;
        }
    }

    /// <summary>The slot is of before the episode.</summary>
    public void Forget(long slot)
    {
        _plans.Remove(slot);
        _decisions.Remove(slot);
    }

    /// <param name="slotS">Seconds since t0.</param>
    public void Row(long slot, double slotS)
    {
        _decisions.Remove(slot, out DecisionRecord? decision);
        _rows.Add((slot, decision));
        if (decision is not { Seen: true })
        {
            writer.Table(RecordingHeader.TaskTable, slotS, []);
            writer.Table(RecordingHeader.RewardTable, slotS, []);
            return;
        }
        Return += decision.Reward;
        double[] seen = Array.ConvertAll(decision.Observation, v => (double)v);
        writer.Table(RecordingHeader.TaskTable, slotS, seen);
        writer.Table(
            RecordingHeader.RewardTable, slotS, [decision.Reward, decision.Terminal ? 1 : 0, decision.Success ? 1 : 0]);
    }

    /// <summary>Writes plan.npz.</summary>
    public void Finish()
    {
        var file = new PlanFile(shape, _rows.Count);
        for (int k = 0; k < _rows.Count; k++)
            file.Set(k, _plans.GetValueOrDefault(_rows[k].Slot), _rows[k].Decision);
        file.Write(Path.Combine(folder, EpisodeLayout.Plan));
    }
}
