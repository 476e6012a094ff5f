using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>Writes an episode of the fake scene in the standard format.</summary>
internal static class FakeEpisode
{
    public const int Width = 160, Height = 120;
    private const double RateHz = 30;

    /// <returns>The episode's folder.</returns>
    public static string Write(
        string data, string id, int frames = 20, string task = "pick the ball", string outcome = "success", bool depth = true,
        params string[] cameras)
    {
        string recording = Path.Combine(data, EpisodeCatalog.Demonstrations, id + EpisodeLayout.RecordingSuffix);
        Directory.CreateDirectory(recording);
        EpisodeMetadata draft = Draft(id, task, outcome, depth, cameras.Length == 0 ? ["wrist", "scene"] : cameras);
        using (var writer = new EpisodeWriter(recording, EpisodeShape.Of(draft)))
        {
            for (int k = 0; k < frames; k++)
                Row(writer, draft, k);
            writer.Complete(draft);
        }
        return EpisodeCommit.Commit(recording);
    }

    private static void Row(EpisodeWriter writer, EpisodeMetadata draft, int k)
    {
        double slot = k / RateHz, t = slot * 3, closed = FakeScene.Gripper(t);
        double[] w = FakeScene.Wrench(t);
        Vector6 none = default;
        writer.Joints(new JointsRow(slot, new(FakeScene.Joints(t)), new(FakeScene.JointSpeeds(t)), none, new(FakeScene.Tcp(t)), none));
        writer.Force(new ForceRow(slot, new Wrench(w[0], w[1], w[2], w[3], w[4], w[5])));
        writer.Gripper(new GripperRow(slot, closed, 0.085 * (1 - closed), 40, closed > 0.8));
        writer.Action(slot, [.. FakeScene.Joints(t + 1 / RateHz), closed]);
        for (int c = 0; c < draft.Cameras.Count; c++)
        {
            string camera = draft.Cameras[c].Name;
            writer.Color(camera, k, FakeScene.Color(t, Width, Height, c), Width, Height);
            if (draft.Cameras[c].Depth is not null)
                writer.Depth(camera, k, MemoryMarshal.AsBytes(FakeScene.Depth(t, Width, Height, c).AsSpan()), Width, Height);
        }
        var cells = new StreamCell[draft.Streams.Count];
        for (int i = 0; i < cells.Length; i++)
            cells[i] = new StreamCell(k, 0, i < 2 ? StreamStatus.Interpolated : StreamStatus.Ok);
        writer.Frame(TickStatus.Ok, 20 + k % 7, cells);
    }

    private static EpisodeMetadata Draft(string id, string task, string outcome, bool depth, string[] cameras)
    {
        var intrinsics = new CameraIntrinsics(Width, Height, 120, 120, 80, 60, [0, 0, 0, 0, 0]);
        StreamReport Stream(double rateHz) =>
            new(rateHz, 0, new ClockMapReport("host", 0, 0, 0), new StreamCounts(1000, 0, 0, 0, 0, 0));
        var streams = new Dictionary<string, StreamReport> { ["robot"] = Stream(500), ["force"] = Stream(100), ["gripper"] = Stream(40) };
        foreach (string camera in cameras)
        {
            streams[EpisodeLayout.RgbStream(camera)] = Stream(RateHz);
            if (depth)
                streams[EpisodeLayout.DepthStream(camera)] = Stream(RateHz);
        }
        return new EpisodeMetadata
        {
            SchemaVersion = EpisodeMetadata.CurrentSchema,
            Id = id,
            Task = task,
            Outcome = Enum.Parse<Outcome>(outcome, ignoreCase: true),
            End = EpisodeEnd.Operator,
            Return = null,
            Note = null,
            Start = new DateTimeOffset(2026, 3, 2, 9, 15, 0, TimeSpan.Zero),
            StartMonotonicNs = 0,
            Anchor = new WallClockAnchor(0, 0),
            Clock = EpisodeClock.Host,
            RateHz = RateHz,
            Frames = 0,
            Duration = 0,
            Configuration = null,
            Robot = new RobotDescription("UR5e", "20235500001", "5.12.0", [0, 0, 0.145, 0, 0, 0], 0.925),
            Cameras = [.. cameras.Select(c => new CameraDescription(
                c, "fake", "1", intrinsics, depth ? intrinsics : null, depth ? 0.001 : null, null))],
            ForceSensor = new ForceSensorDescription("FT 300", "7", [0, 0, 0, 0, 0, 0]),
            Action = new ActionDescription(
                ActionKind.JointPosition, 7, EpisodeLayout.NumberedActionNames(7), Lower: null, Upper: null, "scripted"),
            Streams = streams,
            Tables = new Dictionary<string, TableDescription>(),
            Tick = null,
            Software = new SoftwareVersion("0.1.0", "0123456789"),
            Recovered = false,
            Quality = Quality.NotJudged,
            CaptureLog = "none",
            Planner = null,
            Simulation = null,
            Statistics = new Dictionary<string, ModalityStatistics>(),
        };
    }
}
