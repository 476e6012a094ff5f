using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Playback;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Playback;

public sealed class EpisodeCameraTests : IDisposable
{
    private readonly MemoryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static EpisodeCamera Play(string episode, Action<EpisodeCameraOptions>? change = null)
    {
        var options = new EpisodeCameraOptions { Name = "desk", Episode = episode, Camera = "wrist" };
        change?.Invoke(options);
        var camera = new EpisodeCamera(options);
        camera.Start();
        return camera;
    }

    private static void Says(EpisodeCamera camera, string words) =>
        Eventually.True(() => camera.Status.Message.Contains(words), $"'{words}' in '{camera.Status.Message}'");

    /// <summary>The rows that show a sample for the first time, with when it was true, s since t0.</summary>
    private static (int Frame, double Seconds)[] Samples(EpisodeReader episode, string stream)
    {
        CsvTable rows = episode.Table(EpisodeLayout.Frames)!;
        var found = new List<(int, double)>();
        string before = "";
        for (int row = 0; row < rows.Rows; row++)
        {
            string sequence = rows.Text(row, rows.Column($"{stream}_seq"));
            if (sequence != "" && sequence != before)
                found.Add((row, row / 30.0 - rows.Number(row, rows.Column($"{stream}_age_us")) * 1e-6));
            before = sequence == "" ? before : sequence;
        }
        return [.. found];
    }

    [Fact]
    public void Every_sample_is_played_once_in_its_own_time_with_its_pixels()
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 5, frames: 30);
        EpisodeReader episode = EpisodeReader.Open(path);
        var (color, depth) = (Samples(episode, "wrist_rgb"), Samples(episode, "wrist_depth"));
        using var camera = Play(path, o => o.Loop = false);
        var colors = camera.Color.Subscribe(64);
        var depths = camera.Depth!.Subscribe(64);
        Says(camera, "is over (loop: false)");
        Assert.Equal(new StreamCounters(color.Length, 0, 0), camera.Color.Counters);
        Assert.Equal(new StreamCounters(depth.Length, 0, 0), camera.Depth.Counters);
        Assert.Equal("episode", camera.Clock!.Domain);
        var png = new PngDecoder();
        long sequence = 0;
        foreach (var (frame, seconds) in color)
        {
            Assert.True(colors.TryDequeue(out var sample));
            Assert.Equal(sequence++, sample.Sequence);
            Assert.Equal(seconds, sample.DeviceNs * 1e-9, 2e-6);
            Assert.True(sample.OriginatingNs >= camera.Clock.OffsetNs + sample.DeviceNs, "never before its time");
            Assert.Equal(sample.ArrivalNs, sample.OriginatingNs);
            Assert.True(png.Decode(File.ReadAllBytes(episode.ColorPath("wrist", frame)!)).Pixels.Span.SequenceEqual(sample.Value.Pixels));
            sample.Value.Release();
        }
        var npz = new NpzReader();
        foreach (var (frame, seconds) in depth)
        {
            Assert.True(depths.TryDequeue(out var sample));
            Assert.Equal(seconds, sample.DeviceNs * 1e-9, 2e-6);
            var values = npz.Read(File.ReadAllBytes(episode.DepthPath("wrist", frame)!)).Values;
            Assert.True(System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.Span).SequenceEqual(sample.Value.Pixels));
            sample.Value.Release();
        }
    }

    [Fact]
    public void It_describes_itself_as_played_and_begins_again()
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 6, frames: 6);
        using var camera = Play(path);
        var queue = camera.Color.Subscribe(256);
        long length = Samples(EpisodeReader.Open(path), "wrist_rgb").Length;
        Eventually.True(() => camera.Color.Counters.Received > 3 * length, "the fourth time");
        Assert.True(camera.Status.Connected);
        Assert.Equal($"desk: playing {path}, wrist", camera.Status.Message);
        Assert.Equal(("desk", "D435 (played from demo_000)", "1", 0.001, "flange"), (camera.Info!.Name, camera.Info.Model,
            camera.Info.Serial, camera.Info.DepthScale, camera.Info.MountedOn));
        Assert.Equal(new Vec3(0, 0.05, 0.02), camera.Info.Extrinsics!.Value.Position);
        Assert.Equal((30, 12d), (camera.Color.RateHz, camera.Info.Color.Fx));
        long before = long.MinValue, device = long.MinValue;
        while (queue.TryDequeue(out var sample))
        {
            Assert.True(sample.OriginatingNs > before && sample.DeviceNs > device, "times rise, also from loop to loop");
            (before, device) = (sample.OriginatingNs, sample.DeviceNs);
            sample.Value.Release();
        }
    }

    [Fact]
    public void The_config_says_where_it_is_mounted_and_whether_depth_is_wanted()
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 7, frames: 6);
        using var camera = Play(path, o =>
            (o.Camera, o.Depth, o.MountedOn, o.Extrinsics) = ("scene", false, "base", new Pose(new(1, 0, 0), Quat.Identity)));
        Eventually.True(() => camera.Info is not null, "its info");
        Assert.Null(camera.Depth);
        Assert.Equal(("base", 1d), (camera.Info!.MountedOn, camera.Info.Extrinsics!.Value.Position.X));
        using var withDepth = Play(path, o => o.Camera = "scene");
        Says(withDepth, "scene, which has no depth (depth: false)");
    }

    [Fact]
    public void A_damaged_picture_is_a_loss_and_named_and_the_rest_is_played()
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 5, frames: 30);
        EpisodeReader episode = EpisodeReader.Open(path);
        var color = Samples(episode, "wrist_rgb");
        string broken = episode.ColorPath("wrist", color[3].Frame)!, gone = episode.ColorPath("wrist", color[4].Frame)!;
        File.WriteAllBytes(broken, File.ReadAllBytes(broken)[..50]);
        File.Delete(gone);
        using var camera = Play(path, o => o.Loop = false);
        Says(camera, "is not played: ");
        Assert.True(camera.Status.Connected);
        Assert.Contains("rgb/wrist/", camera.Status.Message);
        Says(camera, "is over");
        Assert.Equal(new StreamCounters(color.Length - 2, 2, 0), camera.Color.Counters);
    }

    [Fact]
    public void An_episode_of_nothing_but_damage_does_not_run_away()
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 6, frames: 6);
        foreach (string picture in Directory.GetFiles(Path.Combine(path, "rgb"), "*", SearchOption.AllDirectories))
            File.WriteAllText(picture, "no picture");
        using var camera = Play(path, o => o.Depth = false);
        Eventually.True(() => camera.Color.Counters.Lost >= 6, "losses");
        Assert.InRange(camera.Color.Counters.Lost, 6, 3000); // 30 a second, and not as fast as the disk
    }

    [Fact]
    public void A_reader_that_holds_all_frames_costs_pictures_and_nothing_else()
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 6, frames: 6);
        using var camera = Play(path, o => (o.PoolFrames, o.Depth) = (2, false));
        var hoard = camera.Color.Subscribe(64);
        Eventually.True(() => camera.Color.Counters.Lost > 3, "losses");
        long received = camera.Color.Counters.Received;
        while (hoard.TryDequeue(out var sample))
            sample.Value.Release();
        Eventually.True(() => camera.Color.Counters.Received > received + 6, "pictures flow again");
        camera.Color.Unsubscribe(hoard);
    }

    [Theory]
    [InlineData("nothing", "cannot be played")]
    [InlineData("several", "it has several cameras; name one with camera: wrist, scene")]
    [InlineData("other", "it has no pictures of 'front'; it has wrist, scene")]
    [InlineData("table", "frames.csv")]
    public void What_cannot_be_played_is_said_and_tried_again(string what, string said)
    {
        string path = SyntheticEpisode.Commit(_folder.Path, 6, frames: 6), frames = Path.Combine(path, EpisodeLayout.Frames);
        byte[] whole = File.ReadAllBytes(frames);
        if (what == "table")
            File.WriteAllBytes(frames, whole[..(whole.Length / 2)]);
        using var camera = Play(what == "nothing" ? path + "0" : path, o => o.Camera = what switch
        {
            "several" => "",
            "other" => "front",
            _ => "wrist",
        });
        Says(camera, said);
        Assert.EndsWith("; trying again", camera.Status.Message);
        Assert.DoesNotContain('\n', camera.Status.Message);
        if (what != "table")
            return;
        File.WriteAllBytes(frames, whole);
        Eventually.True(() => camera.Status.Connected, "played once it is whole");
    }
}
