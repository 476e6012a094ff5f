using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Tests.Episodes;

/// <summary>
/// Small episodes with everything in them: two cameras, one of them with depth; gaps that make rows repeated, stale and missing; skipped
/// ticks; rewards, a task table and a further stream. All from a seed.
/// </summary>
internal static class SyntheticEpisode
{
    public const int Width = 16, Height = 12;
    private const double RateHz = 30;
    private const long SecondNs = 1_000_000_000;

    /// <summary>Writes and commits an episode and returns its path.</summary>
    public static string Commit(string root, int seed, int frames = 40, bool demonstrated = false)
    {
        string recording = Record(root, seed, frames, demonstrated, out IReadOnlyDictionary<string, string> digests);
        return EpisodeCommit.Commit(recording, digests);
    }

    public static string Record(string root, int seed, int frames = 40, bool demonstrated = false) =>
        Record(root, seed, frames, demonstrated, out _);

    public static string Record(string root, int seed, int frames, bool demonstrated, out IReadOnlyDictionary<string, string> digests)
    {
        string recording = EpisodeNaming.CreateRecording(
            Path.Combine(root, EpisodeCatalog.Demonstrations), Path.Combine(root, EpisodeCatalog.Trash));
        digests = Write(recording, seed, frames, demonstrated);
        return recording;
    }

    public static IReadOnlyDictionary<string, string> Write(string recording, int seed, int frames = 40, bool demonstrated = false)
    {
        var random = new Random(seed);
        File.WriteAllBytes(Path.Combine(recording, EpisodeLayout.CaptureLog), Bytes(random, 200 + random.Next(200)));
        EpisodeMetadata draft = Draft(Path.GetFileNameWithoutExtension(recording), demonstrated);
        using var writer = new EpisodeWriter(recording, EpisodeShape.Of(draft));
        double sum = WriteRows(writer, draft, random, frames, demonstrated);
        writer.Complete(draft with { Return = sum });
        return writer.Digests;
    }

    private static double WriteRows(EpisodeWriter writer, EpisodeMetadata draft, Random random, int frames, bool demonstrated)
    {
        EpisodeShape shape = EpisodeShape.Of(draft);
        Source[] sources = [.. shape.Streams.Select(s => new Source(s, draft.Streams[s].RateHz, random, frames / RateHz))];
        var joints = new Vector6[frames];
        var gripper = new double[frames];
        var unmeasured = new bool[frames];
        for (int k = 0; k < frames; k++)
            for (int i = 0; i < 6; i++)
                joints[k][i] = Math.Sin(0.1 * k + i) + 0.01 * random.NextDouble();

        double rewards = 0, held = 0;
        long heldSequence = -1;
        Vector6 robotNoise = default, forceNoise = default;
        var cells = new StreamCell[sources.Length];
        for (int k = 0; k < frames; k++)
        {
            long slotNs = (long)Math.Round(k * (double)SecondNs / RateHz);
            for (int i = 0; i < sources.Length; i++)
                cells[i] = sources[i].At(slotNs);
            for (int i = 0; i < sources.Length; i++)
            {
                StreamCell cell = cells[i];
                double timestamp = StreamRules.Seconds(slotNs - cell.AgeNs);
                bool missing = cell.Status == StreamStatus.Missing;
                unmeasured[k] |= missing && sources[i].Stream is EpisodeLayout.RobotStream or EpisodeLayout.GripperStream;
                bool anew = cell.Status == StreamStatus.Interpolated || k == 0 || cell.Sequence != sources[i].Before;
                switch (sources[i].Stream)
                {
                    case EpisodeLayout.RobotStream:
                        joints[k] = anew ? joints[k] : joints[k - 1];
                        robotNoise = anew ? Six(random) : robotNoise;
                        writer.Joints(missing
                            ? null
                            : new JointsRow(timestamp, joints[k], robotNoise, robotNoise * 2, robotNoise * 3, robotNoise * 0.1));
                        break;
                    case EpisodeLayout.ForceStream:
                        Vector6 f = forceNoise = anew ? Six(random) : forceNoise;
                        writer.Force(missing ? null : new ForceRow(timestamp, new Wrench(f[0], f[1], f[2], f[3], f[4], f[5])));
                        break;
                    case EpisodeLayout.GripperStream:
                        if (cell.Sequence != heldSequence)
                            (held, heldSequence) = (random.NextDouble(), cell.Sequence);
                        gripper[k] = held;
                        writer.Gripper(missing ? null : new GripperRow(timestamp, held, 0.085 * (1 - held), 20, held > 0.5));
                        break;
                    case "tactile":
                        writer.Table("tactile", timestamp, missing ? [] : [cell.Sequence * 0.25, cell.Sequence * 0.5]);
                        break;
                    default:
                        WritePicture(writer, sources[i].Stream, k, cell, random);
                        break;
                }
            }
            bool skipped = k > 0 && random.Next(12) == 0;
            writer.Frame(skipped ? TickStatus.Skipped : TickStatus.Ok, Math.Round(random.NextDouble() * 500, 1), cells);
            double reward = random.NextDouble() - 0.5;
            rewards += reward;
            writer.Table("rewards", StreamRules.Seconds(slotNs), [reward, k == frames - 1 ? 1 : 0, 0]);
            writer.Table("task", StreamRules.Seconds(slotNs), [random.NextDouble(), 0.4, random.NextDouble()]);
            if (!demonstrated)
                writer.Action(StreamRules.Seconds(slotNs + 1_000_000 + random.Next(500_000)), skipped
                    ? []
                    : [.. (joints[k] * 0.9).ToArray(), held]);
        }
        for (int k = 0; demonstrated && k < frames; k++)
        {
            int next = Math.Min(k + 1, frames - 1);
            writer.Action(StreamRules.Seconds((long)Math.Round(k * (double)SecondNs / RateHz)),
                unmeasured[next] ? [] : [.. joints[next].ToArray(), gripper[next]]);
        }
        return rewards;
    }

    private static void WritePicture(EpisodeWriter writer, string stream, int frame, StreamCell cell, Random random)
    {
        string camera = stream.Split('_')[0];
        bool depth = stream.EndsWith("_depth", StringComparison.Ordinal);
        if (cell.Status == StreamStatus.Missing)
            return;
        if (cell.AgeNs > 0 && cell.Status is StreamStatus.Repeated or StreamStatus.Stale && depth)
            writer.RepeatDepth(camera, frame);
        else if (cell.Status is StreamStatus.Repeated or StreamStatus.Stale)
            writer.RepeatColor(camera, frame);
        else if (depth)
            writer.Depth(camera, frame, Bytes(random, Width * Height * 2), Width, Height);
        else
            writer.Color(camera, frame, Bytes(random, Width * Height * 3), Width, Height);
    }

    private static Vector6 Six(Random random) =>
        new([random.NextDouble(), random.NextDouble(), random.NextDouble(),
            random.NextDouble(), random.NextDouble(), random.NextDouble()]);

    private static byte[] Bytes(Random random, int n)
    {
        var bytes = new byte[n];
        random.NextBytes(bytes);
        return bytes;
    }

    /// <summary>A stream's samples and how a slot is filled from them.</summary>
    private sealed class Source
    {
        private readonly List<long> _times = [];
        private readonly long _periodNs;
        private readonly bool _interpolated;

        public Source(string stream, double rateHz, Random random, double seconds)
        {
            Stream = stream;
            _interpolated = stream is EpisodeLayout.RobotStream or EpisodeLayout.ForceStream;
            _periodNs = StreamRules.PeriodNs(rateHz);
            // Camera and gripper lose some samples, so that rows repeat and go stale, and now and then all for longer than half a second.
            long gapAt = random.Next(3) == 0 ? (long)(random.NextDouble() * seconds * SecondNs) + SecondNs / 5 : long.MaxValue;
            long gap = _periodNs * random.Next(2, 5) + (random.Next(2) == 0 ? SecondNs * 6 / 10 : 0);
            for (long t = -random.Next((int)_periodNs); t < (seconds + 0.2) * SecondNs; t += _periodNs)
                if (t < gapAt || t > gapAt + gap)
                    if (t <= 0 || random.Next(15) > 0)
                        _times.Add(t);
        }

        public string Stream { get; }

        /// <summary>The sample of the row before; -1 where there was none.</summary>
        public long Before { get; private set; } = -1;

        private long _now = -1;

        public StreamCell At(long slotNs)
        {
            int newest = _times.FindLastIndex(t => t <= slotNs);
            long age = slotNs - _times[newest];
            StreamStatus status = _interpolated
                ? StreamRules.Interpolated(age, _periodNs)
                : StreamRules.Newest(age, _periodNs, newest == _now);
            Before = _now;
            _now = status == StreamStatus.Missing ? -1 : newest;
            return new StreamCell(newest, status == StreamStatus.Interpolated ? 0 : age, status);
        }
    }

    private static EpisodeMetadata Draft(string id, bool demonstrated)
    {
        var anchor = new WallClockAnchor(1_000_000_000_000, 1_750_000_000_000_000_000);
        long start = anchor.MonotonicNs + 5 * SecondNs;
        var clock = new ClockMapReport("host", 0, 0, 0);
        StreamReport Stream(double rateHz) => new(rateHz, 8, clock, new StreamCounts(100_000, 0, 3, 0, 0, 0));
        var intrinsics = new CameraIntrinsics(Width, Height, 12, 12, 8, 6, [0, 0, 0, 0, 0]);
        return new EpisodeMetadata
        {
            SchemaVersion = EpisodeMetadata.CurrentSchema,
            Id = id,
            Task = "lift the cube",
            Outcome = Outcome.Unknown,
            End = EpisodeEnd.Operator,
            Return = null,
            Note = "für später",
            Start = DateTimeOffset.UnixEpoch.AddTicks(anchor.ToUnixNs(start) / 100),
            StartMonotonicNs = start,
            Anchor = anchor,
            Clock = EpisodeClock.Host,
            RateHz = RateHz,
            Frames = 0,
            Duration = 0,
            Configuration = null,
            Robot = new RobotDescription("UR5e", "20215500001", "5.12.0", [0, 0, 0.145, 0, 0, 0], 0.925),
            Cameras =
            [
                new CameraDescription("wrist", "D435", "1", intrinsics, intrinsics, 0.001,
                    new CameraExtrinsics("flange", [0, 0.05, 0.02], [0, 0, 0])),
                new CameraDescription("scene", "D435", "2", intrinsics, null, null, null),
            ],
            ForceSensor = new ForceSensorDescription("FT 300", "7", [0, 0, 0, 0, 0, 0]),
            Action = new ActionDescription(
                ActionKind.JointPosition, 7, EpisodeLayout.NumberedActionNames(7), [-7, -7, -7, -7, -7, -7, 0], [7, 7, 7, 7, 7, 7, 1],
                demonstrated ? ActionDescription.Demonstrated : "scripted"),
            Streams = new Dictionary<string, StreamReport>
            {
                ["robot"] = Stream(500),
                ["force"] = Stream(100),
                ["gripper"] = Stream(40),
                ["wrist_rgb"] = Stream(30),
                ["wrist_depth"] = Stream(30),
                ["scene_rgb"] = Stream(30),
                ["tactile"] = Stream(60),
            },
            Tables = new Dictionary<string, TableDescription>
            {
                ["rewards"] = new(["reward", "terminal", "success"], ["-", "-", "-"], "distance to goal"),
                ["task"] = new(["cube_x", "cube_y", "cube_z"], ["m", "m", "m"], null),
                ["tactile"] = new(["left", "right"], ["kPa", "kPa"], null),
            },
            Tick = new TickReport(0, 0, 0, 0),
            Software = new SoftwareVersion("0.1.0", "0123456789"),
            Recovered = false,
            Quality = Quality.NotJudged,
            CaptureLog = "numbers",
            Planner = null,
            Simulation = null,
            Statistics = new Dictionary<string, ModalityStatistics>(),
        };
    }
}
