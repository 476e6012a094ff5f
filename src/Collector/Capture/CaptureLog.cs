using System.Text;
using System.Text.Json;
using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Capture;

/// <summary>What became of a log.</summary>
/// <param name="Failure">Null: everything is on the disk. Else one line: what was not, why, and what to do.</param>
/// <param name="Lost">Messages that the disk did not take.</param>
public sealed record CaptureResult(
    string Path, string? Failure, long Bytes, long Lost, IReadOnlyList<CaptureCounters> Streams, SyncStatistics Sync);

/// <summary>
/// The raw log of one episode: every sample of every stream at its own rate, and every tick, command and event, in one MCAP file. Streams
/// come through their lossless queues, the rest through queues of its own; one thread empties them all into chunks. Logs are independent
/// of each other: the next one may start while the last one is still being finished.
/// </summary>
public sealed class CaptureLog : IDisposable
{
    private const long PollNs = 5_000_000;

    /// <summary>How long after the end a sample that had arrived before it may take to be published by its device's thread.</summary>
    private const long StragglerNs = 100_000_000;

    private readonly List<StreamLog> _streams = [];
    private readonly BoundedQueue<TickRecord> _ticks = new(1024);
    private readonly BoundedQueue<CommandRecord> _commands = new(1024);
    private readonly BoundedQueue<CaptureEvent> _events = new(1024);
    private readonly RecordPool<PlanRecord>? _plans;
    private readonly RecordPool<DecisionRecord>? _decisions;
    private readonly TaskCompletionSource<CaptureResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly FolderLock _lock;
    private readonly McapWriter _writer;
    private readonly LogTarget _target;
    private readonly DeviceThread _thread;
    private readonly Lock _stopGate = new();
    private McapChannel _tickChannel = null!, _commandChannel = null!, _eventChannel = null!;
    private McapChannel? _planChannel, _decisionChannel;
    private Ending? _ending;
    private long _lastArrivalNs = long.MaxValue; // of the ending, where there is one
    private uint _eventsWritten;
    private volatile bool _closed;

    private sealed record Ending(long LastArrivalNs, string Metadata);

    private CaptureLog(
        string folder, CaptureStreams streams, string metadata, WallClockAnchor anchor, McapWriterOptions? options, PlanShape? plans)
    {
        Subscribe(streams); // before anything that may wait for a disk
        if (plans is not null)
            (_plans, _decisions) = (new(() => new(plans)), new(() => new(plans)));
        StartedNs = HostClock.NowNs;
        Folder = folder;
        FolderLock? taken = null;
        try
        {
            Directory.CreateDirectory(folder);
            taken = FolderLock.TryTake(folder, FolderLock.Writer) ?? throw new IOException(
                $"{folder} is being recorded by another process (it holds {FolderLock.Writer}): end that one first");
            options ??= new McapWriterOptions();
            _writer = new McapWriter(System.IO.Path.Combine(folder, FileName), options);
        }
        catch (Exception)
        {
            foreach (var stream in _streams)
                stream.Abandon();
            taken?.Dispose();
            throw;
        }
        _lock = taken;
        _target = new LogTarget(_writer, anchor);
        _writer.AddMetadata(CaptureTopics.MetadataName, new Dictionary<string, string>
        {
            ["phase"] = "start",
            ["anchor_monotonic_ns"] = anchor.MonotonicNs.ToString(),
            ["anchor_unix_ns"] = anchor.UnixNs.ToString(),
            ["json"] = metadata,
        });
        MakeChannels();
        _thread = new DeviceThread("capture", _ => Run());
    }

    /// <summary>The log's name within its folder.</summary>
    public const string FileName = "capture.mcap";

    public string Folder { get; }

    /// <summary>The file.</summary>
    public string Path => _writer.Path;

    /// <summary>Host time from which on every sample that arrives is in the log.</summary>
    public long StartedNs { get; }

    /// <summary>Null while all is well, else one line: what failed and what to do. The log takes nothing more then.</summary>
    public string? Failure => _writer.Failure;

    /// <summary>Bytes in the file so far.</summary>
    public long Bytes => _writer.Bytes;

    /// <inheritdoc cref="SyncStatistics"/>
    public SyncStatistics Sync => _writer.Sync;

    /// <summary>Counts of each stream so far.</summary>
    public IReadOnlyList<CaptureCounters> Counters => [.. _streams.Select(s => s.Counters)];

    /// <summary>Ticks, commands, plans, decisions and events that found their queue full.</summary>
    public long Refused =>
        _ticks.Refused + _commands.Refused + _events.Refused + (_plans?.Refused ?? 0) + (_decisions?.Refused ?? 0);

    /// <summary>Completes when the log is closed.</summary>
    public Task<CaptureResult> Completion => _done.Task;

    /// <summary>Starts a log in a recording's folder (<c>demo_007.recording</c>), which is made where it is missing.</summary>
    /// <param name="metadata">JSON: cell, task, grid, streams, cameras, clocks. Stands in the file's first metadata record.</param>
    /// <param name="anchor">Ties the samples' times to the wall clock.</param>
    /// <param name="plans">Sizes of a planner's plans; null where none acts.</param>
    /// <exception cref="IOException">The folder is in use, has a log already, or cannot be written.</exception>
    public static CaptureLog Start(
        string folder, CaptureStreams streams, string metadata, WallClockAnchor anchor, McapWriterOptions? options = null,
        PlanShape? plans = null)
    {
        var log = new CaptureLog(folder, streams, metadata, anchor, options, plans);
        log._thread.Start();
        return log;
    }

    /// <summary>From any thread. False: the queue is full (counted in <see cref="Refused"/>) or the log is closed.</summary>
    public bool Write(in TickRecord tick) => !_closed && _ticks.TryEnqueue(tick);

    /// <inheritdoc cref="Write(in TickRecord)"/>
    public bool Write(in CommandRecord command) => !_closed && _commands.TryEnqueue(command);

    /// <inheritdoc cref="Write(in TickRecord)"/>
    public bool Write(in CaptureEvent happened) => !_closed && _events.TryEnqueue(happened);

    /// <summary>
    /// A record to fill and <see cref="Write(PlanRecord)"/>, all from one thread. Null: none is free (counted in <see cref="Refused"/>),
    /// the log is closed, or it takes no plans.
    /// </summary>
    public PlanRecord? RentPlan() => _closed ? null : _plans?.TryRent();

    /// <inheritdoc cref="RentPlan"/>
    public DecisionRecord? RentDecision() => _closed ? null : _decisions?.TryRent();

    /// <summary>Takes a rented record; it is the log's from now on.</summary>
    public void Write(PlanRecord plan) => _plans!.Give(plan);

    /// <inheritdoc cref="Write(PlanRecord)"/>
    public void Write(DecisionRecord decision) => _decisions!.Give(decision);

    /// <summary>
    /// Ends the log in the background: samples that arrived up to a time are in it, and every tick, command and event of before this call.
    /// A second call changes nothing.
    /// </summary>
    /// <param name="metadata">JSON: outcome, clock maps, counters of the caller. Stands in the file's last metadata record.</param>
    /// <param name="lastArrivalNs">Host time; may lie ahead, so that the last slots still get their pictures. Null: now.</param>
    public Task<CaptureResult> Stop(string metadata, long? lastArrivalNs = null)
    {
        lock (_stopGate)
        {
            if (_ending is null)
            {
                var ending = new Ending(lastArrivalNs ?? HostClock.NowNs, metadata);
                Volatile.Write(ref _lastArrivalNs, ending.LastArrivalNs);
                Volatile.Write(ref _ending, ending);
            }
        }
        return _done.Task;
    }

    /// <summary>Ends the log where nobody did, and waits for it.</summary>
    public void Dispose()
    {
        Stop("{}");
        _thread.Dispose();
    }

    private void Subscribe(CaptureStreams streams)
    {
        if (streams.Robot is { } robot)
            _streams.Add(new RobotLog(robot));
        if (streams.Force is { } force)
            _streams.Add(new ForceLog(force));
        if (streams.Gripper is { } gripper)
            _streams.Add(new GripperLog(gripper));
        foreach (var camera in streams.Cameras)
        {
            _streams.Add(new ImageLog(camera.Color, camera, depth: false));
            if (camera.Depth is { } depth)
                _streams.Add(new ImageLog(depth, camera, depth: true));
        }
    }

    private void MakeChannels()
    {
        foreach (var stream in _streams)
            stream.Open(_target);
        _tickChannel = _target.Channel(RosSchemas.Tick, CaptureTopics.Tick);
        _commandChannel = _target.Channel(RosSchemas.Command, CaptureTopics.Command);
        _eventChannel = _target.Channel(RosSchemas.Event, CaptureTopics.Event);
        if (_plans is null)
            return;
        _planChannel = _target.Channel(RosSchemas.Plan, CaptureTopics.Plan);
        _decisionChannel = _target.Channel(RosSchemas.Decision, CaptureTopics.Decision);
    }

    private void Run()
    {
        while (true)
        {
            var ending = Volatile.Read(ref _ending);
            long now = HostClock.NowNs;
            Drain();
            _writer.FlushChunkIfDue(now);
            if (ending is not null && AllArrived(ending, now))
            {
                Finish(ending);
                return;
            }
            AbsoluteGrid.SleepUntil(now + PollNs);
        }
    }

    private void Drain()
    {
        foreach (var stream in _streams)
            stream.Drain(in _lastArrivalNs);
        // A tick's command and decision are put in before the tick: in this order they are in the log before any
        // later tick, as who makes rows relies on.
        while (_commands.TryDequeue(out var command))
            WriteMessage(command);
        while (_decisions is not null && _decisions.TryTake(out var decision))
        {
            WriteMessage(decision);
            _decisions.Return(decision);
        }
        while (_plans is not null && _plans.TryTake(out var plan))
        {
            WriteMessage(plan);
            _plans.Return(plan);
        }
        while (_ticks.TryDequeue(out var tick))
            WriteMessage(tick);
        while (_events.TryDequeue(out var happened))
            WriteMessage(happened);
    }

    /// <summary>A stream that has shown a later sample has no earlier one to come; one that is silent gets a little time.</summary>
    private bool AllArrived(Ending ending, long now)
    {
        if (now <= ending.LastArrivalNs)
            return false;
        if (now > ending.LastArrivalNs + StragglerNs)
            return true;
        foreach (var stream in _streams)
            if (stream.NewestArrivalNs <= ending.LastArrivalNs)
                return false;
        return true;
    }

    private void Finish(Ending ending)
    {
        foreach (var stream in _streams)
            stream.Detach();
        _closed = true;
        Drain();
        _writer.AddMetadata(CaptureTopics.MetadataName, new Dictionary<string, string>
        {
            ["phase"] = "stop",
            ["json"] = ending.Metadata,
            ["counters"] = CountersAsJson(),
        });
        _writer.Close();
        _lock.Dispose();
        _done.SetResult(new CaptureResult(Path, Failure, Bytes, _writer.Lost, Counters, Sync));
    }

    private void WriteMessage(in TickRecord t)
    {
        long log = _target.UnixNs(t.WakeNs), slot = _target.UnixNs(t.SlotNs);
        var w = new CdrWriter(_writer.Begin(_tickChannel, (uint)t.Slot, log, slot, t.WakeNs, CaptureMessages.MaxBytes));
        CaptureMessages.Write(ref w, new RosHeader(slot, ""), t);
        _writer.End(w.Finish().Length);
    }

    private void WriteMessage(in CommandRecord c)
    {
        long time = _target.UnixNs(c.HandedOverNs);
        int room = CaptureMessages.MaxBytes + Encoding.UTF8.GetByteCount(c.Source ?? "");
        var w = new CdrWriter(_writer.Begin(_commandChannel, (uint)c.Tick, time, time, c.HandedOverNs, room));
        CaptureMessages.Write(ref w, new RosHeader(time, ""), c);
        _writer.End(w.Finish().Length);
    }

    private void WriteMessage(PlanRecord p)
    {
        long began = _target.UnixNs(p.BeganNs);
        var w = new CdrWriter(_writer.Begin(
            _planChannel!, (uint)p.Slot, _target.UnixNs(p.EndedNs), began, p.EndedNs, PlanMessages.BytesOf(p)));
        PlanMessages.Write(ref w, new RosHeader(began, ""), p);
        _writer.End(w.Finish().Length);
    }

    private void WriteMessage(DecisionRecord d)
    {
        long slot = _target.UnixNs(d.SlotNs);
        var w = new CdrWriter(_writer.Begin(
            _decisionChannel!, (uint)d.Slot, _target.UnixNs(d.DecidedNs), slot, d.DecidedNs, PlanMessages.BytesOf(d)));
        PlanMessages.Write(ref w, new RosHeader(slot, ""), d);
        _writer.End(w.Finish().Length);
    }

    private void WriteMessage(in CaptureEvent e)
    {
        long time = _target.UnixNs(e.TimeNs);
        int room = CaptureMessages.MaxBytes + Encoding.UTF8.GetByteCount(e.Kind) + Encoding.UTF8.GetByteCount(e.Text);
        var w = new CdrWriter(_writer.Begin(_eventChannel, _eventsWritten++, time, time, e.TimeNs, room));
        CaptureMessages.Write(ref w, new RosHeader(time, ""), e);
        _writer.End(w.Finish().Length);
    }

    private string CountersAsJson()
    {
        using var memory = new MemoryStream();
        using (var json = new Utf8JsonWriter(memory))
        {
            json.WriteStartObject();
            json.WriteStartObject("streams");
            foreach (var c in Counters)
            {
                json.WriteStartObject(c.Stream);
                json.WriteNumber("received", c.Received);
                json.WriteNumber("written", c.Written);
                json.WriteNumber("dropped", c.Dropped);
                json.WriteNumber("bytes", c.Bytes);
                json.WriteEndObject();
            }
            json.WriteEndObject();
            json.WriteNumber("ticks", _ticks.Accepted);
            json.WriteNumber("commands", _commands.Accepted);
            json.WriteNumber("events", _events.Accepted);
            if (_plans is not null)
                json.WriteNumber("plans", _plans.Accepted);
            json.WriteNumber("refused", Refused);
            json.WriteNumber("worst_sync_delay_us", Sync.WorstDelayNs / 1000);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(memory.ToArray());
    }
}
