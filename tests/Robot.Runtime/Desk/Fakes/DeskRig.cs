using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RobotWorldModel.Runtime.Desk;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>A desk on a free port with a fake core behind it and a data root of its own.</summary>
internal sealed class DeskRig : IAsyncDisposable
{
    private readonly TempFolder _folder = new();

    private DeskRig()
    {
        Data = _folder["data"];
        Options = new DeskOptions("127.0.0.1:0", _folder["core.sock"], Data, _folder.Path, Runs: Runs = _folder["runs"]);
        Directory.CreateDirectory(Path.Combine(Data, "demonstrations"));
    }

    public string Data { get; }

    /// <summary>Folder of training runs; not there at first.</summary>
    public string Runs { get; }

    public string Outside => _folder.Path;

    public DeskOptions Options { get; }

    public FakeCore? Core { get; private set; }

    public DeskServer Desk { get; private set; } = null!;

    public HttpClient Http { get; private set; } = null!;

    public int Port => Desk.Address.Port;

    /// <summary>With a core, returns when its first status has reached the desk.</summary>
    public static async Task<DeskRig> StartAsync(bool withCore = true)
    {
        var rig = new DeskRig();
        if (withCore)
            rig.StartCore();
        rig.Desk = await DeskServer.StartAsync(rig.Options);
        rig.Http = new HttpClient { BaseAddress = rig.Desk.Address };
        if (withCore)
            await rig.UntilAsync(s => s.GetProperty("core").GetProperty("connected").GetBoolean(), "the desk hears core");
        return rig;
    }

    public FakeCore StartCore() => Core = new FakeCore(Options.CoreSocket, Data, Options.RuntimeFolder);

    public async Task StopCoreAsync()
    {
        await Core!.DisposeAsync();
        Core = null;
    }

    public async Task<JsonElement> GetAsync(string path) => await Http.GetFromJsonAsync<JsonElement>(path);

    public Task<HttpResponseMessage> PostAsync(string path, string json = "{}") =>
        Http.PostAsync(path, new StringContent(json, Encoding.UTF8, "application/json"));

    /// <summary>Waits for a status of the desk that fits.</summary>
    public async Task<JsonElement> UntilAsync(Func<JsonElement, bool> fits, string what, double seconds = 20)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds));
        while (true)
        {
            JsonElement status = await GetAsync("/api/status");
            if (fits(status))
                return status;
            Assert.False(limit.IsCancellationRequested, $"not within {seconds} s: {what}; status was {status}");
            await Task.Delay(10);
        }
    }

    /// <summary>Sends a request as it stands, with nothing normalised on the way, and returns the whole answer.</summary>
    public async Task<string> RawAsync(string target, string? host = null, string method = "GET", string headers = "", string body = "")
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, Port);
        NetworkStream stream = client.GetStream();
        string length = body.Length > 0 ? $"Content-Length: {body.Length}\r\n" : "";
        host ??= $"127.0.0.1:{Port}";
        string request = $"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{headers}{length}\r\n{body}";
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request));
        using var answer = new MemoryStream();
        await stream.CopyToAsync(answer);
        return Encoding.Latin1.GetString(answer.ToArray());
    }

    public async ValueTask DisposeAsync()
    {
        Http?.Dispose();
        if (Desk is not null)
            await Desk.DisposeAsync();
        if (Core is not null)
            await Core.DisposeAsync();
        _folder.Dispose();
    }
}
