using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.Motion;

/// <summary>
/// An arm in this process: each cycle sent to it is one cycle of it, so no machine is too slow for it. It follows set-points as servoj
/// does (second order, gain 2000, lookahead 0.03 s), and its program counts a heartbeat while it runs.
/// </summary>
internal sealed class FakeArm : IRobotArm, IArmControl
{
    public static readonly Vector6 Home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private const double Dt = 0.002;
    private readonly Lock _lock = new();
    private readonly List<(ArmMode Mode, Vector6 Q, Vector6 Qd)> _sent = new(200_000);
    private RobotState _state;
    private long _sequence;

    public FakeArm()
    {
        _state = new()
        {
            Q = Home,
            TargetQ = Home,
            Mode = RobotMode.Running,
            Safety = SafetyStatusBits.Normal,
            SpeedScaling = 1,
            TargetSpeedFraction = 1,
            TcpOffset = new(0, 0, 0.145, 0, 0, 0),
            Payload = 0.925,
            PayloadCog = new(0, 0, 0.06),
        };
        Publish();
    }

    public string Name => "robot";

    public SampleStream<RobotState> States { get; } = new("robot", 500, 1);

    public bool Reached => Connected;

    public RobotIdentity? Identity => null;

    public string? ModelDoubt { get; set; }

    public UrKinematics Kinematics { get; } = new(UrModel.Ur5e);

    public DeviceStatus Status { get; } = new(true, "a fake arm", 0);

    public ClockMapReport? Clock => null;

    public double ControlRateHz { get; set; } = 500;

    public double WatchdogMs => 100;

    public long? RoundTripNs => null;

    /// <summary>What the next starts of the program answer.</summary>
    public string? StartRefusal { get; set; }

    public int Starts { get; private set; }

    /// <summary>Called by each start, before it answers.</summary>
    public Action<CancellationToken>? Starting { get; set; }

    /// <summary>States are published.</summary>
    public volatile bool Connected = true;

    public volatile bool ProgramRuns;

    /// <summary>Something holds the arm where it is.</summary>
    public volatile bool Blocked;

    /// <summary>The thread that sends is kept from running, once, as soon as a joint's set-point is this fast, rad/s.</summary>
    public double StallAtRadPerS { get; set; } = double.PositiveInfinity;

    /// <summary>The cycle before the stall, an index of <see cref="SentSince"/>; -1 before.</summary>
    public int StalledAfter { get; private set; } = -1;

    /// <summary>What the sending thread has allocated since <see cref="CountFrom"/> cycles, at the last one.</summary>
    public long AllocatedBytes { get; private set; }

    public int CountFrom { get; set; } = int.MaxValue;

    private long _allocatedBefore;

    /// <summary>Without the lock: a contended lock allocates.</summary>
    public int SentCount => Volatile.Read(ref _sentCount);

    private int _sentCount;

    public (ArmMode Mode, Vector6 Q, Vector6 Qd) Last
    {
        get
        {
            lock (_lock)
                return _sent.Count == 0 ? default : _sent[^1];
        }
    }

    public RobotState State
    {
        get
        {
            lock (_lock)
                return _state;
        }
    }

    public List<(ArmMode Mode, Vector6 Q, Vector6 Qd)> SentSince(int index)
    {
        lock (_lock)
            return _sent[index..];
    }

    public delegate void Edit(ref RobotState state);

    public void Change(Edit edit)
    {
        lock (_lock)
            edit(ref _state);
        Publish();
    }

    public void Start()
    {
    }

    public void Dispose()
    {
    }

    string? IArmControl.StartProgram(CancellationToken cancel)
    {
        Starts++;
        Starting?.Invoke(cancel);
        if (StartRefusal is null)
            ProgramRuns = true;
        return StartRefusal;
    }

    /// <summary>What was ordered of it.</summary>
    public List<ArmOrder> Orders { get; } = [];

    /// <summary>Whether our program ran when the newest order came.</summary>
    public bool RanWhenOrdered { get; private set; }

    string? IArmControl.Obey(ArmOrder order, string text, CancellationToken cancel)
    {
        Orders.Add(order);
        RanWhenOrdered = ProgramRuns;
        return null;
    }

    PendantReport IArmControl.LookAtPendant() => new(true, "", "", "");

    string? IArmControl.SetSpeed(double fraction, CancellationToken cancel)
    {
        Change((ref RobotState s) => s.TargetSpeedFraction = fraction);
        return null;
    }

    /// <summary>What was set on it.</summary>
    public List<ArmSetting> Settings { get; } = [];

    string? IArmControl.Set(in ArmSetting setting, CancellationToken cancel)
    {
        Settings.Add(setting);
        ArmSetting made = setting;
        Change((ref RobotState s) =>
        {
            if (made.Kind == ArmSettingKind.Tcp)
                s.TcpOffset = made.Values;
            if (made.Kind == ArmSettingKind.Payload)
                (s.Payload, s.PayloadCog) = (made.Values[0], new(made.Values[1], made.Values[2], made.Values[3]));
        });
        return ProgramRuns ? null : "no program runs";
    }

    string? IArmControl.WhyProgramEnded(in RobotState state) => ControlProgram.WhyEnded(state.ProgramStatus);

    bool IArmControl.Send(ArmMode mode, in Vector6 q, in Vector6 qd)
    {
        lock (_lock)
        {
            _sent.Add((mode, q, qd));
            Volatile.Write(ref _sentCount, _sent.Count);
            if (_sent.Count == CountFrom)
                _allocatedBefore = GC.GetAllocatedBytesForCurrentThread();
            if (_sent.Count > CountFrom)
                AllocatedBytes = GC.GetAllocatedBytesForCurrentThread() - _allocatedBefore;
            if (mode == ArmMode.Stop)
                ProgramRuns = false;
            if (ProgramRuns)
                _state.Heartbeat++;
            Follow(mode, q);
        }
        if (Connected)
            Publish();
        if (StalledAfter < 0 && qd.MaxAbs > StallAtRadPerS)
        {
            StalledAfter = SentCount - 1;
            Thread.Sleep(20);
        }
        return Connected;
    }

    private void Follow(ArmMode mode, in Vector6 target)
    {
        for (int i = 0; i < 6; i++)
        {
            double wanted = mode == ArmMode.Servo ? target[i] : _state.Q[i];
            double a = Math.Clamp(2000 * (wanted - _state.Q[i] - 0.03 * _state.Qd[i]), -40, 40);
            if (mode == ArmMode.Freedrive || Blocked || !ProgramRuns)
                a = -_state.Qd[i] / Dt;
            _state.Qd[i] += a * Dt;
            _state.Q[i] += _state.Qd[i] * Dt;
            _state.TargetQ[i] = _state.Q[i];
        }
    }

    private void Publish()
    {
        long now = HostClock.NowNs;
        RobotState state;
        lock (_lock)
            state = _state;
        States.Publish(new(state, now, Sample<RobotState>.NoDeviceTime, now, ++_sequence));
    }
}

internal sealed class FakeGripper : IGripper, IGripperControl
{
    public string Name => "gripper";

    public SampleStream<GripperState> States { get; } = new("gripper", 125, 0);

    public DeviceStatus Status { get; set; } = new(true, "a fake gripper", 0);

    public ClockMapReport? Clock => null;

    public List<double> Requests { get; } = [];

    public int Halts { get; private set; }

    public bool Active { get; set; } = true;

    public List<bool> MayActivate { get; } = [];

    public void Request(double position, bool mayActivate)
    {
        Requests.Add(position);
        MayActivate.Add(mayActivate);
    }

    public void Halt() => Halts++;

    public int Withdrawals { get; private set; }

    public void Withdraw() => Withdrawals++;

    public List<GripperOrder> Orders { get; } = [];

    public void Obey(GripperOrder order) => Orders.Add(order);

    public void Start()
    {
    }

    public void Dispose()
    {
    }
}

internal sealed class FakeForce : IForceTorqueSensor
{
    private long _sequence;

    public string Name => "force";

    public SampleStream<Wrench> Wrenches { get; } = new("force", 100, 8);

    public ForceSensorInfo Info { get; } = new("fake");

    public DeviceStatus Status { get; } = new(true, "a fake sensor", 0);

    public ClockMapReport? Clock => null;

    public void Measure(double fx, double fy, double fz)
    {
        long now = HostClock.NowNs;
        Wrenches.Publish(new(new(fx, fy, fz, 0, 0, 0), now, Sample<Wrench>.NoDeviceTime, now, ++_sequence));
    }

    public void Start()
    {
    }

    public void Dispose()
    {
    }
}
