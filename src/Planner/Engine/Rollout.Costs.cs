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
        if (objective.ActionCost != 0 || objective.ActionChangeCost != 0)
            TakeActions(objective, job.PreviousAction, job.Horizon, rows);
        if (objective.State is { } state)
            TakeState(state, job.Horizon, rows);
        if (objective.Latent is { } latent)
            TakeLatent(latent, job.Horizon, rows);
    }

    private void TakeActions(Objective objective, float[] before, int horizon, int rows)
    {
        int size = _net.ActionSize;
        for (int t = 0; t < horizon; t++)
        {
            for (int i = 0; i < rows; i++)
            {
                float* action = _actions.Start + ((nint)t * rows + i) * size;
                double squares = 0, changes = 0;
                for (int k = 0; k < size; k++)
                {
                    double change = action[k] - (t == 0 ? before[k] : action[k - (nint)rows * size]);
                    squares += (double)action[k] * action[k];
                    changes += change * change;
                }
                _rewards.Start[t * rows + i] -= (float)(objective.ActionCost * squares + objective.ActionChangeCost * changes);
            }
        }
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

    private void TakeLatent(LatentCost cost, int horizon, int rows)
    {
        var features = At(1);
        for (int at = cost.AtEndOnly ? (horizon - 1) * rows : 0; at < horizon * rows; at++)
        {
            float* z = features.Start + at * features.Stride;
            double sum = 0;
            for (int k = 0; k < cost.Goal.Length; k++)
                sum += ((double)z[k] - cost.Goal[k]) * ((double)z[k] - cost.Goal[k]);
            _rewards.Start[at] -= (float)(cost.Weight * sum);
        }
    }
}
