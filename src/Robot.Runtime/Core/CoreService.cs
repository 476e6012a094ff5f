using System.Runtime.InteropServices;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>The core process of one cell, from start to end: claims, recovery, devices, tick, sockets, children.</summary>
internal sealed class CoreService(CellConfig config, string dataRoot, string runs, bool quiet) : IDisposable
{
    private static readonly TimeSpan s_finishingPing = TimeSpan.FromSeconds(10);

    private readonly SystemdNotify _systemd = new();
    private readonly CancellationTokenSource _shutdown = new();
    private SafetyStatusBits _safety;
    private bool _needsAcknowledge;
    private int _clockEpochs;

    /// <returns>The exit code: 0 after a shutdown, SIGTERM or SIGHUP, 130 after Ctrl-C.</returns>
    /// <exception cref="RobotException">The cell, a device or the data root is in use (75), or the disk cannot be written
    /// (74).</exception>
    public async Task<int> RunAsync(CancellationToken cancel)
    {
        bool terminated = false;
        using var terminates = PosixSignalRegistration.Create(PosixSignal.SIGTERM, _ => terminated = true);
        using var hangsUp = PosixSignalRegistration.Create(PosixSignal.SIGHUP, EndInGoodOrder); // its terminal is closed
        string root = ServiceInfo.RootOf(dataRoot), socket = RuntimeFolder.CoreSocket(config.Cell);
        using var service = ServiceFile.Claim(
            new(config.Cell, Environment.ProcessId, $"http://{config.Service.Listen}/", config.Hash, root, socket));
        PrepareRoot(root);
        using var dataClaim = Claim.Take(Path.Combine(root, ".robot.lock"), $"data root {root}");
        using var devices = new CellDevices(config); // the last claim: who is refused says that and nothing else
        if (config is { Robot: not null, Motion.Enabled: true, Force: null })
            Warn("force is not watched: this config has no force section, so motion.force_limit has no effect");
        RaisePriorities();
        using var encoders = new EncoderJobs(Warn);
        Recover(root, encoders);
        if (DatasetIndex.IsBehind(root)) // a process was killed between a commit and its entry
            _ = encoders.RefreshIndexAsync(root);

        Ticker? ticker = null;
        StatusReporter? status = null;
        var recorder = new Recorder(config, devices, encoders, root, () => (ticker!.OriginNs, ticker.Slot), line =>
        {
            Warn(line);
            status?.Say(line);
        });
        var policies = new PolicyRunner(devices.Motion);
        ticker = new Ticker(config.RateHz, devices.CreateSampler(), policies, recorder);
        var force = new ForceRun(config, devices, recorder);
        status = new StatusReporter(config, devices, ticker, recorder, encoders, force);
        using var handler = new CoreHandler(config, devices, recorder, encoders, policies, status, force, _shutdown.Cancel);
        using var previews = new PreviewPump(config.Cell, devices.Cameras);
        var desk = new DeskSupervisor(DeskArguments(root, socket), Warn);
        using var server = new CoreServer(socket, new WithDashboard(handler, desk));
        ticker.WarmUp();
        WarmUp.Capture(root);
        devices.Start();
        ticker.Start();
        previews.Start();
        server.Start();
        using var served = desk.Start();
        _systemd.Send("READY=1\nSTATUS=recording service of " + config.Cell);
        if (!quiet)
            Console.WriteLine($"{config.Cell}: ready; dashboard http://{config.Service.Listen}/, data in {root}; Ctrl-C ends it");
        await SuperviseAsync(handler, devices, recorder, ticker, cancel);

        _systemd.Send("STOPPING=1");
        await handler.EndAsync();
        if (encoders.Busy && !quiet)
            Console.WriteLine("finishing what was recorded …");
        await FinishAsync(encoders);
        ticker.Dispose();
        return cancel.IsCancellationRequested && !terminated && !_shutdown.IsCancellationRequested && !ChildProcess.IsChild
            ? ExitCode.Interrupted
            : ExitCode.Done;
    }

    public void Dispose() => _shutdown.Dispose();

    private void EndInGoodOrder(PosixSignalContext signal)
    {
        signal.Cancel = true;
        _shutdown.Cancel();
    }

    private string[] DeskArguments(string root, string socket) =>
    [
        "desk", "--listen", config.Service.Listen, "--core", socket, "--data", root, "--runtime", RuntimeFolder.Path,
        "--config", config.File, "--runs", Path.GetFullPath(runs),
    ];

    private static void PrepareRoot(string root)
    {
        try
        {
            Directory.CreateDirectory(root);
            string probe = Path.Combine(root, ".probe");
            File.WriteAllText(probe, "");
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new RobotException(ExitCode.Disk, $"{root}: cannot be written ({e.Message}); name another folder with --data");
        }
    }

    private void RaisePriorities()
    {
        string? fifo = RealTime.TryRaiseProcess();
        string? memory = RealTime.TryLockMemory();
        if (fifo is not null)
            Warn($"no real-time class: {fifo}; it works, but ticks may be late under load");
        if (memory is not null)
            Warn($"memory is not locked: {memory}");
    }

    /// <summary>What a crash or a power cut left: recordings go to encoders, half-done marks are finished.</summary>
    private void Recover(string root, EncoderJobs encoders)
    {
        foreach (var found in Recovery.Scan(root, Warn))
        {
            Console.WriteLine($"{found.Id}: was cut off; finishing it from its log");
            encoders.Start(found.Id, found.Folder);
        }
    }

    /// <summary>Until the end: watches the recording's disk, notes devices that come and go, and keeps systemd's watchdog quiet.</summary>
    private async Task SuperviseAsync(CoreHandler handler, CellDevices devices, Recorder recorder, Ticker ticker, CancellationToken cancel)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(cancel, _shutdown.Token);
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(200));
        var last = new DeviceStatus[devices.All.Count];
        Array.Fill(last, new(false, "", 0));
        long lastSlot = -1, lastPingMs = 0;
        try
        {
            while (await timer.WaitForNextTickAsync(ended.Token))
            {
                handler.Supervise();
                NoteMotion(handler, devices, recorder);
                devices.External.SensorIs(devices.SensorName);
                NoteClock(devices, recorder);
                for (int i = 0; i < last.Length; i++)
                    NoteChange(devices.All[i].Name, devices.All[i].Status, ref last[i], recorder);
                long now = Environment.TickCount64;
                if (_systemd.WatchdogPeriod is { } period && ticker.Slot != lastSlot && now - lastPingMs >= period.TotalMilliseconds / 2)
                {
                    _systemd.Send("WATCHDOG=1"); // only while the tick goes on
                    (lastSlot, lastPingMs) = (ticker.Slot, now);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // asked to end
        }
    }

    /// <summary>A safety state or a force that stops the arm is marked in the running recording, whoever moved the arm.</summary>
    private void NoteMotion(CoreHandler handler, CellDevices devices, Recorder recorder)
    {
        var safety = devices.Arm is { } arm && arm.States.TryGetNewest(out var state) ? state.Value.Safety : SafetyStatusBits.None;
        if (safety != _safety)
        {
            if (_safety != SafetyStatusBits.None)
                recorder.Event(CaptureEventKinds.Safety, $"the robot's safety is {StatusReporter.Safety(safety)}");
            _safety = safety;
        }
        if (devices.Motion?.Report() is not { } motion || motion.NeedsAcknowledge == _needsAcknowledge)
            return;
        _needsAcknowledge = motion.NeedsAcknowledge;
        string text = _needsAcknowledge ? motion.Reason : "a person has acknowledged";
        recorder.Event(CaptureEventKinds.Safety, text);
        handler.Say(text);
    }

    /// <summary>Waits for the encoders; systemd is told that this takes a while longer, however long.</summary>
    private async Task FinishAsync(EncoderJobs encoders)
    {
        Task done = encoders.WaitAllAsync();
        while (await Task.WhenAny(done, Task.Delay(s_finishingPing)) != done)
            _systemd.Send("EXTEND_TIMEOUT_USEC=60000000");
    }

    /// <summary>The arm's own stamps before and after do not compare; host times, which rows are made by, go on.</summary>
    private void NoteClock(CellDevices devices, Recorder recorder)
    {
        int epochs = devices.Arm?.ClockEpochs ?? 0;
        if (_clockEpochs > 0 && epochs != _clockEpochs)
            recorder.Event(CaptureEventKinds.Clock, "robot: the controller's clock jumped or started anew");
        _clockEpochs = epochs;
    }

    private void NoteChange(string name, DeviceStatus status, ref DeviceStatus last, Recorder recorder)
    {
        if (status.Connected && last.Connected && status.Reconnects != last.Reconnects) // lost and found again between two looks
            NoteChange(name, new(false, status.LastLoss, last.Reconnects), ref last, recorder);
        DeviceStatus before = last;
        last = status;
        if (status.Connected == before.Connected && (status.Connected || status.Message == before.Message))
            return;
        if (status.Connected != before.Connected)
            recorder.Event(status.Connected ? CaptureEventKinds.DeviceFound : CaptureEventKinds.DeviceLost, $"{name}: {status.Message}");
        if (!quiet)
        {
            string hint = status.Connected || config.Simulation is null ? "" : $" (start the cell: ./robot sim --config {config.File})";
            Console.WriteLine($"{name}: {status.Message}{hint}");
        }
    }

    private static void Warn(string line) => Console.Error.WriteLine($"robot: {line}");

    /// <summary>The handler, whose status also says how the dashboard fares.</summary>
    private sealed class WithDashboard(ICoreHandler handler, DeskSupervisor desk) : ICoreHandler
    {
        public CoreStatus Status() => handler.Status() with { Dashboard = desk.Status };

        public Task<object?> HandleAsync(string method, JsonElement parameters, object connection, CancellationToken cancel) =>
            handler.HandleAsync(method, parameters, connection, cancel);

        public void Closed(object connection) => handler.Closed(connection);
    }
}
