using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Motion;

// What must be true before anyone gets the arm.
public sealed partial class ArmMotion
{
    private const string LookFirst = "look at the cell, then acknowledge";
    private const double TcpToleranceM = 1e-4, TcpToleranceRad = 1e-3, PayloadToleranceKg = 0.05, CogToleranceM = 5e-3;
    private const double RestRadPerS = ArmStateMachine.RestRadPerS;

    private string? Barred()
    {
        if (!_enabled)
            return $"{_arm.Name}: motion is off for this cell; set motion.enabled to true in its config once its limits have been checked";
        return NeedsAcknowledge
            ? $"{_arm.Name}: motion was ended ({Volatile.Read(ref _reason)}); {LookFirst}"
            : null;
    }

    // One who has just given the arm back is waited for until it rests.
    private string? WaitForOwner(CancellationToken cancel)
    {
        long began = HostClock.NowNs;
        while (Volatile.Read(ref _session) is { } session)
        {
            if (session.EndedBecause is null)
                return $"{_arm.Name}: {session.Lease?.Owner} holds the arm; stop that first";
            if (HostClock.NowNs - began > EndNs)
                return $"{_arm.Name}: the arm is still coming to rest; try again in a second";
            if (cancel.WaitHandle.WaitOne(1))
                return null; // stopped, which is said by who asked
        }
        return null;
    }

    private string? StandingGates(out RobotState state)
    {
        bool any = _arm.States.TryGetNewest(out var sample);
        state = sample.Value;
        if (!any || HostClock.NowNs - sample.ArrivalNs > _limits.StateTimeoutMs * 1e6)
            return $"{_arm.Name}: no state from the arm ({_arm.Status.Message}); motion needs a connected arm";
        return ControllerGate(state) ?? ToolGate(state) ?? PoseGate(state) ?? ForceGate();
    }

    private string? ControllerGate(in RobotState state)
    {
        if (!ArmStateMachine.IsSafe(state.Safety))
            return $"{_arm.Name}: the controller's safety state is {state.Safety}; clear it at the pendant, then try again";
        if (state.Mode != RobotMode.Running)
            return $"{_arm.Name}: the robot's mode is {state.Mode}, not Running; {UrGates.WhatToDo(state.Mode)}"
                + (state.Mode is RobotMode.PowerOff or RobotMode.PowerOn or RobotMode.Idle ? " (./robot arm power on)" : "");
        return null;
    }

    private string? ToolGate(in RobotState state) => ToolDifference(state) is { } difference
        ? $"{_arm.Name}: {difference}; give the controller the config's with ./robot arm tool --set, or correct the config"
        : null;

    private string? PoseGate(in RobotState state)
    {
        if (!(state.Qd.MaxAbs < RestRadPerS))
            return $"{_arm.Name}: the arm moves ({state.Qd.MaxAbs:0.###} rad/s); wait until it stands";
        Vector6 q = Standing(state);
        for (int i = 0; i < 6; i++)
            if (!(q[i] >= _limits.JointMin[i] && q[i] <= _limits.JointMax[i]))
                return $"{_arm.Name}: joint {i} is at {q[i]:0.###} rad, out of its range; turn it back by hand or at the pendant";
        double clearance = new ArmGeometry(_arm.Kinematics, _limits).Clearance(q, out Obstacle nearest);
        if (clearance >= BrakeCheck.Margin)
            return null;
        string what = nearest switch
        {
            Obstacle.Workspace => "the TCP and the faces of the workspace box (motion.workspace_min, workspace_max)",
            Obstacle.Table => "the arm and the table (motion.table_height)",
            _ => "one part of the arm and another",
        };
        return $"{_arm.Name}: only {clearance * 1e3:0.#} mm between {what}, {BrakeCheck.Margin * 1e3:0} mm are needed; "
            + "lead the arm back by hand or at the pendant";
    }

    private string? ForceGate()
    {
        if (_force is null)
            return null;
        bool fresh = _force.Wrenches.TryGetNewest(out var wrench)
            && HostClock.NowNs - wrench.OriginatingNs <= _limits.ForceTimeoutMs * 1e6;
        return fresh ? null : $"{_force.Name}: no force is measured ({_force.Status.Message}); connect it, or take it out of the config";
    }

    // After the program has started, with words from after its start.
    private string? WaitForFreshState(CancellationToken cancel)
    {
        long started = HostClock.NowNs;
        while (!cancel.IsCancellationRequested && HostClock.NowNs - started < 1_000_000_000)
        {
            if (_arm.States.TryGetNewest(out var sample) && sample.ArrivalNs > started)
                return null;
            cancel.WaitHandle.WaitOne(1);
        }
        return $"{_arm.Name}: no state from the arm ({_arm.Status.Message}); motion needs a connected arm";
    }

    private MotionLease? Begin(string owner, double jointSpeed, out string? refusal)
    {
        refusal = StandingGates(out RobotState state);
        double rate = _control.ControlRateHz;
        if (refusal is null && rate <= 0)
            refusal = $"{_arm.Name}: the controller has not said how often it takes set-points ({_arm.Status.Message})";
        if (refusal is not null)
            return null;
        var session = new MotionSession(_arm.Kinematics, _limits.SlowedTo(jointSpeed), rate)
        {
            BeatNs = HostClock.NowNs,
            Beat = state.Heartbeat,
        };
        LookAtGripper(session);
        var lease = new MotionLease(this, session, owner);
        session.Lease = lease;
        session.Generator.Seed(Standing(state));
        session.Filter.Seed(Standing(state));
        lock (_acquireLock)
        {
            refusal = _acquireCancel!.IsCancellationRequested ? $"{_arm.Name}: the arm was stopped while it was being taken" : Barred();
            if (refusal is not null)
                return null;
            Volatile.Write(ref _reason, null);
            Volatile.Write(ref _session, session);
        }
        long began = HostClock.NowNs;
        while (_published.Read().Session != session && HostClock.NowNs - began < 1_000_000_000 && lease.Active)
            Thread.Sleep(1);
        if (_published.Read().Session == session)
            return lease;
        session.End("the arm's thread did not take it");
        refusal = $"{_arm.Name}: {lease.EndedBecause}; see the service's log";
        return null;
    }

    // Where set-points may begin: the controller's own, as long as the arm is there.
    private static Vector6 Standing(in RobotState state) =>
        state.TargetQ.IsFinite && (state.TargetQ - state.Q).MaxAbs < 0.01 ? state.TargetQ : state.Q;

    private ArmSigns Signs(long nowNs)
    {
        bool any = _arm.States.TryGetNewest(out var sample);
        bool fresh = any && nowNs - sample.ArrivalNs <= _limits.StateTimeoutMs * 1e6;
        return new(_arm.Reached, fresh, sample.Value.Mode, sample.Value.Safety, sample.Value.Qd.MaxAbs);
    }
}
