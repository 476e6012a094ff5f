using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Runtime.Desk;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Desk;

public sealed class DeskApiTests : IAsyncLifetime
{
    private DeskRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DeskRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task StatusIsCoresOwn()
    {
        JsonElement status = (await _rig.GetAsync("/api/status")).GetProperty("status");
        Assert.Equal(FakeCore.Cell, status.GetProperty("cell").GetString());
        Assert.Equal("idle", status.GetProperty("mode").GetString());
        Assert.Equal(7, status.GetProperty("streams").GetArrayLength());
        Assert.Equal(6, status.GetProperty("robot").GetProperty("q").GetArrayLength());
    }

    [Theory]
    [InlineData("/api/record/discard", "{}", CoreMethods.RecordDiscard)]
    [InlineData("/api/replay", """{"episode":"demo_000","speed":0.5}""", CoreMethods.ReplayStart)]
    [InlineData("/api/stop", "{}", CoreMethods.Stop)]
    [InlineData("/api/acknowledge", "{}", CoreMethods.Acknowledge)]
    [InlineData("/api/jog", """{"axis":"rx","steps":-2}""", CoreMethods.Jog)]
    [InlineData("/api/record/start", """{"task":"pick","source":"scripted","seconds":5}""", CoreMethods.RecordStart)]
    [InlineData("/api/record/start", """{"task":"pick","source":"none"}""", CoreMethods.RecordStart)]
    [InlineData("/api/record/stop", """{"outcome":"failure"}""", CoreMethods.RecordStop)]
    public async Task RequestsReachCoreAsTheyAre(string path, string body, string method)
    {
        await _rig.PostAsync(path, body);
        CoreRequest request = Assert.Single(_rig.Core!.Requests);
        Assert.Equal(method, request.Method);
        Assert.Equal(body, request.Params!.Value.GetRawText());
    }

    [Fact]
    public async Task CoresRefusalIsSaidInItsOwnWords()
    {
        Assert.Equal(HttpStatusCode.OK, (await _rig.PostAsync("/api/record/start", """{"task":"a"}""")).StatusCode);
        HttpResponseMessage second = await _rig.PostAsync("/api/record/start", """{"task":"b"}""");
        Assert.Equal(HttpStatusCode.Conflict, second.StatusCode);
        JsonElement error = await second.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Equal("demo_000 is being recorded: end it first", error.GetProperty("error").GetString());
        Assert.Equal(75, error.GetProperty("code").GetInt32());
    }

    [Theory]
    [InlineData("/api/record/start", "")]
    [InlineData("/api/record/start", "null")]
    [InlineData("/api/record/start", "[]")]
    [InlineData("/api/record/start", "{}")]
    [InlineData("/api/record/start", """{"task":null}""")]
    [InlineData("/api/record/start", """{"task":"a","soruce":"jog"}""")]
    [InlineData("/api/record/start", """{"task":"a","seconds":"5"}""")]
    [InlineData("/api/record/start", """{"task":"a"} trailing""")]
    [InlineData("/api/jog", """{"axis":"x","steps":1.5}""")]
    [InlineData("/api/stop", """{"now":true}""")]
    public async Task AWrongBodyIsRefusedAndNamed(string path, string body)
    {
        HttpResponseMessage answer = await _rig.PostAsync(path, body);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        JsonElement error = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Contains(path, error.GetProperty("error").GetString(), StringComparison.Ordinal);
        Assert.Equal(64, error.GetProperty("code").GetInt32());
        Assert.Empty(_rig.Core!.Requests);
    }

    [Fact]
    public async Task WhenCoreIsAwayItSaysSoAndFindsItAgain()
    {
        await _rig.StopCoreAsync();
        JsonElement away = await _rig.UntilAsync(s => !Connected(s), "core is seen to be away");
        Assert.Contains("./robot run --config", away.GetProperty("core").GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(away.TryGetProperty("status", out _), "no old status is shown as if it were new");
        HttpResponseMessage answer = await _rig.PostAsync("/api/record/start", """{"task":"a"}""");
        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("robot_core_up 0", await _rig.Http.GetStringAsync("/metrics"), StringComparison.Ordinal);

        for (int round = 0; round < 3; round++)
        {
            _rig.StartCore();
            await _rig.UntilAsync(Connected, "core is found again");
            Assert.Equal(HttpStatusCode.OK, (await _rig.PostAsync("/api/record/start", """{"task":"a"}""")).StatusCode);
            await _rig.StopCoreAsync();
            await _rig.UntilAsync(s => !Connected(s), "core is seen to be away again");
        }
    }

    [Fact]
    public async Task ACoreThatFallsSilentIsAway()
    {
        _rig.Core!.Silent = true;
        JsonElement away = await _rig.UntilAsync(s => !Connected(s), "silence is noticed");
        Assert.Contains("said nothing", away.GetProperty("core").GetProperty("message").GetString(), StringComparison.Ordinal);
        _rig.Core.Silent = false;
        await _rig.UntilAsync(Connected, "core talks again");
    }

    [Fact]
    public async Task ATakenAddressIsNamed()
    {
        DeskOptions taken = _rig.Options with { Listen = $"127.0.0.1:{_rig.Port}" };
        var e = await Assert.ThrowsAsync<DeskException>(() => DeskServer.StartAsync(taken));
        Assert.Equal(75, e.ExitCode);
        Assert.Contains($"127.0.0.1:{_rig.Port} is in use", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8080")]
    [InlineData("lab-pc:8080")]
    [InlineData("")]
    public async Task AnAddressThatIsNoneIsNamed(string listen)
    {
        var e = await Assert.ThrowsAsync<DeskException>(() => DeskServer.StartAsync(_rig.Options with { Listen = listen }));
        Assert.Equal(78, e.ExitCode);
        Assert.Contains("service.listen", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RunEndsWhenItIsCancelled()
    {
        using var end = new CancellationTokenSource();
        int port = Ports.FreePort();
        bool listens = false;
        Task running = DeskServer.RunAsync(_rig.Options with { Listen = $"localhost:{port}" }, () => listens = true, end.Token);
        Eventually.True(() => running.IsCompleted || Volatile.Read(ref listens), "it says that it listens");
        Assert.True(Answers(port));
        Assert.False(running.IsCompleted);
        await end.CancelAsync();
        await running.WaitAsync(TimeSpan.FromSeconds(60));
        Assert.False(Answers(port));
    }

    [Fact]
    public async Task RunEndsWhenItIsCancelledBeforeItServes()
    {
        using var end = new CancellationTokenSource();
        await end.CancelAsync();
        await DeskServer.RunAsync(_rig.Options, () => Assert.Fail("it serves"), end.Token).WaitAsync(TimeSpan.FromSeconds(60));
    }

    [Fact]
    public async Task AnAddressOfAnotherMachineIsNamed()
    {
        var e = await Assert.ThrowsAsync<DeskException>(() => DeskServer.StartAsync(_rig.Options with { Listen = "192.0.2.7:0" }));
        Assert.Equal(69, e.ExitCode);
        Assert.Contains("cannot listen on 192.0.2.7:0", e.Message, StringComparison.Ordinal);
    }

    private static bool Connected(JsonElement status) => status.GetProperty("core").GetProperty("connected").GetBoolean();

    private static bool Answers(int port)
    {
        using var client = new TcpClient();
        try
        {
            client.Connect("127.0.0.1", port);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }

    [Fact]
    public async Task MetricsAreInPrometheusFormat()
    {
        string text = await _rig.Http.GetStringAsync("/metrics");
        var names = new HashSet<string>();
        foreach (string line in text.TrimEnd('\n').Split('\n'))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                Assert.True(names.Add(line.Split(' ')[2]), $"{line} comes twice");
            else if (!line.StartsWith("# HELP ", StringComparison.Ordinal))
                Assert.Matches("""^[a-z_]+(\{[a-z]+="[^"]*"\})? -?[0-9.]+(E[-+]?[0-9]+)?$""", line);
        }
        Assert.Contains("robot_core_up 1", text, StringComparison.Ordinal);
        Assert.Contains("robot_stream_nominal_hz{stream=\"wrist_rgb\"} 30", text, StringComparison.Ordinal);
        Assert.Contains("robot_stream_lost_total{stream=\"robot\"} 0", text, StringComparison.Ordinal);
        Assert.Contains("robot_mode{mode=\"idle\"} 1", text, StringComparison.Ordinal);
        foreach (string name in (string[])["robot_stream_hz", "robot_stream_age_seconds", "robot_stream_received_total",
            "robot_stream_overrun_total", "robot_tick_lateness_seconds", "robot_tick_missed_total", "robot_recording",
            "robot_core_allocated_bytes_total"])
            Assert.Contains(name, names);
    }

    [Theory]
    [InlineData("/", "text/html")]
    [InlineData("/style.css", "text/css")]
    [InlineData("/js/app.js", "text/javascript")]
    public async Task ThePageIsServed(string path, string type)
    {
        HttpResponseMessage answer = await _rig.Http.GetAsync(path);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        Assert.Equal(type, answer.Content.Headers.ContentType!.MediaType);
        using var again = new HttpRequestMessage(HttpMethod.Get, path);
        again.Headers.IfNoneMatch.Add(answer.Headers.ETag!);
        Assert.Equal(HttpStatusCode.NotModified, (await _rig.Http.SendAsync(again)).StatusCode);
    }

    [Fact]
    public async Task WhatDoesNotExistIsSaidInOneLine()
    {
        HttpResponseMessage answer = await _rig.Http.GetAsync("/api/nothing");
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        JsonElement error = await answer.Content.ReadFromJsonAsync<JsonElement>();
        Assert.Contains("/api/nothing", error.GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task NothingOfThePageComesFromOutside()
    {
        foreach (string path in (string[])["/", "/style.css", "/js/app.js"])
            Assert.DoesNotMatch("(src|href|from|url)[ =(]*[\"']?(https?:)?//", await _rig.Http.GetStringAsync(path));
    }
}
