namespace RobotWorldModel.WorldModel.Data;

/// <param name="Episode">Folder and id: demonstrations/demo_003.</param>
/// <param name="Frame">Row of the window's first step.</param>
public readonly record struct WindowOrigin(string Episode, int Frame);

/// <summary>Where a loader stands: the batch that comes next.</summary>
/// <param name="Epoch">From 0.</param>
/// <param name="Batch">In it, from 0.</param>
public readonly record struct DataPosition(int Epoch, int Batch);

/// <summary>One modality of a batch.</summary>
/// <param name="Values">
/// Vectors: normalised, [B, T, D]. Depth: [B, T, side, side], normalised, 0 where nothing came back. Empty for colour. 0 where the mask
/// is.
/// </param>
/// <param name="Pixels">
/// Colour: [B, T, 3, side, side] as bytes, which the model's <see cref="Normaliser"/> turns to numbers; else empty.
/// </param>
/// <param name="Mask">[B, T]: 1 where the modality was there, 0 where it is missing, a gap or damaged.</param>
public sealed record BatchModality(Modality Modality, float[] Values, byte[] Pixels, float[] Mask);

/// <summary>
/// B windows of T steps, in buffers that go back to the loader on Dispose. Arrays are row-major and always whole; of the last batch of an
/// epoch that is not full the first <see cref="Count"/> windows are meant, and the rest is 0.
/// <para>
/// Step t is observation o[t], <c>Actions[t]</c> the action that was given from it and that leads to o[t+1] (the format's row of that
/// frame: a recurrence that takes "the action before" reads t − 1), and <c>Rewards[t]</c> and <c>Continues[t]</c> what came on entering
/// o[t]. A window carries no state in from before: <c>IsFirst</c> is 1 at its first step, wherever in the episode that lies, and 0 after.
/// </para>
/// </summary>
public sealed class Batch : IDisposable
{
    private readonly BatchLoader _loader;

    internal Batch(BatchLoader loader, int size, WindowList windows)
    {
        (_loader, Size, Steps, FrameSkip) = (loader, size, windows.Options.Steps, windows.Options.FrameSkip);
        int n = size * Steps;
        Modalities = [.. windows.Dataset.Modalities.Select(m => new BatchModality(m,
            m.Kind == ModalityKind.Color ? [] : new float[n * m.Size], m.Kind == ModalityKind.Color ? new byte[n * m.Size] : [],
            new float[n]))];
        Actions = new float[n * windows.Dataset.Actions.Size * FrameSkip];
        (ActionMask, Rewards, RewardMask, Continues, IsFirst) =
            (new float[n], new float[n], new float[n], new float[n], new float[n]);
        Origins = new WindowOrigin[size];
    }

    /// <summary>Windows that it has room for, B.</summary>
    public int Size { get; }

    /// <summary>Windows in it, 1 … B.</summary>
    public int Count { get; internal set; }

    /// <summary>T.</summary>
    public int Steps { get; }

    public int FrameSkip { get; }

    /// <summary>In the dataset's order.</summary>
    public IReadOnlyList<BatchModality> Modalities { get; }

    /// <summary>Scaled to -1 … 1, [B, T, A·n] with n the frame skip; 0 where not known.</summary>
    public float[] Actions { get; }

    /// <summary>[B, T]: 1 where all of a step's actions are known. Of a window's last step they may lie beyond the episode.</summary>
    public float[] ActionMask { get; }

    /// <summary>[B, T], in the task's unit: what was received on entering each step; 0 where not known.</summary>
    public float[] Rewards { get; }

    /// <summary>[B, T]: 1 where reward and end are known.</summary>
    public float[] RewardMask { get; }

    /// <summary>[B, T]: 0 where the task's rule ended the episode on entering the step, else 1; 1 also where nothing is known.</summary>
    public float[] Continues { get; }

    /// <summary>[B, T].</summary>
    public float[] IsFirst { get; }

    /// <summary>Where each window is from, [B].</summary>
    public WindowOrigin[] Origins { get; }

    /// <summary>What a run stores to go on after this batch.</summary>
    public DataPosition Next { get; internal set; }

    internal Exception? Failure { get; set; }

    /// <summary>A modality by name.</summary>
    /// <exception cref="KeyNotFoundException">It is not on.</exception>
    public BatchModality this[string name] =>
        Modalities.FirstOrDefault(m => m.Modality.Name == name) ?? throw new KeyNotFoundException($"modality '{name}' is not on");

    /// <summary>The frame that a step is, for messages: demonstrations/demo_003, frame 120.</summary>
    public string Describe(int window, int step) => $"{Origins[window].Episode}, frame {Origins[window].Frame + step * FrameSkip}";

    public void Dispose() => _loader.Return(this);
}
