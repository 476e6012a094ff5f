using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

// Recordings: how they begin, and how they end, by a person, by themselves, or because something failed.
internal sealed partial class CoreHandler
{
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

    private static Outcome OutcomeOf(JsonElement parameters) => parameters.Text("outcome", "unknown") switch
    {
        "unknown" => Outcome.Unknown,
        "success" => Outcome.Success,
        "failure" => Outcome.Failure,
        var other => throw new RobotException(ExitCode.Usage, $"an outcome is success, failure or unknown, not '{other}'"),
    };
}
