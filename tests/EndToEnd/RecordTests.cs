using System.Net.Http.Json;
using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests;

[Collection(RunningCellCollection.Name)]
public class RecordTests(RunningCell running, ITestOutputHelper output)
{
    private static readonly string[] s_streams = ["robot", "force", "gripper", "wrist_rgb", "wrist_depth"];
    private readonly TestCell _cell = running.Cell;

    [Fact]
    public void Every_stream_of_the_cell_is_fresh_and_status_says_so_in_json_and_as_a_table()
    {
        _cell.WaitForDevices();
        var json = _cell.Run("status", "--config", _cell.Config, "--json").MustEndWith(ExitCode.Done);
        var status = JsonSerializer.Deserialize(json.Out, ProtocolJson.Default.CoreStatus)!;
        Assert.Equal(s_streams.Order(), status.Streams.Select(s => s.Name).Order());
        Assert.Equal((_cell.Name, true, _cell.Data), (status.Cell, status.Simulated, status.Data));
        Assert.Equal("UR5e", status.Robot!.Model);
        Assert.Equal(6, status.Robot.Q.Length);
        var table = _cell.Run("status", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Assert.All(s_streams, name => Assert.Contains(name, table.Out, StringComparison.Ordinal));
    }

    [Fact]
    public void A_scripted_demonstration_puts_the_cube_on_its_target()
    {
        var metadata = EpisodeMetadata.Read(running.Scripted);
        Assert.Equal((Outcome.Success, EpisodeEnd.Terminal, "scripted"), (metadata.Outcome, metadata.End, metadata.Action!.Source));
        var gripper = EpisodeReader.Open(running.Scripted).ReadGripper()!;
        Assert.Contains(gripper, g => g.ObjectDetected);
        // servoj's lookahead of 30 ms less its own cycle, and the way there: the round trip less the 1 ms back.
        output.WriteLine($"from set-point to motion: {metadata.Motion}");
        Assert.InRange(metadata.Motion!.RoundTripMs!.Value, 1, metadata.Motion.DelayMs);
        Assert.Equal(30 - 2 + metadata.Motion.RoundTripMs.Value - 1, metadata.Motion.DelayMs, 4.0);
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
    public async Task The_next_episode_starts_while_the_last_one_is_still_being_saved()
    {
        string[] before = _cell.Episodes;
        await PostAsync("record/start", new { task = "first" });
        _cell.WaitForRecording();
        await PostAsync("record/stop", new { outcome = "success" });
        await PostAsync("record/start", new { task = "second" });
        _cell.WaitForRecording();
        await PostAsync("record/stop", new { outcome = "failure" });
        Eventually.True(() => _cell.Episodes.Except(before).Count() == 2, "both are committed", 120);
        string[] recorded = [.. _cell.Episodes.Except(before)];
        Assert.All(recorded, _cell.MustVerify);
        var (first, second) = (EpisodeMetadata.Read(recorded[0]), EpisodeMetadata.Read(recorded[1]));
        Assert.Equal(("first", Outcome.Success, "second", Outcome.Failure), (first.Task, first.Outcome, second.Task, second.Outcome));
        double gap = (second.StartMonotonicNs!.Value - first.StartMonotonicNs!.Value) * 1e-9 - first.Duration;
        output.WriteLine($"from the end of the last row to the next episode's first: {gap:0.000} s");
        Assert.True(gap > -0.001, $"the second begins {-gap:0.000} s before the first has ended");
    }

    private async Task PostAsync(string what, object body)
    {
        using var http = new HttpClient { BaseAddress = new(_cell.Url), Timeout = TimeSpan.FromSeconds(60) };
        HttpResponseMessage? reply = null;
        // The dashboard may need a moment more than core to come up.
        Eventually.True(() => (reply = TryPost(http, what, body)) is not null, $"the service answers at {_cell.Url}", 60);
        Assert.True(reply!.IsSuccessStatusCode, $"{what}: {await reply.Content.ReadAsStringAsync()}");
    }

    private static HttpResponseMessage? TryPost(HttpClient http, string what, object body)
    {
        try
        {
            return http.PostAsJsonAsync("api/" + what, body).GetAwaiter().GetResult();
        }
        catch (HttpRequestException)
        {
            return null;
        }
    }
}
