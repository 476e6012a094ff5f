namespace RobotWorldModel.Planner.Engine;

/// <summary>What an objective takes from the rewards [horizon, rows] of a block, whatever the model.</summary>
internal static unsafe class Costs
{
    /// <summary>Costs of actions and of their changes.</summary>
    /// <param name="before">The action that led to the start.</param>
    /// <param name="actions">[horizon, rows], each row so many values.</param>
    /// <param name="stride">From one row to the next.</param>
    public static void TakeActions(
        Objective objective, float[] before, float* actions, nint stride, int horizon, int rows, float* rewards)
    {
        if (objective.ActionCost == 0 && objective.ActionChangeCost == 0)
            return;
        for (int at = 0; at < horizon * rows; at++)
        {
            float* action = actions + at * stride;
            double squares = 0, changes = 0;
            for (int k = 0; k < before.Length; k++)
            {
                double change = action[k] - (at < rows ? before[k] : action[k - rows * stride]);
                squares += (double)action[k] * action[k];
                changes += change * change;
            }
            rewards[at] -= (float)(objective.ActionCost * squares + objective.ActionChangeCost * changes);
        }
    }

    /// <summary>The distance of states, [horizon, rows] from the first step's on, to a latent goal.</summary>
    public static void TakeLatent(LatentCost cost, Features states, int horizon, int rows, float* rewards)
    {
        for (int at = cost.AtEndOnly ? (horizon - 1) * rows : 0; at < horizon * rows; at++)
        {
            float* z = states.Start + at * states.Stride;
            double sum = 0;
            for (int k = 0; k < cost.Goal.Length; k++)
                sum += ((double)z[k] - cost.Goal[k]) * ((double)z[k] - cost.Goal[k]);
            rewards[at] -= (float)(cost.Weight * sum);
        }
    }
}
