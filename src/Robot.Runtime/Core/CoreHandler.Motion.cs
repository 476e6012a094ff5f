using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

// What moves the arm, and who had it moved.
internal sealed partial class CoreHandler
{
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

    private void EndFreedrive()
    {
        Interlocked.Exchange(ref _freedrive, null)?.Dispose();
    }

    /// <param name="Motion">The policy or the freedrive that it started.</param>
    private sealed record Starter(object Connection, object? Motion);
}
