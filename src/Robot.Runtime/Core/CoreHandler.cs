using System.Runtime.CompilerServices;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// What core does when it is asked to: one request at a time, but for those that only wait. Here is whose turn it is and what stops it;
/// recordings and what moves the arm have files of their own.
/// </summary>
internal sealed partial class CoreHandler(
    CellConfig config, CellDevices devices, Recorder recorder, EncoderJobs encoders, PolicyRunner policies, StatusReporter status,
    ForceRun force, Action shutdown)
    : ICoreHandler, IDisposable
{
    private const string ByAPerson = "stopped by a person";
    private static readonly TimeSpan s_logDeadline = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly ScriptedDemonstration _scripted = new(config, devices, policies);
    private readonly ReplayRun _replay = new(devices, policies);
    private readonly JogControl _jog = new(policies);
    private readonly TeleopRun _teleop = new(config, devices, policies);
    private readonly MpcOrders _mpc = new(config, devices, policies);
    private readonly ArmRun _arm = new(config, devices, policies);
    private readonly ArmOrders _orders = new(devices);
    private readonly GripperRun _gripper = new(devices, policies);
    private readonly CalibrationRun _calibration = new(config, devices, recorder);
    private FreedriveRun? _freedrive;
    private readonly ConditionalWeakTable<object, object> _gone = []; // connections that have closed
    private volatile Starter? _starter; // who had the arm moved last
    private volatile object? _beginning; // the connection that has the arm taken now
    private int _stops; // how often somebody has stopped the arm
    private CancellationTokenSource? _recordingTimer;

    /// <summary>Of the running replay, or the last one.</summary>
    public ReplayStatus? Replay => _replay.Status;

    public CoreStatus Status() => status.Report(Replay) with
    {
        Teleop = _teleop.Status,
        Mpc = _mpc.Status,
        Stops = Volatile.Read(ref _stops),
    };

    public async Task<object?> HandleAsync(string method, JsonElement parameters, object connection, CancellationToken cancel)
    {
        if (method == CoreMethods.RecordWait)
            return await encoders.WaitAsync(parameters.Text("id")).WaitAsync(cancel);
        if (method == CoreMethods.RecordEnded)
            return await recorder.EndedAsync(parameters.Text("id")).WaitAsync(cancel);
        if (method == CoreMethods.ArmMoved)
            return await _arm.MovedAsync().WaitAsync(cancel);
        int stops = Volatile.Read(ref _stops);
        if (parameters.Number("stops", stops) != stops)
            throw new RobotException(ExitCode.Interrupted, "the arm was stopped meanwhile: what this was a part of is over");
        if ((_orders.TryHandle(method, parameters, connection, cancel) ?? force.TryHandle(method, parameters, cancel)
            ?? _calibration.TryHandle(method, parameters, connection, cancel)) is { } obeyed)
            return await obeyed;
        if (_gripper.TryHandle(method, parameters, connection) is { } told)
            return told;
        if (method == CoreMethods.Stop)
            return await StopAsync(cancel);
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            await Task.Yield(); // what follows may last seconds: the connection's next line, a stop, must be read meanwhile
            return method switch
            {
                CoreMethods.ArmMove when parameters.IsTrue("plan") => _arm.Move(parameters),
                CoreMethods.RecordStart or CoreMethods.Jog or CoreMethods.Teleop or CoreMethods.ReplayStart or CoreMethods.ArmMove
                    or CoreMethods.MpcStart or CoreMethods.ArmFreedrive or CoreMethods.GripperMove
                    => await BeginAsync(method, parameters, connection, stops, cancel),
                CoreMethods.ArmHold => Hold(),
                CoreMethods.RecordStop => new { id = StopRecording(OutcomeOf(parameters), EpisodeEnd.Operator) },
                CoreMethods.RecordDiscard => new { id = await DiscardAsync() },
                CoreMethods.Acknowledge => Acknowledge(),
                CoreMethods.Shutdown => Shutdown(),
                _ => throw new RobotException(ExitCode.Usage, $"'{method}' is not known to this service"),
            };
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>Who had the arm moved is gone: the arm stops. A recording goes on.</summary>
    public void Closed(object connection)
    {
        StopFor(connection);
        _calibration.Closed(connection); // last: its log is written to the disk, which may take long
    }

    private void StopFor(object connection)
    {
        _gone.AddOrUpdate(connection, connection);
        if (_beginning == connection)
            devices.Motion?.Stop("who asked for it went away");
        _jog.Closed(connection);
        _orders.Closed(connection);
        _gripper.Closed(connection);
        if (_starter is not { } starter || starter.Connection != connection)
            return;
        _starter = null;
        if (starter.Motion is null || (starter.Motion != policies.Current && starter.Motion != _freedrive))
            return; // what it started is over, and somebody else may have the arm
        policies.Stop("who started it went away");
        EndFreedrive();
    }

    /// <summary>The line that people see until the next one.</summary>
    public void Say(string message) => status.Say(message);

    /// <summary>Called some times a second: ends a recording whose log has failed, and keeps what it has.</summary>
    public void Supervise()
    {
        if (_calibration.Supervise() is { } ended)
            status.Say(ended);
        if (recorder.Failure is not { } failure || !_oneAtATime.Wait(0))
            return;
        try
        {
            status.Say(failure);
            policies.End(failure);
            if (recorder.RunningId is not null)
                StopRecording(Outcome.Unknown, EpisodeEnd.Terminal, failure, code: ExitCode.Disk);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>The service ends: the arm stops, a running recording is saved.</summary>
    public async Task EndAsync()
    {
        const string Why = "the service ends";
        StopArm(Why);
        _calibration.Closed(null);
        await Task.WhenAny(_orders.EndedAsync(), Task.Delay(s_logDeadline)); // a program that is only starting stops itself
        await _oneAtATime.WaitAsync();
        SaveAndIdle(Why);
        await Task.WhenAny(recorder.LogWritten, Task.Delay(s_logDeadline));
    }

    public void Dispose() => _recordingTimer?.Dispose();

    /// <summary>
    /// Begins what may move the arm. Taking the arm lasts seconds: a stop in that time, or before its turn came, or the loss of who asked,
    /// ends it again.
    /// </summary>
    /// <param name="stops">When it was asked for.</param>
    /// <exception cref="RobotException">It was stopped (130), or refused.</exception>
    private async Task<object> BeginAsync(string method, JsonElement parameters, object connection, int stops, CancellationToken cancel)
    {
        if (IsStopped())
            throw new RobotException(ExitCode.Interrupted, "it was stopped before it began");
        object begun;
        _beginning = connection;
        try
        {
            begun = method switch
            {
                CoreMethods.RecordStart => await StartRecordingAsync(parameters, connection, cancel),
                CoreMethods.Jog => _jog.Press(connection, parameters.Text("axis"), (int)parameters.Number("steps", 1)),
                CoreMethods.Teleop => Teleoperate(connection),
                CoreMethods.MpcStart => StartMpc(parameters, connection),
                CoreMethods.ArmMove => Move(parameters, connection),
                CoreMethods.ArmFreedrive => Freedrive(connection),
                CoreMethods.GripperMove => MoveGripper(parameters, connection),
                _ => StartReplay(parameters, connection, IsStopped),
            };
        }
        catch (RobotException) when (IsStopped())
        {
            throw Stopped(); // it has undone itself
        }
        finally
        {
            _beginning = null;
        }
        if (!IsStopped())
            return begun;
        policies.Stop("stopped while it began");
        _gripper.Stop("stopped while it began");
        EndFreedrive();
        if (method == CoreMethods.RecordStart && recorder.RunningId is not null)
            StopRecording(Outcome.Unknown, EpisodeEnd.Operator, "stopped while it began", stopped: true);
        throw Stopped();

        bool IsStopped() => Volatile.Read(ref _stops) != stops || _gone.TryGetValue(connection, out _);

        static RobotException Stopped() => new(ExitCode.Interrupted, "it was stopped while it began");
    }

    /// <summary>Stops the arm and marks the running recording.</summary>
    private void StopArm(string why, int code = ExitCode.Device)
    {
        Interlocked.Increment(ref _stops);
        _orders.Stop();
        policies.Stop(why, code);
        _gripper.Stop(why);
        recorder.Event(CaptureEventKinds.Stop, why);
    }

    private async Task<object?> StopAsync(CancellationToken cancel)
    {
        StopArm(ByAPerson, ExitCode.Interrupted); // before anything that may be waiting for its turn
        Task program = _orders.StopProgramAsync();
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            await Task.Yield(); // as below: the connection's next line must be read meanwhile
            SaveAndIdle(ByAPerson, ExitCode.Interrupted);
        }
        finally
        {
            _oneAtATime.Release();
        }
        await program;
        return new { };
    }

    private void SaveAndIdle(string why, int code = ExitCode.Device)
    {
        policies.Stop(why, code); // again: what had its turn before may have begun to move
        if (recorder.RunningId is not null)
            StopRecording(Outcome.Unknown, EpisodeEnd.Operator, stopped: true);
        EndFreedrive();
        status.Say("idle");
    }

    private object Acknowledge()
    {
        if (devices.Motion?.Acknowledge() is { } refusal)
            throw new RobotException(ExitCode.Device, refusal);
        status.Say("acknowledged");
        return new { };
    }

    private object Shutdown()
    {
        shutdown();
        return new { };
    }
}
