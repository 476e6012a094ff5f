using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Programs;

/// <summary>
/// A cell's arm, gripper and force sensor for a program of one's own, in its own process and without the service: the same drivers, the
/// same limits of the same config, the same lease and safety filter. A service or another program that has the arm keeps it.
/// </summary>
public sealed class ArmCell : IDisposable
{
    private const int LookMs = 50;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(15);
    private readonly CellConfig _config;
    private readonly CellDevices _devices;
    private readonly CancellationTokenSource _interrupted = new();
    private readonly PosixSignalRegistration[] _signals;

    private ArmCell(CellConfig config, string? realTimeProblem)
    {
        (_config, RealTimeProblem) = (config, realTimeProblem);
        _devices = new CellDevices(config);
        _signals = [.. new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM }.Select(s => PosixSignalRegistration.Create(s, Interrupt))];
        _devices.Start();
    }

    /// <summary>
    /// Claims the devices and begins to connect to them. The process becomes real-time where it may: best from Main, before anything is
    /// awaited, because threads that the pool has before start others of the normal class later, for which real-time ones may spin
    /// (<see cref="RealTime"/>). <see cref="RealTimeProblem"/> does not know of those.
    /// </summary>
    /// <param name="file">A hardware config, e.g. hardware-configs/sim-cell.yaml.</param>
    /// <exception cref="RobotException">The config is wrong (78), has no arm, or somebody else uses a device (75).</exception>
    public static ArmCell Open(string file)
    {
        var config = CellConfig.Load(file);
        if (config.Robot is null)
            throw new RobotException(ExitCode.Config, $"{file}: this cell has no arm");
        config.Cameras.Clear(); // they are no part of moving the arm
        return new(config, RealTime.TryRaiseProcess() ?? RealTime.TryLockMemory());
    }

    /// <summary>Why the process is not real-time; null where it is. Cycles are missed then while others compute.</summary>
    public string? RealTimeProblem { get; }

    public IRobotArm Arm => _devices.Arm!;

    /// <summary>Null in a cell without one.</summary>
    public IForceTorqueSensor? Force => _devices.Force;

    /// <summary>Null in a cell without one; moved by a command's gripper value.</summary>
    public IGripper? Gripper => _devices.Gripper;

    public ArmMotion Motion => _devices.Motion!;

    /// <summary>Ctrl-C, or a request to end.</summary>
    public CancellationToken Interrupted => _interrupted.Token;

    /// <summary>Waits until the devices are there, says what is about to move, asks where the arm is real, and takes it.</summary>
    /// <param name="owner">Told to others who ask meanwhile.</param>
    /// <param name="what">Completes "the arm will …": what it does, how far and how fast.</param>
    /// <param name="yes">Do not ask: a person has looked.</param>
    /// <exception cref="RobotException">The arm cannot be had: why, and what to do; or the person said no.</exception>
    public MotionLease Take(string owner, string what, bool yes = false)
    {
        WaitForDevices();
        try
        {
            if (!_devices.IsSimulated)
                MotionWarning.Confirm(_config, MotionWarning.ArmOf(Arm.Identity!.Model, Arm.Identity.Serial), what, yes, Interrupted);
        }
        catch (OperationCanceledException)
        {
            throw new RobotException(ExitCode.Interrupted, "interrupted; nothing moved");
        }
        using var stopping = Interrupted.Register(() => Motion.Stop("interrupted"));
        return Motion.TryAcquire(owner, out string? refusal) ?? throw new RobotException(ExitCode.Device, refusal!);
    }

    public void Dispose()
    {
        foreach (var signal in _signals)
            signal.Dispose();
        _devices.Dispose();
        _interrupted.Dispose();
    }

    private void WaitForDevices()
    {
        long deadline = Environment.TickCount64 + (long)s_deadline.TotalMilliseconds;
        while (Arm.Identity is null || _devices.All.Any(d => !d.Status.Connected))
        {
            if (Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, _devices.All.FirstOrDefault(d => !d.Status.Connected) is { } missing
                    ? $"{missing.Name}: {missing.Status.Message}"
                    : $"{Arm.Name}: the controller does not say who it is ({Arm.Status.Message})");
            if (Interrupted.WaitHandle.WaitOne(LookMs))
                throw new RobotException(ExitCode.Interrupted, "interrupted; nothing moved");
        }
    }

    private void Interrupt(PosixSignalContext signal)
    {
        signal.Cancel = true; // the program ends by itself, when the arm stands
        _interrupted.Cancel();
    }
}
