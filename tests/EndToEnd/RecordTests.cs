using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

[Collection(RunningCellCollection.Name)]
public class RecordTests(RunningCell running)
{
    private static readonly string[] s_streams = ["robot", "force", "gripper", "wrist_rgb", "wrist_depth", "scene_rgb", "scene_depth"];
    private readonly TestCell _cell = running.Cell;

    [Fact]
    public void Every_stream_of_the_cell_is_fresh_and_status_says_so_in_json_and_as_a_table()
    {
        _cell.WaitForDevices();
        var status = _cell.Status();
        Assert.Equal(s_streams.Order(), status.Streams.Select(s => s.Name).Order());
        Assert.Equal((_cell.Name, true, _cell.Data), (status.Cell, status.Simulated, status.Data));
        Assert.Equal("UR5e", status.Robot!.Model);
        Assert.Equal(6, status.Robot.Q.Length);
        var table = _cell.Run("status", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Assert.All(s_streams, name => Assert.Contains(name, table.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void Two_seconds_without_a_source_become_an_episode_that_verifies()
    {
        string[] before = _cell.Episodes;
        var recorded = _cell.Record("--seconds", "2").MustEndWith(ExitCode.Done);
        string episode = _cell.Episodes.Except(before).Single();
        Assert.Contains(episode, recorded.Out, StringComparison.Ordinal);
        var metadata = EpisodeMetadata.Read(episode);
        Assert.Equal(("test", Outcome.Unknown, EpisodeEnd.Timeout, false), (metadata.Task, metadata.Outcome, metadata.End, metadata.Recovered));
        Assert.InRange(metadata.Frames, 45, 75);
        Assert.Equal(ActionDescription.Demonstrated, metadata.Action!.Source);
        Assert.Equal(s_streams.Order(), metadata.Streams.Keys.Order());
        Assert.All(metadata.Streams.Values, s => Assert.Equal(0, s.Counts.Dropped));
        Assert.Equal(metadata.Frames, Directory.GetFiles(Path.Combine(episode, "rgb", "wrist")).Length);
        _cell.MustVerify(episode);
    }

    [Fact]
    public void A_scripted_demonstration_puts_the_cube_on_its_target()
    {
        var metadata = EpisodeMetadata.Read(running.Scripted);
        Assert.Equal((Outcome.Success, EpisodeEnd.Terminal, "scripted"), (metadata.Outcome, metadata.End, metadata.Action!.Source));
        var gripper = EpisodeReader.Open(running.Scripted).ReadGripper()!;
        Assert.Contains(gripper, g => g.ObjectDetected);
        _cell.MustVerify(running.Scripted);
    }

    [Fact]
    public void A_mark_survives_verify_and_is_listed_and_shown()
    {
        string[] before = _cell.Episodes;
        _cell.Record("--seconds", "1").MustEndWith(ExitCode.Done);
        string episode = _cell.Episodes.Except(before).Single();
        _cell.Run("episodes", "mark", episode, "--outcome", "failure", "--note", "the cube slipped").MustEndWith(ExitCode.Done);
        _cell.MustVerify(episode);
        var shown = _cell.Run("episodes", "show", episode).MustEndWith(ExitCode.Done);
        Assert.Contains("the cube slipped", shown.Out, StringComparison.Ordinal);
        var listed = _cell.Run("episodes", "list", episode).MustEndWith(ExitCode.Done);
        Assert.Contains(Path.GetFileName(episode), listed.Out, StringComparison.Ordinal);
        Assert.Contains("failure", listed.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Stop_during_a_recording_saves_it_and_leaves_the_service_idle()
    {
        string[] before = _cell.Episodes;
        var recording = _cell.StartRecording(60);
        _cell.WaitForRecording();
        _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        recording.WaitForEnd().MustEndWith(ExitCode.Done);
        string episode = _cell.Episodes.Except(before).Single();
        Assert.Equal(EpisodeEnd.Operator, EpisodeMetadata.Read(episode).End);
        _cell.MustVerify(episode);
        Assert.Equal("idle", _cell.Status().Mode);
    }

    [Fact]
    public void Two_episodes_in_a_row_are_both_committed()
    {
        string[] before = _cell.Episodes;
        _cell.Record("--seconds", "1", "--episodes", "2").MustEndWith(ExitCode.Done);
        string[] recorded = [.. _cell.Episodes.Except(before)];
        Assert.Equal(2, recorded.Length);
        Assert.All(recorded, _cell.MustVerify);
    }
}
