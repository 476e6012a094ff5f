using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;

namespace RobotWorldModel.Runtime.Tests.Desk;

public sealed class EpisodeApiTests : IAsyncLifetime
{
    private DeskRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DeskRig.StartAsync(withCore: false);

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Fact]
    public async Task EpisodesAreListedInTheOrderOfTheirNumbers()
    {
        foreach (string id in (string[])["demo_1000", "demo_002", "demo_000"])
            FakeEpisode.Write(_rig.Data, id, frames: 3, task: "pick", outcome: "failure");
        Directory.CreateDirectory(Path.Combine(_rig.Data, "demonstrations", "demo_003.recording"));
        JsonElement[] list = [.. (await _rig.GetAsync("/api/episodes")).EnumerateArray()];
        Assert.Equal(["demo_000", "demo_002", "demo_1000"], list.Select(e => e.GetProperty("id").GetString()));
        Assert.Equal("pick", list[0].GetProperty("task").GetString());
        Assert.Equal(3, list[0].GetProperty("frames").GetInt32());
        Assert.Equal("failure", list[0].GetProperty("outcome").GetString());
        Assert.Equal(0.1, list[0].GetProperty("seconds").GetDouble(), 3);
    }

    [Fact]
    public async Task WithoutADataRootThereAreNone()
    {
        Directory.Delete(_rig.Data, recursive: true);
        Assert.Equal(0, (await _rig.GetAsync("/api/episodes")).GetArrayLength());
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData(null)]
    [InlineData("(a folder, which may not be read)")]
    public async Task ADamagedEpisodeIsListedWithTheReasonAndHidesNoOther(string? metadata)
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 1);
        string path = Path.Combine(FakeEpisode.Write(_rig.Data, "demo_001", frames: 1), "metadata.json");
        File.Delete(path);
        if (metadata?.StartsWith('(') == true)
            Directory.CreateDirectory(path);
        else if (metadata is not null)
            File.WriteAllText(path, metadata);
        JsonElement[] list = [.. (await _rig.GetAsync("/api/episodes")).EnumerateArray()];
        Assert.True(list[0].GetProperty("readable").GetBoolean());
        Assert.False(list[1].GetProperty("readable").GetBoolean());
        Assert.Contains("metadata.json", list[1].GetProperty("quality").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task SeriesAreColumns()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 5);
        JsonElement series = await _rig.GetAsync("/api/episodes/demo_000/series");
        Assert.Equal(5, series.GetProperty("frames").GetInt32());
        Assert.Equal(30, series.GetProperty("rate_hz").GetDouble());
        JsonElement tables = series.GetProperty("tables");
        Assert.Equal(FakeScene.Joints(0.4)[2], tables.GetProperty("joints").GetProperty("q2")[4].GetDouble());
        Assert.Equal(FakeScene.Wrench(0.1)[5], tables.GetProperty("force").GetProperty("tz")[1].GetDouble());
        Assert.Equal("interpolated", tables.GetProperty("frames").GetProperty("robot_status")[0].GetString());
        Assert.Equal(5, tables.GetProperty("actions").GetProperty("a6").GetArrayLength());
        Assert.Equal(5, tables.GetProperty("gripper").GetProperty("timestamp").GetArrayLength());
        Assert.Equal(["wrist", "scene"], series.GetProperty("cameras").EnumerateArray().Select(c => c.GetProperty("name").GetString()));
    }

    [Fact]
    public async Task AnEmptyCellIsNullAndAQuotedOneKeepsItsComma()
    {
        string folder = FakeEpisode.Write(_rig.Data, "demo_000", frames: 2);
        File.WriteAllText(Path.Combine(folder, "task.csv"), "frame,timestamp,goal,note\n0,0,,\"a, \"\"b\"\"\"\n1,0.033,1.5e-3,\n");
        JsonElement task = (await _rig.GetAsync("/api/episodes/demo_000/series")).GetProperty("tables").GetProperty("task");
        Assert.Equal(JsonValueKind.Null, task.GetProperty("goal")[0].ValueKind);
        Assert.Equal(1.5e-3, task.GetProperty("goal")[1].GetDouble());
        Assert.Equal("a, \"b\"", task.GetProperty("note")[0].GetString());
    }

    [Fact]
    public async Task ADamagedTableIsNamedWithItsRow()
    {
        string folder = FakeEpisode.Write(_rig.Data, "demo_000", frames: 2);
        File.AppendAllText(Path.Combine(folder, "joints.csv"), "2,0.0666,1\n");
        HttpResponseMessage answer = await _rig.Http.GetAsync("/api/episodes/demo_000/series");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        string error = (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("error").GetString()!;
        Assert.Contains("joints.csv:2: it has 3 cells", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task PicturesOfOneCameraAndOfSeveral(int cameras)
    {
        string[] names = cameras == 1 ? ["wrist"] : ["wrist", "scene"];
        string folder = FakeEpisode.Write(_rig.Data, "demo_000", frames: 3, cameras: names);
        byte[] expected = File.ReadAllBytes(Path.Combine(folder, "rgb", cameras == 1 ? "" : "wrist", "000002.png"));
        Assert.Equal(expected, await _rig.Http.GetByteArrayAsync("/api/episodes/demo_000/wrist/rgb/2.png"));
        Assert.Equal(expected, await _rig.Http.GetByteArrayAsync("/api/episodes/demo_000/wrist/rgb/000002.png"));
        Assert.Equal(HttpStatusCode.NotFound, (await _rig.Http.GetAsync("/api/episodes/demo_000/wrist/rgb/3.png")).StatusCode);
        JsonElement camera = (await _rig.GetAsync("/api/episodes/demo_000/series")).GetProperty("cameras")[0];
        Assert.Equal("wrist", camera.GetProperty("name").GetString());
        Assert.True(camera.GetProperty("color").GetBoolean());
        Assert.InRange(camera.GetProperty("depth").GetProperty("near_m").GetDouble(), 0.3, 0.52);
        Assert.InRange(camera.GetProperty("depth").GetProperty("far_m").GetDouble(), 1.3, 1.6);
    }

    [Fact]
    public async Task DepthIsColouredNearRedFarBlueNoneGrey()
    {
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 1);
        byte[] png = await _rig.Http.GetByteArrayAsync("/api/episodes/demo_000/wrist/depth/0.png");
        RgbPicture picture = new PngDecoder().Decode(png);
        (byte[] rgb, int width, int height) = (picture.Pixels.ToArray(), picture.Width, picture.Height);
        Assert.Equal((FakeEpisode.Width, FakeEpisode.Height), (width, height));
        ushort[] units = FakeScene.Depth(0, width, height, 0);
        int near = Array.IndexOf(units, units.Where(u => u > 0).Min()), far = Array.IndexOf(units, units.Max());
        Assert.Equal<byte>([0x20, 0x20, 0x20], rgb[..3]);
        Assert.True(rgb[near * 3] > Math.Max(120, 2 * rgb[near * 3 + 2]), $"near is {string.Join(',', rgb[(near * 3)..(near * 3 + 3)])}");
        Assert.True(rgb[far * 3 + 2] > 2 * rgb[far * 3], $"far is {rgb[far * 3]},{rgb[far * 3 + 1]},{rgb[far * 3 + 2]}");
    }

    [Theory]
    [InlineData("not a zip")]
    [InlineData("")]
    public async Task DamagedDepthIsNamed(string content)
    {
        string folder = FakeEpisode.Write(_rig.Data, "demo_000", frames: 2);
        await _rig.Http.GetByteArrayAsync("/api/episodes/demo_000/wrist/depth/0.png");
        File.WriteAllText(Path.Combine(folder, "depth", "wrist", "000001.npz"), content);
        HttpResponseMessage answer = await _rig.Http.GetAsync("/api/episodes/demo_000/wrist/depth/1.png");
        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("000001.npz is damaged", await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task AMarkIsWrittenAndTheSumsStillHold()
    {
        string folder = FakeEpisode.Write(_rig.Data, "demo_000", frames: 2, outcome: "unknown");
        await _rig.GetAsync("/api/episodes");
        const string Mark = """{"outcome":"success","note":"grasp of the µ-cube, 2nd try"}""";
        HttpResponseMessage answer = await _rig.PostAsync("/api/episodes/demo_000/mark", Mark);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        JsonElement metadata = await _rig.GetAsync("/api/episodes/demo_000");
        Assert.Equal("success", metadata.GetProperty("outcome").GetString());
        Assert.Equal("grasp of the µ-cube, 2nd try", metadata.GetProperty("note").GetString());
        Assert.Equal(2, metadata.GetProperty("frames").GetInt32());
        Assert.Equal("success", (await _rig.GetAsync("/api/episodes"))[0].GetProperty("outcome").GetString());
        var check = new ProcessStartInfo("sha256sum", "--check --strict --quiet SHA256SUMS") { WorkingDirectory = folder };
        using Process sums = Process.Start(check)!;
        await sums.WaitForExitAsync();
        Assert.Equal(0, sums.ExitCode);
        Assert.Empty(Directory.GetFiles(folder, "*.new"));
    }

    [Theory]
    [InlineData("demo_000", """{"outcome":"great"}""", HttpStatusCode.BadRequest)]
    [InlineData("demo_000", """{"note":"x"}""", HttpStatusCode.BadRequest)]
    [InlineData("demo_009", """{"outcome":"success"}""", HttpStatusCode.NotFound)]
    public async Task AWrongMarkChangesNothing(string id, string body, HttpStatusCode expected)
    {
        string folder = FakeEpisode.Write(_rig.Data, "demo_000", frames: 1);
        byte[] before = File.ReadAllBytes(Path.Combine(folder, "metadata.json"));
        Assert.Equal(expected, (await _rig.PostAsync($"/api/episodes/{id}/mark", body)).StatusCode);
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(folder, "metadata.json")));
    }
}
