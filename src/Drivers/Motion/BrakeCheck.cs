using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// Whether a set-point and the whole way to rest after it hold joint range, TCP speed, workspace, table and the arm's distance from
/// itself. Looks at samples of the way, so close that nothing can happen between them: distances change by no more than reach times turn,
/// speeds depart from the line between two samples by no more than their second derivative allows.
/// </summary>
internal sealed class BrakeCheck(ArmGeometry geometry, MotionLimits limits, double dt)
{
    /// <summary>
    /// What samples keep from box, table and the arm itself, m; between two of them half the way from one to the next may be lost.
    /// </summary>
    public const double Margin = 0.003;

    // Of the TCP's speed limit, what may be lost between samples. Where the arm is slower a third of the samples says enough.
    private const double SpeedBetweenSamples = 0.02, WideSpeedBetweenSamples = 9 * SpeedBetweenSamples;

    private Vector6 _clearAt, _from;
    private ArmGeometry.Clearances _clearances = new() { Box = double.NegativeInfinity };
    private Vec3 _fromTcp = geometry.Tcp(default);

    public void CopyFrom(BrakeCheck other) =>
        (_clearAt, _from, _clearances, _fromTcp) = (other._clearAt, other._from, other._clearances, other._fromTcp);

    public bool IsSafe(in Vector6 from, in BrakePlan.State next, BrakePlan plan)
    {
        double speeds = 0, turning = 0;
        for (int i = 0; i < 6; i++)
        {
            if (next.P[i] - plan.Travel[i] < limits.JointMin[i] || next.P[i] + plan.Travel[i] > limits.JointMax[i])
                return false;
            speeds += geometry.Reach[i] * plan.MaxSpeed[i];
            turning += plan.MaxSpeed[i];
        }
        geometry.Forward(next.P, out ArmGeometry.Posture posture);
        bool roomy = IsRoomy(next.P, posture, geometry.ChangesOf(plan.Travel));
        if (!roomy && _clearances.Least(out _) < Margin - 1e-9)
            return false;
        if ((posture.Tcp - TcpAt(from)).Length > limits.TcpSpeed * dt)
            return false;
        if (speeds > limits.TcpSpeed && !SpeedHolds(plan, posture, speeds, turning))
            return false;
        if (!roomy && !WayIsClear(plan, 2 * Margin / speeds))
            return false;
        (_from, _fromTcp) = (next.P, posture.Tcp); // most likely where the next step starts
        return true;
    }

    private Vec3 TcpAt(in Vector6 q)
    {
        if (q != _from)
            (_from, _fromTcp) = (q, geometry.Tcp(q));
        return _fromTcp;
    }

    // Whether everything within the sweep is clear, from the last distances computed or new ones here.
    private bool IsRoomy(in Vector6 q, in ArmGeometry.Posture posture, in ArmGeometry.Clearances sweep)
    {
        if (_clearances.LeftAfter(geometry.ChangesOf(q - _clearAt), sweep) >= Margin)
            return true;
        _clearances = geometry.ClearancesOf(posture);
        _clearAt = q;
        return _clearances.LeftAfter(default, sweep) >= Margin;
    }

    private bool SpeedHolds(BrakePlan plan, in ArmGeometry.Posture first, double speeds, double turning)
    {
        double accelerating = 0, bend = 0;
        for (int i = 0; i < 6; i++)
            accelerating += plan.MaxAcceleration[i];
        // |d²(J·v)/dt²|, where a column of J is no longer than its reach and turns no faster than all joints together
        for (int i = 0; i < 6; i++)
        {
            double byTurning = 2 * turning * plan.MaxAcceleration[i] + (turning * turning + accelerating) * plan.MaxSpeed[i];
            bend += geometry.Reach[i] * (plan.MaxJerk[i] + byTurning);
        }
        // The chord between two set-points may be longer than the speed at its end says, by what the speed changes on it.
        double limit = limits.TcpSpeed - speeds * turning * dt / 2;
        return SpeedHolds(plan, first, bend, limit, WideSpeedBetweenSamples) || SpeedHolds(plan, first, bend, limit, SpeedBetweenSamples);
    }

    private bool SpeedHolds(BrakePlan plan, ArmGeometry.Posture posture, double bend, double limit, double between)
    {
        int spacing = Math.Max(1, (int)(Math.Sqrt(8 * between * limits.TcpSpeed / bend) / dt));
        limit -= between * limits.TcpSpeed;
        for (int n = 0; ; n = Math.Min(n + spacing, plan.Length))
        {
            BrakePlan.State at = plan.At(n);
            if (n > 0)
                geometry.Forward(at.P, out posture);
            double speed = posture.TcpVelocity(at.V).Length;
            if (speed > limit)
                return false;
            if (n == plan.Length || OnlySlower(at) || (n >= plan.RampLength && OnlySlower(at, speed)))
                return true;
        }
    }

    // The way's start is known to be clear.
    private bool WayIsClear(BrakePlan plan, double spacingS)
    {
        ArmGeometry.Clearances elsewhere = _clearances;
        elsewhere.Box = double.PositiveInfinity;
        bool boxAlone = elsewhere.LeftAfter(default, geometry.ChangesOf(plan.Travel)) >= Margin;
        int spacing = Math.Max(1, (int)(spacingS / dt));
        for (int n = 0; n < plan.Length;)
        {
            n = Math.Min(n + spacing, plan.Length);
            geometry.Forward(plan.At(n).P, out ArmGeometry.Posture posture);
            if ((boxAlone ? geometry.BoxDistance(posture.Tcp) : geometry.ClearanceOf(posture, out _)) < Margin)
                return false;
        }
        return true;
    }

    // From here on the TCP cannot reach its limit even if all joints' parts added up.
    private bool OnlySlower(in BrakePlan.State at)
    {
        double speeds = 0;
        for (int i = 0; i < 6; i++)
        {
            if (at.A[i] * at.V[i] > 0)
                return false;
            speeds += geometry.Reach[i] * Math.Abs(at.V[i]);
        }
        return speeds <= limits.TcpSpeed;
    }

    // After the ramp all joints slow down in proportion: v = s v1 with s falling from 1 to 0, and with the way u, the integral of s, ever
    // more steeply (a/s grows to the end, in whole periods too), so s <= 1 - u a1/v1. J v1 changes by no more than k u on that way, where
    // a column of J is no longer than its reach and turns no faster than all joints together. If k <= speed a1/v1, s (speed + k u) only
    // falls.
    private bool OnlySlower(in BrakePlan.State at, double speed)
    {
        double speeds = 0, turning = 0, slowing = 0;
        for (int i = 0; i < 6; i++)
        {
            speeds += geometry.Reach[i] * Math.Abs(at.V[i]);
            turning += Math.Abs(at.V[i]);
            slowing += Math.Abs(at.A[i]);
        }
        return speeds * turning * turning <= speed * slowing;
    }
}
