using System.Diagnostics;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text.Json;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Processes;

/// <summary>A running service to talk to: the one that was there, or one started as a child, which ends with this connection.</summary>
internal sealed class ServiceConnection : IAsyncDisposable
{
    private static readonly TimeSpan s_startDeadline = TimeSpan.FromSeconds(30), s_devicesDeadline = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_answerDeadline = TimeSpan.FromSeconds(10), s_endDeadline = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan s_stopDeadline = TimeSpan.FromSeconds(1);
    private readonly ChildProcess? _child;
    private readonly ServiceOutput? _output;
    private readonly PosixSignalRegistration? _suspended;

    private ServiceConnection(CoreClient core, ServiceInfo info) => (Core, Info) = (core, info);

    private ServiceConnection(CoreClient core, ServiceInfo info, ChildProcess child, ServiceOutput output)
        : this(core, info)
    {
        (_child, _output) = (child, output);
        _suspended = PosixSignalRegistration.Create(PosixSignal.SIGTSTP, Suspend);
    }

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
    public static async Task<ServiceConnection> OpenAsync(CellConfig config, string dataRoot, bool insist, CancellationToken cancel) =>
        await ConnectAsync(() => Fitting(config, dataRoot, insist), cancel) ?? await StartChildAsync(config, dataRoot, cancel);

    /// <summary>A service that runs already: of the cell, or the only one there is.</summary>
    /// <exception cref="RobotException">None runs, or several do and none was named (69, 64).</exception>
    public static async Task<ServiceConnection> FindAsync(string? configFile, CancellationToken cancel)
    {
        string? cell = configFile is null ? null : CellConfig.Load(configFile).Cell;
        if (await ConnectAsync(() => cell is null ? OnlyOne() : ServiceFile.Find(cell), cancel) is { } found)
            return found;
        const string Start = "start one with ./robot run --config hardware-configs/…yaml";
        throw new RobotException(ExitCode.Device, RuntimeFolder.SystemFolderIsClosed
            ? $"no service of yours runs, and you may not look into {RuntimeFolder.SystemFolder}, where the system's service may be: "
                + $"ask it with sudo (sudo ./robot status), or {Start}"
            : $"no service runs; {Start}");
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

    /// <summary>
    /// Waits until a service that was told to end has let go of its cell, its devices and its data root, so that another can start.
    /// </summary>
    /// <exception cref="RobotException">It has not (75).</exception>
    public async Task WaitForEndAsync(CancellationToken cancel)
    {
        await Core.Closed.WaitAsync(cancel); // it may have an episode to finish, however long
        var waited = Stopwatch.StartNew();
        while (ServiceFile.IsHeldBy(Info))
        {
            if (waited.Elapsed > s_endDeadline)
                throw new RobotException(ExitCode.Busy, $"{Info.Cell}: the service (pid {Info.Pid}) was told to end and has not within "
                    + $"{s_endDeadline.TotalSeconds} s; look at its output, then end it with 'kill {Info.Pid}'");
            await Task.Delay(20, cancel);
        }
    }

    /// <summary>Says what the service that was started here had to say meanwhile. No live view may be on the screen.</summary>
    public void SayWhatItSaid() => _output?.Flush(Console.Error.WriteLine);

    public async ValueTask DisposeAsync()
    {
        if (_child is not null)
        {
            await _child.StopAsync(TimeSpan.FromSeconds(60)); // it may have an episode to finish
            _child.Dispose();
            _suspended?.Dispose();
            SayWhatItSaid();
        }
        await Core.DisposeAsync();
    }

    /// <summary>
    /// The terminal's Ctrl-Z reaches this process and no child: the arm must not go on without anybody at the keys.
    /// </summary>
    private void Suspend(PosixSignalContext signal)
    {
        signal.Cancel = true;
        try
        {
            Core.CallAsync(CoreMethods.Stop).Wait(s_stopDeadline);
        }
        catch (AggregateException)
        {
            // the service is gone, and the arm has stopped
        }
        Libc.Kill(Environment.ProcessId, Libc.SigStop); // what the signal does by itself
    }

    /// <summary>The service of the config's cell; null where none runs.</summary>
    /// <exception cref="RobotException">It is of another config or data root (78).</exception>
    private static ServiceInfo? Fitting(CellConfig config, string dataRoot, bool insist)
    {
        if (ServiceFile.Find(config.Cell) is not { } running)
            return null;
        if (running.ConfigHash != config.Hash)
            throw new RobotException(ExitCode.Config,
                $"{config.Cell}: the running service (pid {running.Pid}) was started with another config; "
                + "'./robot shutdown' it first");
        if (insist && ServiceInfo.RootOf(dataRoot) != running.Data)
            throw new RobotException(ExitCode.Config,
                $"{config.Cell}: the running service (pid {running.Pid}) keeps its data in {running.Data}; "
                + "leave --data out, or './robot shutdown' it first");
        return running;
    }

    private static ServiceInfo? OnlyOne()
    {
        var running = ServiceFile.Running();
        return running.Count <= 1 ? running.SingleOrDefault() : throw new RobotException(ExitCode.Usage,
            $"{running.Count} services run ({string.Join(", ", running.Select(r => r.Cell))}); say which with --config");
    }

    /// <summary>
    /// Connects to a service. One that has only just claimed its cell has no socket yet, and one that is about to leave has none any more.
    /// </summary>
    /// <returns>Null where none runs, or the one that did has ended.</returns>
    private static async Task<ServiceConnection?> ConnectAsync(Func<ServiceInfo?> find, CancellationToken cancel)
    {
        var waited = Stopwatch.StartNew();
        while (find() is { } info)
        {
            try
            {
                return new(await CoreClient.ConnectAsync(info.Socket, cancel), info);
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
            {
                throw new RobotException(ExitCode.Device, $"{info.Cell}: its service is another user's; ask it with sudo");
            }
            catch (SocketException e) when (waited.Elapsed > s_answerDeadline)
            {
                throw new RobotException(ExitCode.Device, $"{info.Cell}: the service (pid {info.Pid}) does not answer ({e.Message}); "
                    + "it is starting or ending: try again in a moment");
            }
            catch (SocketException)
            {
                await Task.Delay(20, cancel);
            }
        }
        return null;
    }

    private static async Task<ServiceConnection> StartChildAsync(CellConfig config, string dataRoot, CancellationToken cancel)
    {
        // A view is drawn where the output is a terminal; lines for the same terminal wait until it has gone.
        var output = new ServiceOutput(Console.IsOutputRedirected || Console.IsErrorRedirected ? Console.Error.WriteLine : null);
        var child = ChildProcess.Start(["run", "--config", config.File, "--data", dataRoot, "--quiet"], output.Add);
        try
        {
            return await WaitForChildAsync(child, config.Cell, output, cancel);
        }
        catch
        {
            await child.StopAsync(TimeSpan.FromSeconds(5));
            child.Dispose();
            throw;
        }
    }

    private static async Task<ServiceConnection> WaitForChildAsync(
        ChildProcess child, string cell, ServiceOutput output, CancellationToken cancel)
    {
        var waited = Stopwatch.StartNew();
        while (waited.Elapsed < s_startDeadline)
        {
            cancel.ThrowIfCancellationRequested(); // it may have ended of the same Ctrl-C
            if (child.HasExited)
            {
                int code = await child.WaitAsync(cancel);
                throw new RobotException(code == ExitCode.Done ? ExitCode.Device : code, output.Said);
            }
            if (ServiceFile.Find(cell) is { } info && info.Pid == child.Pid)
            {
                try
                {
                    var core = await CoreClient.ConnectAsync(info.Socket, cancel);
                    output.Up();
                    return new(core, info, child, output);
                }
                catch (SocketException)
                {
                    // its socket is not open yet
                }
            }
            await Task.Delay(20, cancel);
        }
        throw new RobotException(ExitCode.Device, $"the service did not come up within {s_startDeadline.TotalSeconds} s");
    }
}
