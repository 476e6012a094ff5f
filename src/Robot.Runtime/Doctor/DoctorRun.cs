using System.Diagnostics;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Processes;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What of this computer only calls can tell.</summary>
/// <param name="Fifo">Why threads may not be real-time; null where they may.</param>
/// <param name="LockedMemory">Why memory may not be locked; null where it may.</param>
/// <param name="Smi">What nvidia-smi lists; null where it fails.</param>
internal sealed record Kernel(Func<string?> Fifo, Func<string?> LockedMemory, Func<bool> ClockIsSynchronized, Func<string?> Smi)
{
    private static readonly TimeSpan s_patience = TimeSpan.FromSeconds(10);

    public static Kernel Real { get; } = new(RealTime.WhyNoFifo, RealTime.TryLockMemory, Libc.IsClockSynchronized, AskSmi);

    private static string? AskSmi()
    {
        try
        {
            string[] query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"];
            using var smi = Process.Start(new ProcessStartInfo("nvidia-smi", query) { RedirectStandardOutput = true })!;
            Task<string> said = smi.StandardOutput.ReadToEndAsync();
            if (smi.WaitForExit(s_patience))
                return smi.ExitCode == 0 ? said.Result.Trim() : null;
            smi.Kill();
            return null;
        }
        catch (System.ComponentModel.Win32Exception) // there is no such program
        {
            return null;
        }
    }
}

/// <param name="ConfigFile">Null: this computer alone is looked at.</param>
/// <param name="Data">The data root.</param>
/// <param name="Pictures">Where a picture of each camera goes.</param>
internal sealed record DoctorOptions(string? ConfigFile, string Data, string Pictures)
{
    /// <summary>Devices that have not come by then are not there.</summary>
    public TimeSpan Connecting { get; init; } = TimeSpan.FromSeconds(8);

    /// <summary>How long streams are looked at.</summary>
    public TimeSpan Looking { get; init; } = TimeSpan.FromSeconds(3);

    /// <summary>How long the disk is written to.</summary>
    public TimeSpan Writing { get; init; } = TimeSpan.FromSeconds(2);
}

/// <summary>Holds a config against the world.</summary>
/// <param name="say">Takes a line now and then: it lasts some seconds.</param>
internal sealed class DoctorRun(DoctorOptions options, Machine machine, Kernel kernel, Action<string> say)
{
    private readonly Checks _checks = new();

    public async Task<DoctorReport> LookAsync(CancellationToken cancel)
    {
        CellConfig? config = LoadConfig();
        LookAtComputer(Needs.Of(config));
        string root = options.Data;
        bool busy = false;
        RecordingNeed? need = null;
        if (config is not null)
        {
            ServiceInfo? service = ServiceFile.Find(config.Cell);
            root = service?.Data ?? root;
            (double pictures, string assumed, busy) = await LookAtCellAsync(config, service, cancel);
            need = new(pictures, assumed, config.Recording.Keep, DiskChecks.NewestEpisode(root));
        }
        else
        {
            SkipCell(options.ConfigFile is null ? "no config was given: --config FILE" : "the config cannot be used");
        }
        say("writing to the disk …");
        DiskChecks.Judge(_checks.In(Sections.Disk), DiskLook.At(root, busy ? TimeSpan.Zero : options.Writing), need);
        ServiceChecks.Installed(_checks.In(Sections.Service), machine);
        return DoctorReport.Of(config, machine, _checks.All);
    }

    private CellConfig? LoadConfig()
    {
        var section = _checks.In(Sections.Config);
        if (options.ConfigFile is not { } file)
        {
            section.Skip("file", "none was given: --config FILE");
            return null;
        }
        try
        {
            var config = CellConfig.Load(file);
            string[] parts = [.. new[]
            {
                config.Robot is { } robot ? $"a {robot.Model} at {robot.Host}" : "no arm",
                config.Force?.Driver, config.Gripper is { } gripper ? $"a {gripper.Model}" : null,
                config.Cameras.Count > 0 ? $"cameras {string.Join(", ", config.Cameras.Select(c => c.Name))}" : null,
                config.Motion.Enabled ? "motion on" : "motion off",
            }.OfType<string>()];
            section.Ok("file", $"{file}: {config.Cell}: {string.Join("; ", parts)}");
            return config;
        }
        catch (ConfigException e)
        {
            foreach (string line in e.Message.Split('\n'))
                section.Fault("file", line, "docs/configuration.md has every key");
            return null;
        }
    }

    private void LookAtComputer(Needs needs)
    {
        var computer = _checks.In(Sections.Computer);
        ComputerChecks.Look(computer, machine, needs);
        ComputerChecks.Limits(computer, kernel.Fifo(), kernel.LockedMemory());
        ComputerChecks.WallClock(computer, kernel.ClockIsSynchronized());
        PermissionChecks.Look(computer, machine, needs, Environment.UserName);
        LibraryChecks.Look(computer, needs);
        ComputerChecks.Gpu(computer, machine, kernel.Smi);
    }

    private async Task<(double Pictures, string Assumed, bool Busy)> LookAtCellAsync(
        CellConfig config, ServiceInfo? service, CancellationToken cancel)
    {
        foreach (var (section, there) in (ReadOnlySpan<(string, bool)>)[(Sections.Arm, config.Robot is not null),
            (Sections.Force, config.Force is not null), (Sections.Gripper, config.Gripper is not null),
            (Sections.Cameras, config.Cameras.Count > 0), (Sections.Teleoperation, config.Teleoperation is not null)])
            if (!there)
                _checks.In(section).Skip("device", "this config has none");
        foreach (var (section, path) in Needs.Of(config).SerialPorts) // whoever has them
            SerialChecks.Look(_checks.In(section), machine, path);
        if (service is null)
        {
            ServiceChecks.NotRunning(_checks.In(Sections.Service), config);
            if (RuntimeFolder.SystemFolderIsClosed) // it is there while that service runs: its devices are in use
                return NotLookedAt(config);
            var cell = new CellLook(config, machine, options, _checks);
            cell.Look(say, cancel);
            if (!cell.Busy)
                LookAtNetwork(config, cell.Arm, config.Motion.Enabled, cancel);
            return (cell.Pictures, cell.Assumed, cell.Busy);
        }
        var look = new ServiceLook(config, service, machine, options, _checks);
        await look.LookAsync(say, cancel);
        if (look.Idle)
            LookAtNetwork(config, look.Arm, askForInputs: false, cancel);
        else if (config.Robot is not null)
            _checks.In(Sections.Arm).Skip("round trip", "the service is busy with the arm, which is not disturbed");
        return (config.Cameras.Sum(CellLook.AsConfigured), CellLook.AsInConfig, !look.Idle);
    }

    private (double Pictures, string Assumed, bool Busy) NotLookedAt(CellConfig config)
    {
        foreach (var section in CellLook.Configured(config, _checks))
            section.Skip("connection", "the system's service may have it, and is not disturbed: sudo robot doctor asks that one");
        foreach (var webcam in config.Cameras.Where(c => c.Device.Length > 0))
            CameraChecks.Usb(_checks.In(Sections.Cameras), machine, webcam, "", null);
        return (config.Cameras.Sum(CellLook.AsConfigured), CellLook.AsInConfig, true);
    }

    private void LookAtNetwork(CellConfig config, ArmLook? arm, bool askForInputs, CancellationToken cancel)
    {
        if (config.Robot is not { } robot)
            return;
        say($"asking {robot.Host} …");
        NetworkChecks.Judge(_checks.In(Sections.Arm), NetworkLook.At(robot.Host, askForInputs, cancel), config.Motion.Enabled,
            arm?.IsPolyScopeX == true);
    }

    private void SkipCell(string why)
    {
        foreach (string section in (string[])[Sections.Arm, Sections.Force, Sections.Gripper, Sections.Cameras,
            Sections.Teleoperation, Sections.Service])
            _checks.In(section).Skip("device", why);
    }
}
