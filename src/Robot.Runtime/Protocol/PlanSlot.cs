using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>A plan as it is shared with who looks on.</summary>
public sealed class SharedPlan
{
    /// <summary>The tick that it was made for; -1 for none.</summary>
    public long Slot { get; internal set; } = -1;

    /// <summary>The model's state that it begins from.</summary>
    public float[] Latent { get; internal set; } = [];

    /// <summary>As they would be recorded: [steps, action].</summary>
    public float[] Actions { get; internal set; } = [];

    /// <summary>What the newest tick saw that saw anything fresh, as the task has it.</summary>
    public float[] Observed { get; internal set; } = [];
}

/// <summary>The newest plan of a cell's planner, for who draws what it imagines: core writes it, the desk reads it.</summary>
public sealed unsafe class PlanSlot : SharedSlot
{
    private const int Floats = 16 * 1024;

    private PlanSlot(string path) : base(path)
    {
    }

    [StructLayout(LayoutKind.Sequential, Size = HeaderBytes)]
    private struct Contents
    {
        public long Version, Slot;
        public int Observed, Latent, Actions;
    }

    private ref Contents Head => ref Unsafe.AsRef<Contents>(Header);

    /// <summary>Where core puts a cell's slot and the desk looks for it.</summary>
    public static string PathOf(string runtimeFolder, string cell) => Path.Combine(runtimeFolder, $"{cell}.plan");

    public static PlanSlot Create(string path)
    {
        Make(path, Floats * sizeof(float));
        return new(path);
    }

    /// <exception cref="FileNotFoundException">Core has not made it yet.</exception>
    public static PlanSlot Open(string path) => new(path);

    /// <summary>Takes a plan; one that has no room is left out. Allocates nothing.</summary>
    /// <param name="observed">Empty where nothing fresh was seen: then what was seen before stays.</param>
    public void Write(long slot, ReadOnlySpan<float> observed, ReadOnlySpan<float> latent, ReadOnlySpan<float> actions)
    {
        int seen = observed.IsEmpty ? Head.Observed : observed.Length;
        if ((seen + latent.Length + actions.Length) * sizeof(float) > CapacityBytes)
            return;
        BeginWrite();
        (Head.Slot, Head.Observed, Head.Latent, Head.Actions) = (slot, seen, latent.Length, actions.Length);
        var to = new Span<float>(Body, CapacityBytes / sizeof(float));
        observed.CopyTo(to);
        latent.CopyTo(to[seen..]);
        actions.CopyTo(to[(seen + latent.Length)..]);
        EndWrite();
    }

    /// <summary>Copies the newest plan. False where there is none but the one that is in it already, or it was being written.</summary>
    public bool TryRead(SharedPlan into)
    {
        if (!BeginRead(out long version))
            return false;
        Contents head = Head;
        if (head.Slot == into.Slot || head.Observed < 0 || head.Latent < 0 || head.Actions < 0
            || (long)head.Observed + head.Latent + head.Actions > CapacityBytes / sizeof(float))
            return false;
        var from = new ReadOnlySpan<float>(Body, head.Observed + head.Latent + head.Actions);
        (float[] observed, float[] latent, float[] actions) = (from[..head.Observed].ToArray(),
            from.Slice(head.Observed, head.Latent).ToArray(), from[(head.Observed + head.Latent)..].ToArray());
        if (!EndRead(version))
            return false;
        (into.Slot, into.Observed, into.Latent, into.Actions) = (head.Slot, observed, latent, actions);
        return true;
    }
}
