using System.Buffers.Binary;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Grid;

/// <summary>
/// A recording whose samples are computed: joint i at time t is (i + 1) · t, so every interpolated number is known. It lies in the past,
/// so that no test waits for it; it goes through the real log.
/// </summary>
internal sealed class SyntheticRecording
{
    public const double RateHz = 30;
    public const int Slots = 45;
    private const long MillisecondNs = 1_000_000;
    private readonly SampleStream<RobotState> _robot = new("robot", 500, 0);
    private readonly SampleStream<Wrench> _force = new("force", 100, 0);
    private readonly SampleStream<GripperState> _gripper = new("gripper", 50, 0);
    private readonly string _root;
    private readonly string _source;

    public SyntheticRecording(string root, string source = "scripted")
    {
        (_root, _source) = (root, source);
        OriginNs = HostClock.NowNs - 3_000 * MillisecondNs;
        Grid = new(RateHz, OriginNs);
    }

    public long OriginNs { get; }

    public AbsoluteGrid Grid { get; }

    public string Folder => Path.Combine(_root, "demonstrations", "demo_000.recording");

    /// <summary>Robot samples from here to there (ms since the origin) never come.</summary>
    public (int From, int To) RobotGapMs { get; init; } = (int.MaxValue, int.MaxValue);

    /// <summary>This tick never ran.</summary>
    public int SkippedSlot { get; init; } = -1;

    /// <summary>This tick woke so long after its slot, and those of the time until then never ran.</summary>
    public (int Slot, int LateMs) LateTick { get; init; } = (-1, 0);

    /// <summary>The gripper is there and never says anything.</summary>
    public bool SilentGripper { get; init; }

    /// <summary>The arm's controller sends joints and nothing else.</summary>
    public bool JointsOnly { get; init; }

    /// <summary>What the devices say was lost; below 0 where one took back more than it had counted.</summary>
    public long Lost { get; init; }

    /// <summary>The episode's last slot.</summary>
    public int LastSlot { get; init; } = Slots;

    /// <summary>A planner acts: its sizes; see <see cref="WritePlan"/>.</summary>
    public PlanShape? Plans { get; init; }

    /// <summary>Of these slots there is no plan, or it is there only long after the next ones.</summary>
    public (int Without, int Late) PlanSlots { get; init; } = (-1, -100);

    /// <summary>Cameras with colour and depth, by name.</summary>
    public IReadOnlyList<SyntheticCamera> Cameras { get; init; } = [];

    public static ClockMapReport ClockAtStart => new("controller", 7, 1.5, 100);

    public static ClockMapReport ClockAtEnd => new("controller", 9, 1.25, 10);

    /// <summary>Writes the log; whole, or cut off before its end, where zeros may follow up to the length that it had.</summary>
    public async Task RecordAsync(bool cutOff = false, bool zeros = false)
    {
        using var log = CaptureLog.Start(Folder, Streams(), Header().ToJson(), WallClockAnchor.Now(), plans: Plans);
        long published = 0;
        int slot = 0;
        const int SliceMs = 40;
        int lastMs = (LastSlot + 3) * 1000 / 30 / SliceMs * SliceMs + Cameras.Select(c => c.DelayMs).DefaultIfEmpty().Max();
        for (int ms = 0; ms < lastMs; ms += SliceMs)
        {
            while (slot <= LastSlot + 1 && Grid.TimeOf(slot) < OriginNs + (ms + SliceMs) * MillisecondNs) // one was under way at the end
            {
                if (Plans is not null)
                    WritePlan(log, slot);
                WriteTick(log, slot++);
            }
            for (int at = ms; at < ms + SliceMs; at += 2)
                published += Publish(at);
            // As live, the streams stand side by side in the log, not one behind the other.
            Eventually.True(() => log.Counters.Sum(c => c.Written) == published, "the log has taken what was published");
        }
        var clocks = new Dictionary<string, ClockMapReport> { ["robot"] = ClockAtEnd };
        var footer = new RecordingFooter(Outcome.Success, EpisodeEnd.Operator, "a note", LastSlot, clocks,
            new Dictionary<string, long> { ["robot"] = Lost, ["force"] = Lost, ["gripper"] = 0 });
        var result = await log.Stop(footer.ToJson(), OriginNs + lastMs * MillisecondNs);
        Assert.Null(result.Failure);
        if (!cutOff)
            return;
        const int Block = 4096;
        using var file = File.OpenWrite(result.Path);
        long length = file.Length;
        file.SetLength(length * 3 / 4 / Block * Block);
        if (zeros)
            file.SetLength(length);
    }

    /// <summary>As it stands at the log's head.</summary>
    public string Head() => Header().ToJson();

    /// <summary>A log's bytes before its first chunk: no checksum covers them.</summary>
    public static int HeadBytes(ReadOnlySpan<byte> log)
    {
        const byte Chunk = 6;
        int at = 8;
        while (log[at] != Chunk)
            at += 9 + (int)BinaryPrimitives.ReadInt64LittleEndian(log[(at + 1)..]);
        return at;
    }

    public EncodedEpisode Encode()
    {
        using var encoder = new EpisodeEncoder(Folder, _ => { });
        return encoder.Run(CancellationToken.None);
    }

    private int Publish(int ms)
    {
        long ns = OriginNs + ms * MillisecondNs;
        int published = 0;
        double t = ms * 1e-3;
        if (ms < RobotGapMs.From || ms >= RobotGapMs.To)
        {
            var state = new RobotState { Q = new(t, 2 * t, 3 * t, 4 * t, 5 * t, 6 * t) };
            if (JointsOnly)
                state.Current = state.TcpPose = state.TcpSpeed = new Vector6(1, 1, 1, 1, 1, 1) * double.NaN;
            _robot.Publish(new(state, ns, ns + 7, ns + MillisecondNs, ms / 2));
            published++;
        }
        if (ms % 10 == 0)
        {
            _force.Publish(new(new(t, 0, -t, 0, 0, 0), ns, Sample<Wrench>.NoDeviceTime, ns + MillisecondNs, ms / 10));
            published++;
        }
        if (ms % 20 == 0 && !SilentGripper)
        {
            _gripper.Publish(new(new(t / 2, 0.085 * (1 - t / 2), 0, false, false, 0), ns, Sample<GripperState>.NoDeviceTime,
                ns + MillisecondNs, ms / 20));
            published++;
        }
        return published + Cameras.Sum(c => c.Publish(ms, ns));
    }

    private CaptureStreams Streams() => new(_robot, _force, _gripper, [.. Cameras.Select(c => c.Capture)]);

    private void WriteTick(CaptureLog log, int slot)
    {
        long ns = Grid.TimeOf(slot), lateNs = slot == LateTick.Slot ? LateTick.LateMs * MillisecondNs : 50_000;
        bool sleptOver = slot > LateTick.Slot && ns <= Grid.TimeOf(LateTick.Slot) + LateTick.LateMs * MillisecondNs;
        if (slot == SkippedSlot || sleptOver)
            return;
        Eventually.True(() => log.Write(new TickRecord(slot, ns, ns + lateNs, lateNs, 0, 30_000, 1000)), "the log takes a tick");
        Eventually.True(() => log.Write(new CommandRecord
        {
            Tick = slot,
            Source = _source,
            GuardedQ = new(slot, 0, 0, 0, 0, 0),
            Gripper = 0,
            DueNs = ns,
            HandedOverNs = ns + lateNs + 10_000,
        }), "the log takes a command");
    }

    private void WritePlan(CaptureLog log, int slot)
    {
        int planned = slot == PlanSlots.Late ? -1 : slot == PlanSlots.Late + 8 ? PlanSlots.Late : slot;
        foreach (int at in planned == slot || planned < 0 ? [planned] : (int[])[planned, slot])
            if (at >= 0 && at != PlanSlots.Without)
                PlanOf(log, at);
        DecisionRecord? d = null;
        Eventually.True(() => (d = log.RentDecision()) is not null, "a decision's record is free");
        (d!.Slot, d.SlotNs, d.DecidedNs, d.Seen) = (slot, Grid.TimeOf(slot), Grid.TimeOf(slot), slot != PlanSlots.Without);
        (d.Late, d.Fallback) = (slot == PlanSlots.Late, slot == PlanSlots.Late || slot == PlanSlots.Without);
        (d.Reward, d.Terminal, d.Success) = (0.5, false, slot > 20);
        Array.Fill(d.Action, slot == PlanSlots.Without ? float.NaN : slot * 0.25f);
        Array.Fill(d.Guarded, slot);
        Array.Fill(d.Observation, slot * 0.5f);
        log.Write(d);
    }

    private void PlanOf(CaptureLog log, int slot)
    {
        PlanRecord? p = null;
        Eventually.True(() => (p = log.RentPlan()) is not null, "a plan's record is free");
        (p!.Slot, p.BeganNs, p.EndedNs) = (slot, Grid.TimeOf(slot) - 20 * MillisecondNs, Grid.TimeOf(slot) - 15 * MillisecondNs);
        (p.Seed, p.Number, p.Shift, p.Iterations, p.Warm) = (7, (ulong)slot, 1, 3, slot > 5);
        p.ExpectedReturn = slot;
        foreach (float[] values in (float[][])[p.Latent, p.ActionBefore, p.WarmStart, p.Carried, p.Sequence, p.EliteReturns])
            Array.Fill(values, slot * 0.25f);
        log.Write(p);
    }

    private Dictionary<string, TableDescription> Tables() => new()
    {
        [RecordingHeader.TaskTable] = new([.. Enumerable.Range(0, Plans!.Observation).Select(i => $"o{i}")],
            [.. Enumerable.Repeat("m", Plans.Observation)], null),
        [RecordingHeader.RewardTable] = new(["reward", "terminal", "success"], ["-", "-", "-"], "half a point"),
    };

    private RecordingHeader Header() => new("demo_000", "test", RateHz, OriginNs, 1, JsonDocument.Parse("{}").RootElement,
        new("UR5e", "20235500000", "5.12.4", new double[6], 1), [.. Cameras.Select(c => CameraDescription.From(c.Info))],
        new("FT 300", "", new double[6]),
        new(ActionKind.JointPosition, 7, EpisodeLayout.NumberedActionNames(7), null, null, _source),
        Recorded().ToDictionary(s => s.Name, s => new RecordedStream(s.RateHz, s.LatencyMs)), new("0.1.0", "test"), "numbers",
        new Dictionary<string, ClockMapReport> { ["robot"] = ClockAtStart },
        Planner: Plans is null ? null
            : new("cem", "runs/reach", new string('a', 64), JsonDocument.Parse("""{"seed": 7}""").RootElement, Plans),
        Tables: Plans is null ? null : Tables());

    private IEnumerable<ISampleStream> Recorded() => [_robot, _force, _gripper, .. Cameras.SelectMany(c => c.Streams)];
}

/// <summary>A camera of tiny pictures, each of one shade that tells its number.</summary>
internal sealed class SyntheticCamera(string name, int latencyMs = 0)
{
    public const int Width = 4, Height = 3, PeriodMs = 34;
    private const double RateHz = 1000.0 / PeriodMs;
    private readonly SampleStream<ImageFrame> _color = new(EpisodeLayout.RgbStream(name), RateHz, latencyMs);
    private readonly SampleStream<ImageFrame> _depth = new(EpisodeLayout.DepthStream(name), RateHz, latencyMs);
    private readonly FramePool _colorPool = new(Width, Height, PixelFormat.Rgb8, 16);
    private readonly FramePool _depthPool = new(Width, Height, PixelFormat.Depth16, 16);

    public CameraInfo Info { get; } = new(name, "simulated", "1", new(Width, Height, 3, 3, 2, 1.5, [0, 0, 0, 0, 0]),
        new(Width, Height, 3, 3, 2, 1.5, [0, 0, 0, 0, 0]), 0.001, "base", Pose.Identity);

    public CaptureCamera Capture => new(Info.Name, _color, _depth, () => Info);

    public IEnumerable<ISampleStream> Streams => [_color, _depth];

    /// <summary>The number of the picture that is taken at a time; null: none is.</summary>
    public Func<int, long?> Number { get; init; } = ms => ms % PeriodMs == 0 ? ms / PeriodMs : null;

    /// <summary>From when a picture is taken until it arrives.</summary>
    public int DelayMs { get; init; }

    /// <summary>Publishes what arrives at a time, and returns how many pictures that were.</summary>
    public int Publish(int ms, long ns)
    {
        int taken = ms - DelayMs;
        if (Number(taken) is not { } number)
            return 0;
        long takenNs = ns - DelayMs * 1_000_000L;
        _color.Publish(new(Fill(_colorPool, taken), takenNs, takenNs + 7, ns + 1_000_000, number));
        _depth.Publish(new(Fill(_depthPool, taken), takenNs, takenNs + 7, ns + 1_000_000, number));
        return 2;
    }

    private static ImageFrame Fill(FramePool pool, int ms)
    {
        ImageFrame? frame = null;
        Eventually.True(() => (frame = pool.TryRent()) is not null, "a frame is given back");
        frame!.Pixels.Fill((byte)(100 + ms / 2 % 150));
        return frame;
    }
}
