using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What core does when it is asked to: one request at a time, but for those that only wait.</summary>
internal sealed class CoreHandler(
    CellConfig config, CellDevices devices, Recorder recorder, EncoderJobs encoders, PolicyRunner policies, StatusReporter status,
    Action shutdown)
    : ICoreHandler, IDisposable
{
    private static readonly TimeSpan s_logDeadline = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _oneAtATime = new(1);
    private readonly ScriptedDemonstration _scripted = new(config, devices, policies);
    private readonly ReplayRun _replay = new(devices, policies);
    private readonly JogControl _jog = new(policies);
    private FreedriveRun? _freedrive;
    private volatile object? _starter; // the connection that had the arm moved last
    private CancellationTokenSource? _recordingTimer;

    /// <summary>Of the running replay, or the last one.</summary>
    public ReplayStatus? Replay => _replay.Status;

    public CoreStatus Status() => status.Report(Replay);

    public async Task<object?> HandleAsync(string method, JsonElement parameters, object connection, CancellationToken cancel)
    {
        if (method == CoreMethods.RecordWait)
            return await encoders.WaitAsync(Text(parameters, "id")).WaitAsync(cancel);
        if (method == CoreMethods.RecordEnded)
            return new { how = await recorder.EndedAsync(Text(parameters, "id")).WaitAsync(cancel) };
        if (method == CoreMethods.Stop)
            StopArm("stopped by a person"); // before anything that may be waiting for its turn
        await _oneAtATime.WaitAsync(cancel);
        try
        {
            return method switch
            {
                CoreMethods.RecordStart => await StartRecordingAsync(parameters, connection, cancel),
                CoreMethods.RecordStop => new { id = StopRecording(OutcomeOf(parameters), EpisodeEnd.Operator) },
                CoreMethods.RecordDiscard => new { id = await DiscardAsync() },
                CoreMethods.Jog => _jog.Press(connection, Text(parameters, "axis"), (int)Number(parameters, "steps", 1)),
                CoreMethods.ReplayStart => StartReplay(parameters, connection),
                CoreMethods.Stop => SaveAndIdle(),
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
        _jog.Closed(connection);
        if (_starter != connection)
            return;
        _starter = null;
        policies.End("who started it went away");
        EndFreedrive();
    }

    /// <summary>The line that people see until the next one.</summary>
    public void Say(string message) => status.Say(message);

    /// <summary>Called some times a second: ends a recording whose log has failed, and keeps what it has.</summary>
    public void Supervise()
    {
        if (recorder.Failure is not { } failure || !_oneAtATime.Wait(0))
            return;
        try
        {
            status.Say(failure);
            policies.End(failure);
            if (recorder.RunningId is not null)
                StopRecording(Outcome.Unknown, EpisodeEnd.Terminal, failure);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    /// <summary>The service ends: the arm stops, a running recording is saved.</summary>
    public async Task EndAsync()
    {
        StopArm("the service ends");
        await _oneAtATime.WaitAsync();
        SaveAndIdle();
        await Task.WhenAny(recorder.LogWritten, Task.Delay(s_logDeadline));
    }

    public void Dispose() => _recordingTimer?.Dispose();

    private async Task<object> StartRecordingAsync(JsonElement parameters, object connection, CancellationToken cancel)
    {
        string task = Text(parameters, "task"), source = Text(parameters, "source", "none");
        double seconds = Number(parameters, "seconds", double.PositiveInfinity);
        if (recorder.RunningId is { } running)
            throw new RobotException(ExitCode.Busy, $"{running} is being recorded; end it first");
        // The source first: it may refuse, and an empty episode helps nobody.
        (Action Go, Task<PolicyEnd> Ended)? script = source switch
        {
            "scripted" => await _scripted.PrepareAsync(cancel),
            "freedrive" or "jog" or "none" => null,
            _ => throw new RobotException(ExitCode.Usage, $"source '{source}' is not known; use scripted, freedrive, jog or none"),
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
            id = recorder.Start(task, source);
        }
        catch
        {
            _jog.Recording = false;
            policies.End("the recording did not start");
            EndFreedrive();
            throw;
        }
        _starter = source == "none" ? _starter : connection;
        status.Say($"{id}: {task}");
        _recordingTimer = new();
        _ = EndByItselfAsync(id, script, seconds, _recordingTimer.Token);
        return new { id };
    }

    /// <summary>Ends the recording when its script is done or its time is over, unless somebody ends it before.</summary>
    private async Task EndByItselfAsync(string id, (Action Go, Task<PolicyEnd> Ended)? prepared, double seconds, CancellationToken ended)
    {
        try
        {
            var time = double.IsFinite(seconds) ? Task.Delay(TimeSpan.FromSeconds(seconds), ended) : Task.Delay(Timeout.Infinite, ended);
            if (prepared is not { } script)
            {
                await time;
                await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Timeout, null);
                return;
            }
            await Task.Delay(ScriptedDemonstration.LeadIn, ended); // the first rows show the arm at rest
            script.Go();
            if (await Task.WhenAny(script.Ended, time) == time)
            {
                await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Timeout, null);
                return;
            }
            var end = await script.Ended;
            Outcome outcome = end.Completed ? _scripted.Judge() : Outcome.Unknown;
            await EndIfRunningAsync(id, outcome, EpisodeEnd.Terminal, end.Completed ? null : end.Why);
        }
        catch (OperationCanceledException)
        {
            // somebody ended it first
        }
        catch (RobotException e)
        {
            await EndIfRunningAsync(id, Outcome.Unknown, EpisodeEnd.Terminal, e.Message);
        }
    }

    private async Task EndIfRunningAsync(string id, Outcome outcome, EpisodeEnd end, string? note)
    {
        await _oneAtATime.WaitAsync();
        try
        {
            if (recorder.RunningId == id)
                StopRecording(outcome, end, note);
        }
        finally
        {
            _oneAtATime.Release();
        }
    }

    private string StopRecording(Outcome outcome, EpisodeEnd end, string? note = null)
    {
        string id = recorder.Stop(outcome, end, note);
        _recordingTimer?.Cancel();
        _jog.Recording = false;
        policies.End($"{id} ended");
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
            policies.End("discarded");
            EndFreedrive();
        }
        string id = await recorder.DiscardAsync();
        _ = encoders.RefreshIndexAsync(recorder.DataRoot);
        status.Say($"{id} is in the trash");
        return id;
    }

    private object StartReplay(JsonElement parameters, object connection)
    {
        if (recorder.RunningId is { } running)
            throw new RobotException(ExitCode.Busy, $"{running} is being recorded; end it first");
        string episode = Text(parameters, "episode");
        if (EpisodeNaming.IsEpisodeName(episode))
            episode = Path.Combine(recorder.Demonstrations, episode);
        _replay.Start(config, episode, Number(parameters, "speed", 1), end => status.Say(end));
        _starter = connection;
        return new { };
    }

    private void StopArm(string why)
    {
        policies.End(why);
        devices.Motion?.Stop(why);
        recorder.Event(CaptureEventKinds.Stop, why);
    }

    private object SaveAndIdle()
    {
        StopArm("stopped by a person"); // again: what had its turn before may have begun to move
        if (recorder.RunningId is not null)
            StopRecording(Outcome.Unknown, EpisodeEnd.Operator);
        EndFreedrive();
        status.Say("idle");
        return new { };
    }

    private object Acknowledge()
    {
        devices.Motion?.Acknowledge();
        status.Say("acknowledged");
        return new { };
    }

    private object Shutdown()
    {
        shutdown();
        return new { };
    }

    private void EndFreedrive()
    {
        Interlocked.Exchange(ref _freedrive, null)?.Dispose();
    }

    private static Outcome OutcomeOf(JsonElement parameters) => Text(parameters, "outcome", "unknown") switch
    {
        "unknown" => Outcome.Unknown,
        "success" => Outcome.Success,
        "failure" => Outcome.Failure,
        var other => throw new RobotException(ExitCode.Usage, $"an outcome is success, failure or unknown, not '{other}'"),
    };

    private static string Text(JsonElement parameters, string name, string? fallback = null) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : fallback ?? throw new RobotException(ExitCode.Usage, $"'{name}' is missing");

    private static double Number(JsonElement parameters, string name, double fallback) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : fallback;
}
