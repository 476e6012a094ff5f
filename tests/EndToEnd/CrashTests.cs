using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>Whatever ends, and however: what was recorded is there afterwards, and what was committed is untouched.</summary>
public sealed class CrashTests : IDisposable
{
    private readonly TestCell _cell = new(cameras: 1, changes:
    [
        TestCell.Force("driver: bota_serial", "line: {name}-force.tty"),
        TestCell.Gripper("driver: robotiq_modbus", "line: tcp://{host}:4001"),
    ]);

    [Fact]
    public void A_service_that_is_asked_to_end_saves_and_commits_the_recording()
    {
        _cell.StartSim();
        var service = _cell.StartService();
        _cell.WaitForDevices();
        _cell.StartRecording(60);
        _cell.WaitForRecording();
        service.Signal(RobotProcess.SigTerm);
        service.WaitForEnd().MustEndWith(ExitCode.Done);
        Assert.False(EpisodeMetadata.Read(Assert.Single(_cell.Episodes)).Recovered);
        Assert.Empty(EpisodeCatalog.FindRecordings(_cell.Data));
        _cell.MustVerify(_cell.Data);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_recording_whose_service_is_killed_comes_back(bool byCommand)
    {
        _cell.StartSim();
        var service = _cell.StartService();
        _cell.WaitForDevices();
        _cell.Record("--seconds", "1").MustEndWith(ExitCode.Done);
        var committed = _cell.Hashes();
        _cell.StartRecording(60);
        _cell.WaitForRecording(2);
        service.Kill();
        Eventually.True(() => _cell.Processes("encode").Count == 0, "the encoder has followed its parent", 60);
        if (byCommand)
            _cell.Run("episodes", "recover", _cell.Data).MustEndWith(ExitCode.Done);
        else
            _cell.StartService();
        Eventually.True(() => _cell.Episodes.Length == 2, $"the recording is committed\n{service.Err}", 60);
        var metadata = EpisodeMetadata.Read(_cell.Episode(1));
        Assert.True(metadata.Recovered);
        Assert.True(metadata.Frames >= 30, $"{metadata.Frames} frames of two seconds and more");
        Assert.Empty(EpisodeCatalog.FindRecordings(_cell.Data));
        _cell.MustVerify(_cell.Data);
        var after = _cell.Hashes();
        Assert.All(committed, file => Assert.Equal(file.Value, after[file.Key]));
    }

    [Fact]
    public void An_episode_that_was_cut_off_in_its_commit_is_committed_as_it_was()
    {
        _cell.StartSim();
        var service = _cell.StartService();
        _cell.WaitForDevices();
        _cell.Record("--seconds", "1").MustEndWith(ExitCode.Done);
        service.Signal(RobotProcess.SigTerm);
        service.WaitForEnd();
        var committed = _cell.Hashes();
        string episode = _cell.Episode(0), recording = episode + ".recording";

        // All is made and the log has lost its pictures; neither sums nor the rename have come to pass.
        Directory.Move(episode, recording);
        File.Delete(Path.Combine(recording, "SHA256SUMS"));
        File.WriteAllText(Path.Combine(recording, "writer.lock"), "");
        _cell.Run("episodes", "recover", _cell.Data).MustEndWith(ExitCode.Done);
        Assert.Equal(committed, _cell.Hashes());

        // The new log lies beside the old one still.
        Directory.Move(episode, recording);
        string log = Path.Combine(recording, "capture.mcap");
        File.Move(log, log + ".new");
        File.WriteAllText(log, "the whole log, pictures and all");
        _cell.StartService();
        Eventually.True(() => _cell.Episodes.Length == 1, "it is committed", 60);
        Assert.Equal(committed, _cell.Hashes());
    }

    [Fact]
    public void An_encoder_that_is_killed_is_started_again_and_the_episode_is_the_same_as_any()
    {
        _cell.StartSim();
        _cell.StartService();
        _cell.WaitForDevices();
        var recording = _cell.StartRecording(4);
        _cell.WaitForRecording();
        RobotProcess.Signal(FindEncoder(), RobotProcess.SigKill);
        recording.WaitForEnd().MustEndWith(ExitCode.Done);
        var metadata = EpisodeMetadata.Read(Assert.Single(_cell.Episodes));
        Assert.False(metadata.Recovered);
        Assert.InRange(metadata.Frames, 100, 130);
        _cell.MustVerify(_cell.Data);
    }

    [Fact]
    public void A_cell_that_is_lost_in_mid_episode_leaves_missing_rows_and_data_flow_again()
    {
        var sim = _cell.StartSim();
        _cell.StartService();
        _cell.WaitForDevices();
        var recording = _cell.StartRecording(120);
        _cell.WaitForRecording();
        sim.Kill();
        Eventually.True(() => _cell.Status().Streams.All(s => !s.Connected), "the devices are lost", 60);
        double lost = _cell.Status().Recording!.Seconds;
        _cell.WaitForRecording(lost + 1); // rows are missing after half a second without a sample, and only stale before
        _cell.StartSim();
        _cell.WaitForDevices();
        double back = _cell.Status().Recording!.Seconds;
        _cell.WaitForRecording(back + 1);
        _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        var said = recording.WaitForEnd().MustEndWith(ExitCode.Device);
        Assert.Contains("robot: robot lost in demo_000, rows are missing until it is back: ", said.Err, StringComparison.Ordinal);
        Assert.Contains("robot: wrist_rgb and wrist_depth lost in demo_000", said.Err, StringComparison.Ordinal);
        string episode = Assert.Single(_cell.Episodes);
        _cell.MustVerify(episode);
        foreach (string stream in (string[])["robot", "force", "gripper", "wrist_rgb", "wrist_depth"])
        {
            string[] statuses = StatusColumn(episode, stream);
            int first = Array.IndexOf(statuses, "missing"), last = Array.LastIndexOf(statuses, "missing");
            Assert.True(first > 0 && last < statuses.Length - 5, $"{stream}: missing from row {first} to {last} of {statuses.Length}");
            Assert.DoesNotContain("missing", statuses.AsSpan(last + 1).ToArray());
        }
    }

    public void Dispose() => _cell.Dispose();

    private static string[] StatusColumn(string episode, string stream)
    {
        string[] lines = File.ReadAllLines(Path.Combine(episode, "frames.csv"));
        int column = Array.IndexOf(lines[0].Split(','), $"{stream}_status");
        Assert.True(column > 0, $"frames.csv has no {stream}_status");
        return [.. lines.Skip(1).Select(l => l.Split(',')[column])];
    }

    private int FindEncoder()
    {
        Eventually.True(() => _cell.Processes("encode").Count > 0, "an encoder runs");
        return _cell.Processes("encode")[0];
    }
}
