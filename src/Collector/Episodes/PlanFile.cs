using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// plan.npz: what a planner thought, one row for each frame. Sizes are a <see cref="PlanShape"/>'s: D of the model's state, H and A of a
/// sequence of actions, R sequences carried, K elites; arrays lie here row by row.
/// </summary>
public sealed class PlanFile
{
    /// <summary>In <see cref="Iterations"/>: no plan was made for the frame.</summary>
    public const int NoPlan = -1;

    private readonly PlanShape _shape;

    /// <summary>Rows without plan and without decision.</summary>
    public PlanFile(PlanShape shape, int frames)
    {
        (_shape, Frames) = (shape, frames);
        int sequence = shape.Horizon * shape.Action;
        (Late, Fallback, Warm) = (new bool[frames], new bool[frames], new bool[frames]);
        (Iterations, Shift, Rng) = (new int[frames], new int[frames], new ulong[2 * frames]);
        (PlanMs, ExpectedReturn, EliteReturns) = (new double[frames], new float[frames], new float[frames * shape.Elites]);
        (Latent, ActionBefore) = (new float[frames * shape.Latent], new float[frames * shape.Action]);
        (Action, Guarded) = (new float[frames * shape.Action], new float[frames * shape.Action]);
        (Sequence, WarmStart, Carried) =
            (new float[frames * sequence], new float[frames * sequence], new float[frames * sequence * shape.Carried]);
        Array.Fill(Iterations, NoPlan);
        Array.Fill(PlanMs, double.NaN);
        foreach (float[] values in (float[][])
            [ExpectedReturn, EliteReturns, Latent, ActionBefore, Action, Guarded, Sequence, WarmStart, Carried])
            Array.Fill(values, float.NaN);
    }

    public int Frames { get; }

    /// <summary>From the plan's beginning to its end, ms; not a number where there is none.</summary>
    public double[] PlanMs { get; private init; }

    /// <summary>The frame's plan was not there when its tick came.</summary>
    public bool[] Late { get; private init; }

    /// <summary>Not the frame's plan was followed: an earlier one's action was sent, or the arm was told to stand still.</summary>
    public bool[] Fallback { get; private init; }

    /// <summary>[T, D]: h, then s; what the plan was made from.</summary>
    public float[] Latent { get; private init; }

    /// <summary>[T, A], in the model's own units, -1 … 1: the action that led there.</summary>
    public float[] ActionBefore { get; private init; }

    /// <summary>[T, A], as planned, in the units of actions; not numbers where no plan had one.</summary>
    public float[] Action { get; private init; }

    /// <summary>[T, A], as the safety filter let it through, in the units of actions.</summary>
    public float[] Guarded { get; private init; }

    /// <summary>[T, H, A], the plan, in the units of actions.</summary>
    public float[] Sequence { get; private init; }

    public float[] ExpectedReturn { get; private init; }

    /// <summary>[T, K], of the last round, the best first.</summary>
    public float[] EliteReturns { get; private init; }

    /// <summary>Rounds that were finished; <see cref="NoPlan"/>.</summary>
    public int[] Iterations { get; private init; }

    /// <summary>[T, 2]: the generator's seed, and the number of the plan.</summary>
    public ulong[] Rng { get; private init; }

    /// <summary>There was a plan before.</summary>
    public bool[] Warm { get; private init; }

    /// <summary>Actions of it that had been executed since.</summary>
    public int[] Shift { get; private init; }

    /// <summary>[T, H, A], the plan before, not shifted yet, -1 … 1.</summary>
    public float[] WarmStart { get; private init; }

    /// <summary>[T, R, H, A], what else the planner carries from plan to plan.</summary>
    public float[] Carried { get; private init; }

    /// <summary>Of an array of this file, a frame's values.</summary>
    public Span<T> Row<T>(T[] array, int frame) => array.AsSpan(frame * (array.Length / Frames), array.Length / Frames);

    /// <exception cref="InvalidDataException">It is not such a file, or of other sizes; says what of it.</exception>
    public static PlanFile Read(string path, PlanShape shape, int frames)
    {
        IReadOnlyDictionary<string, NpyArray> arrays = NpzArrays.Read(path);
        (int h, int a) = (shape.Horizon, shape.Action);
        if (!Values<int>("frame").SequenceEqual(Enumerable.Range(0, frames)))
            throw new InvalidDataException("its frames are not 0, 1, 2 …");
        return new PlanFile(shape, frames)
        {
            PlanMs = Values<double>("plan_ms"),
            Late = Values<bool>("late"),
            Fallback = Values<bool>("fallback"),
            Latent = Values<float>("latent", shape.Latent),
            ActionBefore = Values<float>("action_before", a),
            Action = Values<float>("action", a),
            Guarded = Values<float>("guarded", a),
            Sequence = Values<float>("sequence", h, a),
            ExpectedReturn = Values<float>("expected_return"),
            EliteReturns = Values<float>("elite_returns", shape.Elites),
            Iterations = Values<int>("iterations"),
            Rng = Values<ulong>("rng", 2),
            Warm = Values<bool>("warm"),
            Shift = Values<int>("shift"),
            WarmStart = Values<float>("warm_start", h, a),
            Carried = Values<float>("carried", shape.Carried, h, a),
        };

        T[] Values<T>(string name, params int[] row)
            where T : unmanaged
        {
            NpyArray array = arrays.GetValueOrDefault(name) ?? throw new InvalidDataException($"it has no array '{name}'");
            int[] expected = [frames, .. row];
            return array.Shape.SequenceEqual(expected) ? array.As<T>().ToArray() : throw new InvalidDataException(
                $"array '{name}' is ({string.Join(", ", array.Shape)}), ({string.Join(", ", expected)}) was expected");
        }
    }

    /// <summary>Fills a row; what is null leaves it as it is.</summary>
    internal void Set(int frame, PlanRecord? plan, DecisionRecord? decision)
    {
        if (decision is not null)
        {
            (Late[frame], Fallback[frame]) = (decision.Late, decision.Fallback);
            decision.Action.CopyTo(Row(Action, frame));
            decision.Guarded.CopyTo(Row(Guarded, frame));
        }
        if (plan is null)
            return;
        PlanMs[frame] = (plan.EndedNs - plan.BeganNs) * 1e-6;
        (Iterations[frame], Shift[frame], Warm[frame]) = (plan.Iterations, plan.Shift, plan.Warm);
        (Rng[2 * frame], Rng[2 * frame + 1], ExpectedReturn[frame]) = (plan.Seed, plan.Number, plan.ExpectedReturn);
        plan.Latent.CopyTo(Row(Latent, frame));
        plan.ActionBefore.CopyTo(Row(ActionBefore, frame));
        plan.Sequence.CopyTo(Row(Sequence, frame));
        plan.EliteReturns.CopyTo(Row(EliteReturns, frame));
        plan.WarmStart.CopyTo(Row(WarmStart, frame));
        plan.Carried.CopyTo(Row(Carried, frame));
    }

    /// <summary>The same rows give the same bytes.</summary>
    public void Write(string path)
    {
        (int t, int h, int a) = (Frames, _shape.Horizon, _shape.Action);
        using var npz = new NpzWriter(new FileStream(path, FileMode.Create, FileAccess.Write));
        npz.Add<int>("frame", [.. Enumerable.Range(0, t)], t);
        npz.Add<double>("plan_ms", PlanMs, t);
        npz.Add<bool>("late", Late, t);
        npz.Add<bool>("fallback", Fallback, t);
        npz.Add<float>("latent", Latent, t, _shape.Latent);
        npz.Add<float>("action_before", ActionBefore, t, a);
        npz.Add<float>("action", Action, t, a);
        npz.Add<float>("guarded", Guarded, t, a);
        npz.Add<float>("sequence", Sequence, t, h, a);
        npz.Add<float>("expected_return", ExpectedReturn, t);
        npz.Add<float>("elite_returns", EliteReturns, t, _shape.Elites);
        npz.Add<int>("iterations", Iterations, t);
        npz.Add<ulong>("rng", Rng, t, 2);
        npz.Add<bool>("warm", Warm, t);
        npz.Add<int>("shift", Shift, t);
        npz.Add<float>("warm_start", WarmStart, t, h, a);
        npz.Add<float>("carried", Carried, t, _shape.Carried, h, a);
    }
}

/// <summary>What plan.npz must hold to.</summary>
internal static class PlanRules
{
    public static void Check(string path, PlanShape shape, int frames, Findings findings)
    {
        PlanFile plan;
        try
        {
            plan = PlanFile.Read(path, shape, frames);
        }
        catch (InvalidDataException e)
        {
            findings.Add(EpisodeLayout.Plan, null, e.Message);
            return;
        }
        for (int k = 0; k < frames; k++)
        {
            bool planned = plan.Iterations[k] != PlanFile.NoPlan;
            if (plan.Iterations[k] < PlanFile.NoPlan || planned != plan.PlanMs[k] is >= 0)
                findings.Add(EpisodeLayout.Plan, k, $"{plan.Iterations[k]} rounds in {plan.PlanMs[k]} ms cannot be");
            if (plan.Late[k] && !plan.Fallback[k])
                findings.Add(EpisodeLayout.Plan, k, "a plan that was late was followed");
        }
    }
}
