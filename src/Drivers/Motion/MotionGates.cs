using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>What must be true before an arm is moved; each refusal says what to do.</summary>
internal sealed class MotionGates(IRobotArm arm, MotionLimits limits, SafetyFilter filter)
{
    private const double AtRestRadPerS = 0.02, SetpointGap = 0.02;
    private const double TcpMetres = 1e-4, TcpRad = 1e-3, PayloadKg = 0.05;

    public static bool SafetyAllows(SafetyStatusBits bits) =>
        (bits & (SafetyStatusBits.Normal | SafetyStatusBits.Reduced)) != 0
        && (bits & ~(SafetyStatusBits.Normal | SafetyStatusBits.Reduced | SafetyStatusBits.ThreePositionEnabling)) == 0;

    public static string DescribeSafety(SafetyStatusBits bits) =>
        bits.HasFlag(SafetyStatusBits.ProtectiveStop) ? "protective stop: look at what caused it, unlock it on the pendant, then acknowledge"
        : (bits & (SafetyStatusBits.EmergencyStopped | SafetyStatusBits.RobotEmergencyStop | SafetyStatusBits.SystemEmergencyStop)) != 0
            ? "emergency stop: clear it, switch the arm on again on the pendant, then acknowledge"
        : bits.HasFlag(SafetyStatusBits.SafeguardStop) ? "safeguard stop: close the guard, reset it, then acknowledge"
        : $"safety state {bits}: clear it on the pendant, then acknowledge";

    /// <param name="from">Where to start: the controller's own set-point, or the measured joints where those differ.</param>
    /// <returns>Null where the arm may be moved.</returns>
    public string? Check(out Vector6 from)
    {
        from = default;
        if (!arm.States.TryGetNewest(out var sample) || HostClock.NowNs - sample.ArrivalNs > limits.StateTimeoutMs * 1e6)
            return $"{arm.Name}: {arm.Status.Message}";
        var state = sample.Value;
        from = (state.TargetQ - state.Q).MaxAbs < SetpointGap ? state.TargetQ : state.Q;
        if (!SafetyAllows(state.Safety))
            return $"{arm.Name}: {DescribeSafety(state.Safety)}";
        if (state.Mode != RobotMode.Running)
            return $"{arm.Name}: the arm is {state.Mode}; switch it on and release the brakes on the pendant";
        if (state.Qd.MaxAbs > AtRestRadPerS)
            return $"{arm.Name}: the arm is moving already; wait until it rests, or stop the program that moves it";
        if (DescribeToolMismatch(state) is { } mismatch)
            return $"{arm.Name}: {mismatch}";
        return filter.MayStartFrom(from)
            ? null
            : $"{arm.Name}: the arm stands outside the workspace, too near the table or too near itself; lead it back by hand (freedrive on the pendant)";
    }

    /// <summary>NaN: the controller does not tell, and the config is believed.</summary>
    private string? DescribeToolMismatch(in RobotState state)
    {
        Pose set = Pose.FromVector(state.TcpOffset);
        Vec3 turn = (set.Rotation * limits.FlangeToTcp.Rotation.Inverse).ToRotationVector();
        if (state.TcpOffset.IsFinite && ((set.Position - limits.FlangeToTcp.Position).Length > TcpMetres || turn.Length > TcpRad))
            return $"the controller's TCP is {state.TcpOffset}, the config's {limits.FlangeToTcp.ToVector()}; make them equal (robot.tcp, or the pendant's installation)";
        return double.IsFinite(state.Payload) && Math.Abs(state.Payload - limits.ExpectedPayloadKg) > PayloadKg
            ? $"the controller's payload is {state.Payload:0.###} kg, the config's {limits.ExpectedPayloadKg:0.###} kg; make them equal (robot.payload_kg, or the pendant)"
            : null;
    }
}

/// <summary>Watches every force sample, at the sensor's own rate.</summary>
internal sealed class ForceGuard(SampleStream<Wrench> wrenches, double limitN) : IDisposable
{
    private readonly SampleQueue<Wrench> _queue = wrenches.Subscribe(256);
    private Wrench _tare;
    private volatile bool _tareNext = true;

    /// <summary>From here on the force now felt counts as none: gripper and object weigh something.</summary>
    public void Tare() => _tareNext = true;

    /// <summary>Whether any sample since the last call was beyond the limit.</summary>
    public bool Exceeded(out double newton)
    {
        newton = 0;
        while (_queue.TryDequeue(out var sample))
        {
            Wrench w = sample.Value;
            if (_tareNext)
                (_tare, _tareNext) = (w, false);
            double change = new Vec3(w.Fx - _tare.Fx, w.Fy - _tare.Fy, w.Fz - _tare.Fz).Length;
            newton = Math.Max(newton, change);
        }
        return newton > limitN;
    }

    public void Dispose() => wrenches.Unsubscribe(_queue);
}
