using System.Net.Sockets;
using System.Text.Json;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Processes;

/// <summary>A running service to talk to: the one that was there, or one started as a child, which ends with this connection.</summary>
internal sealed class ServiceConnection : IAsyncDisposable
{
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(30), s_devicesDeadline = TimeSpan.FromSeconds(10);
    private readonly ChildProcess? _child;

    private ServiceConnection(CoreClient core, ServiceInfo info, ChildProcess? child) => (Core, Info, _child) = (core, info, child);

    public CoreClient Core { get; }

    public ServiceInfo Info { get; }

    /// <summary>The service was started here and ends with this command.</summary>
    public bool Owned => _child is not null;

    /// <summary>Finds the config's service; starts one as a child where none runs.</summary>
    /// <param name="dataRoot">For a service started here.</param>
    /// <param name="insist">The person named that data root: a running service with another is refused.</param>
    /// <exception cref="RobotException">
    /// A service runs with another config or data root (78), or the child did not come up.
    /// </exception>
    public static async Task<ServiceConnection> OpenAsync(CellConfig config, string dataRoot, bool insist, CancellationToken cancel)
    {
        if (ServiceFile.Find(config.Cell) is { } running)
        {
            if (running.ConfigHash != config.Hash)
                throw new RobotException(ExitCode.Config,
                    $"{config.Cell}: the running service (pid {running.Pid}) was started with another config; "
                    + "'./robot shutdown' it first");
            if (insist && Path.GetFullPath(dataRoot) != running.Data)
                throw new RobotException(ExitCode.Config,
                    $"{config.Cell}: the running service (pid {running.Pid}) keeps its data in {running.Data}; "
                    + "leave --data out, or './robot shutdown' it first");
            return new(await CoreClient.ConnectAsync(running.Socket, cancel), running, null);
        }
        return await StartChildAsync(config, dataRoot, cancel);
    }

    /// <summary>A service that runs already: of the cell, or the only one there is.</summary>
    /// <exception cref="RobotException">None runs, or several do and none was named (69, 64).</exception>
    public static async Task<ServiceConnection> FindAsync(string? configFile, CancellationToken cancel)
    {
        ServiceInfo? info;
        if (configFile is not null)
        {
            info = ServiceFile.Find(CellConfig.Load(configFile).Cell);
        }
        else
        {
            var running = ServiceFile.Running();
            if (running.Count > 1)
                throw new RobotException(ExitCode.Usage,
                    $"{running.Count} services run ({string.Join(", ", running.Select(r => r.Cell))}); say which with --config");
            info = running.Count == 1 ? running[0] : null;
        }
        if (info is null)
            throw new RobotException(ExitCode.Device, "no service runs; start one with ./robot run --config hardware-configs/…yaml");
        return new(await CoreClient.ConnectAsync(info.Socket, cancel), info, null);
    }

    /// <summary>
    /// Asks core to start something that moves or records; a service that was started here a moment ago gets the time that its devices
    /// need to come up. A request that is under way is seen through: cancelled meanwhile, core is told to stop, and what began is
    /// returned.
    /// </summary>
    /// <exception cref="RobotException">Core refused: at once where it has been running, else its last refusal.</exception>
    public async Task<JsonElement> StartWhenReadyAsync(string method, object parameters, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_devicesDeadline.TotalMilliseconds;
        while (true)
        {
            try
            {
                using var stopped = cancel.Register(() => _ = Core.CallAsync(CoreMethods.Stop));
                return await Core.CallAsync(method, parameters, CancellationToken.None);
            }
            catch (RobotException e)
                when (e.Code == ExitCode.Device && Owned && !Core.Closed.IsCompleted && Environment.TickCount64 < deadline)
            {
                await Task.Delay(200, cancel);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.StopAsync(TimeSpan.FromSeconds(60)); // it may have an episode to finish
            _child.Dispose();
        }
        await Core.DisposeAsync();
    }

    private static async Task<ServiceConnection> StartChildAsync(CellConfig config, string dataRoot, CancellationToken cancel)
    {
        var lines = new List<string>();
        var child = ChildProcess.Start(["run", "--config", config.File, "--data", dataRoot, "--quiet"], line =>
        {
            lock (lines)
                lines.Add(line);
        });
        long deadline = Environment.TickCount64 + (long)s_startDeadline.TotalMilliseconds;
        while (Environment.TickCount64 < deadline)
        {
            if (child.HasExited)
            {
                int code = await child.WaitAsync(cancel);
                lock (lines)
                    throw new RobotException(code == 0 ? ExitCode.Device : code,
                        string.Join('\n', lines.Select(l => l.StartsWith("robot: ") ? l["robot: ".Length..] : l)));
            }
            if (ServiceFile.Find(config.Cell) is { } info && info.Pid == child.Pid)
            {
                try
                {
                    return new(await CoreClient.ConnectAsync(info.Socket, cancel), info, child);
                }
                catch (SocketException)
                {
                    // its socket is not open yet
                }
            }
            await Task.Delay(20, cancel);
        }
        await child.StopAsync(TimeSpan.FromSeconds(5));
        throw new RobotException(ExitCode.Device, $"the service did not come up within {s_startDeadline.TotalSeconds} s");
    }
}
