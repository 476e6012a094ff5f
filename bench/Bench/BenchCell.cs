using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Bench;

/// <summary>
/// A simulated cell of our own: hardware-configs/sim-cell.yaml with another name, a free loopback address and a free port, and folders
/// that nobody else uses. They lie in the temporary folder (TMPDIR says where) and go with this object.
/// </summary>
internal sealed class BenchCell : IDisposable
{
    private const string Name = "bench-cell";
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromMinutes(1), s_devicesDeadline = TimeSpan.FromMinutes(1);
    private readonly string _folder = Directory.CreateTempSubdirectory("robot-bench-").FullName;

    /// <param name="keep">What stays of capture logs.</param>
    /// <param name="robotOnly">Without force sensor, gripper and cameras.</param>
    /// <param name="cameras">With them, where nothing else is said.</param>
    /// <param name="devices">The sections force and gripper in place of what there is, for a host; then there are no cameras.</param>
    /// <param name="robotDelayMs">From the controller's cycle to the state's arrival; the config knows of it.</param>
    /// <param name="forceDelayMs">From the force sensor's converter to its wire.</param>
    /// <param name="pictureSide">Of square pictures, pixels; null: as the config has them.</param>
    public BenchCell(
        KeepLog keep = KeepLog.Numbers, bool robotOnly = false, bool cameras = true, Func<string, string>? devices = null,
        double robotDelayMs = 1, double forceDelayMs = 8, int? pictureSide = null)
    {
        string runtime = Path.Combine(_folder, "run");
        Directory.CreateDirectory(runtime);
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", runtime); // for us and every process that we start
        Environment.SetEnvironmentVariable("RUNTIME_DIRECTORY", null);
        Host = FreeAddress();
        ConfigFile = Path.Combine(_folder, "bench-cell.yaml");
        string text = File.ReadAllText(Path.Combine(Checkout.Root, "hardware-configs", "sim-cell.yaml"))
            .Replace("127.0.1.1", Host, StringComparison.Ordinal)
            .Replace("cell: sim-cell", $"cell: {Name}", StringComparison.Ordinal)
            .Replace("127.0.0.1:8080", $"127.0.0.1:{FreePort()}", StringComparison.Ordinal)
            .Replace("keep: numbers", $"keep: {keep.ToString().ToLowerInvariant()}", StringComparison.Ordinal);
        bool bare = robotOnly || devices is not null;
        if (bare)
            text = Without(text, "force:", "gripper:");
        if (bare || !cameras)
            text = Without(text, "cameras:");
        text = text.Replace("force: {delay_ms_min: 8, delay_ms_max: 8}",
            $"force: {{delay_ms_min: {forceDelayMs}, delay_ms_max: {forceDelayMs}}}", StringComparison.Ordinal);
        string delay = robotDelayMs.ToString(CultureInfo.InvariantCulture);
        text = text.Replace("robot: {delay_ms_min: 1, delay_ms_max: 1}",
                $"robot: {{delay_ms_min: {delay}, delay_ms_max: {delay}}}", StringComparison.Ordinal)
            .Replace("latency_ms: 1 ", $"latency_ms: {delay} ", StringComparison.Ordinal);
        if (pictureSide is { } side)
            text = text.Replace("picture_width: 640", $"picture_height: {side}\n  picture_width: {side}", StringComparison.Ordinal);
        text += $"\n{devices?.Invoke(Host)}\n";
        File.WriteAllText(ConfigFile, text);
        Config = CellConfig.Load(ConfigFile);
        if (Config.Cell != Name || Config.Robot?.Host != Host || Config.Recording.Keep != keep
            || Config.Cameras.Count == 0 != (bare || !cameras) || (Config.Force is null && devices is null) != robotOnly
            || Config.Simulation!.Force.DelayMsMax != forceDelayMs || Config.Simulation.Robot.DelayMsMax != robotDelayMs
            || Config.Robot.LatencyMs != robotDelayMs || Config.Simulation.PictureHeight != pictureSide)
            throw new InvalidOperationException("hardware-configs/sim-cell.yaml has changed its wording; correct BenchCell.cs with it");
    }

    /// <summary>The hardware config.</summary>
    public string ConfigFile { get; }

    public CellConfig Config { get; }

    /// <summary>The controller's loopback address.</summary>
    public string Host { get; }

    /// <summary>The data root.</summary>
    public string Data => Path.Combine(_folder, "data");

    /// <summary>For whatever else a measurement leaves behind.</summary>
    public string Folder => _folder;

    public string DashboardUrl => $"http://{Config.Service.Listen}/";

    public async Task<(RobotProcess Process, long ReadyNs)> StartSimAsync(CancellationToken cancel) =>
        await StartAsync(RobotProcess.Start("is ready", "sim", "--config", ConfigFile), cancel);

    public async Task<(RobotProcess Process, long ReadyNs)> StartServiceAsync(CancellationToken cancel) =>
        await StartAsync(RobotProcess.Start(": ready", "run", "--config", ConfigFile, "--data", Data), cancel);

    public Task<CoreClient> ConnectAsync(CancellationToken cancel) =>
        CoreClient.ConnectAsync(RuntimeFolder.CoreSocket(Config.Cell), cancel);

    public CellControl Control() => new(RuntimeFolder.Resolve(Config.Simulation!.Control));

    public ServiceInfo Service() => ServiceFile.Find(Config.Cell) ?? throw new RobotException(ExitCode.Device, "the service is gone");

    public static async Task<CoreStatus> StatusAsync(CoreClient core, CancellationToken cancel) =>
        (await core.CallAsync(CoreMethods.Status, null, cancel)).Deserialize(ProtocolJson.Default.CoreStatus)!;

    /// <summary>Asks every 5 ms until a status is as wished, and returns it.</summary>
    /// <exception cref="RobotException">Not within a minute.</exception>
    public static async Task<CoreStatus> UntilAsync(CoreClient core, string what, Func<CoreStatus, bool> wished, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_devicesDeadline.TotalMilliseconds;
        while (true)
        {
            var status = await StatusAsync(core, cancel);
            if (wished(status))
                return status;
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, $"not within {s_devicesDeadline.TotalSeconds:0} s: {what}; "
                    + string.Join(", ", status.Streams.Where(s => !s.Fresh).Select(s => $"{s.Name}: {s.Message}")));
            await Task.Delay(5, cancel);
        }
    }

    public static Task<CoreStatus> AllFreshAsync(CoreClient core, CancellationToken cancel) =>
        UntilAsync(core, "every stream fresh", s => s.Streams.All(stream => stream.Fresh), cancel);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<(RobotProcess, long)> StartAsync(RobotProcess process, CancellationToken cancel)
    {
        try
        {
            return (process, await process.ReadyAsync(s_startDeadline, cancel));
        }
        catch
        {
            process.Dispose();
            throw;
        }
    }

    /// <summary>A config's text without some of its sections: from a line that begins so to the next that is not indented.</summary>
    private static string Without(string text, params string[] sections)
    {
        bool dropped = false;
        return string.Join('\n', text.Split('\n').Where(line =>
        {
            if (line.Length > 0 && line[0] != ' ')
                dropped = sections.Any(section => line.StartsWith(section, StringComparison.Ordinal));
            return !dropped;
        }));
    }

    /// <summary>127.65.1.x on which the controller's ports are free; tests use 127.64.</summary>
    private static string FreeAddress()
    {
        for (int last = 1; last < 255; last++)
        {
            string address = $"127.65.1.{last}";
            try
            {
                foreach (int port in (ReadOnlySpan<int>)[30004, 63352])
                {
                    using var probe = new TcpListener(IPAddress.Parse(address), port);
                    probe.Start();
                }
                return address;
            }
            catch (SocketException)
            {
                // another bench runs there
            }
        }
        throw new RobotException(ExitCode.Busy, "no address of 127.65.1.1 … 254 is free; end the other simulated cells");
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
