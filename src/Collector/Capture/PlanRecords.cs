namespace RobotWorldModel.Collector.Capture;

/// <summary>Sizes of what a planner leaves behind at each tick.</summary>
/// <param name="Latent">D, values of the model's state.</param>
/// <param name="Horizon">H, actions of a sequence.</param>
/// <param name="Action">A, values of an action.</param>
/// <param name="Carried">R, sequences that the planner carries from plan to plan beside the plan itself.</param>
/// <param name="Elites">K, of the last round.</param>
/// <param name="Observation">Values of what the task shows: the columns of task.csv.</param>
public sealed record PlanShape(int Latent, int Horizon, int Action, int Carried, int Elites, int Observation)
{
    /// <summary>Null where each size is one that can be.</summary>
    internal string? Damage() => this is { Latent: > 0, Horizon: > 0, Action: > 0, Carried: >= 0, Elites: >= 0, Observation: > 0 }
        && (long)Horizon * Action * (Carried + 1) < Most && Math.Max(Latent, Math.Max(Elites, Observation)) < Most
        ? null : $"the sizes of its plans cannot be: {this}";

    private const int Most = 1 << 20;
}

/// <summary>One plan, and what it began from. Made by a <see cref="CaptureLog"/>, filled in place.</summary>
public sealed class PlanRecord(PlanShape shape)
{
    /// <summary>The tick that it was made for.</summary>
    public long Slot;

    /// <summary>Host monotonic ns.</summary>
    public long BeganNs, EndedNs;

    /// <summary>Of the generator of random numbers: its seed, and the number of the plan.</summary>
    public ulong Seed, Number;

    /// <summary>Actions of the plan before that had been executed since.</summary>
    public int Shift;

    /// <summary>Rounds that were finished.</summary>
    public int Iterations;

    /// <summary>There was a plan before: else <see cref="WarmStart"/> and <see cref="Carried"/> say nothing.</summary>
    public bool Warm;

    public float ExpectedReturn;

    /// <summary>[D], the state that it was made from.</summary>
    public readonly float[] Latent = new float[shape.Latent];

    /// <summary>[A], the action that led there, as the model takes it.</summary>
    public readonly float[] ActionBefore = new float[shape.Action];

    /// <summary>[H, A], the plan before, not shifted yet, as the planner has it: -1 … 1.</summary>
    public readonly float[] WarmStart = new float[shape.Horizon * shape.Action];

    /// <summary>[R, H, A], likewise.</summary>
    public readonly float[] Carried = new float[shape.Carried * shape.Horizon * shape.Action];

    /// <summary>[H, A], the plan, in the units of actions.</summary>
    public readonly float[] Sequence = new float[shape.Horizon * shape.Action];

    /// <summary>[K], of the last round, the best first; not numbers where there was none.</summary>
    public readonly float[] EliteReturns = new float[shape.Elites];
}

/// <summary>What a tick did with its plan, and what the task says of it. Made by a <see cref="CaptureLog"/>, filled in place.</summary>
public sealed class DecisionRecord(PlanShape shape)
{
    /// <summary>The tick.</summary>
    public long Slot;

    /// <summary>Host monotonic ns: of the slot, and when the decision was made.</summary>
    public long SlotNs, DecidedNs;

    /// <summary>The plan for this tick was not there.</summary>
    public bool Late;

    /// <summary>Not this tick's plan was followed.</summary>
    public bool Fallback;

    /// <summary>Something fresh was seen: else observation, reward and what follows say nothing.</summary>
    public bool Seen;

    /// <summary>Received on entering this tick.</summary>
    public double Reward;

    public bool Terminal, Success;

    /// <summary>[A], in the units of actions: as planned, not a number where no plan had one; after the safety filter.</summary>
    public readonly float[] Action = new float[shape.Action], Guarded = new float[shape.Action];

    /// <summary>What the task shows.</summary>
    public readonly float[] Observation = new float[shape.Observation];
}

/// <summary>
/// Records that go round between those who fill them and one thread that writes them: all are made at the start, and who finds none free
/// is counted.
/// </summary>
internal sealed class RecordPool<T>
    where T : class
{
    private const int Records = 64; // two seconds of ticks
    private readonly BoundedQueue<T> _free = new(Records), _filled = new(Records);
    private long _refused;

    public RecordPool(Func<T> make)
    {
        for (int i = 0; i < Records; i++)
            _free.TryEnqueue(make());
    }

    public long Refused => Volatile.Read(ref _refused);

    public long Accepted => _filled.Accepted;

    /// <summary>Called by one thread only, which also gives what it rented. Null: none is free, which is counted.</summary>
    public T? TryRent()
    {
        if (_free.TryDequeue(out T record))
            return record;
        Interlocked.Increment(ref _refused);
        return null;
    }

    public void Give(T record) => _filled.TryEnqueue(record);

    /// <summary>Called by one other thread only, as <see cref="Return"/>.</summary>
    public bool TryTake(out T record) => _filled.TryDequeue(out record);

    public void Return(T record) => _free.TryEnqueue(record);
}
