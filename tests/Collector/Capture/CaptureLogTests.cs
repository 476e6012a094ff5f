using System.Diagnostics;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Collector.Tests.Mcap;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Capture;

public class CaptureLogTests
{
    private static readonly WallClockAnchor s_anchor = WallClockAnchor.Now();

    [SkippableFact]
    public async Task Every_sample_of_every_stream_is_in_the_log_as_it_was()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        const int Robot = 6000, Force = 3000, Gripper = 500, Images = 300, Ticks = 2000;
        using var log = CaptureLog.Start(folder["demo_000.recording"], cell.Streams, "{\"task\":\"pick\"}", s_anchor);
        await Task.WhenAll(
            Publish(Robot, n => cell.PublishRobot(n), () => Written(log, "robot")),
            Publish(Force, n => cell.PublishForce(n), () => Written(log, "force")),
            Publish(Gripper, cell.PublishGripper, () => Written(log, "gripper")),
            Publish(Images, cell.PublishImages, () => Written(log, "wrist_rgb")),
            Publish(Ticks, n => WriteTick(log, n), null),
            Publish(Ticks, n => Retry(() => log.Write(new CaptureEvent(HostClock.NowNs, CaptureEventKinds.Mark, $"grüße {n}"))), null));
        var result = await log.Stop("{\"outcome\":\"success\"}");

        Assert.Null(result.Failure);
        Assert.Equal(0, result.Lost);
        (string, int)[] published =
            [("robot", Robot), ("force", Force), ("gripper", Gripper), ("wrist_rgb", Images), ("wrist_depth", Images)];
        Assert.Equal(published, result.Streams.Select(c => (c.Stream, (int)c.Received)));
        Assert.Equal(published, result.Streams.Select(c => (c.Stream, (int)c.Written)));
        Assert.All(result.Streams, c => Assert.Equal(0, c.Dropped));
        Assert.True(result.Sync.Syncs > 0);
        var counts = ReadAndCompare(result.Path, out var start, out var end);
        Assert.All(published, p => Assert.Equal(p.Item2, counts[p.Item1]));
        Assert.Equal((Ticks, Ticks, Ticks), (counts["Tick"], counts["Command"], counts["Event"]));
        Assert.Equal((s_anchor, "{\"task\":\"pick\"}"), (start!.Anchor, start.Json));
        Assert.Equal("{\"outcome\":\"success\"}", end!.Json);
        var counters = JsonDocument.Parse(end.Counters).RootElement.GetProperty("streams");
        Assert.Equal(Robot, counters.GetProperty("robot").GetProperty("written").GetInt32());
        await Task.Run(() => CheckWithPeer(result.Path, Robot, Images));
    }

    [Fact]
    public async Task All_frames_are_given_back()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        for (int episode = 0; episode < 20; episode++)
        {
            using var log = CaptureLog.Start(folder[$"demo_{episode:000}.recording"], cell.Streams, "{}", s_anchor);
            int n = 0;
            // Published on while the log ends: what comes too late must find its way back as well.
            var publishing = Task.Run(() =>
            {
                while (!log.Completion.IsCompleted)
                    cell.PublishImages(n++);
            });
            Eventually.True(() => Written(log, "wrist_depth") > 3, "pictures are in the log");
            await log.Stop("{}");
            await publishing;
        }
        // The stream itself holds its newest.
        Assert.Equal((cell.ColorPool.Capacity - 1, cell.DepthPool.Capacity - 1), (cell.ColorPool.Free, cell.DepthPool.Free));
    }

    [Fact]
    public async Task The_end_is_an_arrival_time_and_not_the_moment_of_the_call()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        using var log = CaptureLog.Start(folder["demo_000.recording"], cell.Streams, "{}", s_anchor);
        long last = HostClock.NowNs + 2_000_000_000;
        cell.PublishRobot(0);
        var stop = log.Stop("{}", last);
        cell.PublishRobot(1);
        cell.PublishRobot(2, last);
        cell.PublishRobot(3, last + 1);
        cell.PublishRobot(4, last + 2_000_000);
        var result = await stop;
        Assert.Equal(3, ReadAndCompare(result.Path, out _, out _)["robot"]);
        Assert.Equal(3, result.Streams[0].Received);
        Assert.False(log.Write(new CaptureEvent(HostClock.NowNs, "mark", "too late")));
    }

    [Fact]
    public async Task The_next_log_starts_while_the_last_one_closes()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        using var first = CaptureLog.Start(folder["demo_000.recording"], cell.Streams, "{}", s_anchor);
        for (int n = 0; n < 100; n++)
            cell.PublishRobot(n);
        var firstEnd = first.Stop("{}", HostClock.NowNs + 2_000_000_000);
        using var second = CaptureLog.Start(folder["demo_001.recording"], cell.Streams, "{}", s_anchor);
        Assert.False(firstEnd.IsCompleted);
        for (int n = 100; n < 200; n++)
            cell.PublishRobot(n, second.StartedNs); // in both
        var secondResult = await second.Stop("{}");
        var firstResult = await firstEnd;
        Assert.Equal(200, ReadAndCompare(firstResult.Path, out _, out _)["robot"]);
        Assert.Equal(100, secondResult.Streams[0].Written);
    }

    [Fact]
    public async Task A_queue_that_runs_over_is_counted()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        using var log = CaptureLog.Start(folder["demo_000.recording"], cell.Streams, "{}", s_anchor);
        const int Count = 50_000; // far more than a queue holds, as fast as they come
        for (int n = 0; n < Count; n++)
            cell.PublishRobot(n);
        var robot = (await log.Stop("{}")).Streams[0];
        Assert.Equal((Count, Count), (robot.Received, robot.Written + robot.Dropped));
        using var reader = new CaptureReader(System.IO.Path.Combine(log.Folder, CaptureLog.FileName));
        int read = 0;
        while (reader.TryRead(out _))
            read++;
        Assert.Equal(robot.Written, read);
    }

    [Fact]
    public async Task A_camera_that_says_late_who_it_is_has_its_info_in_the_log()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        var info = cell.Info;
        cell.Info = null;
        using var log = CaptureLog.Start(folder["demo_000.recording"], cell.Streams, "{}", s_anchor);
        cell.PublishImages(0);
        Eventually.True(() => Written(log, "wrist_depth") == 1, "a picture without info is in the log");
        cell.Info = info;
        cell.PublishImages(1);
        var result = await log.Stop("{}");
        using var reader = new CaptureReader(result.Path);
        var got = new List<(bool Depth, CameraIntrinsics Info)>();
        while (reader.TryRead(out var message))
            if (message.Kind == CaptureKind.CameraInfo)
                got.Add((message.IsDepth, message.CameraInfo()));
        Assert.Equal([false, true], got.Select(g => g.Depth).Order());
        Assert.All(got, g => Assert.Equal((60.0, 61.0, 32.0, 24.0), (g.Info.Fx, g.Info.Fy, g.Info.Cx, g.Info.Cy)));
    }

    [Fact]
    public async Task A_folder_that_is_being_recorded_is_locked_against_threads_and_processes()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        string recording = folder["demo_000.recording"];
        using (var log = CaptureLog.Start(recording, cell.Streams, "{}", s_anchor))
        {
            Assert.Null(FolderLock.TryTake(recording, FolderLock.Writer));
            Assert.Equal(1, FlockExitCode(recording));
            var refused = Assert.Throws<IOException>(() => CaptureLog.Start(recording, cell.Streams, "{}", s_anchor));
            Assert.Contains("being recorded by another process", refused.Message);
            using (FolderLock.TryTake(recording)) // the encoder's
                await log.Stop("{}");
        }
        Assert.Equal(0, FlockExitCode(recording));
        using var taken = FolderLock.TryTake(recording, FolderLock.Writer);
        Assert.NotNull(taken);
        cell.PublishRobot(1); // the refused log left no subscription behind
        Assert.Equal(0, cell.Robot.Counters.Overrun);
    }

    [SkippableFact]
    public async Task A_full_disk_is_said_and_what_was_written_is_kept()
    {
        using var disk = SmallDisk.Mount(megabytes: 3, later: 5);
        var cell = new Cell();
        string recording = Path.Combine(disk.Path, "demo_000.recording");
        var options = new McapWriterOptions { ChunkBytes = 256 << 10 };
        using var log = CaptureLog.Start(recording, cell.Streams, "{}", s_anchor, options);
        int n = 0;
        Eventually.True(() =>
        {
            cell.PublishImages(n++);
            return log.Failure is not null;
        }, "the disk is full", 60);
        Assert.StartsWith("disk full: ", log.Failure);
        Assert.Contains("free up space", log.Failure);
        for (int more = 0; more < 100; more++) // goes on taking pictures, and gives them back
            cell.PublishImages(n++);
        var result = await log.Stop("{}");
        Assert.Equal(log.Failure, result.Failure);
        Assert.True(result.Lost > 0);
        Assert.Equal(cell.ColorPool.Capacity - 1, cell.ColorPool.Free);

        int kept = ReadAndCompare(result.Path, out _, out var end)["wrist_rgb"];
        Assert.Null(end);
        Assert.InRange(kept, 1, n - 1);
        disk.MakeRoom();
        Assert.Null(McapRecovery.Recover(result.Path).Damage);
        Assert.Equal(kept, ReadAndCompare(result.Path, out _, out _)["wrist_rgb"]);
        McapPeer.Check(result.Path);
    }

    [Fact]
    public void A_file_that_takes_nothing_at_all_is_no_crash()
    {
        var full = File.OpenHandle("/dev/full", FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite);
        using var writer = new McapWriter(full, "/dev/full", TestLogs.SmallChunks);
        var channels = TestLogs.AddChannels(writer, 2);
        TestLogs.Write(writer, channels, 0, 5000); // more than waits in any queue
        writer.Close();
        Assert.StartsWith("disk full: /dev/full", writer.Failure);
        Assert.Equal(5000, writer.Lost);
        Assert.Equal(0, writer.Bytes);
    }

    [Fact]
    public void A_folder_that_cannot_be_made_leaves_nothing_behind()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "");
        var cell = new Cell();
        Assert.ThrowsAny<IOException>(() => CaptureLog.Start(folder["file/demo_000.recording"], cell.Streams, "{}", s_anchor));
        for (int n = 0; n < 20; n++) // more than the pool has: nobody holds them
            cell.PublishImages(n);
        Assert.Equal(0, cell.Color.Counters.Overrun);
    }

    [SkippableFact]
    public async Task Pictures_go_and_their_times_stay_where_only_numbers_are_kept()
    {
        using var folder = new TempFolder();
        var cell = new Cell();
        using var log = CaptureLog.Start(folder["demo_000.recording"], cell.Streams, "{}", s_anchor);
        for (int n = 0; n < 50; n++)
        {
            cell.PublishImages(n);
            cell.PublishRobot(n);
        }
        var result = await log.Stop("{}");
        McapCopy.Copy(result.Path, folder["numbers.mcap"], CaptureTopics.IsNumbers);
        var counts = ReadAndCompare(folder["numbers.mcap"], out _, out var end);
        Assert.Equal(50, counts["robot"]);
        Assert.DoesNotContain("wrist_rgb", counts.Keys);
        Assert.NotNull(end);
        var channels = McapPeer.Check(folder["numbers.mcap"]).GetProperty("channels");
        Assert.Equal(50, channels.GetProperty("/camera/wrist/color/times").GetProperty("count").GetInt32());
        Assert.False(channels.TryGetProperty("/camera/wrist/color/image_raw", out _));
    }

    private static long Written(CaptureLog log, string stream) => log.Counters.First(c => c.Stream == stream).Written;

    /// <summary>Publishes from a thread of its own; waits where the log is far behind, so that no queue runs over.</summary>
    private static Task Publish(int count, Action<long> publish, Func<long>? written) => Task.Factory.StartNew(() =>
    {
        for (int n = 0; n < count; n++)
        {
            if (written is not null && n % 50 == 0)
                Eventually.True(() => n - written() < 800, "the log keeps up", 60);
            publish(n);
        }
    }, TaskCreationOptions.LongRunning);

    private static void Retry(Func<bool> write) => Eventually.True(write, "the queue has room", 60);

    private static void WriteTick(CaptureLog log, long n)
    {
        Retry(() => log.Write(Tick(n)));
        Retry(() => log.Write(Command(n)));
    }

    private static TickRecord Tick(long n)
    {
        long slotNs = s_anchor.MonotonicNs + n * 33_333_333;
        return new(n, slotNs, slotNs + 50_000, 50_000, n / 100, 30_000, 1000);
    }

    private static CommandRecord Command(long n) => new()
    {
        Tick = n,
        Source = n % 2 == 0 ? "scripted" : "jog",
        Kind = (CommandKind)(n % 4),
        Requested = new Vector6(n, 1, 2, 3, 4, 5),
        GuardedQ = new Vector6(-n, 1, 2, 3, 4, 5),
        Gripper = n % 3 == 0 ? double.NaN : 0.5,
        DueNs = n * 33_333_333 + 33_333_333,
        HandedOverNs = s_anchor.MonotonicNs + n * 33_333_333 + 60_000,
        Clamped = (uint)n,
        Refused = n % 7 == 0,
    };

    /// <summary>Compares each message with what was published under its number; counts by stream, or by kind for the rest.</summary>
    private static Dictionary<string, int> ReadAndCompare(string path, out CaptureStart? start, out CaptureEnd? end)
    {
        using var reader = new CaptureReader(path);
        var counts = new Dictionary<string, int>();
        while (reader.TryRead(out var message))
        {
            string name = message.Stream.Length > 0 && message.Kind != CaptureKind.CameraInfo ? message.Stream : message.Kind.ToString();
            int before = counts.GetValueOrDefault(name);
            counts[name] = before + 1;
            Compare(message, before);
        }
        Assert.Null(reader.Damage);
        (start, end) = (reader.Start, reader.End);
        return counts;
    }

    private static void Compare(in CaptureMessage message, int before)
    {
        long n = message.Sequence - Cell.FirstSequence;
        switch (message.Kind)
        {
            case CaptureKind.RobotState:
                Assert.Equal(before, n);
                AssertTimes(message, 2_000_000);
                AssertSame(Cell.RobotState(n), message.RobotState().Value);
                break;
            case CaptureKind.Wrench:
                Assert.Equal(before, n);
                AssertTimes(message, 2_000_000);
                Assert.Equal(Cell.Wrench(n), message.Wrench().Value);
                break;
            case CaptureKind.GripperState:
                Assert.Equal(before, n);
                Assert.Equal((3_000_000, long.MinValue), (message.ArrivalNs - message.OriginatingNs, message.DeviceNs));
                Assert.Equal(Cell.GripperState(n), message.GripperState().Value);
                break;
            case CaptureKind.Image:
                Assert.Equal(("wrist", message.Stream == "wrist_depth"), (message.Camera, message.IsDepth));
                AssertTimes(message, 2_000_000);
                var image = message.Image();
                Assert.Equal((Cell.Width, Cell.Height, message.IsDepth ? "16UC1" : "rgb8"), (image.Width, image.Height, image.Encoding));
                Assert.Equal(image.Step * image.Height, image.Pixels.Length);
                for (int i = 0; i < image.Pixels.Length; i++)
                    if (image.Pixels[i] != Cell.Pixel(n, i))
                        Assert.Fail($"picture {n}: byte {i} is {image.Pixels[i]}");
                break;
            case CaptureKind.Tick:
                Assert.Equal(Tick(before), message.Tick());
                Assert.Equal((Tick(before).SlotNs, Tick(before).WakeNs), (message.OriginatingNs, message.ArrivalNs));
                break;
            case CaptureKind.Command:
                Assert.Equal(Command(before), message.Command());
                break;
            case CaptureKind.Event:
                Assert.Equal(("mark", $"grüße {before}"), (message.Event().Kind, message.Event().Text));
                Assert.Equal(message.OriginatingNs, message.Event().TimeNs);
                break;
        }
    }

    private static void AssertTimes(in CaptureMessage message, long ageNs)
    {
        Assert.Equal(ageNs, message.ArrivalNs - message.OriginatingNs);
        Assert.Equal(message.ArrivalNs + Cell.ClockOffsetNs, message.DeviceNs);
    }

    private static void AssertSame(RobotState expected, RobotState actual)
    {
        foreach (var field in typeof(RobotState).GetFields())
            Assert.True(Equals(field.GetValue(expected), field.GetValue(actual)), $"{field.Name}: {field.GetValue(actual)}");
    }

    /// <summary>What the peer decodes by the schemas' own text.</summary>
    private static void CheckWithPeer(string path, int robot, int images)
    {
        const string DepthTopic = "/camera/wrist/depth/image_raw", InfoTopic = "/camera/wrist/color/camera_info";
        var report = McapPeer.Check(path, "/robot/state", "/robot/joint_states", "/robot/tcp_pose", DepthTopic, InfoTopic);
        var decoded = report.GetProperty("decoded");
        Assert.Equal(robot, decoded.GetProperty("/robot/state").GetArrayLength());
        Assert.InRange(report.GetProperty("longest_chunk_ns").GetInt64(), 1, 200_000_000);

        var state = decoded.GetProperty("/robot/state")[41].GetProperty("message");
        Assert.Equal(Cell.FirstSequence + 41, state.GetProperty("sequence").GetInt64());
        Assert.Equal(41.125 * 5, state.GetProperty("target_qd")[1].GetDouble());
        Assert.Equal(int.MinValue, state.GetProperty("echoed_counter").GetInt32());
        var joints = decoded.GetProperty("/robot/joint_states")[7].GetProperty("message");
        Assert.Equal("wrist_3_joint", joints.GetProperty("name")[5].GetString());
        Assert.Equal((7.0, 21.0), (joints.GetProperty("position")[0].GetDouble(), joints.GetProperty("effort")[0].GetDouble()));
        var pose = decoded.GetProperty("/robot/tcp_pose")[9].GetProperty("message").GetProperty("pose");
        Quat q = Quat.FromRotationVector(new(0.009, -0.5, 0.25));
        Assert.Equal(q.W, pose.GetProperty("orientation").GetProperty("w").GetDouble());
        var depth = decoded.GetProperty(DepthTopic);
        Assert.Equal(images, depth.GetArrayLength());
        Assert.Equal(Cell.Width * Cell.Height * 2, depth[0].GetProperty("message").GetProperty("data").GetProperty("bytes").GetInt32());
        Assert.Equal(60, decoded.GetProperty(InfoTopic)[0].GetProperty("message").GetProperty("k")[0].GetDouble());
    }

    private static int FlockExitCode(string folder)
    {
        using var process = Process.Start("/usr/bin/flock", ["-n", Path.Combine(folder, FolderLock.Writer), "true"]);
        process.WaitForExit();
        return process.ExitCode;
    }
}
