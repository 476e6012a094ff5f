using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>Numbers of a table, a row a frame; 0 where a row has no value.</summary>
/// <param name="Values">[F, D].</param>
/// <param name="Known">[F].</param>
internal sealed record Track(float[] Values, bool[] Known)
{
    public int Size => Known.Length == 0 ? 0 : Values.Length / Known.Length;

    public ReadOnlySpan<float> Row(int frame) => Values.AsSpan(frame * Size, Size);
}

/// <summary>An episode's numbers in memory, and where its pictures are.</summary>
internal sealed class TrainingEpisode
{
    private readonly int[] _actionGaps; // rows without an action before row k, [F + 1]

    private TrainingEpisode(EpisodeReader reader, IReadOnlyList<Modality> modalities, ActionSpace actions, bool maskStale)
    {
        (Name, Folder, Metadata, Layout) = (NameOf(reader.Folder), reader.Folder, reader.Metadata, reader.Layout);
        Vectors = [.. modalities.Select(m => m.Kind == ModalityKind.Vector ? ReadVector(reader, m, maskStale) : null)];
        Pictures = [.. modalities.Select(m => m.Kind == ModalityKind.Vector ? null : Fresh(reader, m.Stream(reader.Shape), maskStale))];
        Actions = ReadTrack(reader, EpisodeLayout.Actions, actions.Names)!; // its metadata has them: the dataset looked
        _actionGaps = new int[Frames + 1];
        for (int k = 0; k < Frames; k++)
            _actionGaps[k + 1] = _actionGaps[k] + (Actions.Known[k] ? 0 : 1);
        Rewards = ReadTrack(reader, EpisodeLayout.Rewards, ["reward", "terminal"]);
    }

    /// <summary>Its folder and the one above, demonstrations/demo_003: the same wherever the dataset lies.</summary>
    public string Name { get; }

    public string Folder { get; }

    public EpisodeMetadata Metadata { get; }

    public EpisodeLayout Layout { get; }

    public int Frames => Metadata.Frames;

    /// <summary>By modality; null for pictures, and for what the episode does not have.</summary>
    public IReadOnlyList<Track?> Vectors { get; }

    /// <summary>By modality: whether a frame has its picture, [F]; null for vectors, and for what the episode does not have.</summary>
    public IReadOnlyList<bool[]?> Pictures { get; }

    /// <summary>Of each row: [F, A].</summary>
    public Track Actions { get; }

    /// <summary>Reward and terminal, [F, 2]; null where no task gave any.</summary>
    public Track? Rewards { get; }

    /// <exception cref="InvalidDataException">A file is damaged; names it.</exception>
    public static TrainingEpisode Read(string folder, IReadOnlyList<Modality> modalities, ActionSpace actions, bool maskStale) =>
        new(EpisodeReader.Open(folder), modalities, actions, maskStale);

    public static string NameOf(string folder) => $"{Path.GetFileName(Path.GetDirectoryName(folder))}/{Path.GetFileName(folder)}";

    /// <summary>Whether every row of [from, to) has an action.</summary>
    public bool ActsFrom(int from, int to) => _actionGaps[to] == _actionGaps[from];

    private static Track? ReadVector(EpisodeReader reader, Modality modality, bool maskStale)
    {
        Track? track = ReadTrack(reader, modality.Source + ".csv", modality.Columns);
        if (track is not null && modality.Stream(reader.Shape) is { } stream && Fresh(reader, stream, maskStale) is { } fresh)
            for (int k = 0; k < fresh.Length; k++)
                if (!fresh[k])
                {
                    track.Known[k] = false;
                    track.Values.AsSpan(k * track.Size, track.Size).Clear();
                }
        return track;
    }

    private static bool[]? Fresh(EpisodeReader reader, string? stream, bool maskStale) =>
        stream is null ? null : reader.ReadStream(stream) is { } cells
            ? [.. cells.Select(c => c.Status != StreamStatus.Missing && !(maskStale && c.Status == StreamStatus.Stale))]
            : null;

    /// <summary>Those columns of a table; null where the episode, by its metadata, does not have them all.</summary>
    private static Track? ReadTrack(EpisodeReader reader, string file, IReadOnlyList<string> names)
    {
        if (reader.Shape.AllTables().FirstOrDefault(t => t.File == file) is not { File: not null } promised
            || !names.All(promised.Columns.Contains))
            return null;
        CsvTable table = reader.Table(file) ?? throw new InvalidDataException($"{reader.Folder}/{file} is not there");
        int[] columns = [.. names.Select(table.Column)];
        if (Array.IndexOf(columns, -1) is >= 0 and var missing)
            throw new InvalidDataException($"{reader.Folder}/{file} has no column {names[missing]}");
        var track = new Track(new float[table.Rows * columns.Length], new bool[table.Rows]);
        for (int row = 0; row < table.Rows; row++)
        {
            Span<float> values = track.Values.AsSpan(row * columns.Length, columns.Length);
            if (!(track.Known[row] = ReadRow(reader, file, table, row, columns, values)))
                values.Clear();
        }
        return track;
    }

    private static bool ReadRow(EpisodeReader reader, string file, CsvTable table, int row, int[] columns, Span<float> values)
    {
        bool known = true;
        for (int i = 0; i < columns.Length; i++)
        {
            if (!table.TryNumber(row, columns[i], out double value))
                throw new InvalidDataException(
                    $"{reader.Folder}/{file}:{row}: {table.Columns[columns[i]]} is '{table.Text(row, columns[i])}', not a number");
            values[i] = (float)value;
            known &= float.IsFinite(values[i]);
        }
        return known;
    }
}
