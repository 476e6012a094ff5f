using System.Collections.Concurrent;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// Writes the files of an episode into a recording's folder: rows and pictures in order, then <see cref="Complete"/>, then
/// <see cref="EpisodeCommit"/>. It starts from nothing: what an earlier run left of these files is removed, the capture log stays. The
/// same input gives the same bytes. Tables belong to one thread; the pictures of each camera may come from one of their own.
/// </summary>
public sealed class EpisodeWriter : IDisposable
{
    private readonly string _folder;
    private readonly EpisodeShape _shape;
    private readonly Dictionary<string, TableWriter> _tables = [];
    private readonly TableWriter? _joints, _force, _gripper, _actions;
    private readonly CsvWriter _frames;
    private readonly StreamTally[] _tallies;
    private readonly List<double> _lateness = [];
    private readonly Dictionary<string, CameraWriter> _cameras = [];
    private readonly ConcurrentDictionary<string, string> _digests = new();

    public EpisodeWriter(string folder, EpisodeShape shape)
    {
        (_folder, _shape) = (folder, shape);
        RemoveOld();
        foreach ((string file, IReadOnlyList<string> columns) in shape.AllTables())
            _tables[file] = new TableWriter(Create(file), columns);
        _joints = _tables.GetValueOrDefault(EpisodeLayout.Joints);
        _force = _tables.GetValueOrDefault(EpisodeLayout.Force);
        _gripper = _tables.GetValueOrDefault(EpisodeLayout.Gripper);
        _actions = _tables.GetValueOrDefault(EpisodeLayout.Actions);
        _frames = new CsvWriter(Create(EpisodeLayout.Frames), EpisodeLayout.FrameColumns(shape.Streams));
        _tallies = [.. shape.Streams.Select(s => new StreamTally(s))];
        var layout = new EpisodeLayout(shape.Cameras);
        foreach (string camera in shape.Cameras)
            _cameras[camera] = new CameraWriter(folder, camera, layout, shape, _digests);
    }

    /// <summary>
    /// SHA-256 of the files written so far, for <see cref="EpisodeCommit.Commit"/>: pictures at once, tables after
    /// <see cref="Complete"/>.
    /// </summary>
    public IReadOnlyDictionary<string, string> Digests => _digests;

    /// <summary>Rows of frames.csv.</summary>
    public int Frames => _frames.Rows;

    /// <summary>The next row of joints.csv; null where the robot is missing.</summary>
    public void Joints(in JointsRow? row)
    {
        TableWriter table = Expect(_joints, EpisodeLayout.Joints);
        if (row is not { } r)
        {
            table.Missing();
            return;
        }
        Span<double> values = stackalloc double[30];
        Put(r.Q, values);
        Put(r.Qd, values[6..]);
        Put(r.Current, values[12..]);
        Put(r.TcpPose, values[18..]);
        Put(r.TcpVelocity, values[24..]);
        table.Row(r.Timestamp, values);
    }

    /// <summary>The next row of force.csv; null where the sensor is missing.</summary>
    public void Force(in ForceRow? row)
    {
        TableWriter table = Expect(_force, EpisodeLayout.Force);
        if (row is { Wrench: var w } r)
            table.Row(r.Timestamp, [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz]);
        else
            table.Missing();
    }

    /// <summary>The next row of gripper.csv; null where the gripper is missing.</summary>
    public void Gripper(in GripperRow? row)
    {
        TableWriter table = Expect(_gripper, EpisodeLayout.Gripper);
        if (row is { } r)
            table.Row(r.Timestamp, [r.Position, r.WidthM, r.ForceN, r.ObjectDetected ? 1 : 0]);
        else
            table.Missing();
    }

    /// <summary>The next row of actions.csv; empty values where the tick was skipped and issued none.</summary>
    /// <param name="timestamp">When it was handed to the arm, s since t0.</param>
    public void Action(double timestamp, ReadOnlySpan<double> action)
    {
        TableWriter table = Expect(_actions, EpisodeLayout.Actions);
        if (action.IsEmpty)
            table.Missing();
        else
            table.Row(timestamp, action);
    }

    /// <summary>
    /// The next row of a further table, of rewards (reward, terminal, success) or of task; empty values where there are none.
    /// </summary>
    /// <param name="name">Without .csv.</param>
    public void Table(string name, double timestamp, ReadOnlySpan<double> values)
    {
        TableWriter table = Expect(_tables.GetValueOrDefault(name + ".csv"), name + ".csv");
        if (values.IsEmpty)
            table.Missing();
        else
            table.Row(timestamp, values);
    }

    /// <summary>The next row of frames.csv.</summary>
    /// <param name="latenessUs">Of the tick; NaN where it was skipped.</param>
    /// <param name="streams">In the order of <see cref="EpisodeShape.Streams"/>.</param>
    public void Frame(TickStatus tick, double latenessUs, ReadOnlySpan<StreamCell> streams)
    {
        if (streams.Length != _tallies.Length)
            throw new ArgumentException($"{streams.Length} streams were given, the episode has {_tallies.Length}", nameof(streams));
        double slot = StreamRules.Slot(_frames.Rows, _shape.RateHz);
        _frames.Cell((long)_frames.Rows);
        _frames.Cell(slot);
        _frames.Cell(slot);
        _frames.Cell(tick == TickStatus.Ok ? "ok" : "skipped");
        if (tick == TickStatus.Ok)
            _frames.Cell(latenessUs);
        else
            _frames.Empty();
        _lateness.Add(tick == TickStatus.Ok ? latenessUs : double.NaN);
        for (int i = 0; i < streams.Length; i++)
        {
            StreamCell cell = streams[i];
            if (cell.Status == StreamStatus.Missing)
            {
                _frames.Empty(2);
            }
            else
            {
                _frames.Cell(cell.Sequence);
                _frames.Cell(StreamRules.AgeUs(cell.AgeNs));
            }
            _frames.Cell(StreamRules.Name(cell.Status));
            _tallies[i].Add(cell);
        }
        _frames.EndRow();
    }

    /// <summary>Writes rgb/000017.png from 8-bit RGB, rows from the top.</summary>
    public void Color(string camera, int frame, ReadOnlySpan<byte> rgb, int width, int height) =>
        _cameras[camera].Color(frame, rgb, width, height);

    /// <summary>Writes depth/000017.npz from little-endian 16-bit values, rows from the top.</summary>
    public void Depth(string camera, int frame, ReadOnlySpan<byte> depth, int width, int height) =>
        _cameras[camera].Depth(frame, depth, width, height);

    /// <summary>Writes the last colour picture of the camera again, as another frame's.</summary>
    public void RepeatColor(string camera, int frame) => _cameras[camera].RepeatColor(frame);

    /// <summary>Writes the last depth picture of the camera again, as another frame's.</summary>
    public void RepeatDepth(string camera, int frame) => _cameras[camera].RepeatDepth(frame);

    /// <summary>
    /// Ends the tables, syncs all that was written, and only then writes metadata.json: the draft, with frames, duration, tick, statistics
    /// and each stream's row counts filled in.
    /// </summary>
    /// <exception cref="InvalidOperationException">Tables of different lengths: a mistake of the caller.</exception>
    public EpisodeMetadata Complete(EpisodeMetadata draft)
    {
        int frames = _frames.Rows;
        _frames.Dispose();
        foreach ((string file, TableWriter table) in _tables)
        {
            if (table.Rows != frames)
                throw new InvalidOperationException($"{file} has {table.Rows} rows, {EpisodeLayout.Frames} {frames}");
            table.Dispose();
        }
        foreach (string file in _tables.Keys.Append(EpisodeLayout.Frames))
            _digests[file] = EpisodeSums.DigestOf(Path.Combine(_folder, file));

        var statistics = new Dictionary<string, ModalityStatistics>();
        foreach ((string file, TableWriter table) in _tables)
            statistics[Path.GetFileNameWithoutExtension(file)] = table.Statistics.Result();
        foreach (CameraWriter camera in _cameras.Values)
            camera.AddStatistics(statistics);
        EpisodeMetadata metadata = draft with
        {
            Frames = frames,
            Duration = frames / _shape.RateHz,
            Tick = draft.Tick is null ? null : TickReport.From(_lateness),
            Streams = _tallies.ToDictionary(
                t => t.Stream, t => draft.Streams[t.Stream] with { Counts = t.CountsOver(draft.Streams[t.Stream].Counts) }),
            Statistics = statistics,
        };
        byte[] json = metadata.ToJson();
        DurableFiles.SyncFileSystem(_folder);
        DurableFiles.Replace(Path.Combine(_folder, EpisodeLayout.Metadata), json);
        DurableFiles.SyncFolder(_folder);
        _digests[EpisodeLayout.Metadata] = EpisodeSums.DigestOf(json);
        return metadata;
    }

    public void Dispose()
    {
        _frames.Dispose();
        foreach (TableWriter table in _tables.Values)
            table.Dispose();
    }

    private static void Put(Vector6 six, Span<double> to) => ((ReadOnlySpan<double>)six).CopyTo(to);

    private static TableWriter Expect(TableWriter? table, string file) =>
        table ?? throw new InvalidOperationException($"this episode has no {file}: its shape does not name the stream");

    private FileStream Create(string file) =>
        new(Path.Combine(_folder, file), FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private void RemoveOld()
    {
        File.Delete(Path.Combine(_folder, EpisodeLayout.Metadata)); // first: with it the folder would count as complete
        foreach (string picture in new[] { "rgb", "depth" }.Select(f => Path.Combine(_folder, f)).Where(Directory.Exists))
            Directory.Delete(picture, recursive: true);
        foreach (string file in Directory.EnumerateFiles(_folder))
            if (file.EndsWith(".csv", StringComparison.Ordinal) || Path.GetFileName(file) == EpisodeLayout.Sums)
                File.Delete(file);
    }

    private sealed class TableWriter(Stream output, IReadOnlyList<string> columns) : IDisposable
    {
        private readonly CsvWriter _csv = new(output, columns);

        public TableStatistics Statistics { get; } = new(columns.Count - 2);

        public int Rows => _csv.Rows;

        public void Row(double timestamp, ReadOnlySpan<double> values)
        {
            _csv.Cell((long)_csv.Rows);
            _csv.Cell(timestamp);
            foreach (double v in values)
            {
                if (double.IsNaN(v))
                    _csv.Empty(); // nobody has sent it
                else
                    _csv.Cell(v);
            }
            _csv.EndRow();
            Statistics.Add(values);
        }

        public void Missing()
        {
            _csv.Cell((long)_csv.Rows);
            _csv.Empty(columns.Count - 1);
            _csv.EndRow();
        }

        public void Dispose() => _csv.Dispose();
    }
}

/// <summary>Counts of one stream over the rows of frames.csv.</summary>
internal sealed class StreamTally(string stream)
{
    private long? _last;
    private long _used;
    private int _stale, _repeated, _missing;

    public string Stream { get; } = stream;

    public void Add(in StreamCell cell)
    {
        _stale += cell.Status == StreamStatus.Stale ? 1 : 0;
        _repeated += cell.Status == StreamStatus.Repeated ? 1 : 0;
        _missing += cell.Status == StreamStatus.Missing ? 1 : 0;
        long? now = cell.Status == StreamStatus.Missing ? null : cell.Sequence;
        _used += now is not null && now != _last ? 1 : 0;
        _last = now;
    }

    public StreamCounts CountsOver(StreamCounts samples) =>
        samples with { Used = _used, Stale = _stale, Repeated = _repeated, Missing = _missing };
}
