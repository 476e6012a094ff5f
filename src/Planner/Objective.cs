namespace RobotWorldModel.Planner;

/// <summary>What an imagined sequence is worth: G = Σ γ^t r̂_{t+1}, with what the model offers beside the reward.</summary>
public sealed record Objective
{
    /// <summary>γ, in (0, 1].</summary>
    public double Discount { get; init; } = 0.99;

    /// <summary>Weigh what follows a step by the model's probability that the episode goes on after it.</summary>
    public bool Continues { get; init; }

    /// <summary>Add the model's value of the last state, γ^H v(z_H).</summary>
    public bool TerminalValue { get; init; }
}
