using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Who plans in a recording, and what tables its task has.</summary>
internal sealed record PlannedTask(PlannerDescription Planner, IReadOnlyDictionary<string, TableDescription> Tables);

/// <summary>
/// Episodes from start to the encoder's hands. A recording is a folder demo_NNN.recording with a growing log; ending it hands the folder
/// to an encoder, and the next may start at once. Methods are called one at a time; ticks and commands come from the tick's thread.
/// </summary>
/// <param name="say">Takes a line for the person where something went wrong after the answer was given.</param>
internal sealed class Recorder(
    CellConfig config, CellDevices devices, EncoderJobs encoders, string dataRoot, Func<(long OriginNs, long Slot)> grid,
    Action<string> say)
    : ITickLog
{
    /// <summary>With less room than this for a recording none is started.</summary>
    public const double LeastSeconds = 30;

    /// <summary>After the last slot its pictures may still be on their way; this long beyond their stream's latency.</summary>
    private const long LateSampleNs = 120_000_000;

    private sealed record Running(
        string Id, string Folder, string Task, string Source, CaptureLog Log, long FirstSlot, long StartedNs,
        IReadOnlyDictionary<string, long> LostBefore)
    {
        public TaskCompletionSource<RecordingEnd> Ended { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    private volatile Running? _running, _last;
    private long _slot;

    /// <summary>The running recording's; null where none runs.</summary>
    public CaptureLog? RunningLog => _running?.Log;

    /// <summary>demo_NNN of the running recording; null where none runs.</summary>
    public string? RunningId => _running?.Id;

    /// <summary>The last recording that was ended and not discarded.</summary>
    public string? LastId { get; private set; }

    /// <summary>The last ended recording's log is on the disk, or has failed.</summary>
    public Task LogWritten { get; private set; } = Task.CompletedTask;

    /// <summary>Done when the recording has ended: how, e.g. "ended as success".</summary>
    /// <exception cref="RobotException">It is not the running or the last recording of this service.</exception>
    public Task<RecordingEnd> EndedAsync(string id) => _last is { } last && last.Id == id
        ? last.Ended.Task
        : throw new RobotException(ExitCode.Usage, $"{id} is not the last recording of this service");

    /// <summary>One line where the running log has failed, e.g. a full disk; null while all is well.</summary>
    public string? Failure => _running?.Log.Failure;

    public string DataRoot => dataRoot;

    public string Demonstrations => Path.Combine(dataRoot, "demonstrations");

    public string Trash => Path.Combine(dataRoot, "trash");

    public DiskStatus Disk
    {
        get
        {
            try
            {
                long free = new DriveInfo(dataRoot).AvailableFreeSpace;
                return new(free, free / BytesPerSecond());
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                return new(0, 0); // its disk is gone: there is no room
            }
        }
    }

    public RecordingStatus? Status
    {
        get
        {
            if (_running is not { } r)
                return null;
            long dropped = r.Log.Counters.Sum(c => c.Dropped) + r.Log.Refused;
            double seconds = (HostClock.NowNs - r.StartedNs) * 1e-9;
            return new(r.Id, r.Task, r.Source, seconds, Math.Max(0, Volatile.Read(ref _slot) - r.FirstSlot + 1), dropped,
                encoders.StaleRows(r.Id), r.Log.Bytes);
        }
    }

    /// <summary>Starts a recording and its encoder.</summary>
    /// <param name="source">scripted, freedrive, jog, teleop_…, none, replay, mpc.</param>
    /// <param name="planned">What plans, where something does: its plans are taken too.</param>
    /// <exception cref="RobotException">One runs already (75), a device is away (69), or the disk is full or not writable
    /// (74).</exception>
    public string Start(string task, string source, PlannedTask? planned = null)
    {
        if (_running is { } running)
            throw new RobotException(ExitCode.Busy, $"{running.Id} is being recorded; end it first");
        CheckDevices();
        var disk = Disk;
        if (disk.SecondsLeft < LeastSeconds)
            throw new RobotException(ExitCode.Disk,
                $"{dataRoot}: {disk.FreeBytes / 1e6:0} MB are free, enough for {disk.SecondsLeft:0} s; make room or name another folder "
                + "with --data");
        try
        {
            string folder = EpisodeNaming.CreateRecording(Demonstrations, Trash);
            string id = Path.GetFileNameWithoutExtension(folder);
            var simulation = Simulation(id);
            var (originNs, slot) = grid();
            long firstSlot = slot + 1;
            var header = Header(id, task, source, originNs, firstSlot, simulation) with
            {
                Planner = planned?.Planner,
                Tables = planned?.Tables,
            };
            var log = CaptureLog.Start(folder, CaptureStreams.Of(devices.Arm, devices.Force, devices.Gripper, devices.Cameras),
                header.ToJson(), WallClockAnchor.Now(), plans: planned?.Planner.Shape);
            _running = _last = new(id, folder, task, source, log, firstSlot, HostClock.NowNs,
                devices.Streams.ToDictionary(s => s.Name, s => s.Counters.Lost));
            encoders.Start(id, folder);
            return id;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RobotException(ExitCode.Disk, $"{dataRoot}: {e.Message}");
        }
    }

    /// <summary>Ends the running recording; its encoder finishes and commits it in the background.</summary>
    /// <exception cref="RobotException">None runs.</exception>
    public string Stop(Outcome outcome, EpisodeEnd end, string? note = null, bool stopped = false, int code = ExitCode.Done)
    {
        var running = _running ?? throw new RobotException(ExitCode.Usage, "no recording runs");
        // The slot first: the log has its tick. Of one that runs from here on it may have it, too late to be a row.
        long lastSlot = Math.Max(running.FirstSlot, Volatile.Read(ref _slot));
        _running = null;
        long lateNs = (long)(devices.Streams.Max(s => s.LatencyMs) * 1e6) + LateSampleNs;
        // A device takes back what turns out not to be lost, of before the recording too.
        var footer = new RecordingFooter(outcome, end, note, lastSlot, Clocks(),
            devices.Streams.ToDictionary(s => s.Name, s => Math.Max(0, s.Counters.Lost - running.LostBefore[s.Name])), Motion());
        bool known = running.Log.Failure is not null;
        running.Log.Stop(footer.ToJson(), HostClock.NowNs + lateNs);
        LogWritten = running.Log.Completion.ContinueWith(written =>
        {
            running.Log.Dispose();
            if (!known && LostEnd(Path.Combine(Demonstrations, running.Id), outcome, written.Result) is { } line)
                say(line);
        }, TaskScheduler.Default);
        LastId = running.Id;
        running.Ended.TrySetResult(new(note ?? $"ended as {outcome.ToString().ToLowerInvariant()}", stopped, code));
        return running.Id;
    }

    /// <summary>Moves the running, or else the last, recording to the trash; it can be taken back from there by hand.</summary>
    /// <exception cref="RobotException">There is none.</exception>
    public async Task<string> DiscardAsync()
    {
        string id = _running is null ? LastId ?? throw new RobotException(ExitCode.Usage, "there is no recording to discard")
            : Stop(Outcome.Unknown, EpisodeEnd.Operator, "discarded");
        LastId = null;
        await encoders.CancelAsync(id);
        try
        {
            string folder = Path.Combine(Demonstrations, id);
            EpisodeNaming.Discard(Directory.Exists(folder) ? folder : folder + EpisodeLayout.RecordingSuffix, Trash);
        }
        catch (IOException e)
        {
            throw new RobotException(ExitCode.Disk, $"{id}: cannot be moved to the trash: {e.Message}");
        }
        return id;
    }

    public void Tick(in TickRecord tick)
    {
        _running?.Log.Write(tick);
        Volatile.Write(ref _slot, tick.Slot); // after the log has it: a slot that counts as recorded is there
    }

    public void Command(in CommandRecord command) => _running?.Log.Write(command);

    /// <summary>Marks the running recording: a stop, a device lost or found.</summary>
    public void Event(string kind, string text) => _running?.Log.Write(new CaptureEvent(HostClock.NowNs, kind, text));

    /// <summary>What a person should know of a log that failed while its last samples were on their way: its end went with them.</summary>
    internal static string? LostEnd(string episode, Outcome outcome, CaptureResult written)
    {
        if (written.Failure is not { } failure)
            return null;
        string word = outcome.ToString().ToLowerInvariant();
        string mark = outcome == Outcome.Unknown ? "" : $"; when it is committed, './robot episodes mark {episode} --outcome {word}'";
        return $"{Path.GetFileName(episode)} was ended as {word}, then its log failed: {failure} How it ended is lost with it{mark}";
    }

    private void CheckDevices()
    {
        foreach (var stream in devices.Streams)
            if (RecordingDescription.Obstacle(stream, devices.DeviceOf(stream).Status, HostClock.NowNs) is { } obstacle)
                throw new RobotException(ExitCode.Device, obstacle
                    + (config.Simulation is null ? "" : $" (start the cell: ./robot sim --config {config.File})"));
    }

    private double BytesPerSecond() => RecordingRate.WhileRecording(devices.Cameras.Sum(RecordingRate.Pictures));

    private Dictionary<string, ClockMapReport> Clocks() => devices.Streams.ToDictionary(
        s => s.Name, s => devices.DeviceOf(s).Clock ?? new ClockMapReport("host", 0, 0, 0));

    private MotionTiming? Motion() => devices.Motion?.Report() is { DelayMs: var delay, RoundTripMs: var trip } && double.IsFinite(delay)
        ? new(delay, double.IsFinite(trip) ? trip : null)
        : null;

    private JsonElement? Simulation(string id)
    {
        if (!devices.IsSimulated)
            return null;
        try
        {
            return SimulatedWorld.Describe(config);
        }
        catch (RobotException e)
        {
            say($"{id}: where the objects lie is not recorded, and a replay cannot put them back: {e.Message}");
            return null;
        }
    }

    private RecordingHeader Header(string id, string task, string source, long originNs, long firstSlot, JsonElement? simulation)
    {
        RobotState? state = devices.Arm?.States.TryGetNewest(out var newest) == true ? newest.Value : null;
        return new(id, task, config.RateHz, originNs, firstSlot, RecordingDescription.Configuration(config),
            config.Robot is null ? null : RecordingDescription.Robot(config.Robot, devices.Arm?.Identity, state),
            [.. devices.Cameras.Select(c => c.Info).OfType<CameraInfo>().Select(c => RecordingDescription.Camera(c, config.Calibration))],
            RecordingDescription.Force(devices.Force?.Info, devices.External.Calibration is null ? null : config.Calibration.Wrench,
                devices.External.Tare),
            devices.Arm is null ? null : RecordingDescription.Action(source, devices.Gripper is not null, CellDevices.Limits(config)),
            devices.Streams.ToDictionary(s => s.Name, s => new RecordedStream(s.RateHz, s.LatencyMs)),
            BuildInfo.Software, config.Recording.Keep.ToString().ToLowerInvariant(), Clocks(), simulation);
    }
}
