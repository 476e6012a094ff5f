namespace RobotWorldModel.WorldModel.Data;

/// <summary>What of a dataset is read, and how an episode's frames become steps.</summary>
public sealed record DataOptions
{
    /// <summary>Modalities that are on, by the names that <see cref="Modality"/> knows.</summary>
    public IReadOnlyList<string> Modalities { get; init; } = ["joint_position", "joint_velocity"];

    /// <summary>Columns of actions.csv; null for all.</summary>
    public IReadOnlyList<string>? Actions { get; init; }

    /// <summary>Width and height to which pictures are brought, px.</summary>
    public int PictureSide { get; init; } = 64;

    public PictureFit PictureFit { get; init; } = PictureFit.Crop;

    /// <summary>
    /// Whether a row that is stale counts as a gap. It is a sample older than 1.5 of its stream's periods: true once, and not at its slot.
    /// </summary>
    public bool MaskStale { get; init; } = true;

    /// <summary>
    /// Memory for decoded small pictures, bytes: one of 64x64 takes 12 kB. What has no room is decoded each time that it is needed.
    /// </summary>
    public long PictureBytes { get; init; } = 1L << 30;

    /// <summary>Share of episodes kept for validation, 0 … 1.</summary>
    public double Validation { get; init; } = 0.1;

    /// <summary>Share of episodes kept for a test at the end, 0 … 1.</summary>
    public double Test { get; init; }

    /// <summary>Of the split.</summary>
    public ulong SplitSeed { get; init; }

    /// <exception cref="ArgumentException">An option that cannot be.</exception>
    internal void Check()
    {
        if (Modalities.Count == 0)
            throw new ArgumentException("data.modalities is empty: a model needs something to observe");
        if (Modalities.Distinct().Count() != Modalities.Count)
            throw new ArgumentException($"data.modalities names one twice: {string.Join(", ", Modalities)}");
        if (PictureSide is < 1 or > 1024)
            throw new ArgumentException($"data.picture_side is {PictureSide}; it is 1 … 1024 px");
        if (!(Validation >= 0 && Test >= 0 && Validation + Test < 1))
            throw new ArgumentException($"data.validation {Validation} and data.test {Test} leave nothing to train on");
    }
}

/// <summary>How a picture becomes square.</summary>
public enum PictureFit
{
    /// <summary>The largest square in its middle.</summary>
    Crop,

    /// <summary>All of it, its sides scaled differently.</summary>
    Stretch,
}

/// <summary>How steps are taken from an episode's frames.</summary>
public sealed record WindowOptions
{
    /// <summary>Steps that a model is given, T.</summary>
    public int Length { get; init; } = 50;

    /// <summary>Steps after those that it has to predict, H. A window has T + H steps; training on whole windows has none.</summary>
    public int Horizon { get; init; }

    /// <summary>Frames from the beginning of one window to that of the next; an episode's last window ends with it in any case.</summary>
    public int Stride { get; init; } = 1;

    /// <summary>
    /// Frames of a step, n. A step's action is then the n actions of its frames one after another (n · A numbers), its reward the sum of
    /// those received on the way.
    /// </summary>
    public int FrameSkip { get; init; } = 1;

    /// <summary>
    /// Whether windows are left out in which an action that leads from one step to the next is not known. Else its numbers are 0 and its
    /// mask says so.
    /// </summary>
    public bool RequireActions { get; init; } = true;

    /// <summary>T + H.</summary>
    internal int Steps => Length + Horizon;

    /// <summary>Frames of an episode that a window's observations reach over.</summary>
    internal int Reach => (Steps - 1) * FrameSkip + 1;

    /// <exception cref="ArgumentException">An option that cannot be.</exception>
    internal void Check()
    {
        if (Length < 1 || Horizon < 0 || Steps < 2 || Stride < 1 || FrameSkip < 1)
            throw new ArgumentException($"a window of {Length} + {Horizon} steps, stride {Stride} and frame skip {FrameSkip} is none: "
                + "length, stride and frame skip are at least 1, length and horizon together at least 2");
    }
}
