using System.Net.Sockets;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

public sealed class RobotiqGripperOptions
{
    public string Name { get; set; } = "gripper";

    /// <summary>The robot's controller, which runs the Robotiq URCap.</summary>
    public string Host { get; set; } = "";

    public int Port { get; set; } = 63352;

    /// <summary>Opening between the pads when open, m: 0.085 for a 2F-85, 0.140 for a 2F-140, 0.050 for a Hand-E.</summary>
    public double StrokeM { get; set; } = 0.085;

    /// <summary>10 to 100.</summary>
    public double PollHz { get; set; } = 60;

    /// <summary>Of the fastest, 0..100.</summary>
    public double SpeedPercent { get; set; } = 100;

    /// <summary>Grip force, from <see cref="MinForceN"/> to <see cref="MaxForceN"/>.</summary>
    public double ForceN { get; set; } = 40;

    /// <summary>What the force setting 0 and 255 mean, N: 20 and 235 for a 2F-85, 10 and 125 for a 2F-140.</summary>
    public double MinForceN { get; set; } = 20;

    public double MaxForceN { get; set; } = 235;

    /// <summary>What POS reads when fully open and fully closed.</summary>
    public int OpenCount { get; set; } = 3;

    public int ClosedCount { get; set; } = 230;

    /// <summary>The constant part of the delay from fingers to answer beyond half the round trip, ms.</summary>
    public double LatencyMs { get; set; }

    /// <exception cref="ArgumentException">Says which value is out of range.</exception>
    internal RobotiqGripperOptions Validated()
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(Host, $"{Name}.host");
        Check(StrokeM is > 0 and <= 1, "stroke_m must be above 0 and at most 1 m");
        Check(PollHz is >= 10 and <= 100, "poll_hz must be 10 to 100");
        Check(SpeedPercent is >= 0 and <= 100, "speed_percent must be 0 to 100");
        Check(MinForceN < MaxForceN && ForceN >= MinForceN && ForceN <= MaxForceN, $"force_n must be {MinForceN} to {MaxForceN} N");
        Check(OpenCount is >= 0 and <= 255 && ClosedCount is >= 0 and <= 255 && OpenCount < ClosedCount,
            "open_count and closed_count must be 0 to 255, open below closed");
        return this;
    }

    private void Check(bool holds, string rule)
    {
        if (!holds)
            throw new ArgumentException($"{Name}: {rule}");
    }
}

/// <summary>
/// A Robotiq gripper through the URCap's socket. It polls, and moves only when asked: a gripper that is not active is activated, which
/// runs it through its stroke, by a request that may and never by connecting. What was asked while it was away is forgotten.
/// </summary>
public sealed class RobotiqGripperSocket : IGripperControl
{
    private const long LongestEchoNs = 500_000_000; // from a request to PRE; some 10 ms are usual

    private readonly RobotiqGripperOptions _options;
    private readonly SocketDevice _device;
    private readonly AutoResetEvent _wake = new(false);
    private readonly GripperActivation _activation = new();
    private readonly byte[] _request = new byte[64];
    private double _asked = double.NaN; // the newest request; NaN: none
    private volatile bool _halt, _withdraw, _mayActivate;
    private int _sentCount, _position, _object, _echo, _status, _fault, _force, _turn;
    private bool _echoed, _moving;
    private long _sentNs;
    private volatile bool _active;
    private long _sequence = -1;
    private (bool Known, int Status, int Fault, GripperActivation.Stage Stage, bool Failed) _said;

    /// <exception cref="ArgumentException">An option out of range; says which.</exception>
    public RobotiqGripperSocket(RobotiqGripperOptions options)
    {
        _options = options.Validated();
        States = new(options.Name, options.PollHz, options.LatencyMs);
        _device = new(options.Name, DeviceAddress.Tcp(options.Host, options.Port, "the Robotiq gripper URCap"), Session);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    /// <summary>Null: the gripper has no clock on the wire.</summary>
    public ClockMapReport? Clock => null;

    public SampleStream<GripperState> States { get; }

    /// <inheritdoc/>
    public bool Active => _active && _device.Status.Connected;

    public void Start() => _device.Start();

    public void Dispose()
    {
        _device.Dispose();
        _wake.Dispose();
    }

    void IGripperControl.Halt()
    {
        _halt = true;
        _wake.Set();
    }

    void IGripperControl.Withdraw()
    {
        if (Active)
            return; // it does what was asked
        Interlocked.Exchange(ref _asked, double.NaN);
        _withdraw = true;
        _wake.Set();
    }

    void IGripperControl.Request(double position, bool mayActivate)
    {
        if (!double.IsFinite(position) || !_device.Status.Connected)
            return;
        _mayActivate = mayActivate;
        Interlocked.Exchange(ref _asked, Math.Clamp(position, 0, 1));
        _wake.Set();
    }

    private void Session(Socket socket, CancellationToken stop)
    {
        var wire = new GripperWire(socket, stop);
        long period = (long)(1e9 / _options.PollHz);
        BeginSession(wire);
        long next = HostClock.NowNs;
        while (true)
        {
            Poll(wire);
            Obey(wire);
            next = Math.Max(next + period, HostClock.NowNs);
            while (next - HostClock.NowNs is > 0 and var left)
            {
                stop.ThrowIfCancellationRequested();
                if (left < 1_000_000)
                    AbsoluteGrid.SleepUntil(next);
                else if (_wake.WaitOne((int)(left / 1_000_000)))
                    Obey(wire); // at once, not at the next poll
            }
        }
    }

    internal void BeginSession(GripperWire wire)
    {
        Interlocked.Exchange(ref _asked, double.NaN);
        _activation.Reset();
        _active = false; // of the session before
        (_sentCount, _position, _echoed, _moving, _said) = (-1, -1, false, false, default);
        _status = wire.Get(GripperVariable.Status);
        _fault = wire.Get(GripperVariable.Fault);
        _echo = wire.Get(GripperVariable.Echo);
        _force = wire.Get(GripperVariable.Force);
    }

    internal void Poll(GripperWire wire)
    {
        if (_status == GripperWire.Unavailable || _fault == GripperWire.Unavailable)
        {
            _status = wire.Get(GripperVariable.Status); // back from an emergency stop, nothing known before is true any more
            _fault = wire.Get(GripperVariable.Fault);
        }
        int position = _status == GripperWire.Unavailable ? GripperWire.Unavailable : wire.Get(GripperVariable.Position);
        (long sent, long answered) = wire.RoundTrip;
        bool awaitingEcho = _sentCount >= 0 && !_echoed;
        if (awaitingEcho) // before OBJ, which speaks of the old request until PRE shows the new one
            ReadEcho(wire);
        _object = wire.Get(GripperVariable.Object);
        ReadInTurn(wire);
        if (!_activation.Advance(wire, ref _status, ref _fault, HostClock.NowNs))
            Interlocked.Exchange(ref _asked, double.NaN);
        Report(position);
        if (position == GripperWire.Unavailable)
        {
            Interlocked.Exchange(ref _asked, double.NaN);
            _activation.Reset();
            (_sentCount, _position, _status) = (-1, -1, GripperWire.Unavailable);
            return;
        }
        _moving = _fault < GripperFault.FirstMajor
            && ((_sentCount >= 0 && (!_echoed || _object == 0)) || (_position >= 0 && position != _position));
        _position = position;
        long originating = sent + (answered - sent) / 2 - (long)(_options.LatencyMs * 1e6);
        States.Publish(new(State(), originating, Sample<GripperState>.NoDeviceTime, answered, ++_sequence));
    }

    private void ReadInTurn(GripperWire wire)
    {
        // Each answer takes the URCap some ms: what seldom changes takes turns.
        switch (_turn++ % 4)
        {
            case 0:
                _fault = wire.Get(GripperVariable.Fault);
                break;
            case 1:
                _status = wire.Get(GripperVariable.Status);
                break;
            case 2:
                ReadEcho(wire);
                break;
            default:
                _force = wire.Get(GripperVariable.Force);
                break;
        }
    }

    private void ReadEcho(GripperWire wire)
    {
        _echo = wire.Get(GripperVariable.Echo);
        // The pendant, another client, has asked for something else since, or at the same moment: the same request is news again.
        if (_echo != _sentCount && (_echoed || HostClock.NowNs - _sentNs > LongestEchoNs))
            _sentCount = -1;
        _echoed = _echo == _sentCount;
    }

    private GripperState State()
    {
        double position = Math.Clamp((double)(_position - _options.OpenCount) / (_options.ClosedCount - _options.OpenCount), 0, 1);
        bool holds = _status == 3 && (_sentCount < 0 || _echoed) && _object is 1 or 2;
        bool closing = _moving && _sentCount > _position;
        double force = closing || (holds && _object == 2) ? GripForceN() : 0;
        return new(position, (1 - position) * _options.StrokeM, force, holds, _moving, Math.Max(0, _fault));
    }

    // As it is set now, by us or at the pendant; where it does not tell, as we set it.
    private double GripForceN() =>
        _force is >= 0 and <= 255 ? _options.MinForceN + _force / 255.0 * (_options.MaxForceN - _options.MinForceN)
        : _sentCount >= 0 ? _options.ForceN
        : double.NaN;

    /// <summary>Sends the newest request, or what must come before it.</summary>
    internal void Obey(GripperWire wire)
    {
        if (_halt)
        {
            HaltFingers(wire);
            return;
        }
        if (_withdraw)
        {
            _withdraw = false;
            if (_activation.Now is GripperActivation.Stage.Resetting or GripperActivation.Stage.Pausing)
                _activation.Reset();
        }
        double asked = Volatile.Read(ref _asked);
        if (double.IsNaN(asked) || _activation.Now != GripperActivation.Stage.Idle)
            return;
        if (_status == GripperWire.Unavailable || _fault >= GripperFault.FirstMajor)
        {
            Forget(asked);
            return;
        }
        if (_status != 3 || GripperFault.NeedsActivation(_fault))
        {
            _sentCount = -1;
            if (_mayActivate)
                _activation.Begin(wire, HostClock.NowNs);
            else
                Forget(asked);
            return;
        }
        Forget(asked);
        int count = (int)Math.Round(_options.OpenCount + asked * (_options.ClosedCount - _options.OpenCount));
        if (count == _sentCount)
            return;
        wire.Set(FormatMove(count));
        (_sentCount, _echoed, _sentNs) = (count, false, HostClock.NowNs);
    }

    private void HaltFingers(GripperWire wire)
    {
        _halt = false;
        Interlocked.Exchange(ref _asked, double.NaN);
        bool stroke = _activation.Now == GripperActivation.Stage.Activating; // which goes on whatever GTO is
        _activation.Reset();
        wire.Set(stroke ? "SET ACT 0 GTO 0\n"u8 : "SET GTO 0\n"u8);
        _sentCount = -1; // whatever is asked next is sent anew, with GTO 1
    }

    /// <summary>Takes the request off the slot, unless a newer one has come meanwhile.</summary>
    private void Forget(double asked) => Interlocked.CompareExchange(ref _asked, double.NaN, asked);

    private ReadOnlySpan<byte> FormatMove(int count)
    {
        int speed = (int)Math.Round(_options.SpeedPercent * 2.55);
        int force = (int)Math.Round((_options.ForceN - _options.MinForceN) / (_options.MaxForceN - _options.MinForceN) * 255);
        System.Text.Unicode.Utf8.TryWrite(_request, $"SET POS {count} SPE {speed} FOR {force} GTO 1\n", out int length);
        return _request.AsSpan(0, length);
    }

    private void Report(int position)
    {
        var now = (Known: position != GripperWire.Unavailable, _status, _fault, _activation.Now, _activation.Failed);
        if (now == _said)
            return;
        _said = now;
        if (now.Known)
            SayState();
        else
            _device.Say(false, "the gripper answers '?': it has no power (robot off, emergency stop, or tool voltage off); "
                + "power the arm on");
        // Last: who sees that it is lost reads why.
        _active = now.Known && _status == 3 && _fault == 0 && _activation.Now == GripperActivation.Stage.Idle;
    }

    private void SayState() =>
        _device.Found(_fault switch
        {
            _ when _activation.Now != GripperActivation.Stage.Idle => "activating: the fingers run through their whole stroke, keep clear",
            _ when _activation.Failed && _status != 3 =>
                $"its activation did not end in {GripperActivation.LongestMs / 1000} s (fault {GripperFault.Describe(_fault)}): "
                + "activate it on the pendant, or ask for motion again",
            >= GripperFault.FirstMajor => $"fault {GripperFault.Describe(_fault)}",
            _ when _status != 3 => "not activated: the first motion runs the fingers through their whole stroke; "
                + "or activate it on the pendant",
            0 => $"active at {_options.Host}:{_options.Port}, polled at {_options.PollHz:0.#} Hz",
            _ => $"fault {GripperFault.Describe(_fault)}",
        });
}
