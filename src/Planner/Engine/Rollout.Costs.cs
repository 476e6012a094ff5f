namespace RobotWorldModel.Planner.Engine;

/// <summary>What an objective takes from the reward.</summary>
internal sealed unsafe partial class Rollout<T>
{
    /// <summary>Turns the rewards of a block into w r̂ - costs.</summary>
    private void TakeCosts(RolloutJob job, int rows)
    {
        var objective = job.Objective;
        if (objective.RewardWeight != 1)
            for (int i = 0; i < job.Horizon * rows; i++)
                _rewards.Start[i] *= (float)objective.RewardWeight;
        Costs.TakeActions(objective, job.PreviousAction, _actions.Start, _net.ActionSize, job.Horizon, rows, _rewards.Start);
        if (objective.State is { } state)
            TakeState(state, job.Horizon, rows);
        if (objective.Latent is { } latent)
            Costs.TakeLatent(latent, At(1), job.Horizon, rows, _rewards.Start);
    }

    private void TakeState(StateCost cost, int horizon, int rows)
    {
        int end = cost.AtEndOnly ? (horizon - 1) * rows : 0, from = cost.LimitWeight != 0 ? 0 : end;
        var features = At(1);
        for (int done = from; done < horizon * rows; done += _scratch.Rows)
        {
            int count = Math.Min(_scratch.Rows, horizon * rows - done);
            float* expected = _net.Decoder!.Run<T>(count, features.From(done), _scratch);
            for (int i = 0; i < count; i++, expected += _scratch.Stride)
                _rewards.Start[done + i] -= (float)StateCostOf(cost, expected, done + i >= end);
            GiveWay();
        }
    }

    private static double StateCostOf(StateCost cost, float* expected, bool goal)
    {
        double sum = 0;
        for (int k = 0; k < cost.Goal.Length; k++)
        {
            double apart = expected[k] - cost.Goal[k];
            if (goal)
                sum += cost.Weights[k] * apart * apart;
            double beyond = Math.Max(cost.High is null ? 0 : expected[k] - cost.High[k], cost.Low is null ? 0 : cost.Low[k] - expected[k]);
            if (beyond > 0)
                sum += cost.LimitWeight * beyond * beyond;
        }
        return sum;
    }
}
