using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// A Universal Robots arm over RTDE (30004), with dashboard, primary and script ports beside it. It may be started before the robot is
/// booted, and connects again by itself after every loss.
/// </summary>
public sealed class UrArm : IRobotArm, IArmControl
{
    private const int SettingTimeoutMs = 1000, LookMs = 2;
    private readonly UrArmOptions _options;
    private readonly RtdeLink _link;
    private readonly UrObserver _observer;
    private readonly SpeedSlider _slider;
    private readonly Lock _statusLock = new();
    private DeviceStatus _status = new(false, "not started", 0);
    private (bool, string, int, int, RobotMode, SafetyStatusBits, string?) _statusOf;
    private bool _disposed;

    /// <exception cref="ArgumentException">An option is out of range; says which.</exception>
    public UrArm(UrArmOptions options)
    {
        options.Validate();
        _options = options;
        UrModel model = UrModel.ByName(options.Model);
        States = new SampleStream<RobotState>(options.Name, 0, options.LatencyMs);
        _link = new RtdeLink(options, States);
        _observer = new UrObserver(options, _link, model);
        _slider = new SpeedSlider(_link, States);
    }

    public string Name => _options.Name;

    /// <inheritdoc/>
    public SampleStream<RobotState> States { get; }

    public bool Reached => _link.Reached;

    public RobotIdentity? Identity => _observer.Identity;

    public string? ModelDoubt => _link.Connected ? _observer.ModelDoubt : _link.Message;

    public UrKinematics Kinematics => _observer.Kinematics;

    /// <summary>False where it is known to have none: PolyScope X.</summary>
    public bool HasDashboard => _link.Version is not { IsPolyScopeX: true };

    public ClockMapReport? Clock => _link.Clock.Report;

    /// <summary>How often the controller's clock was found to have started anew, the first time included.</summary>
    public int ClockEpochs => _link.Clock.Epochs;

    /// <summary>Managed bytes that the reader thread has allocated so far: unchanged while data flows.</summary>
    public long ReaderAllocatedBytes => _link.AllocatedBytes;

    public DeviceStatus Status
    {
        get
        {
            bool connected = _link.Connected;
            RobotState state = default;
            if (connected && States.TryGetNewest(out var newest))
                state = newest.Value;
            lock (_statusLock)
            {
                var of = (connected, _link.Message, _link.Connections, _observer.Changes, state.Mode, state.Safety, _link.InputsProblem);
                if (of != _statusOf)
                {
                    _statusOf = of;
                    string message = connected ? Describe(state) : _link.Message;
                    _status = new(connected, message, Math.Max(0, _link.Connections - 1), _link.LastLoss);
                }
                return _status;
            }
        }
    }

    internal IReadOnlyList<string> OutputNames => _link.OutputNames;

    internal RoundTrips RoundTrips => _link.RoundTrips;

    double IArmControl.ControlRateHz => _link.RateHz;

    long? IArmControl.RoundTripNs => _link.RoundTrips.MedianNs;

    double IArmControl.WatchdogMs => _options.WatchdogMs;

    public void Start()
    {
        _link.Start();
        _observer.Start();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _observer.Dispose();
        _link.Dispose();
    }

    /// <summary>The arm's own sensor as a device beside it; to be asked for before <see cref="Start"/>, once.</summary>
    /// <param name="latencyMs">Null: the arm's.</param>
    public UrForceSensor CreateForceSensor(string name, UrForceSource source, double? latencyMs = null) =>
        _link.Force = new(this, _options, name, source, latencyMs);

    string? IArmControl.StartProgram(CancellationToken cancel) => new ProgramStarter(_options, _link, _observer, States).Start(cancel);

    string? IArmControl.Obey(ArmOrder order, string text, CancellationToken cancel) =>
        new DashboardOrders(_options, _link, _observer, States).Obey(order, text, cancel);

    PendantReport IArmControl.LookAtPendant() => new DashboardOrders(_options, _link, _observer, States).Look();

    string? IArmControl.SetSpeed(double fraction, CancellationToken cancel) => _slider.Set(fraction, cancel);

    string? IArmControl.Set(in ArmSetting setting, CancellationToken cancel)
    {
        if (setting.Kind == ArmSettingKind.ZeroForceSensor && !ControlProgram.HasForceSensor(_options))
            return $"a {_options.Model} has no force sensor of its own to zero";
        int number = _link.Set(setting);
        long deadline = HostClock.NowNs + SettingTimeoutMs * 1_000_000L;
        while (!(States.TryGetNewest(out var newest) && newest.Value.SettingMade == number))
        {
            if (cancel.WaitHandle.WaitOne(LookMs))
                return "interrupted: the setting may not have been made";
            if (HostClock.NowNs > deadline)
                return "our program on the controller did not make the setting: see the pendant's log, then try again";
        }
        return null;
    }

    string? IArmControl.WhyProgramEnded(in RobotState state) => ControlProgram.WhyEnded(state.ProgramStatus);

    bool IArmControl.Send(ArmMode mode, in Vector6 q, in Vector6 qd) => _link.Send(mode, q, qd);

    private string Describe(in RobotState state)
    {
        string who = _observer.Identity is { } identity ? $"{identity.Model} {identity.Serial}".TrimEnd() + ", " : "";
        string text = $"{who}{_link.Message}";
        if (_observer.WrongModel is { } wrong)
            return $"{text}; {wrong}";
        if (UrGates.WhyNotMoving(state) is { } why)
            text += $"; {why}";
        if (_link.InputsProblem is { } inputs)
            text += $"; {inputs}";
        return _observer.Notes.Length > 0 ? $"{text}; {_observer.Notes}" : text;
    }
}
