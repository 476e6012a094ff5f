using System.Runtime.ExceptionServices;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// Rows of the grid from a recording's messages. A row is written when every stream has spoken past its slot, or has had a second and its
/// latency to do so; t0 is the first slot at which every stream is fresh.
/// </summary>
internal sealed class RowWriter : IDisposable
{
    /// <summary>Ticks and commands of a slot have been read when the log is this far beyond it.</summary>
    private const long TickMarginNs = 60_000_000;

    /// <summary>A stream that has not spoken for this long beyond the slowest one's latency is not waited for.</summary>
    private const long PatienceNs = 1_000_000_000;

    private readonly RecordingHeader _header;
    private readonly EpisodeWriter _writer;
    private readonly AbsoluteGrid _grid;
    private readonly ActionColumn? _actions;
    private readonly PlanRows? _plans;
    private readonly Dictionary<long, TickRecord> _ticks = [];
    private readonly StreamCell[] _cells;
    private readonly string[] _order;
    private readonly Dictionary<string, (CameraRows Camera, bool Depth)> _cameraOf = []; // by picture stream
    private readonly CameraRows[] _cameras;
    private readonly long _patienceNs;
    private long _next, _newestArrivalNs = long.MinValue, _t0Slot, _newestTick = long.MinValue;

    /// <param name="t0Slot">Row 0, whether every stream is fresh there or not; null: it is sought.</param>
    public RowWriter(string folder, RecordingHeader header, long? t0Slot = null)
    {
        _header = header;
        string[] cameras = [.. header.Cameras.Select(c => c.Name)];
        _order = EpisodeLayout.OrderStreams(header.Streams.Keys, cameras);
        var layout = new EpisodeLayout(cameras);
        _writer = new EpisodeWriter(folder, new(header.RateHz, cameras, _order, header.Action?.Names,
            header.Tables?.ToDictionary(t => t.Key, t => t.Value.Columns) ?? [],
            header.Cameras.Where(c => c.DepthScale is not null).ToDictionary(c => c.Name, c => c.DepthScale!.Value)));
        _grid = new(header.RateHz, header.GridOriginNs);
        (_next, _t0Slot) = (t0Slot ?? header.FirstSlot, t0Slot ?? long.MinValue);
        _patienceNs = PatienceNs + (long)(header.Streams.Values.Select(s => s.LatencyMs).DefaultIfEmpty().Max() * 1e6);
        _cells = new StreamCell[_order.Length];
        Streams = new(header);
        _actions = header.Action is { } action ? new(_writer, action) : null;
        _plans = header.Planner is { } planner ? new(_writer, folder, planner.Shape) : null;
        bool check = header.Keep != "all"; // the log's pictures will go: their files must be known to be good
        _cameras = [.. cameras.Select(c => new CameraRows(folder, c, layout, _writer, check))];
        foreach (var (name, rows) in cameras.Zip(_cameras))
        {
            _cameraOf[EpisodeLayout.RgbStream(name)] = (rows, false);
            _cameraOf[EpisodeLayout.DepthStream(name)] = (rows, true);
        }
    }

    public RecordedStreams Streams { get; }

    /// <summary>No row is written beyond it; where the end is known before the log is read.</summary>
    public long LastSlot { get; init; } = long.MaxValue;

    public int Frames => _writer.Frames;

    /// <summary>Sum of the rewards of the rows so far; null where the task defines none.</summary>
    public double? Return => _plans?.Return;

    /// <summary>Rows in which some stream was stale.</summary>
    public int StaleRows { get; private set; }

    /// <summary>Host monotonic time of row 0.</summary>
    public long T0Ns => _grid.TimeOf(_t0Slot);

    /// <summary>Rows written of those that the log has samples for.</summary>
    public double ShareWritten => _newestArrivalNs == long.MinValue ? 0
        : Math.Clamp((double)(_next - _header.FirstSlot) / Math.Max(1, _grid.SlotAt(_newestArrivalNs) - _header.FirstSlot), 0, 1);

    public IReadOnlyDictionary<string, string> Digests => _writer.Digests;

    public void Add(in CaptureMessage message)
    {
        _newestArrivalNs = Math.Max(_newestArrivalNs, message.ArrivalNs);
        switch (message.Kind)
        {
            case CaptureKind.Tick:
                var tick = message.Tick();
                _ticks[tick.Slot] = tick;
                _newestTick = Math.Max(_newestTick, tick.Slot);
                break;
            case CaptureKind.Command:
                _actions?.Add(message.Command());
                break;
            case CaptureKind.Plan or CaptureKind.Decision:
                _plans?.Add(message);
                break;
            default:
                Streams.Add(message);
                break;
        }
        // The log goes on for a while after the last slot, for pictures that are late: a slot is one of the episode once a later tick
        // shows it.
        while (_next < _newestTick && _next <= LastSlot && CanNoLongerChange(_grid.TimeOf(_next)))
            Take(_next++);
    }

    /// <summary>Writes what is left: nothing at all where t0 was sought and no slot had all streams fresh.</summary>
    /// <param name="lastSlot">The last of the episode; null: the log was cut off, and it ends where its streams do.</param>
    public void Finish(long? lastSlot, CancellationToken cancel)
    {
        long last = Math.Min(lastSlot ?? LastWholeSlot(), NewestSlot); // no end that is damaged makes rows without end
        while (_next <= last)
        {
            cancel.ThrowIfCancellationRequested();
            Take(_next++);
        }
        _actions?.Finish();
        _plans?.Finish();
        Streams.Clear();
    }

    public EpisodeMetadata Complete(EpisodeMetadata draft) => _writer.Complete(draft);

    public void Dispose() => _writer.Dispose();

    private long NewestSlot => _newestArrivalNs == long.MinValue ? _next - 1 : _grid.SlotAt(_newestArrivalNs);

    private bool CanNoLongerChange(long slotNs) =>
        _newestArrivalNs > slotNs + TickMarginNs && (Streams.SpokenUntilNs > slotNs || _newestArrivalNs > slotNs + _patienceNs);

    /// <summary>Of a log that was cut off: the last slot that ran and that no stream which was still alive leaves open.</summary>
    private long LastWholeSlot()
    {
        long until = _newestArrivalNs - TickMarginNs;
        if (Streams.SpokenUntilNs > until - _patienceNs)
            until = Math.Min(until, Streams.SpokenUntilNs);
        return _newestArrivalNs == long.MinValue ? _next - 1 : Math.Min(_newestTick, _grid.SlotAt(until));
    }

    /// <summary>Every stream is fresh, and the log has the slot's tick: a recording's first samples come before its first tick.</summary>
    private bool CanBeFirst(long slot) => Streams.AllFresh(_grid.TimeOf(slot)) && _ticks.ContainsKey(slot);

    private void Take(long slot)
    {
        long slotNs = _grid.TimeOf(slot);
        if (_t0Slot == long.MinValue && !CanBeFirst(slot))
        {
            // Kept until some slot is t0, two cameras' pictures would fill the memory at 92 MB/s. Where no slot ever is, who reads the log
            // reads it again.
            _ticks.Remove(slot);
            _actions?.Forget(slot);
            _plans?.Forget(slot);
            Streams.Forget(slotNs);
            return;
        }
        if (_t0Slot == long.MinValue)
            _t0Slot = slot;
        Write(slot, slotNs);
        Streams.Forget(slotNs);
    }

    private void Write(long slot, long slotNs)
    {
        int frame = _writer.Frames;
        JointsRow? joints = null;
        GripperRow? gripper = null;
        for (int i = 0; i < _order.Length; i++)
        {
            switch (_order[i])
            {
                case EpisodeLayout.RobotStream:
                    _cells[i] = Streams.Robot(slotNs, T0Ns, out joints);
                    _writer.Joints(joints);
                    break;
                case EpisodeLayout.ForceStream:
                    _cells[i] = Streams.Force(slotNs, T0Ns, out var force);
                    _writer.Force(force);
                    break;
                case EpisodeLayout.GripperStream:
                    _cells[i] = Streams.Gripper(slotNs, T0Ns, out gripper);
                    _writer.Gripper(gripper);
                    break;
                default:
                    _cells[i] = Picture(_order[i], slotNs);
                    break;
            }
        }
        WritePictures(frame);
        _actions?.Row(slot, slotNs, T0Ns, joints, gripper);
        _plans?.Row(slot, StreamRules.Slot(frame, _header.RateHz));
        bool ran = _ticks.Remove(slot, out var tick);
        _writer.Frame(ran ? TickStatus.Ok : TickStatus.Skipped, tick.LatenessNs * 1e-3, _cells);
        if (Array.Exists(_cells, c => c.Status == StreamStatus.Stale))
            StaleRows++;
    }

    private StreamCell Picture(string stream, long slotNs)
    {
        var cell = Streams.Picture(stream, slotNs, out var picture);
        if (picture is not null && picture != HeldPicture.WithoutPixels)
        {
            var (camera, depth) = _cameraOf[stream];
            camera.Take(depth, cell, slotNs, picture);
        }
        return cell;
    }

    // Compressing and reading back take more of the time than all else, and a second core has room for a second camera.
    private void WritePictures(int frame)
    {
        try
        {
            Parallel.ForEach(_cameras, camera => camera.Write(frame));
        }
        catch (AggregateException e)
        {
            ExceptionDispatchInfo.Throw(e.InnerExceptions[0]);
        }
    }
}
