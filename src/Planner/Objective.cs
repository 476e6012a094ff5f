namespace RobotWorldModel.Planner;

/// <summary>
/// What an imagined sequence is worth: G = Σ γ^t (w r̂_{t+1} - costs_{t+1}), with what the model offers beside the reward.
/// </summary>
public sealed record Objective
{
    /// <summary>γ, in (0, 1].</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>w; 0 leaves the learned reward out.</summary>
    public double RewardWeight { get; init; } = 1;

    /// <summary>Weigh what follows a step by the model's probability that the episode goes on after it.</summary>
    public bool Continues { get; init; }

    /// <summary>Add the model's value of the last state, γ^H v(z_H).</summary>
    public bool TerminalValue { get; init; }

    /// <summary>Cost of a_tᵀ a_t.</summary>
    public double ActionCost { get; init; }

    /// <summary>Cost of the squared change from each action to the next, the first from the action before.</summary>
    public double ActionChangeCost { get; init; }

    /// <summary>Cost of what the model expects to measure.</summary>
    public StateCost? State { get; init; }

    /// <summary>Cost of the distance to a latent state, that of a goal's picture for instance.</summary>
    public LatentCost? Latent { get; init; }
}

/// <summary>
/// Σ_i w_i (x̂_i - g_i)² + l Σ_i max(0, x̂_i - high_i, low_i - x̂_i)² of the expected vectors x̂, in the space where the
/// model compares them. All arrays have a value for each value of all vectors, one behind the other.
/// </summary>
/// <param name="Goal">g.</param>
/// <param name="Weights">w, 0 where it does not matter.</param>
/// <param name="Low">Lower limits, -∞ for none; null for none at all.</param>
/// <param name="High">Upper limits, ∞ for none; null for none at all.</param>
/// <param name="LimitWeight">l.</param>
/// <param name="AtEndOnly">The distance to the goal counts only where the sequence ends; the limits always do.</param>
public sealed record StateCost(
    float[] Goal, float[] Weights, float[]? Low = null, float[]? High = null, double LimitWeight = 0, bool AtEndOnly = false);

/// <summary>w ‖z - z_goal‖² over h, and s where it is Gaussian.</summary>
/// <param name="Goal">z_goal: h and behind it s, as the engine's state gives them; of a categorical model h alone.</param>
/// <param name="AtEndOnly">It counts only where the sequence ends.</param>
public sealed record LatentCost(float[] Goal, double Weight = 1, bool AtEndOnly = false);
