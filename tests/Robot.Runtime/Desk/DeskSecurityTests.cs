using System.Net.WebSockets;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;

namespace RobotWorldModel.Runtime.Tests.Desk;

/// <summary>No page of a stranger moves the arm or reads what is recorded, and no path leaves the data root.</summary>
public sealed class DeskSecurityTests : IAsyncLifetime
{
    private const string Json = "Content-Type: application/json\r\n";
    private DeskRig _rig = null!;

    public async Task InitializeAsync() => _rig = await DeskRig.StartAsync();

    public async Task DisposeAsync() => await _rig.DisposeAsync();

    [Theory]
    [InlineData("127.0.0.1:{port}")]
    [InlineData("localhost:{port}")]
    [InlineData("LocalHost:{port}")]
    [InlineData("[::1]:{port}")]
    public async Task KnownHostsPass(string host)
    {
        host = host.Replace("{port}", $"{_rig.Port}", StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await _rig.RawAsync("/api/status", host), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await _rig.RawAsync("/api/stop", host, "POST", Json, "{}"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("evil.example:{port}")]
    [InlineData("127.0.0.1.evil.example:{port}")]
    [InlineData("localhost.evil.example:{port}")]
    [InlineData("192.0.2.7:{port}")]
    [InlineData("127.1:{port}")]
    [InlineData("0x7f000001:{port}")]
    [InlineData("2130706433:{port}")]
    [InlineData("0.0.0.0:{port}")]
    [InlineData("127.0.0.1:1")]
    [InlineData("127.0.0.1")]
    [InlineData("localhost")]
    [InlineData("")]
    public async Task UnknownHostsAreRefusedAsDnsRebindingWouldSendThem(string host)
    {
        host = host.Replace("{port}", $"{_rig.Port}", StringComparison.Ordinal);
        foreach (string path in (string[])["/", "/api/status", "/api/episodes", "/metrics", "/ws", "/ws/preview/wrist"])
            AssertRefused(await _rig.RawAsync(path, host));
        AssertRefused(await _rig.RawAsync("/api/stop", host, "POST", Json, "{}"));
        Assert.Empty(_rig.Core!.Requests);
    }

    [Theory]
    [InlineData("http://evil.example")]
    [InlineData("null")]
    [InlineData("http://127.0.0.1")]
    [InlineData("http://127.0.0.1:1")]
    [InlineData("https://127.0.0.1:{port}")]
    [InlineData("http://localhost:{port}")] // another origin than the host it was sent to
    [InlineData("http://127.0.0.1:{port}.evil.example")]
    [InlineData("")]
    public async Task ForeignOriginsMayChangeNothing(string origin)
    {
        origin = origin.Replace("{port}", $"{_rig.Port}", StringComparison.Ordinal);
        foreach (string path in (string[])["/api/stop", "/api/record/start", "/api/record/stop", "/api/record/discard", "/api/replay",
            "/api/acknowledge", "/api/jog", "/api/episodes/demo_000/mark"])
            AssertRefused(await _rig.RawAsync(path, null, "POST", $"{Json}Origin: {origin}\r\n", "{}"));
        Assert.Empty(_rig.Core!.Requests);
    }

    [Fact]
    public async Task TwoOriginsAreRefused() => AssertRefused(await _rig.RawAsync("/api/stop", null, "POST",
        $"{Json}Origin: http://127.0.0.1:{_rig.Port}\r\nOrigin: http://evil.example\r\n", "{}"));

    [Fact]
    public async Task TheSameOriginAndNoOriginMay()
    {
        string same = $"Origin: http://127.0.0.1:{_rig.Port}\r\n";
        Assert.StartsWith("HTTP/1.1 200", await _rig.RawAsync("/api/stop", null, "POST", Json + same, "{}"), StringComparison.Ordinal);
        Assert.StartsWith("HTTP/1.1 200", await _rig.RawAsync("/api/stop", null, "POST", Json, "{}"), StringComparison.Ordinal);
        Assert.Equal(2, _rig.Core!.Requests.Count);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Content-Type: text/plain\r\n")]
    [InlineData("Content-Type: application/x-www-form-urlencoded\r\n")]
    [InlineData("Content-Type: multipart/form-data; boundary=x\r\n")]
    [InlineData("Content-Type: text/plain; application/json\r\n")]
    [InlineData("Content-Type: application/json; charset=utf-7\r\n")]
    public async Task OnlyJsonMayChangeSomething(string header)
    {
        AssertRefused(await _rig.RawAsync("/api/stop", null, "POST", header, "{}"));
        AssertRefused(await _rig.RawAsync("/api/episodes/demo_000/mark", null, "POST", header, "{}"));
        Assert.Empty(_rig.Core!.Requests);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("DELETE")]
    [InlineData("PATCH")]
    [InlineData("OPTIONS")]
    [InlineData("PROPFIND")]
    public async Task OtherMethodsAreHeldToTheSameRules(string method)
    {
        AssertRefused(await _rig.RawAsync("/api/stop", null, method, "Origin: http://evil.example\r\n" + Json, "{}"));
        Assert.StartsWith("HTTP/1.1 405", await _rig.RawAsync("/api/stop", null, method, Json, "{}"), StringComparison.Ordinal);
        Assert.Empty(_rig.Core!.Requests);
    }

    [Fact]
    public async Task AGetChangesNothing()
    {
        Assert.StartsWith("HTTP/1.1 40", await _rig.RawAsync("/api/stop"), StringComparison.Ordinal);
        Assert.Empty(_rig.Core!.Requests);
    }

    [Theory]
    [InlineData("ws", "http://evil.example")]
    [InlineData("ws", "null")]
    [InlineData("ws", "http://localhost:1")]
    [InlineData("ws/preview/wrist", "http://evil.example")]
    [InlineData("ws/preview/wrist", "null")]
    public async Task WebSocketsOfForeignOriginsAreRefused(string path, string origin)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", origin);
        await AssertForbiddenAsync(socket, path);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("ws/preview/wrist")]
    public async Task WebSocketsWithAnUnknownHostAreRefused(string path)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Host", $"evil.example:{_rig.Port}");
        socket.Options.SetRequestHeader("Origin", $"http://evil.example:{_rig.Port}");
        await AssertForbiddenAsync(socket, path);
    }

    [Theory]
    [InlineData("ws")]
    [InlineData("ws/preview/wrist")]
    public async Task WebSocketsOfTheSameOriginOpen(string path)
    {
        using var socket = new ClientWebSocket();
        socket.Options.SetRequestHeader("Origin", $"http://127.0.0.1:{_rig.Port}");
        await socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_rig.Port}/{path}"), default);
        Assert.Equal(WebSocketState.Open, socket.State);
    }

    [Fact]
    public async Task EveryAnswerTellsTheBrowserToKeepToItself()
    {
        foreach (string path in (string[])["/", "/api/status", "/nothing", "/metrics"])
        {
            using HttpResponseMessage answer = await _rig.Http.GetAsync(path);
            Assert.Contains("default-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
            Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
        }
    }

    [Fact]
    public async Task ALargeBodyIsRefused()
    {
        string answer = await _rig.RawAsync("/api/record/start", null, "POST", Json, $"{{\"task\": \"{new string('x', 70_000)}\"}}");
        Assert.StartsWith("HTTP/1.1 4", answer, StringComparison.Ordinal);
        Assert.Empty(_rig.Core!.Requests);
    }

    [Theory]
    [InlineData("/api/episodes/..")]
    [InlineData("/api/episodes/../secret/metadata.json")]
    [InlineData("/api/episodes/..%2fsecret")]
    [InlineData("/api/episodes/..%2Fsecret")]
    [InlineData("/api/episodes/%2e%2e%2fsecret")]
    [InlineData("/api/episodes/%2e%2e%2f%2e%2e%2fsecret")]
    [InlineData("/api/episodes/..%252fsecret")]
    [InlineData("/api/episodes/..%5csecret")]
    [InlineData("/api/episodes/..\\secret")]
    [InlineData("/api/episodes/%2fetc")]
    [InlineData("/api/episodes/demo_000%2f..%2f..%2f..%2fsecret")]
    [InlineData("/api/episodes/demo_000%00")]
    [InlineData("/api/episodes/demo_000%0a")]
    [InlineData("/api/episodes/..%c0%afsecret")]
    [InlineData("/api/episodes/..%ef%bc%8fsecret")]
    [InlineData("/api/episodes/.hidden")]
    [InlineData("/api/episodes/linked")]
    [InlineData("/api/episodes/linked/series")]
    [InlineData("/api/episodes/linked/wrist/rgb/0.png")]
    [InlineData("/api/episodes/demo_001")]
    [InlineData("/api/episodes/demo_001/series")]
    [InlineData("/api/episodes/demo_001/wrist/rgb/0.png")]
    [InlineData("/api/episodes/demo_001/wrist/depth/0.png")]
    [InlineData("/api/episodes/demo_001/scene/rgb/0.png")]
    [InlineData("/api/episodes/demo_000/../rgb/0.png")]
    [InlineData("/api/episodes/demo_000/..%2f..%2f..%2fsecret/rgb/0.png")]
    [InlineData("/api/episodes/demo_000/wrist/rgb/..%2f..%2f..%2f..%2f..%2fsecret%2frgb%2f000000.png")]
    [InlineData("/api/episodes/demo_000/wrist/rgb/%2e%2e.png")]
    [InlineData("/api/episodes/demo_000/wrist/rgb/-1.png")]
    [InlineData("/../secret/metadata.json")]
    [InlineData("/..%2fsecret%2fmetadata.json")]
    [InlineData("/%2e%2e/%2e%2e/secret/metadata.json")]
    [InlineData("/vendor/..%2f..%2fsecret%2fmetadata.json")]
    [InlineData("//etc/passwd")]
    [InlineData("/ws/preview/..%2fsecret")]
    [InlineData("/ws/preview/..")]
    public async Task NoPathLeavesTheDataRoot(string target)
    {
        PrepareSecrets();
        string answer = await _rig.RawAsync(target);
        Assert.DoesNotContain("SECRET", answer, StringComparison.Ordinal);
        Assert.DoesNotContain("root:", answer, StringComparison.Ordinal);
        Assert.Matches("^HTTP/1.1 (400|403|404|426|500) ", answer);
    }

    [Theory]
    [InlineData("/api/episodes/linked/mark")]
    [InlineData("/api/episodes/demo_001/mark")]
    [InlineData("/api/episodes/..%2f..%2fsecret/mark")]
    public async Task NothingOutsideTheDataRootIsMarked(string target)
    {
        PrepareSecrets();
        string before = File.ReadAllText(Path.Combine(_rig.Outside, "secret", "metadata.json"));
        string answer = await _rig.RawAsync(target, null, "POST", Json, "{\"outcome\": \"failure\"}");
        Assert.StartsWith("HTTP/1.1 404", answer, StringComparison.Ordinal);
        Assert.Equal(before, File.ReadAllText(Path.Combine(_rig.Outside, "secret", "metadata.json")));
    }

    [Fact]
    public async Task LinkedEpisodesAreNotListed()
    {
        PrepareSecrets();
        string list = await _rig.Http.GetStringAsync("/api/episodes");
        Assert.Contains("demo_000", list, StringComparison.Ordinal);
        Assert.DoesNotContain("demo_002", list, StringComparison.Ordinal);
        Assert.DoesNotContain("SECRET", list, StringComparison.Ordinal);
    }

    /// <summary>
    /// Beside the data root lies a whole secret episode. demo_000 is honest, demo_001 has files and folders linked to the secret,
    /// demo_002 and linked are links themselves.
    /// </summary>
    private void PrepareSecrets()
    {
        string demonstrations = Path.Combine(_rig.Data, "demonstrations"), secret = Path.Combine(_rig.Outside, "secret");
        FakeEpisode.Write(_rig.Data, "demo_000", frames: 1);
        Directory.CreateDirectory(Path.Combine(secret, "rgb"));
        foreach (string file in (string[])["metadata.json", "SHA256SUMS", "joints.csv", "rgb/000000.png", "000000.npz"])
            File.WriteAllText(Path.Combine(secret, file), "{\"task\": \"SECRET\"}");
        string mixed = FakeEpisode.Write(_rig.Data, "demo_001", frames: 1);
        Link(Path.Combine(mixed, "metadata.json"), Path.Combine(secret, "metadata.json"));
        Link(Path.Combine(mixed, "SHA256SUMS"), Path.Combine(secret, "SHA256SUMS"));
        Link(Path.Combine(mixed, "joints.csv"), Path.Combine(secret, "joints.csv"));
        Link(Path.Combine(mixed, "rgb", "wrist", "000000.png"), Path.Combine(secret, "rgb", "000000.png"));
        Link(Path.Combine(mixed, "depth", "wrist", "000000.npz"), Path.Combine(secret, "000000.npz"));
        Directory.Delete(Path.Combine(mixed, "rgb", "scene"), recursive: true);
        Directory.CreateSymbolicLink(Path.Combine(mixed, "rgb", "scene"), Path.Combine(secret, "rgb"));
        Directory.CreateSymbolicLink(Path.Combine(demonstrations, "demo_002"), secret);
        Directory.CreateSymbolicLink(Path.Combine(demonstrations, "linked"), secret);
    }

    private static void Link(string path, string target)
    {
        File.Delete(path);
        File.CreateSymbolicLink(path, target);
    }

    private async Task AssertForbiddenAsync(ClientWebSocket socket, string path)
    {
        socket.Options.CollectHttpResponseDetails = true;
        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(new Uri($"ws://127.0.0.1:{_rig.Port}/{path}"), default));
        Assert.Equal(System.Net.HttpStatusCode.Forbidden, socket.HttpStatusCode);
    }

    private static void AssertRefused(string answer) => Assert.Matches("^HTTP/1.1 403 Forbidden\r\n", answer);
}
