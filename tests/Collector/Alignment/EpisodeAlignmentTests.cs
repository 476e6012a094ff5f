using RobotWorldModel.Collector.Alignment;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Alignment;

public sealed class EpisodeAlignmentTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Pictures_are_made_once_and_those_that_are_there_are_left()
    {
        var (episode, camera) = Episode();
        string target = _folder["aligned"];
        List<(int, int)> progress = [];
        int made = EpisodeAlignment.Align(episode, camera, target, (done, of) => progress.Add((done, of)), CancellationToken.None);
        string[] files = Directory.GetFiles(target, "*.npz");
        Assert.Equal(made, files.Length);
        Assert.Equal((made, made), progress[^1]);
        Assert.All(files, f =>
        {
            var picture = new NpzReader().Read(File.ReadAllBytes(f));
            Assert.Equal((camera.Color!.Width, camera.Color.Height), (picture.Width, picture.Height));
        });
        File.Delete(files[1]);
        DateTime kept = File.GetLastWriteTimeUtc(files[0]);
        Assert.Equal(1, EpisodeAlignment.Align(episode, camera, target, (_, _) => { }, CancellationToken.None));
        Assert.Equal(kept, File.GetLastWriteTimeUtc(files[0]));
    }

    [Fact]
    public void Pictures_of_another_episode_of_the_same_name_are_not_taken_for_its_own()
    {
        var (episode, camera) = Episode();
        File.WriteAllText(Path.Combine(Directory.CreateDirectory(_folder["a"]).FullName, "source.txt"), "demo_000 of another day\n");
        string message = Assert.Throws<InvalidDataException>(
            () => EpisodeAlignment.Align(episode, camera, _folder["a"], (_, _) => { }, CancellationToken.None)).Message;
        Assert.Contains("another episode", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_camera_that_does_not_say_how_its_lenses_stand_is_refused()
    {
        var (episode, camera) = Episode();
        var other = camera with { DepthInColor = null, Color = camera.Color! with { Fx = 2 * camera.Depth!.Fx } };
        string message = Assert.Throws<InvalidDataException>(
            () => EpisodeAlignment.Align(episode, other, _folder["a"], (_, _) => { }, CancellationToken.None)).Message;
        Assert.Contains("depth_in_color", message, StringComparison.Ordinal);
    }

    private (EpisodeReader Episode, CameraDescription Camera) Episode()
    {
        string folder = SyntheticEpisode.Commit(_folder[""], seed: 3);
        var episode = EpisodeReader.Open(folder);
        return (episode, EpisodeAlignment.CamerasOf(episode)[0]);
    }
}
