using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class EpisodeReaderTests
{
    [Fact]
    public void Rows_come_back_typed()
    {
        using var folder = new MemoryFolder();
        EpisodeReader episode = EpisodeReader.Open(SyntheticEpisode.Commit(folder.Path, 11, demonstrated: true));
        Assert.Equal(40, episode.Frames);
        JointsRow[] joints = episode.ReadJoints()!;
        (double Timestamp, double[] Action)[] actions = episode.ReadActions()!;
        StreamCell[] robot = episode.ReadStream("robot")!;
        Assert.Equal(40, joints.Length);
        Assert.Equal(40, episode.ReadForce()!.Length);
        for (int k = 0; k < 39; k++)
        {
            Assert.Equal(7, actions[k].Action.Length);
            if (robot[k + 1].Status != StreamStatus.Missing)
                Assert.Equal(joints[k + 1].Q.ToArray(), actions[k].Action[..6]);
            if (robot[k].Status == StreamStatus.Interpolated)
                Assert.Equal(StreamRules.Slot(k, 30), joints[k].Timestamp, 1e-9);
        }
        Assert.Equal(0.085 * (1 - episode.ReadGripper()![0].Position), episode.ReadGripper()![0].WidthM, 1e-12);
        Assert.Equal(["cube_x", "cube_y", "cube_z"], episode.Table("task.csv")!.Columns[2..]);
        Assert.Null(episode.Table("pressure.csv"));
        Assert.Null(episode.ReadStream("pressure"));
    }

    [Fact]
    public void Pictures_are_found_by_camera_and_frame()
    {
        using var folder = new MemoryFolder();
        EpisodeReader episode = EpisodeReader.Open(SyntheticEpisode.Commit(folder.Path, 12));
        StreamCell[] color = episode.ReadStream("scene_rgb")!;
        for (int k = 0; k < episode.Frames; k++)
            Assert.Equal(color[k].Status == StreamStatus.Missing, episode.ColorPath("scene", k) is null);
        Assert.EndsWith("rgb/wrist/000000.png", episode.ColorPath("wrist", 0), StringComparison.Ordinal);
        RgbPicture picture = new PngDecoder().Decode(File.ReadAllBytes(episode.ColorPath("wrist", 0)!));
        Assert.Equal((SyntheticEpisode.Width, SyntheticEpisode.Height), (picture.Width, picture.Height));
        Assert.Null(episode.DepthPath("scene", 0));
        Assert.Equal("rgb/000007.png", new EpisodeLayout("wrist").Rgb("wrist", 7)); // one camera has no folder of its own
        Assert.Equal(1_000_000, EpisodeLayout.FrameOf(new EpisodeLayout("wrist").Rgb("wrist", 1_000_000)));
    }

    [Fact]
    public void Damage_is_named()
    {
        using var folder = new MemoryFolder();
        string path = SyntheticEpisode.Commit(folder.Path, 13);
        File.AppendAllText(Path.Combine(path, "force.csv"), "40,x\r\n");
        Assert.Contains("force.csv:40", Assert.Throws<InvalidDataException>(() => EpisodeReader.Open(path).ReadForce()).Message,
            StringComparison.Ordinal);
        File.WriteAllText(Path.Combine(path, EpisodeLayout.Metadata), "{}");
        Assert.Contains(EpisodeLayout.Metadata, Assert.Throws<InvalidDataException>(() => EpisodeReader.Open(path)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_root_a_folder_and_one_episode_are_all_understood()
    {
        using var folder = new MemoryFolder();
        string first = SyntheticEpisode.Commit(folder.Path, 14, frames: 12), second = SyntheticEpisode.Commit(folder.Path, 15, frames: 12);
        string recording = SyntheticEpisode.Record(folder.Path, 16, frames: 12);
        string discarded = EpisodeNaming.Discard(SyntheticEpisode.Commit(folder.Path, 17, frames: 12), Path.Combine(folder.Path, "trash"));
        Assert.Equal(["demonstrations/demo_000", "demonstrations/demo_001"], EpisodeCatalog.Find(folder.Path).Select(e => e.RelativePath));
        Assert.Equal([first, second], EpisodeCatalog.Find(Path.Combine(folder.Path, "demonstrations/")).Select(e => e.Path));
        Assert.Equal([second], EpisodeCatalog.Find(second).Select(e => e.Path));
        Assert.Equal([recording], EpisodeCatalog.FindRecordings(folder.Path));
        Assert.True(Directory.Exists(discarded));
        Assert.Contains("nowhere",
            Assert.Throws<DirectoryNotFoundException>(() => EpisodeCatalog.Find(Path.Combine(folder.Path, "nowhere"))).Message,
            StringComparison.Ordinal);
    }
}
