using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RowStatus = RobotWorldModel.Collector.Episodes.StreamStatus;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>The whole cell with pictures of full size, force sensor and gripper on lines, and nothing else on the machine.</summary>
public sealed class TwoCameraTests : IDisposable
{
    private static readonly string[] s_streams = ["robot", "force", "gripper", "wrist_rgb", "wrist_depth", "scene_rgb", "scene_depth"];
    private readonly TestCell _cell = new(cameras: 2, pictureWidth: 640, changes:
    [
        TestCell.Force("driver: robotiq_ft300_stream", "line: {name}-force.tty"),
        TestCell.Gripper("driver: robotiq_modbus", "line: {name}-gripper.tty"),
    ]);

    [Fact]
    public void Two_seconds_of_two_cameras_without_a_source_become_an_episode_that_verifies()
    {
        _cell.StartSim();
        var recorded = _cell.Record("--seconds", "2").MustEndWith(ExitCode.Done);
        string episode = _cell.Episodes.Single();
        Assert.Contains(episode, recorded.Out, StringComparison.Ordinal);
        var metadata = EpisodeMetadata.Read(episode);
        Assert.Equal(("test", Outcome.Unknown, EpisodeEnd.Timeout, false),
            (metadata.Task, metadata.Outcome, metadata.End, metadata.Recovered));
        Assert.InRange(metadata.Frames, 20, 75); // it begins where every stream is fresh, which is later on a busy machine
        Assert.Equal(ActionDescription.Demonstrated, metadata.Action!.Source);
        Assert.Equal(s_streams.Order(), metadata.Streams.Keys.Order());
        Assert.All(metadata.Streams.Values, s => Assert.Equal(0, s.Counts.Dropped));
        // Samples of after the end, which the log has for the sake of late pictures, are no rows.
        Assert.Equal("ok", File.ReadLines(Path.Combine(episode, "frames.csv")).Last().Split(',')[3]);
        int seen = EpisodeReader.Open(episode).ReadStream("wrist_rgb")!.Count(row => row.Status != RowStatus.Missing);
        Assert.Equal(seen, Directory.GetFiles(Path.Combine(episode, "rgb", "wrist")).Length);
        Assert.InRange(seen, metadata.Frames - 3, metadata.Frames); // a busy machine leaves a row without one
        _cell.MustVerify(episode);
    }

    public void Dispose() => _cell.Dispose();
}
