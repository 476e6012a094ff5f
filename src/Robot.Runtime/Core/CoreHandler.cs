using System.Runtime.CompilerServices;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What core does when it is asked to: one request at a time, but for those that only wait.</summary>
internal sealed class CoreHandler(
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

    private async Task<object> StartRecordingAsync(JsonElement parameters, object connection, CancellationToken cancel)
    {
        string task = parameters.Text("task"), source = parameters.Text("source", "none");
        double seconds = parameters.Number("seconds", double.PositiveInfinity);
        if (recorder.RunningId is { } running)
            throw new RobotException(ExitCode.Busy, $"{running} is being recorded; end it first");
        if (!double.IsPositiveInfinity(seconds) && !(seconds is >= 0.1 and <= 86_400))
            throw new RobotException(ExitCode.Usage, $"{seconds} seconds are out of range; 0.1 to 86400 (a day) are allowed");
        _calibration.MustNotRun();
        if (policies.Current is MpcPolicy) // it would be told as demonstrated by a person
            throw new RobotException(ExitCode.Busy, "a model controls the arm; stop it first. 'robot mpc --record' records what it does");
        var (before, freedriveBefore) = (policies.Current, _freedrive);
        // The source first: it may refuse, and an empty episode helps nobody.
        (Action Go, Task<PolicyEnd> Ended)? script = source switch
        {
            "scripted" => await _scripted.PrepareAsync(cancel),
            "freedrive" or "jog" or "teleop" or "none" => null,
            _ => throw new RobotException(ExitCode.Usage, $"source '{source}' is not known; use scripted, freedrive, jog, teleop or none"),
        };
        string id;
        try
        {
            if (source == "freedrive")
                _freedrive = FreedriveRun.Start(config, policies);
            else if (source == "jog")
            {
                _jog.Recording = true;
                _jog.Take();
            }
            else if (source == "teleop")
                _teleop.Take();
            bool teleoperated = source == "teleop" || (source == "none" && policies.Current is TeleopPolicy); // it runs already
            id = recorder.Start(task, teleoperated ? _teleop.Source : source);
        }
        catch
        {
            _jog.Recording = false;
            if (policies.Current != before) // what ran already goes on
                policies.End("the recording did not start");
            if (_freedrive != freedriveBefore)
                EndFreedrive();
            throw;
        }
        if (source != "none")
            _starter = new(connection, source == "freedrive" ? _freedrive : policies.Current);
        status.Say($"{id}: {task}");
        _recordingTimer = new();
        _ = EndByItselfAsync(id, script, seconds, _recordingTimer.Token);
        return new { id };
    }

    /// <summary>Ends the recording when its script is done or its time is over, unless somebody ends it before.</summary>
    private async Task EndByItselfAsync(string id, (Action Go, Task<PolicyEnd> Ended)? prepared, double seconds, CancellationToken ended)
    {
        int stops = Volatile.Read(ref _stops);
        try
        {
            var time = double.IsFinite(seconds) ? Task.Delay(TimeSpan.FromSeconds(seconds), ended) : Task.Delay(Timeout.Infinite, ended);
            if (prepared is not { } script)
            {
                await time;
                await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Timeout);
                return;
            }
            await Task.Delay(ScriptedDemonstration.LeadIn, ended); // the first rows show the arm at rest
            script.Go();
            if (await Task.WhenAny(script.Ended, time) == time)
            {
                await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Timeout);
                return;
            }
            var end = await script.Ended;
            if (end.Completed)
                await EndIfRunningAsync(id, _scripted.Judge(), EpisodeEnd.Terminal);
            else if (Volatile.Read(ref _stops) != stops)
                await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Operator, end.Why, stopped: true);
            else
                await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Terminal, end.Why, code: ExitCode.Device);
        }
        catch (OperationCanceledException)
        {
            // somebody ended it first
        }
        catch (RobotException e)
        {
            await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Terminal, e.Message, code: e.Code);
        }
    }

    private async Task EndIfRunningAsync(
        string id, Outcome outcome, EpisodeEnd end, string? note = null, bool stopped = false, int code = ExitCode.Done)
    {
        await _oneAtATime.WaitAsync();
        try
        {
            if (recorder.RunningId == id)
                StopRecording(outcome, end, note, stopped, code);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <param name="stopped">By a person who stopped the arm: whoever records one episode after the other begins no other.</param>
    /// <param name="code">Of whoever records: not 0 where something went wrong.</param>
    private string StopRecording(
        Outcome outcome, EpisodeEnd end, string? note = null, bool stopped = false, int code = ExitCode.Done)
    {
        string id = recorder.Stop(outcome, end, note, stopped, code);
        _recordingTimer?.Cancel();
        _jog.Recording = false;
        if (policies.Current is not TeleopPolicy) // a person goes on leading it, to where the next begins
            policies.End($"{id} ended", code == ExitCode.Done ? ExitCode.Interrupted : code);
        EndFreedrive();
        status.Say(note is null ? $"{id} ended as {outcome.ToString().ToLowerInvariant()}" : $"{id}: {note}");
        return id;
    }

    private async Task<string> DiscardAsync()
    {
        if (recorder.RunningId is not null)
        {
            _recordingTimer?.Cancel();
            _jog.Recording = false;
            if (policies.Current is not TeleopPolicy)
                policies.End("discarded", ExitCode.Interrupted);
            EndFreedrive();
        }
        string id = await recorder.DiscardAsync();
        _ = encoders.RefreshIndexAsync(recorder.DataRoot);
        status.Say($"{id} is in the trash");
        return id;
    }

    private object StartReplay(JsonElement parameters, object connection, Func<bool> stopped)
    {
        if (recorder.RunningId is { } running)
            throw new RobotException(ExitCode.Busy, $"{running} is being recorded; end it first");
        string episode = parameters.Text("episode");
        if (EpisodeNaming.IsEpisodeName(episode))
            episode = Path.Combine(recorder.Demonstrations, episode);
        _replay.Start(config, episode, parameters.Number("speed", 1), stopped, end => status.Say(end));
        _starter = new(connection, policies.Current);
        return new { };
    }

    private object StartMpc(JsonElement parameters, object connection)
    {
        if (recorder.RunningId is { } running)
            throw new RobotException(ExitCode.Busy, $"{running} is being recorded; end it first");
        MpcRecording? recording = null;
        if (parameters.IsTrue("record"))
        {
            _calibration.MustNotRun();
            recording = new(recorder, _oneAtATime, () => Volatile.Read(ref _stops), status.Say);
        }
        _mpc.Start(parameters, recording, status.Say);
        _starter = new(connection, policies.Current);
        return new { };
    }

    private ArmMove Move(JsonElement parameters, object connection)
    {
        var move = _arm.Move(parameters);
        _starter = new(connection, policies.Current);
        return move;
    }

    private object MoveGripper(JsonElement parameters, object connection)
    {
        _arm.Follow(_gripper.Move(parameters, connection));
        _starter = new(connection, policies.Current);
        return new { };
    }

    private object Teleoperate(object connection)
    {
        _teleop.Take();
        _starter = new(connection, policies.Current);
        return new { };
    }

    private object Freedrive(object connection)
    {
        if (!config.Motion.Enabled)
            throw new RobotException(ExitCode.Device,
                $"motion is off for this cell: lead the arm with the pendant's freedrive, or set motion.enabled in {config.File}");
        if (_freedrive is { Active: true })
            throw new RobotException(ExitCode.Busy, "the arm is being led already");
        EndFreedrive();
        _freedrive = FreedriveRun.Start(config, policies);
        _starter = new(connection, _freedrive);
        return new { };
    }

    private object Hold()
    {
        EndFreedrive();
        return new { };
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
            SaveAndIdle(ByAPerson);
        }
        finally
        {
            _oneAtATime.Release();
        }
        await program;
        return new { };
    }

    private void SaveAndIdle(string why)
    {
        policies.Stop(why); // again: what had its turn before may have begun to move
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

    /// <param name="Motion">The policy or the freedrive that it started.</param>
    private sealed record Starter(object Connection, object? Motion);

    private void EndFreedrive()
    {
        Interlocked.Exchange(ref _freedrive, null)?.Dispose();
    }

    private static Outcome OutcomeOf(JsonElement parameters) => parameters.Text("outcome", "unknown") switch
    {
        "unknown" => Outcome.Unknown,
        "success" => Outcome.Success,
        "failure" => Outcome.Failure,
        var other => throw new RobotException(ExitCode.Usage, $"an outcome is success, failure or unknown, not '{other}'"),
    };
}
