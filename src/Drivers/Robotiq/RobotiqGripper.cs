using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// A Robotiq gripper, whatever it hangs on. It polls, and moves only when asked: a gripper that is not active is activated, which runs it
/// through its stroke, by a request that may and never by connecting. What was asked while it was away is forgotten.
/// </summary>
public abstract class RobotiqGripper : IGripperControl
{
    private const int CarefulSpeed = 64; // a quarter of the range
    private const long LongestEchoNs = 500_000_000; // from a request to PRE; some 10 ms are usual

    private readonly RobotiqGripperOptions _options;
    private readonly AutoResetEvent _wake = new(false);
    private readonly GripperActivation _activation = new();
    private double _asked = double.NaN; // the newest request; NaN: none
    private volatile bool _halt, _withdraw, _mayActivate;
    private volatile GripperOrder _order;
    private GripperRegisters _now;
    private int _sentCount, _position;
    private bool _echoed, _moving, _releasing;
    private long _sentNs;
    private volatile bool _active;
    private long _sequence = -1;
    private (bool Known, int Status, int Fault, GripperActivation.Stage Stage, bool Failed) _said;

    /// <exception cref="ArgumentException">An option out of range; says which.</exception>
    private protected RobotiqGripper(RobotiqGripperOptions options)
    {
        _options = options.Validated();
        States = new(options.Name, options.PollHz, options.LatencyMs);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => Device.Status;

    /// <summary>Null: the gripper has no clock on the wire.</summary>
    public ClockMapReport? Clock => null;

    public SampleStream<GripperState> States { get; }

    /// <inheritdoc/>
    public bool Active => _active && Device.Status.Connected;

    /// <summary>Runs <see cref="Session"/> on each connection.</summary>
    private protected abstract ConnectedDevice Device { get; }

    /// <summary>Where it is, as a person would write it.</summary>
    private protected abstract string Address { get; }

    public void Start() => Device.Start();

    public void Dispose()
    {
        Device.Dispose();
        _wake.Dispose();
        GC.SuppressFinalize(this);
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
        if (!double.IsFinite(position) || !Device.Status.Connected)
            return;
        _mayActivate = mayActivate;
        Interlocked.Exchange(ref _asked, Math.Clamp(position, 0, 1));
        _wake.Set();
    }

    void IGripperControl.Obey(GripperOrder order)
    {
        if (!Device.Status.Connected)
            return;
        _order = order;
        _wake.Set();
    }

    private protected void Session(GripperLink link, CancellationToken stop)
    {
        long period = (long)(1e9 / _options.PollHz);
        BeginSession(link);
        long next = HostClock.NowNs;
        while (true)
        {
            Poll(link);
            Obey(link);
            next = Math.Max(next + period, HostClock.NowNs);
            while (next - HostClock.NowNs is > 0 and var left)
            {
                stop.ThrowIfCancellationRequested();
                if (left < 1_000_000)
                    AbsoluteGrid.SleepUntil(next);
                else if (_wake.WaitOne((int)(left / 1_000_000)))
                    Obey(link); // at once, not at the next poll
            }
        }
    }

    internal void BeginSession(GripperLink link)
    {
        Interlocked.Exchange(ref _asked, double.NaN);
        _order = GripperOrder.None;
        _activation.Reset();
        (_active, _releasing) = (false, false); // of the session before
        (_sentCount, _position, _echoed, _moving, _said) = (-1, -1, false, false, default);
        link.ReadAll(ref _now);
    }

    internal void Poll(GripperLink link)
    {
        link.Read(ref _now, echoFirst: _sentCount >= 0 && !_echoed);
        TakeEcho();
        if (!_activation.Advance(link, ref _now, HostClock.NowNs))
            Interlocked.Exchange(ref _asked, double.NaN);
        int position = _now.Position;
        _releasing &= _now.Fault != GripperFault.Released;
        Report(position);
        if (position == GripperLink.Unavailable)
        {
            Interlocked.Exchange(ref _asked, double.NaN);
            _activation.Reset();
            (_sentCount, _position, _now.Status) = (-1, -1, GripperLink.Unavailable);
            return;
        }
        _moving = _now.Fault < GripperFault.FirstMajor
            && ((_sentCount >= 0 && (!_echoed || _now.Object == 0)) || (_position >= 0 && position != _position));
        _position = position;
        (long sent, long answered) = link.PositionTrip;
        long originating = sent + (answered - sent) / 2 - (long)(_options.LatencyMs * 1e6);
        States.Publish(new(State(), originating, Sample<GripperState>.NoDeviceTime, answered, ++_sequence));
    }

    private void TakeEcho()
    {
        // The pendant, another client, has asked for something else since, or at the same moment: the same request is news again.
        if (_now.Echo != _sentCount && (_echoed || HostClock.NowNs - _sentNs > LongestEchoNs))
            _sentCount = -1;
        _echoed = _now.Echo == _sentCount;
    }

    private GripperState State()
    {
        double position = Math.Clamp((double)(_position - _options.OpenCount) / (_options.ClosedCount - _options.OpenCount), 0, 1);
        bool holds = _now.Status == 3 && (_sentCount < 0 || _echoed) && _now.Object is 1 or 2;
        bool closing = _moving && _sentCount > _position;
        double force = closing || (holds && _now.Object == 2) ? GripForceN() : 0;
        return new(position, (1 - position) * _options.StrokeM, force, holds, _moving, Math.Max(0, _now.Fault), _position);
    }

    // As it is set now, by us or at the pendant; where it does not tell, as we set it.
    private double GripForceN() =>
        _now.Force is >= 0 and <= 255 ? _options.MinForceN + _now.Force / 255.0 * (_options.MaxForceN - _options.MinForceN)
        : _sentCount >= 0 ? _options.ForceN
        : double.NaN;

    /// <summary>Sends the newest request, or what must come before it.</summary>
    internal void Obey(GripperLink link)
    {
        if (_halt)
        {
            HaltFingers(link);
            return;
        }
        if (_withdraw)
        {
            _withdraw = false;
            if (_activation.Now is GripperActivation.Stage.Resetting or GripperActivation.Stage.Pausing)
                _activation.Reset();
        }
        if (_order != GripperOrder.None)
            ObeyOrder(link);
        double asked = Volatile.Read(ref _asked);
        if (double.IsNaN(asked) || _activation.Now != GripperActivation.Stage.Idle)
            return;
        if (_now.Status == GripperLink.Unavailable || _now.Fault >= GripperFault.FirstMajor)
        {
            Forget(asked);
            return;
        }
        if (_now.Status != 3 || GripperFault.NeedsActivation(_now.Fault))
        {
            _sentCount = -1;
            if (_mayActivate)
                _activation.Begin(link, HostClock.NowNs);
            else
                Forget(asked);
            return;
        }
        Forget(asked);
        int count = (int)Math.Round(_options.OpenCount + asked * (_options.ClosedCount - _options.OpenCount));
        if (count == _sentCount)
            return;
        Send(link, count, (int)Math.Round(_options.SpeedPercent * 2.55), ForceSetting());
    }

    private void ObeyOrder(GripperLink link)
    {
        GripperOrder order = _order;
        _order = GripperOrder.None;
        Interlocked.Exchange(ref _asked, double.NaN);
        _sentCount = -1;
        if (order == GripperOrder.Activate)
            _activation.Begin(link, HostClock.NowNs);
        else if (order is GripperOrder.OpenFully or GripperOrder.CloseFully)
            Send(link, order == GripperOrder.OpenFully ? 0 : 255, CarefulSpeed, force: 0);
        else
        {
            _activation.Reset();
            link.Release(open: order == GripperOrder.ReleaseOpening);
        }
        _releasing = order is GripperOrder.ReleaseOpening or GripperOrder.ReleaseClosing;
    }

    private void Send(GripperLink link, int count, int speed, int force)
    {
        link.Move(count, speed, force);
        (_sentCount, _echoed, _sentNs) = (count, false, HostClock.NowNs);
    }

    private void HaltFingers(GripperLink link)
    {
        _halt = false;
        Interlocked.Exchange(ref _asked, double.NaN);
        // A release lets go of somebody's hand: no halt takes it back, neither one that waits nor one under way.
        if (_order is GripperOrder.ReleaseOpening or GripperOrder.ReleaseClosing)
            ObeyOrder(link);
        if (_releasing)
            return;
        _order = GripperOrder.None; // given before the halt or with it: it must not move the fingers after
        bool stroke = _activation.Now == GripperActivation.Stage.Activating;
        _activation.Reset();
        link.Stop(activating: stroke);
        _sentCount = -1; // whatever is asked next is sent anew, with GTO 1
    }

    /// <summary>Takes the request off the slot, unless a newer one has come meanwhile.</summary>
    private void Forget(double asked) => Interlocked.CompareExchange(ref _asked, double.NaN, asked);

    private int ForceSetting() =>
        (int)Math.Round((_options.ForceN - _options.MinForceN) / (_options.MaxForceN - _options.MinForceN) * 255);

    private void Report(int position)
    {
        var now = (Known: position != GripperLink.Unavailable, _now.Status, _now.Fault, _activation.Now, _activation.Failed);
        if (now == _said)
            return;
        _said = now;
        if (now.Known)
            SayState();
        else
            Device.Say(false, "the gripper answers '?': it has no power (robot off, emergency stop, or tool voltage off); "
                + "power the arm on");
        // Last: who sees that it is lost reads why.
        _active = now.Known && _now is { Status: 3, Fault: 0 } && _activation.Now == GripperActivation.Stage.Idle;
    }

    private void SayState() =>
        Device.Found(_now.Fault switch
        {
            _ when _activation.Now != GripperActivation.Stage.Idle => "activating: the fingers run through their whole stroke, keep clear",
            _ when _activation.Failed && _now.Status != 3 =>
                $"its activation did not end in {GripperActivation.LongestMs / 1000} s (fault {GripperFault.Describe(_now.Fault)}): "
                + "./robot gripper activate, or ask for motion again",
            >= GripperFault.FirstMajor => $"fault {GripperFault.Describe(_now.Fault)}",
            _ when _now.Status != 3 => "not activated: ./robot gripper activate, or the first motion, runs the fingers through "
                + "their whole stroke",
            0 => $"active at {Address}, polled at {_options.PollHz:0.#} Hz",
            _ => $"fault {GripperFault.Describe(_now.Fault)}",
        });
}
