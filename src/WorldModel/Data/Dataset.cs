using System.Security.Cryptography;
using System.Text;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>
/// The standard episodes below a data root, in a folder of episodes, or one episode, as training takes them: all numbers in memory,
/// pictures on the disk. Episodes that cannot be read are left out with a line each; episodes that do not go together are refused.
/// </summary>
public sealed class Dataset
{
    private readonly TrainingEpisode[] _episodes;
    private readonly DataPart[] _parts;

    private Dataset(
        DataOptions options, TrainingEpisode[] episodes, DataPart[] parts, IReadOnlyList<Modality> modalities, DatasetSummary summary)
    {
        (Options, _episodes, _parts, Modalities, Summary) = (options, episodes, parts, modalities, summary);
        Pictures = new(this);
    }

    /// <summary>What it was opened with.</summary>
    public DataOptions Options { get; }

    /// <summary>In the order in which they were asked for.</summary>
    public IReadOnlyList<Modality> Modalities { get; }

    public ActionSpace Actions => Summary.Actions;

    public DatasetSummary Summary { get; }

    internal IReadOnlyList<TrainingEpisode> Episodes => _episodes;

    internal PictureStore Pictures { get; }

    public PictureReport PictureReport() => Pictures.Report();

    /// <summary>Reads a dataset.</summary>
    /// <param name="root">What --data names.</param>
    /// <param name="say">Told a line for each episode or recording that is left out.</param>
    /// <exception cref="DirectoryNotFoundException">There is no such folder.</exception>
    /// <exception cref="InvalidDataException">
    /// There is no episode that can be read, none has a modality that is asked for, or two do not go together: robot, rate, actions or a
    /// modality's columns differ.
    /// </exception>
    /// <exception cref="ArgumentException">An option that cannot be.</exception>
    public static Dataset Open(string root, DataOptions options, Action<string> say)
    {
        options.Check();
        var leftOut = new List<string>();
        EpisodeEntry[] entries = [.. EpisodeCatalog.Find(root)];
        foreach (string recording in EpisodeCatalog.FindRecordings(root))
            LeaveOut($"{TrainingEpisode.NameOf(recording)} is not finished and left out: './robot episodes recover' finishes it");
        (EpisodeEntry Entry, EpisodeReader Reader)[] readers = ReadAll(entries, EpisodeReader.Open, LeaveOut);
        if (readers.Length == 0)
            throw new InvalidDataException($"{root} has no episode that can be read: give a data root or a folder of episodes");
        ActionSpace actions = CommonActions(readers, options.Actions);
        Modality[] modalities = [.. options.Modalities.Select(name => Common(name, readers, options.PictureSide))];
        TrainingEpisode[] episodes = [.. ReadAll([.. readers.Select(r => r.Entry)],
            path => TrainingEpisode.Read(path, modalities, actions, options.MaskStale), LeaveOut).Select(e => e.Made)];
        if (episodes.Length == 0)
            throw new InvalidDataException($"{root} has no episode whose tables can be read");
        DataPart[] parts = EpisodeSplit.Of([.. episodes.Select(e => e.Name)], options,
            EpisodeCatalog.RootOf(episodes[0].Folder) is { } of ? DatasetIndex.SplitOf(of) : null);
        return new(options, episodes, parts, modalities, Summarise(root, episodes, parts, modalities, actions, leftOut));

        void LeaveOut(string line)
        {
            lock (leftOut)
                leftOut.Add(line);
            say(line);
        }
    }

    /// <summary>The windows of a part of the episodes, or of all of them (null), in order of episodes and frames.</summary>
    /// <exception cref="ArgumentException">An option that cannot be.</exception>
    public WindowList Windows(DataPart? part, WindowOptions options)
    {
        options.Check();
        return new(this, [.. Enumerable.Range(0, _episodes.Length).Where(e => part is null || _parts[e] == part)], options);
    }

    internal IEnumerable<TrainingEpisode> In(DataPart part) => _episodes.Where((_, e) => _parts[e] == part);

    /// <summary>In the entries' order, whatever the number of threads; what cannot be read is said and left out.</summary>
    private static (EpisodeEntry Entry, T Made)[] ReadAll<T>(EpisodeEntry[] entries, Func<string, T> read, Action<string> leaveOut)
    {
        var made = new (EpisodeEntry Entry, T Made)?[entries.Length];
        var wrong = new string?[entries.Length];
        Parallel.For(0, entries.Length, i =>
        {
            try
            {
                made[i] = (entries[i], read(entries[i].Path));
            }
            catch (Exception e) when (e is InvalidDataException or FormatException or IOException or UnauthorizedAccessException)
            {
                wrong[i] = $"{TrainingEpisode.NameOf(entries[i].Path)} is left out: {e.Message}";
            }
        });
        foreach (string line in wrong.OfType<string>())
            leaveOut(line);
        return [.. made.OfType<(EpisodeEntry, T)>()];
    }

    private static ActionSpace CommonActions((EpisodeEntry Entry, EpisodeReader Reader)[] episodes, IReadOnlyList<string>? names)
    {
        ActionSpace? first = null;
        EpisodeMetadata m = episodes[0].Reader.Metadata;
        foreach ((EpisodeEntry entry, EpisodeReader reader) in episodes)
        {
            ActionDescription action = reader.Metadata.Action ?? throw new InvalidDataException(
                $"{entry.Path} has no actions: a world model is learned from what was done. Leave it out.");
            Same("robots", m.Robot?.Model ?? "none", reader.Metadata.Robot?.Model ?? "none", entry);
            Same("rates", $"{m.RateHz} Hz", $"{reader.Metadata.RateHz} Hz", entry);
            ActionSpace space;
            try
            {
                space = ActionSpace.Of(action, names);
            }
            catch (InvalidDataException e)
            {
                throw new InvalidDataException($"{entry.Path}: {e.Message}", e);
            }
            first ??= space;
            if (space != first)
                throw Differ("actions", first.ToString(), space.ToString(), episodes[0].Entry, entry);
        }
        return first!;

        void Same(string what, string a, string b, EpisodeEntry entry)
        {
            if (a != b)
                throw Differ(what, a, b, episodes[0].Entry, entry);
        }
    }

    private static Modality Common(string name, (EpisodeEntry Entry, EpisodeReader Reader)[] episodes, int side)
    {
        (EpisodeEntry Entry, Modality Modality)? first = null;
        foreach ((EpisodeEntry entry, EpisodeReader reader) in episodes)
        {
            if (Modality.Of(name, reader, side) is not { } modality)
                continue; // masked
            first ??= (entry, modality);
            Modality known = first.Value.Modality;
            if (!known.Columns.SequenceEqual(modality.Columns) || !known.Units.SequenceEqual(modality.Units))
                throw Differ($"columns of {name}", Columns(known), Columns(modality), first.Value.Entry, entry);
        }
        return first?.Modality ?? throw new InvalidDataException(
            $"no episode has '{name}'; there are {string.Join(", ", Modality.NamesIn(episodes[0].Reader))}");

        static string Columns(Modality m) => string.Join(", ", m.Columns.Zip(m.Units, (c, u) => $"{c} {u}"));
    }

    private static InvalidDataException Differ(string what, string a, string b, EpisodeEntry of, EpisodeEntry and) =>
        new($"{TrainingEpisode.NameOf(of.Path)} and {TrainingEpisode.NameOf(and.Path)} have different {what}: {a}, and {b}. "
            + "One model learns from one kind: give them roots of their own.");

    private static DatasetSummary Summarise(
        string root, TrainingEpisode[] episodes, DataPart[] parts, IReadOnlyList<Modality> modalities, ActionSpace actions,
        IReadOnlyList<string> leftOut)
    {
        EpisodeMetadata first = episodes[0].Metadata;
        long frames = episodes.Sum(e => (long)e.Frames);
        return new()
        {
            Name = Path.GetFileName(Path.TrimEndingDirectorySeparator(Path.GetFullPath(root))),
            Episodes = episodes.Length,
            Train = parts.Count(p => p == DataPart.Train),
            Validation = parts.Count(p => p == DataPart.Validation),
            Test = parts.Count(p => p == DataPart.Test),
            Frames = frames,
            Hours = frames / first.RateHz / 3600,
            RateHz = first.RateHz,
            Robot = first.Robot?.Model,
            Tasks = Counts(episodes, e => e.Metadata.Task),
            ActionSources = Counts(episodes, e => e.Metadata.ActionSource ?? "unknown"),
            Actions = actions,
            Modalities = modalities,
            LeftOut = leftOut,
            Digest = DigestOf(episodes),
        };
    }

    private static SortedDictionary<string, int> Counts(TrainingEpisode[] episodes, Func<TrainingEpisode, string> by) =>
        new(episodes.GroupBy(by).ToDictionary(g => g.Key, g => g.Count()), StringComparer.Ordinal);

    private static string DigestOf(TrainingEpisode[] episodes)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (TrainingEpisode episode in episodes)
        {
            hash.AppendData(Encoding.UTF8.GetBytes($"{episode.Name} {episode.Frames}\n"));
            if (Path.Combine(episode.Folder, EpisodeLayout.Sums) is var sums && File.Exists(sums))
                hash.AppendData(File.ReadAllBytes(sums));
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
