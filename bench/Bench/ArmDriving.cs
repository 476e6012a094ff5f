using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// Our program drives the simulated arm, with the devices, limits, safety filter and threads that core has: one joint goes slowly to and
/// fro, a target 30 times a second, set-points at the controller's rate.
/// </summary>
internal sealed class ArmDriving : IDisposable
{
    private const double TargetsHz = 30, SwingRad = 0.2, SwingsHz = 0.25;
    private const int Joint = 4; // wrist 2
    private const int MostRefused = 10; // as core has it
    private static readonly TimeSpan s_leaseDeadline = TimeSpan.FromSeconds(30);
    private readonly CellDevices _devices;
    private readonly MotionLease _lease;
    private readonly DeviceThread _thread;
    private readonly Vector6 _start;
    private string? _failure;
    private long _refused;

    private ArmDriving(CellDevices devices, MotionLease lease)
    {
        (_devices, _lease) = (devices, lease);
        _start = devices.Motion!.CommandedJoints;
        _thread = new("bench targets", Run);
    }

    /// <summary>Makes this process real-time, as core is; after the cell was started, which would inherit it.</summary>
    public static void Raise(Results results)
    {
        if ((RealTime.TryRaiseProcess() ?? RealTime.TryLockMemory()) is { } why)
            results.Note($"not real-time: {why}");
    }

    /// <summary>
    /// Makes this process real-time, connects to a simulated cell that runs, takes its arm and begins to move it. All on the calling
    /// thread: another of the pool would start threads of the normal class.
    /// </summary>
    /// <exception cref="RobotException">The arm is refused, or is none of a simulated cell.</exception>
    public static ArmDriving Start(BenchCell cell, Results results, CancellationToken cancel)
    {
        Raise(results);
        var devices = new CellDevices(cell.Config);
        try
        {
            devices.Start();
            long deadline = Environment.TickCount64 + (long)s_leaseDeadline.TotalMilliseconds;
            MotionLease? lease;
            while ((lease = Take(devices, out string? refusal)) is null)
            {
                if (Environment.TickCount64 > deadline)
                    throw new RobotException(ExitCode.Device, refusal!);
                cancel.WaitHandle.WaitOne(100);
                cancel.ThrowIfCancellationRequested();
            }
            var driving = new ArmDriving(devices, lease);
            driving._thread.Start();
            return driving;
        }
        catch
        {
            devices.Dispose();
            throw;
        }
    }

    public UrArm Arm => _devices.Arm!;

    /// <summary>Cycles whose set-point was not sent because its time had passed.</summary>
    public long MissedCycles => _devices.Motion!.Report().MissedCycles;

    /// <summary>Targets that the safety filter refused, as those that come after they were due.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <exception cref="RobotException">The arm has not moved all the time.</exception>
    public void ThrowIfEnded()
    {
        if ((Volatile.Read(ref _failure) ?? _lease.EndedBecause) is { } why)
            throw new RobotException(ExitCode.Device, $"the arm was not driven all the time: {why}");
    }

    public void Dispose()
    {
        _thread.Dispose();
        _lease.Dispose();
        _devices.Dispose();
    }

    private static MotionLease? Take(CellDevices devices, out string? refusal)
    {
        if (devices.Arm!.Identity is null)
            refusal = devices.Arm.Status.Message;
        else if (!devices.IsSimulated)
            throw new RobotException(ExitCode.Config, $"{devices.Arm.Status.Message}: benches move no real arm");
        else
            return devices.Motion!.TryAcquire("bench", out refusal);
        return null;
    }

    private void Run(CancellationToken stop)
    {
        long beganNs = HostClock.NowNs;
        var grid = new AbsoluteGrid(TargetsHz, beganNs);
        int refusedInARow = 0;
        while (!stop.IsCancellationRequested)
        {
            long slot = grid.WaitNext(), dueNs = grid.TimeOf(slot + 1);
            Vector6 target = _start;
            target[Joint] += SwingRad / 2 * (1 - Math.Cos(2 * Math.PI * SwingsHz * (dueNs - beganNs) * 1e-9));
            SendResult sent = _lease.Send(new(CommandKind.JointPosition, target, double.NaN, dueNs));
            refusedInARow = sent.Accepted ? 0 : refusedInARow + 1;
            if (!sent.Accepted)
                Interlocked.Increment(ref _refused);
            if (sent.Clamped == Clamp.None && refusedInARow < MostRefused)
                continue;
            Volatile.Write(ref _failure, sent.Refusal ?? $"a target was clamped ({sent.Clamped})");
            return;
        }
    }
}
