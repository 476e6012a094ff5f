using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

// The arm's thread: one set-point a cycle of the controller, and everything that ends motion.
public sealed partial class ArmMotion
{
    private const double UsualRateHz = 500;
    private const long HeartbeatTimeoutNs = 200_000_000, SettlingNs = 100_000_000, EndNs = 2_000_000_000, LongestRestNs = 500_000_000;
    private const int HaltCycles = 20;
    private readonly SampleQueue<Wrench>? _wrenches;
    private Vector6 _lastSent;
    private Vec3 _newestForce;
    private long _newestForceNs = long.MinValue, _timeouts, _missed;

    private void Serve(CancellationToken stop)
    {
        long stopNs = 0;
        while (true)
        {
            double rate = RateHz();
            var grid = new AbsoluteGrid(rate, HostClock.NowNs);
            long missedBefore = _missed;
            while (RateHz() == rate)
            {
                long slot = grid.WaitNext(), nowNs = grid.TimeOf(slot);
                long late = grid.Missed - (_missed - missedBefore);
                _missed += late;
                Cycle(nowNs, rate, late);
                StayInStep(grid);
                if (!stop.IsCancellationRequested)
                    continue;
                stopNs = stopNs == 0 ? nowNs : stopNs;
                if (_session is null || nowNs - stopNs > EndNs)
                {
                    Halt(grid);
                    return;
                }
            }
        }
    }

    // The program must not outlive the service.
    private void Halt(AbsoluteGrid grid)
    {
        for (int i = 0; _sending && i < HaltCycles; i++)
        {
            grid.WaitNext();
            _control.Send(ArmMode.Stop, _lastSent, default);
        }
    }

    private double RateHz()
    {
        double rate = _control.ControlRateHz;
        return rate > 0 ? rate : _session?.RateHz ?? UsualRateHz;
    }

    private void Cycle(long nowNs, double rateHz, long missed)
    {
        bool any = _arm.States.TryGetNewest(out var state);
        if (_state.Advance(Signs(nowNs)))
            StoppedBy($"the controller's safety state became {state.Value.Safety}");
        if (any && state.Value.Heartbeat != _beat)
        {
            _beat = state.Value.Heartbeat;
            Volatile.Write(ref _beatNs, state.ArrivalNs);
        }
        ReadForce(state.Value);
        MotionSession? session = _session;
        if (session is null)
        {
            if (any)
                _lastSent = state.Value.Q;
            // After a safety stop the program must not wake up again on its own when the stop is cleared.
            if (_sending)
                _control.Send(NeedsAcknowledge || _leaving ? ArmMode.Stop : ArmMode.Hold, _lastSent, default);
            Publish(null, state.Value);
            return;
        }
        if (rateHz != session.RateHz)
            End(session, $"{_arm.Name}: the controller's rate changed to {rateHz:0} Hz; take the arm again");
        bool alive = Supervise(session, state, nowNs);
        Drive(session, state.Value, nowNs, missed);
        if (session.EndedBecause is not null && (!alive || rateHz != session.RateHz || HasComeToRest(session, state.Value, nowNs)))
            Volatile.Write(ref _session, null);
        Publish(_session, state.Value);
    }

    // The arm itself stands a little after its set-points do; one that does not within half a second is none of ours any more.
    private static bool HasComeToRest(MotionSession session, in RobotState state, long nowNs)
    {
        if (session.Generator.State != GeneratorState.Holding)
            return false;
        if (session.RestNs == 0)
            session.RestNs = nowNs;
        return state.Qd.MaxAbs < RestRadPerS || nowNs - session.RestNs > LongestRestNs;
    }

    private void Drive(MotionSession session, in RobotState state, long nowNs, long missed)
    {
        var generator = session.Generator;
        bool brake = session.BrakeWanted; // read first: what was posted before it is taken before it is obeyed
        while (session.TryTake(out Vector6 target, out long dueNs))
            if (session.EndedBecause is null && session.Phase == MotionPhase.Driving)
                generator.Add(target, dueNs, nowNs, session.EveryCycle);
        if (brake || session.EndedBecause is not null || session.Phase == MotionPhase.Halting)
            generator.Brake();
        if (brake && generator.State == GeneratorState.Holding)
            session.BrakeWanted = false;
        ChangePhase(session, state, nowNs);

        long timeouts = generator.Timeouts;
        // Where cycles were missed the program on the controller went on, slower with each, until its watchdog. So do the set-points: they
        // would jump back.
        for (long i = Math.Min(missed, (long)(_control.WatchdogMs * 1e-3 * session.RateHz)); i >= 0; i--)
            generator.Step(nowNs - (long)(i * 1e9 / session.RateHz));
        _timeouts += generator.Timeouts - timeouts;
        switch (session.Phase)
        {
            case MotionPhase.Driving:
                _lastSent = generator.Position;
                _control.Send(ArmMode.Servo, _lastSent, generator.Velocity);
                _delay!.Commanded(_lastSent);
                break;
            case MotionPhase.Freedrive:
                _lastSent = state.Q;
                _control.Send(ArmMode.Freedrive, _lastSent, default);
                break;
            default:
                _lastSent = state.Q;
                _control.Send(ArmMode.Hold, _lastSent, default);
                break;
        }
    }

    private static void ChangePhase(MotionSession session, in RobotState state, long nowNs)
    {
        if (session.Phase == MotionPhase.Driving && session.FreedriveWanted && session.Generator.State == GeneratorState.Holding)
            session.Phase = MotionPhase.Freedrive;
        if (session.Phase == MotionPhase.Driving && session.HaltWanted)
        {
            session.Phase = MotionPhase.Halting;
            session.MovedNs = nowNs;
        }
        if (session.Phase == MotionPhase.Freedrive && (!session.FreedriveWanted || session.EndedBecause is not null))
        {
            session.Phase = MotionPhase.Settling;
            session.MovedNs = nowNs;
        }
        if (session.Phase is not (MotionPhase.Settling or MotionPhase.Halting))
            return;
        if (!(state.Qd.MaxAbs < RestRadPerS))
            session.MovedNs = nowNs;
        if (nowNs - session.MovedNs < SettlingNs)
            return;
        session.Generator.Seed(Standing(state));
        if (session.Phase == MotionPhase.Settling)
            session.Tare = null; // the tool points elsewhere now
        session.HaltWanted = false;
        session.Phase = MotionPhase.Driving;
    }

    // False where the controller no longer obeys: there is nothing left to ramp.
    private bool Supervise(MotionSession session, in Sample<RobotState> sample, long nowNs)
    {
        RobotState state = sample.Value;
        if (!ArmStateMachine.IsSafe(state.Safety))
        {
            Fault($"the controller's safety state became {state.Safety}");
            return false;
        }
        if (nowNs - sample.ArrivalNs > _limits.StateTimeoutMs * 1e6)
            End(session, $"{_arm.Name}: no state from the arm for {_limits.StateTimeoutMs:0} ms; check its network");
        if (state.Mode != RobotMode.Running)
        {
            End(session, $"{_arm.Name}: the robot's mode became {state.Mode}");
            return false;
        }
        if (state.Heartbeat != session.Beat)
            (session.Beat, session.BeatNs) = (state.Heartbeat, sample.ArrivalNs);
        if (sample.ArrivalNs - session.BeatNs > HeartbeatTimeoutNs)
        {
            string why = _control.WhyProgramEnded(state) is { } said ? $" ({said})" : "";
            End(session, $"{_arm.Name}: our program on the controller stopped{why}; see the pendant's log, then take the arm again");
            return false;
        }
        LookAtGripper(session); // also while a person leads the arm: what comes back meanwhile must not be activated afterwards
        if (session.Phase is not (MotionPhase.Driving or MotionPhase.Halting))
            return true;
        if (session.Phase == MotionPhase.Driving && (state.Q - session.Generator.Position).MaxAbs > _limits.FollowingErrorRad)
            End(session, $"{_arm.Name}: the arm is {(state.Q - session.Generator.Position).MaxAbs:0.##} rad from where it was sent; "
                + "something holds it, or the controller's speed slider slows it");
        CheckForce(session, nowNs);
        return true;
    }

    // A gripper that was lost may have dropped what it held.
    private void LookAtGripper(MotionSession session)
    {
        if (_gripper is not { Active: var active } || session.EndedBecause is not null)
            return;
        DeviceStatus status = ((IGripper)_gripper).Status;
        if (session.GripperObeyed && !active)
            End(session, $"the gripper no longer obeys ({status.Message}); look at it, then take the arm again");
        session.GripperObeyed |= active;
        if (active || !status.Connected)
            session.MayActivateGripper = false;
    }

    private void CheckForce(MotionSession session, long nowNs)
    {
        if (_force is null || session.EndedBecause is not null)
            return;
        if (nowNs - _newestForceNs > _limits.ForceTimeoutMs * 1e6)
            End(session, $"{_force.Name}: no force measured for {_limits.ForceTimeoutMs:0} ms; the arm does not move blindly");
    }

    // Every sample since the last cycle. The tool's weight turns with the flange; within a cycle or two that is nothing.
    private void ReadForce(in RobotState state)
    {
        while (_wrenches is not null && _wrenches.TryDequeue(out var sample))
        {
            Wrench wrench = _external?.Calibration?.Compensate(sample.Value, _arm.Kinematics.Flange(state.Q).Rotation) ?? sample.Value;
            _newestForce = new(wrench.Fx, wrench.Fy, wrench.Fz);
            _newestForceNs = sample.OriginatingNs; // a sample that comes late tells of then, not of now
            MotionSession? session = _session;
            if (session is null || session.Phase is not (MotionPhase.Driving or MotionPhase.Halting))
                continue;
            session.Tare ??= _newestForce;
            double force = (_newestForce - session.Tare.Value).Length;
            if (!(force <= _limits.ForceLimitN)) // a force that is not a number is no reason to go on
                Fault($"{_force!.Name}: {force:0} N, more than the {_limits.ForceLimitN:0} N allowed");
        }
    }

    private void End(MotionSession session, string reason)
    {
        if (!session.End(reason))
            return;
        Volatile.Write(ref _reason, reason);
        _gripper?.Halt();
    }

    // A person must look, even where the lease had ended before.
    private void Fault(string reason)
    {
        if (_state.Fault())
            StoppedBy(reason);
        _session?.End($"{reason}; {LookFirst}"); // also one that began while a stop was being noticed
    }

    private void StoppedBy(string reason)
    {
        _session?.End($"{reason}; {LookFirst}");
        Volatile.Write(ref _reason, reason);
        _gripper?.Halt();
    }

    private void Publish(MotionSession? session, in RobotState state)
    {
        var snapshot = new Snapshot { Session = session, Joints = _lastSent, Timeouts = _timeouts, Missed = _missed };
        snapshot.SpeedFraction = state.SpeedFraction;
        if (session is not null)
        {
            snapshot.Taken = session.Taken;
            snapshot.Freedrive = session.Phase is MotionPhase.Freedrive or MotionPhase.Settling;
            snapshot.State = session.EndedBecause is not null || session.Phase == MotionPhase.Halting ? MotionState.Stopping
                : snapshot.Freedrive ? MotionState.Freedrive
                : session.Generator.State switch
                {
                    GeneratorState.Following => MotionState.Moving,
                    GeneratorState.Braking => MotionState.Stopping,
                    _ => MotionState.Holding,
                };
        }
        _published.Write(snapshot);
    }
}
