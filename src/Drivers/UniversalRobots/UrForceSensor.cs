using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>Which of the controller's two wrenches.</summary>
public enum UrForceSource
{
    /// <summary>
    /// actual_TCP_force: force and torque at the TCP, the configured payload's weight taken out, zeroed by zero_ftsensor. The controller
    /// gives it in the base's axes; here it is turned into the tool's by actual_TCP_pose of the same cycle. On a CB3 it is an estimate
    /// from the joints' currents.
    /// </summary>
    Tcp,

    /// <summary>
    /// ft_raw_wrench: what the sensor in an e-Series' flange measures, from PolyScope 5.9 on; nothing is taken out of it. Its axes are
    /// taken as the flange's.
    /// </summary>
    Raw,
}

/// <summary>
/// The force-torque sensor that the arm has itself, from the packages of the arm's own connection: same times, same numbers, no thread and
/// no connection of its own. Nothing is allocated for a sample.
/// </summary>
public sealed class UrForceSensor : IForceTorqueSensor
{
    private const int Cb3RateHz = 125;
    private readonly UrArm _arm;
    private readonly UrArmOptions _armOptions;
    private readonly UrForceSource _source;
    private readonly long _laterNs;
    private readonly Lock _statusLock = new();
    private DeviceStatus _status;
    private DeviceStatus? _statusOf;
    private string? _missing;
    private volatile bool _estimate;

    internal UrForceSensor(UrArm arm, UrArmOptions armOptions, string name, UrForceSource source, double? latencyMs)
    {
        (_arm, _armOptions, _source) = (arm, armOptions, source);
        _laterNs = (long)((armOptions.LatencyMs - (latencyMs ?? armOptions.LatencyMs)) * 1e6);
        _estimate = UrModel.ByName(armOptions.Model).BaseRateHz == Cb3RateHz;
        Wrenches = new(name, 0, latencyMs ?? armOptions.LatencyMs);
        _status = new(false, $"{name}: not started", 0);
    }

    public string Name => Wrenches.Name;

    /// <inheritdoc/>
    public SampleStream<Wrench> Wrenches { get; }

    /// <summary>The model says where the numbers come from, and in which axes they are.</summary>
    public ForceSensorInfo Info
    {
        get
        {
            RobotIdentity? arm = _arm.Identity;
            string what = _source == UrForceSource.Raw ? "wrist sensor (RTDE ft_raw_wrench, flange axes)"
                : $"{(_estimate ? "joint-current estimate" : "wrist sensor")} (RTDE actual_TCP_force, at the TCP, tool axes)";
            return new($"{arm?.Model ?? _armOptions.Model} {what}", arm?.Serial ?? "", arm?.ControllerVersion ?? "");
        }
    }

    public ClockMapReport? Clock => _arm.Clock;

    public DeviceStatus Status
    {
        get
        {
            DeviceStatus arm = _arm.Status;
            lock (_statusLock)
            {
                if (ReferenceEquals(arm, _statusOf))
                    return _status;
                string? missing = Volatile.Read(ref _missing);
                string message = !arm.Connected ? $"the arm's connection: {arm.Message}"
                    : missing ?? $"{Info.Model}, {Wrenches.RateHz:0} Hz";
                (_statusOf, _status) = (arm, new(arm.Connected && missing is null, $"{Name}: {message}", arm.Reconnects, arm.LastLoss));
                return _status;
            }
        }
    }

    internal string Field => _source == UrForceSource.Raw ? RtdeOutputs.RawWrench : "actual_TCP_force";

    /// <summary>Nothing to do: it comes with the arm.</summary>
    public void Start()
    {
    }

    public void Dispose()
    {
    }

    /// <summary>A new connection of the arm's, before its first data.</summary>
    internal void Begin(RtdeOutputs outputs, double rateHz)
    {
        _estimate = rateHz == Cb3RateHz;
        Wrenches.RateHz = rateHz;
        string? lacks = !outputs.Has(Field) ? Field
            : _source == UrForceSource.Tcp && !outputs.Has("actual_TCP_pose") ? "actual_TCP_pose"
            : null;
        Volatile.Write(ref _missing, lacks is null ? null : $"{_armOptions.Host} does not send {lacks} (NOT_FOUND): "
            + (_source == UrForceSource.Raw
                ? "an e-Series with PolyScope 5.9 does: set source: tcp, or update it"
                : "update its PolyScope"));
    }

    // Other sensors' values are watched for a converter that stands still (Force.FrozenWatch); not these. They are what the controller
    // computes: an arm without power, a CB3's estimate and every simulator repeat them to the last bit, and no real arm has shown
    // what its sensor does at rest. A false alarm would end motions.
    internal void Publish(in RobotState state, in RtdeTimes times, long arrivalNs)
    {
        if (_missing is not null)
            return;
        if (times.Lost > 0)
            Wrenches.CountLost(times.Lost);
        Wrench wrench = _source == UrForceSource.Raw ? Of(state.FlangeForce) : InToolAxes(state);
        if (!double.IsFinite(wrench.Fx + wrench.Fy + wrench.Fz + wrench.Tx + wrench.Ty + wrench.Tz))
            Wrenches.CountLost(1);
        else
            Wrenches.Publish(new(wrench, times.OriginatingNs + _laterNs, times.DeviceNs, arrivalNs, times.Sequence));
    }

    private static Wrench Of(in Vector6 v) => new(v[0], v[1], v[2], v[3], v[4], v[5]);

    private static Wrench InToolAxes(in RobotState state)
    {
        Vector6 pose = state.TcpPose, w = state.TcpForce;
        Quat toTool = Quat.FromRotationVector(new(pose[3], pose[4], pose[5])).Inverse;
        Vec3 force = toTool.Rotate(new(w[0], w[1], w[2])), torque = toTool.Rotate(new(w[3], w[4], w[5]));
        return new(force.X, force.Y, force.Z, torque.X, torque.Y, torque.Z);
    }
}
