namespace RobotWorldModel.Simulation.Environments;

/// <summary>What all environments have in common: sizes that are checked, actions that are clamped, decisions that are counted.</summary>
public abstract class TaskEnvironment : IEnvironment
{
    private readonly double[] _action;
    private int _decision;

    private protected TaskEnvironment(string name, int observationSize, int actionSize, int steps, int actionRepeat, double secondsPerStep)
    {
        if (actionRepeat < 1 || actionRepeat > steps)
            throw new ArgumentOutOfRangeException(
                nameof(actionRepeat), $"{name}: an action repeat of {actionRepeat}; 1 to {steps} are possible");
        (Name, ObservationSize, ActionSize, ActionRepeat) = (name, observationSize, actionSize, actionRepeat);
        (Decisions, SecondsPerDecision) = (steps / actionRepeat, secondsPerStep * actionRepeat);
        _action = new double[actionSize];
    }

    /// <inheritdoc/>
    public string Name { get; }

    /// <inheritdoc/>
    public int ObservationSize { get; }

    /// <inheritdoc/>
    public int ActionSize { get; }

    /// <inheritdoc/>
    public int Decisions { get; }

    /// <inheritdoc/>
    public int ActionRepeat { get; }

    /// <inheritdoc/>
    public double SecondsPerDecision { get; }

    /// <inheritdoc/>
    public void Reset(ulong seed, Span<float> observation)
    {
        _decision = 0;
        Begin(seed);
        Look(observation);
    }

    /// <inheritdoc/>
    public StepResult Step(ReadOnlySpan<float> action, Span<float> observation)
    {
        if (action.Length != ActionSize)
            throw new ArgumentException($"{Name}: an action has {ActionSize} values, {action.Length} were given", nameof(action));
        for (int i = 0; i < action.Length; i++)
        {
            if (float.IsNaN(action[i]))
                throw new ArgumentException($"{Name}: value {i} of the action is not a number: its source is broken", nameof(action));
            _action[i] = Math.Clamp(action[i], -1.0, 1.0);
        }
        double reward = 0;
        for (int i = 0; i < ActionRepeat; i++)
            reward += Advance(_action);
        _decision++;
        Look(observation);
        return new(reward, false, _decision >= Decisions);
    }

    /// <inheritdoc/>
    public void CopyFrom(IEnvironment other)
    {
        if (other is not TaskEnvironment from || from.GetType() != GetType() || from.ActionRepeat != ActionRepeat)
            throw new ArgumentException(
                $"{Name} with an action repeat of {ActionRepeat} cannot go on from {other.Name} with {other.ActionRepeat}", nameof(other));
        _decision = from._decision;
        CopyState(from);
    }

    /// <inheritdoc/>
    public IEnvironment Copy()
    {
        TaskEnvironment copy = New();
        copy.CopyFrom(this);
        return copy;
    }

    private void Look(Span<float> observation)
    {
        if (observation.IsEmpty)
            return;
        if (observation.Length != ObservationSize)
            throw new ArgumentException(
                $"{Name}: an observation has {ObservationSize} values, there is room for {observation.Length}", nameof(observation));
        Observe(observation);
    }

    private protected abstract void Begin(ulong seed);

    /// <summary>One step of the task's own.</summary>
    /// <param name="action">Within -1..1.</param>
    /// <returns>Its reward.</returns>
    private protected abstract double Advance(ReadOnlySpan<double> action);

    private protected abstract void Observe(Span<float> observation);

    private protected abstract void CopyState(TaskEnvironment other);

    /// <summary>Another one with the same settings, in any state.</summary>
    private protected abstract TaskEnvironment New();
}
