using System.Net;
using System.Text.Json;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Tests.Desk;

public sealed class RunApiTests : IAsyncLifetime
{
    private DeskRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DeskRig.StartAsync(withCore: false);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task ARunIsFoundInFoldersAndSaysHowFarItIs()
    {
        Assert.Empty(await ListAsync());
        string folder = FakeRun.Write(_rig.Runs, "pendulum/first", step: 250);
        FakeRun.Tell(folder, RunPhase.Running, 260, FakeRun.OwnStart);
        Directory.CreateDirectory(Path.Combine(_rig.Runs, "nothing"));

        JsonElement run = Assert.Single(await ListAsync());
        Assert.Equal(("pendulum/first", "rssm-small", "running"), (Text(run, "id"), Text(run, "model"), Text(run, "state")));
        Assert.Equal((260, 1000), (run.GetProperty("step").GetInt32(), run.GetProperty("steps").GetInt32()));
        Assert.Equal(740 / 8.0, run.GetProperty("seconds_left").GetDouble());
        Assert.Equal(0.4, run.GetProperty("loss").GetDouble(), 6);
        Assert.Equal(1, run.GetProperty("validation_loss").GetDouble(), 6); // of step 200
        Assert.False(run.GetProperty("evaluated").GetBoolean());
    }

    [Theory]
    [InlineData(RunPhase.Running, "killed")]
    [InlineData(RunPhase.Stopped, "stopped")]
    [InlineData(RunPhase.Done, "done")]
    [InlineData(RunPhase.Failed, "failed")]
    public async Task ARunWhoseProcessIsGoneDoesNotRun(RunPhase phase, string state)
    {
        FakeRun.Tell(FakeRun.Write(_rig.Runs, "run", step: 10), phase, 10, processStart: 1, "the disk is full");
        JsonElement run = Assert.Single(await ListAsync());
        Assert.Equal((state, "the disk is full"), (Text(run, "state"), Text(run, "message")));
        Assert.False(run.TryGetProperty("seconds_left", out _));
    }

    [Fact]
    public async Task NumbersAreMeansOverBucketsAndGoOnWhereTheLogDoes()
    {
        string log = Path.Combine(FakeRun.Write(_rig.Runs, "run", step: 1000), "metrics.jsonl");
        JsonElement series = await _rig.GetAsync("/api/runs/metrics?run=run");
        JsonElement loss = series.GetProperty("values").GetProperty("loss");
        Assert.Equal(500, series.GetProperty("step").GetArrayLength());
        Assert.Equal((2, 75), (series.GetProperty("step")[0].GetInt32(), loss[0].GetDouble()));
        JsonElement[] validated = [.. series.GetProperty("values").GetProperty("validation_loss").EnumerateArray()];
        Assert.Equal(10, validated.Count(v => v.ValueKind == JsonValueKind.Number));

        File.AppendAllText(log, $"{FakeRun.Line(1001)}\n{FakeRun.Line(1002)[..10]}"); // the last one is being written
        JsonElement steps = (await _rig.GetAsync("/api/runs/metrics?run=run")).GetProperty("step");
        Assert.Equal(1001, steps[steps.GetArrayLength() - 1].GetInt32());
        File.WriteAllText(log, FakeRun.Line(1) + "\n"); // begun anew
        Assert.Equal(1, (await _rig.GetAsync("/api/runs/metrics?run=run")).GetProperty("step")[0].GetInt32());
    }

    [Fact]
    public async Task ADamagedRunHidesNoOther()
    {
        FakeRun.Write(_rig.Runs, "whole", step: 3);
        File.WriteAllText(Path.Combine(FakeRun.Write(_rig.Runs, "damaged", step: 3), "config.json"), "{");
        File.WriteAllText(Path.Combine(FakeRun.Write(_rig.Runs, "log", step: 3), "metrics.jsonl"), "nonsense\n");
        JsonElement[] runs = await ListAsync();
        Assert.Equal(["damaged unreadable", "log unreadable", "whole stopped"],
            runs.Select(r => $"{Text(r, "id")} {Text(r, "state")}").Order(StringComparer.Ordinal));
        Assert.Contains("line 1", Text(runs.Single(r => Text(r, "id") == "log"), "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AnEvaluationIsShownAndItsPageNeedsNothingElse()
    {
        string folder = FakeRun.Write(_rig.Runs, "run", step: 3);
        Assert.Equal(HttpStatusCode.NotFound, (await _rig.Http.GetAsync(new Uri("/api/runs/report?run=run", UriKind.Relative))).StatusCode);
        FakeRun.Evaluate(folder);
        Assert.True((await ListAsync())[0].GetProperty("evaluated").GetBoolean());
        JsonElement numbers = await _rig.GetAsync("/api/runs/evaluation?run=run");
        Assert.Equal(16, numbers.GetProperty("modalities")[0].GetProperty("normalised").GetArrayLength());
        HttpResponseMessage page = await _rig.Http.GetAsync(new Uri("/api/runs/report?run=run", UriKind.Relative));
        Assert.Equal("text/html", page.Content.Headers.ContentType!.MediaType);
        Assert.Contains("default-src 'none'", page.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("../data")]
    [InlineData("..")]
    [InlineData("")]
    [InlineData("/etc")]
    [InlineData("link")]
    [InlineData("run/last")]
    public async Task NothingOutsideOfTheRunsIsRead(string id)
    {
        FakeRun.Write(_rig.Outside, "secret", step: 3);
        FakeRun.Write(_rig.Runs, "run", step: 3);
        Directory.CreateSymbolicLink(Path.Combine(_rig.Runs, "link"), Path.Combine(_rig.Outside, "secret"));
        foreach (string what in (string[])["metrics", "evaluation", "report"])
        {
            var address = new Uri($"/api/runs/{what}?run={Uri.EscapeDataString(id)}", UriKind.Relative);
            HttpResponseMessage answer = await _rig.Http.GetAsync(address);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        }
        Assert.Equal("run", Text(Assert.Single(await ListAsync()), "id"));
    }

    private async Task<JsonElement[]> ListAsync() => [.. (await _rig.GetAsync("/api/runs")).GetProperty("runs").EnumerateArray()];

    private static string Text(JsonElement one, string name) => one.GetProperty(name).GetString()!;
}
