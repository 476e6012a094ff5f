using System.Globalization;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Teleoperation;

public sealed class LeaderArmOptions
{
    /// <summary>The button on the pendant that frees the arm.</summary>
    public const string Freedrive = "freedrive";

    /// <summary>Name or address of the leading arm's controller.</summary>
    public string Host { get; set; } = "";

    /// <summary>UR5e, UR3e …</summary>
    public string Model { get; set; } = "UR5e";

    /// <summary>What must be held: freedrive, the button on the pendant; or a digital input of the leading arm, standard:0 … tool:1.
    /// </summary>
    public string DeadMan { get; set; } = Freedrive;

    /// <summary>A digital input whose press opens the gripper, as above; empty: none.</summary>
    public string GripperOpen { get; set; } = "";

    /// <summary>A digital input whose press closes the gripper; the same one: in turns.</summary>
    public string GripperClose { get; set; } = "";

    /// <exception cref="ArgumentException">A button that is none that there is; says which.</exception>
    public void Validate()
    {
        LeaderInput deadMan = LeaderInput.Of("dead_man", DeadMan);
        foreach (var (key, text) in new[] { ("gripper_open", GripperOpen), ("gripper_close", GripperClose) })
            if (text.Length > 0 && LeaderInput.Of(key, text) == deadMan)
                throw new ArgumentException($"{key}: {text} is the dead man's switch, which must be a button of its own");
    }
}

/// <summary>A button of the leading arm, by what its controller reports.</summary>
internal readonly record struct LeaderInput(ulong Inputs, uint Status)
{
    private const uint TeachButton = 4; // RTDE robot_status_bits

    /// <exception cref="ArgumentException">It names none.</exception>
    public static LeaderInput Of(string key, string text) => Parse(text) ?? throw new ArgumentException(
        $"{key}: '{text}' is no button of an arm; use freedrive, standard:0 to 7, configurable:0 to 7, tool:0 or 1");

    private static LeaderInput? Parse(string text)
    {
        if (text == LeaderArmOptions.Freedrive)
            return new(0, TeachButton);
        if (text.Split(':') is not [var kind, var number]
            || !int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int n))
            return null;
        return kind switch
        {
            "standard" when n < 8 => new(1ul << n, 0),
            "configurable" when n < 8 => new(1ul << (8 + n), 0),
            "tool" when n < 2 => new(1ul << (16 + n), 0),
            _ => null,
        };
    }

    public bool IsOn(in RobotState state) => (state.DigitalInputs & Inputs) != 0 || (state.StatusBits & Status) != 0;
}

/// <summary>
/// A second arm that a person leads by hand, in freedrive by its own pendant. It is read only: nothing is sent to it. Its connection's
/// thread publishes every state; this one's looks at each. It leads nothing before it is known to be the model that the config says:
/// another one's joints, followed one by one, would take this arm anywhere.
/// </summary>
public sealed class LeaderArm : ITeleopDevice
{
    private const int LookMs = 4;

    /// <summary>Without a state for so long nobody knows what is held.</summary>
    private const long GapNs = 50_000_000;

    private readonly IRobotArm _arm;
    private readonly SampleQueue<RobotState> _states;
    private readonly LeaderInput _deadManInput;
    private readonly LeaderInput? _open, _close;
    private readonly DeviceThread _thread;
    private readonly Published<TeleopInput> _published = new();
    private readonly string _hold;
    private readonly long _gapNs;
    private TeleopInput _input;
    private DeadMan _deadMan;
    private GripperButtons _gripper;
    private long _arrivalNs = long.MinValue / 2;
    private bool _disposed;

    /// <exception cref="ArgumentException">An option is none that there is; says which.</exception>
    public LeaderArm(LeaderArmOptions options)
        : this(options, new UrArm(new()
        {
            Name = "leader",
            Host = options.Host,
            Model = options.Model,
            ModelKey = "teleoperation.model",
        }))
    {
    }

    internal LeaderArm(LeaderArmOptions options, IRobotArm arm, long gapNs = GapNs)
    {
        _gapNs = gapNs;
        options.Validate();
        _deadManInput = LeaderInput.Of("dead_man", options.DeadMan);
        _open = options.GripperOpen.Length > 0 ? LeaderInput.Of("gripper_open", options.GripperOpen) : null;
        _close = options.GripperClose.Length > 0 ? LeaderInput.Of("gripper_close", options.GripperClose) : null;
        _hold = options.DeadMan == LeaderArmOptions.Freedrive ? "its pendant's freedrive button" : $"its input {options.DeadMan}";
        _arm = arm;
        _states = arm.States.Subscribe(1024); // 2 s at 500 Hz
        _thread = new("leader", Run);
    }

    public string Name => "teleoperation";

    public DeviceStatus Status
    {
        get
        {
            DeviceStatus status = _arm.Status;
            if (!status.Connected)
                return status;
            return _arm.ModelDoubt is { } doubt
                ? status with { Connected = false, Message = $"the leading arm leads nothing: {doubt}" }
                : status with { Message = $"{status.Message}; hold {_hold} to move" };
        }
    }

    public ClockMapReport? Clock => _arm.Clock;

    public void Start()
    {
        _arm.Start();
        _thread.Start();
    }

    public TeleopInput Read() => _published.Read();

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _thread.Dispose();
        _arm.States.Unsubscribe(_states);
        _arm.Dispose();
    }

    private bool Leads => HostClock.NowNs - _arrivalNs <= _gapNs && _arm.ModelDoubt is null;

    private void Run(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            while (_states.TryDequeue(out var sample))
                Take(sample);
            if (!Leads)
                _deadMan.Lose(HostClock.NowNs);
            Publish();
            stop.WaitHandle.WaitOne(LookMs);
        }
    }

    // A press that is released between two looks of whoever reads this still counts as one.
    private void Take(in Sample<RobotState> sample)
    {
        bool known = _arm.ModelDoubt is null;
        if (sample.ArrivalNs - _arrivalNs > _gapNs || !known)
            _deadMan.Lose(sample.ArrivalNs); // what was held meanwhile is not known
        _arrivalNs = sample.ArrivalNs;
        if (!known)
            return;
        RobotState state = sample.Value;
        bool safe = ArmStateMachine.IsSafe(state.Safety) && state.Mode == RobotMode.Running;
        _deadMan.See(safe && _deadManInput.IsOn(state), sample.ArrivalNs);
        _gripper.See(_open is { } open && open.IsOn(state), _close is { } close && close.IsOn(state), _open == _close);
        (_input.LeaderQ, _input.LeaderTcp) = (state.Q, state.TcpPose);
    }

    private void Publish()
    {
        _input.Connected = Leads;
        _input.AliveNs = _arrivalNs;
        (_input.Held, _input.Press, _input.ChangedNs) = (_deadMan.Held, _deadMan.Presses, _deadMan.ChangedNs);
        (_input.GripperPress, _input.Gripper) = (_gripper.Presses, _gripper.Asked);
        _published.Write(_input);
    }
}
