using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>What the service does when somebody or something beside it ends, and what it asks before a real arm moves.</summary>
public sealed class SupervisionTests : IDisposable
{
    private const string ControlC = "\x03";
    private const string Heard = "--default-signal=INT,HUP"; // tests that run in the background would hand on that both are ignored
    private const int HangUp = 1;
    private readonly TestCell _cell = new(cameras: 0);

    [Fact]
    public void A_dashboard_that_dies_comes_back_and_the_recording_goes_on()
    {
        _cell.StartSim();
        _cell.StartService();
        _cell.WaitForDevices();
        _cell.StartRecording(120);
        _cell.WaitForRecording();
        string id = _cell.Status().Recording!.Id;
        int desk = 0;
        Eventually.True(() => (desk = _cell.Processes("desk") is [var pid, ..] ? pid : 0) != 0, "a dashboard runs");
        RobotProcess.Signal(desk, RobotProcess.SigKill);
        Eventually.True(() => _cell.Processes("desk").Any(p => p != desk), "another one runs", 30);
        using var http = new HttpClient { BaseAddress = new(_cell.Url) };
        Eventually.True(() => Answers(http), "it answers", 30);
        Eventually.True(() => _cell.Status().Dashboard is { Up: true }, "the status says so", 30);
        Assert.Equal(id, _cell.Status().Recording!.Id);
        _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
        Eventually.True(() => _cell.Episodes.Length == 1, "it is committed", 60);
        _cell.MustVerify(_cell.Data);
    }

    [Fact]
    public async Task The_page_replays_by_id_and_nothing_outside_the_data_root()
    {
        _cell.StartSim();
        _cell.StartService();
        _cell.WaitForDevices();
        _cell.Record("--source", "scripted", "--seconds", "2").MustEndWith(ExitCode.Done);
        using var http = new HttpClient { BaseAddress = new(_cell.Url) };
        Eventually.True(() => Answers(http), "the page answers", 30);
        foreach (string elsewhere in (string[])[_cell.Episode(0), "../demonstrations/demo_000", "demo_000/", ""])
        {
            var refused = await http.PostAsJsonAsync("api/replay", new { episode = elsewhere });
            Assert.Equal(HttpStatusCode.BadRequest, refused.StatusCode);
        }
        var begun = await http.PostAsJsonAsync("api/replay", new { episode = "demo_000" });
        Assert.True(begun.IsSuccessStatusCode, await begun.Content.ReadAsStringAsync());
        Eventually.True(() => _cell.Status().Replay is { State: "done" or "stopped" }, "the replay ends", 60);
        Assert.True(_cell.Status().Replay!.State == "done", _cell.Status().Replay!.Message);
        Assert.Equal("demo_000", _cell.Status().Replay!.Episode);
    }

    [Fact]
    public void An_arm_that_is_led_is_held_again_when_who_recorded_goes_away()
    {
        _cell.StartSim();
        _cell.StartService();
        _cell.WaitForDevices();
        var recorder = _cell.Start(
            "record", "--config", _cell.Config, "--data", _cell.Data, "--task", "led", "--source", "freedrive", "--seconds", "120");
        _cell.WaitForRecording();
        Assert.Equal("freedrive", _cell.Status().Motion.State);
        recorder.Kill();
        Eventually.True(() => _cell.Status().Motion is { Owner: null } m && m.State != "freedrive", "the arm is held", 30);
        Eventually.True(() => _cell.Status().Robot!.Qd.All(q => Math.Abs(q) < 0.001), "the hand has let go", 30);
        _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void A_cell_that_does_not_say_that_it_is_simulated_is_asked_before_its_arm_moves()
    {
        _cell.StartSim();
        string text = File.ReadAllText(_cell.Config), real = _cell["real.yaml"];
        File.WriteAllText(real, text[..text.IndexOf("simulation:", StringComparison.Ordinal)]
            .Replace(_cell.Name, _cell.Name + "-real", StringComparison.Ordinal));
        string[] record = ["record", "--config", real, "--data", _cell.Data, "--task", "test", "--seconds", "2", "--source"];
        _cell.Run([.. record, "scripted"]).MustRefuse(ExitCode.Usage, "simulated cell only");
        var refused = _cell.Run([.. record, "jog"]).MustEndWith(ExitCode.Usage);
        Assert.Contains("Keep clear", refused.Err, StringComparison.Ordinal);
        Assert.Contains("--yes", refused.ErrLines[^1], StringComparison.Ordinal);
        Assert.Empty(_cell.Episodes);
        using var other = new TcpListener(IPAddress.Loopback, new Uri(_cell.Url).Port);
        other.Start();
        var confirmed = _cell.Run([.. record, "jog", "--yes"]).MustEndWith(ExitCode.Done);
        Assert.Contains("Keep clear", confirmed.Err, StringComparison.Ordinal);
        // Of the dashboard.
        Assert.Single(confirmed.ErrLines, line => line.Contains("is in use by another program", StringComparison.Ordinal));
        Assert.Single(_cell.Episodes);
    }

    [Fact]
    public void Ctrl_C_in_a_terminal_is_for_the_command_and_not_for_its_service()
    {
        _cell.StartSim();
        string record = $"record --config {_cell.Config} --data {_cell.Data} --task keys --seconds 120";
        var terminal = _cell.StartProgram(
            "env", Heard, "script", "-qec", $"stty cols 120 rows 40; exec '{RobotProcess.Program}' {record}", "/dev/null");
        terminal.MustSay("demo_000 records");
        _cell.WaitForRecording();
        Eventually.True(() => _cell.Processes("encode").Count > 0 && _cell.Processes("desk").Count > 0, "encoder and dashboard run");
        terminal.Press(ControlC);
        var end = terminal.WaitForEnd().MustEndWith(ExitCode.Interrupted);
        Assert.Matches(@"demo_000: \d+ frames.*\(interrupted\)", end.Out);
        Assert.Equal(EpisodeEnd.Operator, EpisodeMetadata.Read(Assert.Single(_cell.Episodes)).End);
        _cell.MustVerify(_cell.Data);
        Assert.All((string[])["run", "desk", "encode"], command => Assert.Empty(_cell.Processes(command)));
    }

    [Fact]
    public void A_service_whose_terminal_is_closed_saves_what_it_records()
    {
        _cell.StartSim();
        var service = _cell.StartProgram("env", Heard, RobotProcess.Program, "run", "--config", _cell.Config, "--data", _cell.Data)
            .MustSay("ready; dashboard");
        _cell.WaitForDevices();
        _cell.StartRecording(120);
        _cell.WaitForRecording();
        service.Signal(HangUp);
        service.WaitForEnd().MustEndWith(ExitCode.Done);
        Assert.False(EpisodeMetadata.Read(Assert.Single(_cell.Episodes)).Recovered);
    }

    public void Dispose() => _cell.Dispose();

    private static bool Answers(HttpClient http)
    {
        try
        {
            return http.GetAsync("api/status").GetAwaiter().GetResult().IsSuccessStatusCode;
        }
        catch (HttpRequestException)
        {
            return false;
        }
    }
}
