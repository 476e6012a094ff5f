using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>
/// A simulated cell of the test's own: config, address, sockets, runtime folder and data root that nobody else uses. Nothing runs until
/// it is started; everything ends with it.
/// </summary>
internal sealed class TestCell : IDisposable
{
    private const string Template = "sim-cell";
    private static int s_count;
    private readonly TempFolder _folder = new();
    private readonly List<RobotProcess> _processes = [];

    /// <param name="cameras">0 to 2: fewer are less to render and to encode, for tests that are about something else.</param>
    /// <param name="pictureWidth">Pixels, as in simulation.picture_width; few for the same reason.</param>
    /// <param name="armOnly">Neither force sensor nor gripper nor camera.</param>
    /// <param name="changes">Of its config: a line, or a part of one, and what stands there instead; {host} and {name} are the cell's.
    /// </param>
    public TestCell(int cameras = 2, int pictureWidth = 160, bool armOnly = false, params (string Line, string Other)[] changes)
    {
        Name = $"e2e-{Environment.ProcessId}-{Interlocked.Increment(ref s_count)}";
        Directory.CreateDirectory(Runtime);
        string listen = $"127.0.0.1:{Ports.FreePort()}";
        Url = $"http://{listen}/";
        string text = File.ReadAllText(Repository.Path("hardware-configs", Template + ".yaml"))
            .Replace(Template, Name, StringComparison.Ordinal)
            .Replace("127.0.1.1", Host, StringComparison.Ordinal)
            .Replace("127.0.0.1:8080", listen, StringComparison.Ordinal)
            .Replace("picture_width: 640", $"picture_width: {pictureWidth}", StringComparison.Ordinal)
            .Replace("noise: true", "noise: false", StringComparison.Ordinal); // such pictures take half the time to encode
        Directory.CreateDirectory(Programs);
        const string Robot = "robot: {delay_ms_min: 1, delay_ms_max: 1";
        Assert.Contains(Robot, text, StringComparison.Ordinal);
        text = text.Replace(Robot, $"{Robot}, programs: {Programs}", StringComparison.Ordinal);
        if (armOnly)
            text = Without("force:", text);
        else if (cameras < 2)
            text = Without(cameras == 1 ? "  - name: scene" : "cameras:", text);
        foreach (var (line, other) in changes)
        {
            Assert.Contains(OfThis(line), text, StringComparison.Ordinal);
            text = text.Replace(OfThis(line), OfThis(other), StringComparison.Ordinal);
        }
        File.WriteAllText(Config, text);

        string OfThis(string part) =>
            part.Replace("{host}", Host, StringComparison.Ordinal).Replace("{name}", Name, StringComparison.Ordinal);
    }

    /// <summary>In place of the force sensor behind the URCap: keys of its section, a line each.</summary>
    public static (string Line, string Other) Force(params string[] keys) =>
        ("driver: robotiq_ft300_socket\n  host: {host}", string.Join("\n  ", keys));

    /// <summary>In place of the gripper behind the URCap.</summary>
    public static (string Line, string Other) Gripper(params string[] keys) =>
        ("driver: robotiq_socket\n  host: {host}", string.Join("\n  ", keys));

    public string Name { get; }

    /// <summary>Of its devices: a loopback address.</summary>
    public string Host { get; } = Ports.FreeLoopbackAddress();

    /// <summary>Of the dashboard, where the service runs.</summary>
    public string Url { get; }

    public string Config => _folder["cell.yaml"];

    public string Data => _folder["data"];

    /// <summary>The controller's disk: what is in it when the cell starts can be loaded.</summary>
    public string Programs => _folder["programs"];

    /// <summary>XDG_RUNTIME_DIR of everything that runs here.</summary>
    public string Runtime => _folder["run"];

    public string this[string name] => _folder[name];

    public string Episode(int number) => Path.Combine(Data, "demonstrations", $"demo_{number:000}");

    /// <summary>Paths of committed episodes.</summary>
    public string[] Episodes => Directory.Exists(Data) ? [.. EpisodeCatalog.Find(Data).Select(e => e.Path)] : [];

    public RobotProcess StartSim() => Start("sim", "--config", Config).MustSay("is ready");

    /// <summary>The service on this cell's data root; it is ready when this returns, its devices may not be.</summary>
    public RobotProcess StartService() => Start("run", "--config", Config, "--data", Data).MustSay("ready; dashboard");

    /// <summary>Starts anything of the program; it ends with the cell at the latest.</summary>
    public RobotProcess Start(params string[] arguments) => Keep(new RobotProcess(Runtime, arguments));

    /// <summary>In another runtime folder, as on another computer: neither sees the other's services and claims.</summary>
    public RobotProcess StartElsewhere(string runtime, params string[] arguments) => Keep(new RobotProcess(runtime, arguments));

    public RobotProcess StartProgram(string program, params string[] arguments) =>
        Keep(RobotProcess.Of(Runtime, program, arguments));

    /// <summary>A recording with a person at the keys.</summary>
    public RobotProcess RecordInTerminal(params string[] more) => Keep(RobotProcess.InTerminal(
        Runtime, ["record", "--config", Config, "--data", Data, "--task", "keys", .. more]));

    /// <summary>Runs a command to its end.</summary>
    public CommandResult Run(params string[] arguments) => Start(arguments).WaitForEnd();

    public CommandResult Record(params string[] more) =>
        Run(["record", "--config", Config, "--data", Data, "--task", "test", .. more]);

    public RobotProcess StartRecording(double seconds) =>
        Start("record", "--config", Config, "--data", Data, "--task", "test", "--seconds", $"{seconds}");

    /// <summary>
    /// What the running service says, asked at its socket: a process for each question would load the machine that is looked at.
    /// </summary>
    public CoreStatus Status() => Ask(CoreMethods.Status).Deserialize(ProtocolJson.Default.CoreStatus)!;

    /// <summary>Any request to the running service, at its socket too.</summary>
    /// <exception cref="RobotException">It refused.</exception>
    public JsonElement Ask(string method, object? parameters = null) => AskAsync(method, parameters).GetAwaiter().GetResult();

    public void WaitForDevices() =>
        Eventually.True(() => Status() is { } s && s.Streams.Count > 0 && s.Streams.All(x => x.Fresh && x.Connected),
            "every stream is fresh", 60);

    /// <summary>Waits until a recording has been running for some time.</summary>
    public void WaitForRecording(double seconds = 1)
    {
        try
        {
            Eventually.True(() => Status().Recording is { } r && r.Seconds >= seconds && r.Bytes > 0, "a recording runs", 60);
        }
        catch (Xunit.Sdk.XunitException e)
        {
            throw new Xunit.Sdk.XunitException($"{e.Message}\n{Said()}", e);
        }
    }

    /// <summary>The last of what cell, service and the newest command have printed: why something did not happen.</summary>
    private string Said() =>
        string.Join('\n', _processes.Where((p, i) => !p.HasExited || i == _processes.Count - 1).Select(p => p.Said()));

    /// <summary>Where the cell's objects lie, by name.</summary>
    public JsonObject Scene()
    {
        using var control = new CellControl(Control);
        return control.Call("scene")!.AsObject();
    }

    /// <summary>Another config file: this one with a line changed.</summary>
    public string ConfigWith(string line, string other)
    {
        string text = File.ReadAllText(Config);
        Assert.Contains(line, text, StringComparison.Ordinal);
        string path = this[$"other-{Guid.NewGuid():N}.yaml"];
        File.WriteAllText(path, text.Replace(line, other, StringComparison.Ordinal));
        return path;
    }

    /// <summary>The cell's control socket.</summary>
    public string Control => Path.Combine(Runtime, "robot", $"{Name}-control.sock");

    /// <summary>The processes of this cell that run a command of the program: desk, encode …</summary>
    public IReadOnlyList<int> Processes(string command) =>
    [
        .. Directory.EnumerateDirectories("/proc").Select(Path.GetFileName)
            .Where(n => int.TryParse(n, CultureInfo.InvariantCulture, out _)).Select(n => int.Parse(n!, CultureInfo.InvariantCulture))
            .Where(pid => Runs(pid, command)),
    ];

    public void MustVerify(string path) =>
        Assert.Contains("all good", Run("episodes", "verify", path).MustEndWith(ExitCode.Done).Out, StringComparison.Ordinal);

    /// <summary>SHA-256 of every file of the committed episodes, by path.</summary>
    public SortedDictionary<string, string> Hashes()
    {
        var hashes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (string file in Episodes.SelectMany(e => Directory.EnumerateFiles(e, "*", SearchOption.AllDirectories)))
            hashes[file] = Convert.ToHexString(SHA256.HashData(File.ReadAllBytes(file)));
        return hashes;
    }

    public void Dispose()
    {
        foreach (var process in Enumerable.Reverse(_processes))
            process.Dispose();
        // Children of a killed service leave when they notice; until then they may still write.
        Eventually.True(TryDelete, $"{_folder.Path} can be removed", 30);
    }

    /// <summary>A connection to the running service, for what a process for each request would be too slow.</summary>
    public Task<CoreClient> ConnectAsync() => CoreClient.ConnectAsync(Path.Combine(Runtime, "robot", $"{Name}.sock"));

    private async Task<JsonElement> AskAsync(string method, object? parameters)
    {
        await using var core = await ConnectAsync();
        return await core.CallAsync(method, parameters);
    }

    private RobotProcess Keep(RobotProcess process)
    {
        _processes.Add(process);
        return process;
    }

    private bool Runs(int pid, string command)
    {
        try
        {
            string[] line = File.ReadAllText($"/proc/{pid}/cmdline").Split('\0');
            return line.Length > 2 && line[1] == command && line.Any(a => a.StartsWith(Data, StringComparison.Ordinal));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // it has just ended
        }
    }

    private bool TryDelete()
    {
        try
        {
            _folder.Dispose();
            return true;
        }
        catch (IOException)
        {
            return !Directory.Exists(_folder.Path);
        }
    }

    /// <summary>The config without what lies between a line of its cameras and its motion section.</summary>
    private static string Without(string line, string text)
    {
        int from = text.IndexOf(line, StringComparison.Ordinal), to = text.IndexOf("motion:", StringComparison.Ordinal);
        Assert.True(from > 0 && to > from, $"sim-cell.yaml has no '{line}' before its motion section");
        return text.Remove(from, to - from);
    }
}
