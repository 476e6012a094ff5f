using System.Net;
using System.Net.Http.Json;
using System.Net.WebSockets;
using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>The smallest cell: one camera of colour alone, a program in Python, and nothing else.</summary>
public sealed class ColorCameraTests : IDisposable
{
    private readonly TestCell _cell = new(cameras: 0, changes:
    [
        TestCell.Force("driver: onrobot_hex", "host: {host}"),
        TestCell.Gripper("driver: robotiq_modbus", "line: modbus://{host}:1502"),
    ]);

    [SkippableFact]
    public async Task It_is_seen_recorded_verified_and_played()
    {
        string socket = _cell["top.sock"], config = _cell["color.yaml"];
        File.WriteAllText(config, $$"""
            cell: {{_cell.Name}}-color
            cameras:
              - {name: top, socket: {{socket}}, depth: false, latency_ms: 20}
            service: {listen: '{{new Uri(_cell.Url).Authority}}'}
            """);
        using var camera = new PythonPeer("color_camera.py", socket);
        Assert.Equal("listens", camera.ReadLine());
        var service = _cell.Start("run", "--config", config, "--data", _cell.Data).MustSay("colour 160x120");
        _cell.Run("record", "--config", config, "--task", "look", "--seconds", "2").MustEndWith(ExitCode.Done);

        _cell.MustVerify(_cell.Data);
        EpisodeMetadata metadata = EpisodeMetadata.Read(_cell.Episode(0));
        Assert.Equal(["top_rgb"], metadata.Streams.Keys);
        Assert.Null(Assert.Single(metadata.Cameras).Depth);
        Assert.False(Directory.Exists(Path.Combine(_cell.Episode(0), "depth")));
        Assert.Equal(metadata.Frames, Directory.GetFiles(Path.Combine(_cell.Episode(0), "rgb")).Length);

        using var http = new HttpClient { BaseAddress = new(_cell.Url) };
        Eventually.True(() => service.HasExited || Answers(http), "the dashboard answers", 30);
        JsonElement shown = (await http.GetFromJsonAsync<JsonElement>("api/episodes/demo_000/series")).GetProperty("cameras")[0];
        Assert.True(shown.GetProperty("color").GetBoolean());
        Assert.Equal(JsonValueKind.Null, shown.TryGetProperty("depth", out JsonElement depth) ? depth.ValueKind : JsonValueKind.Null);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync("api/episodes/demo_000/top/rgb/0.png")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync("api/episodes/demo_000/top/depth/0.png")).StatusCode);
        Assert.Equal((40, 200), await PreviewAsync());
    }

    public void Dispose() => _cell.Dispose();

    /// <summary>Green and blue of a live picture's first pixel.</summary>
    private async Task<(int Green, int Blue)> PreviewAsync()
    {
        const int HeaderBytes = 24;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        using var socket = new ClientWebSocket();
        await socket.ConnectAsync(new($"{_cell.Url.Replace("http", "ws", StringComparison.Ordinal)}ws/preview/top"), limit.Token);
        byte[] picture = new byte[HeaderBytes + 80 * 60 * 3];
        for (int read = 0; read < picture.Length;)
            read += (await socket.ReceiveAsync(picture.AsMemory(read), limit.Token)).Count;
        return (picture[HeaderBytes + 1], picture[HeaderBytes + 2]);
    }

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
