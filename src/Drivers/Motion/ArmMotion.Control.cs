using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

// The holder's own loop at the controller's rate, on the holder's thread. The arm's thread goes on by itself beside it: a callback that
// hangs is a command that does not come.
public sealed partial class ArmMotion
{
    // Twice what the slowest ramp takes, and something for the controller.
    private long RestNs => (long)((3 + 2 * _limits.JointSpeed / _limits.JointAcceleration) * 1e9);

    internal ControlReport Control(MotionSession session, ControlCallback callback, CancellationToken cancel)
    {
        if (!session.TryBeginControl())
            throw new InvalidOperationException($"{session.Lease!.Owner} is already controlling the arm");
        var run = new ControlRun(callback);
        try
        {
            string? why = Rest(session, cancel); // from ticks before
            if (why is null)
            {
                session.EveryCycle = true;
                why = Loop(session, run, cancel);
            }
            return run.Report(why);
        }
        finally
        {
            Rest(session, CancellationToken.None);
            session.EveryCycle = false;
            session.EndControl();
        }
    }

    // Null where the callback ended it.
    private string? Loop(MotionSession session, ControlRun run, CancellationToken cancel)
    {
        var grid = new AbsoluteGrid(session.RateHz, HostClock.NowNs);
        run.Commanded = _published.Read().Joints;
        while (true)
        {
            long missed = grid.Missed, slot = grid.WaitNext();
            run.Missed += grid.Missed - missed;
            if (session.EndedBecause is { } ended)
                return ended;
            if (cancel.IsCancellationRequested)
                return "interrupted";
            _arm.States.TryGetNewest(out var state);
            if (run.Decide(state, grid.TimeOf(slot + 1)) is not { } command)
                return null;
            SendResult result = Send(session, command);
            if (result.Accepted)
                run.Took(result);
            else if (!run.WasLateToBegin(command))
                return result.Refusal;
        }
    }

    // Ramps to rest and waits until the arm stands, or nobody drives it any more.
    private string? Rest(MotionSession session, CancellationToken cancel)
    {
        session.BrakeWanted = true;
        long began = HostClock.NowNs;
        while (true)
        {
            Snapshot now = _published.Read();
            bool resting = now.State == MotionState.Holding && now.Taken == session.Posted && !session.BrakeWanted;
            if (session.EndedBecause is { } ended && now.Session != session)
                return ended;
            if (resting && _arm.States.TryGetNewest(out var state) && state.Value.Qd.MaxAbs < RestRadPerS)
                return null;
            if (session.FreedriveWanted)
                return "a person leads the arm: end freedrive first";
            if (HostClock.NowNs - began > RestNs)
                return "the arm does not come to rest";
            if (cancel.WaitHandle.WaitOne(1))
                return "interrupted";
        }
    }

    // One motion by callback: its clock and its counts. The holder's thread alone.
    private sealed class ControlRun(ControlCallback callback)
    {
        private const int LateBeginnings = 10;
        private bool _began;
        private double _seconds;
        private long _cycles, _clamped, _dueNs, _longestNs;
        private Clamp _lastClamp;

        public Vector6 Commanded;
        public long Missed;

        public Command? Decide(in Sample<RobotState> state, long dueNs)
        {
            double step = _cycles == 0 ? 0 : (dueNs - _dueNs) * 1e-9 * state.Value.SpeedFraction;
            _seconds += step;
            _dueNs = dueNs;
            long began = HostClock.NowNs;
            Command? command = callback(new()
            {
                State = state.Value,
                StateAge = Math.Max(0, began - state.ArrivalNs) * 1e-9,
                Seconds = _seconds,
                Step = step,
                DueNs = dueNs,
                Commanded = Commanded,
                Clamped = _lastClamp,
                Cycle = _cycles,
            });
            _longestNs = Math.Max(_longestNs, HostClock.NowNs - began);
            _cycles++;
            return command is { } wanted ? wanted with { DueNs = dueNs } : null;
        }

        // What a callback does for the first time takes long, and a motion cannot begin in the past.
        public bool WasLateToBegin(in Command command) => !_began && _cycles < LateBeginnings && HostClock.NowNs >= command.DueNs;

        public void Took(in SendResult result)
        {
            _began = true;
            (Commanded, _lastClamp) = (result.Guarded, result.Clamped);
            _clamped += result.Clamped == Clamp.None ? 0 : 1;
        }

        public ControlReport Report(string? why) => new(why is null, why, _cycles, Missed, _clamped, _longestNs * 1e-6);
    }
}
