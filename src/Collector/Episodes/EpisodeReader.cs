using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// An episode's folder, read on demand. A table or picture that the episode does not have is null; a row that is missing has NaN in every
/// number. Nothing is verified beyond what reading needs: that is <see cref="EpisodeVerifier"/>'s.
/// </summary>
public sealed class EpisodeReader
{
    private readonly Dictionary<string, CsvTable?> _tables = [];

    private EpisodeReader(string folder, EpisodeMetadata metadata)
    {
        (Folder, Metadata, Layout) = (folder, metadata, metadata.Layout);
        Shape = EpisodeShape.Of(metadata);
    }

    public string Folder { get; }

    public EpisodeMetadata Metadata { get; }

    public EpisodeLayout Layout { get; }

    public EpisodeShape Shape { get; }

    public int Frames => Metadata.Frames;

    /// <exception cref="InvalidDataException">Its metadata is missing or damaged; names the file.</exception>
    public static EpisodeReader Open(string folder) => new(Path.GetFullPath(folder), EpisodeMetadata.Read(folder));

    /// <summary>A table by its file name (joints.csv …), or null.</summary>
    /// <exception cref="InvalidDataException">It is no table, or not of the episode's number of rows.</exception>
    public CsvTable? Table(string file)
    {
        if (_tables.TryGetValue(file, out CsvTable? table))
            return table;
        string path = Path.Combine(Folder, file);
        if (File.Exists(path))
            table = ReadTable(path);
        return _tables[file] = table;
    }

    public JointsRow[]? ReadJoints() => Rows(EpisodeLayout.Joints, EpisodeLayout.JointColumns, v =>
        new JointsRow(v[0], new Vector6(v.AsSpan(1, 6)), new Vector6(v.AsSpan(7, 6)), new Vector6(v.AsSpan(13, 6)),
            new Vector6(v.AsSpan(19, 6)), new Vector6(v.AsSpan(25, 6))));

    public ForceRow[]? ReadForce() =>
        Rows(EpisodeLayout.Force, EpisodeLayout.ForceColumns, v => new ForceRow(v[0], new Wrench(v[1], v[2], v[3], v[4], v[5], v[6])));

    public GripperRow[]? ReadGripper() =>
        Rows(EpisodeLayout.Gripper, EpisodeLayout.GripperColumns, v => new GripperRow(v[0], v[1], v[2], v[3], v[4] == 1));

    /// <summary>Each row: the time it was handed to the arm (s since t0), then the action's numbers.</summary>
    public (double Timestamp, double[] Action)[]? ReadActions() => Shape.ActionNames is null
        ? null
        : Rows(EpisodeLayout.Actions, EpisodeLayout.ActionColumns(Shape.ActionNames), v => (v[0], v[1..]));

    /// <summary>One stream's sequence, age and status of every frame; null: no such stream.</summary>
    /// <exception cref="InvalidDataException">frames.csv is missing or damaged.</exception>
    public StreamCell[]? ReadStream(string stream)
    {
        if (!Shape.Streams.Contains(stream))
            return null;
        CsvTable table = Table(EpisodeLayout.Frames) ?? throw new InvalidDataException($"{Folder}/{EpisodeLayout.Frames} is not there");
        int sequence = table.Column($"{stream}_seq"), age = table.Column($"{stream}_age_us"), status = table.Column($"{stream}_status");
        if (sequence < 0 || age < 0 || status < 0)
            throw new InvalidDataException($"{Folder}/{EpisodeLayout.Frames} has no columns of {stream}");
        var cells = new StreamCell[table.Rows];
        for (int row = 0; row < cells.Length; row++)
        {
            StreamStatus s = StreamRules.Parse(table.Cell(row, status))
                ?? throw new InvalidDataException(
                    $"{Folder}/{EpisodeLayout.Frames}:{row}: {stream}_status is '{table.Text(row, status)}'");
            cells[row] = s == StreamStatus.Missing
                ? StreamCell.Missing
                : new StreamCell((long)table.Number(row, sequence), (long)(table.Number(row, age) * 1000), s);
        }
        return cells;
    }

    /// <summary>The path of a frame's colour picture, or null: the camera has none, or that frame is missing.</summary>
    public string? ColorPath(string camera, int frame) => Existing(Layout.Rgb(camera, frame));

    /// <summary>The path of a frame's depth, or null.</summary>
    public string? DepthPath(string camera, int frame) => Existing(Layout.Depth(camera, frame));

    private string? Existing(string name) => Path.Combine(Folder, name) is var path && File.Exists(path) ? path : null;

    private CsvTable ReadTable(string path)
    {
        try
        {
            CsvTable table = CsvTable.Read(path);
            return table.Rows == Frames
                ? table
                : throw new InvalidDataException(
                    $"{path} has {table.Rows} rows, the episode {Frames} frames: run `robot episodes verify`.");
        }
        catch (CsvFormatException e)
        {
            throw new InvalidDataException($"{path}{(e.Row is { } row ? $":{row}" : "")}: {e.Message}", e);
        }
    }

    /// <summary>Numbers after the frame column, row by row.</summary>
    private T[]? Rows<T>(string file, IReadOnlyList<string> columns, Func<double[], T> make)
    {
        if (Table(file) is not { } table)
            return null;
        if (!table.Columns.SequenceEqual(columns))
            throw new InvalidDataException(
                $"{Folder}/{file} has the columns {string.Join(",", table.Columns)}; expected {string.Join(",", columns)}");
        var rows = new T[table.Rows];
        var values = new double[columns.Count - 1];
        for (int row = 0; row < rows.Length; row++)
        {
            for (int c = 0; c < values.Length; c++)
                values[c] = table.TryNumber(row, c + 1, out double v)
                    ? v
                    : throw new InvalidDataException($"{Folder}/{file}:{row}: {columns[c + 1]} is no number");
            rows[row] = make(values);
        }
        return rows;
    }
}
