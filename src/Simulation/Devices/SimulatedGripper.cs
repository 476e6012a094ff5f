using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// A Robotiq gripper without its wire: activation, position, speed and force requests, object detection, faults and emergency release as
/// its manual and the public clients have them. It drives the physics' fingers. For the cell's loop.
/// </summary>
internal sealed class SimulatedGripper
{
    private const int Ready = 3, MovingNow = 0, BlockedOpening = 1, BlockedClosing = 2, AtRequest = 3;
    private const int Delayed = 0x05, ActivateFirst = 0x07, Releasing = 0x0B, Released = 0x0F;
    private const double AtTargetM = 0.0002;
    private const long StalledNs = 100_000_000, ActivationPauseNs = 200_000_000;
    private readonly ICellPhysics _physics;
    private readonly GripperServerOptions _options;
    private long _nowNs, _takeOverNs = long.MaxValue, _changedNs, _phaseNs;
    private double _lastWidth = double.NaN;
    private int _act, _gto, _atr, _ard, _spe, _for, _sta, _fault;
    private int _asked, _request, _object = AtRequest, _phase;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public SimulatedGripper(ICellPhysics physics, GripperServerOptions options)
    {
        TransportDraw.Validated("gripper", options.Transport);
        if (options.OpenCount >= options.ClosedCount || options.StrokeM <= 0)
            throw new ArgumentException("simulation.gripper: open_count must be below closed_count, stroke_m above 0");
        (_physics, _options) = (physics, options);
        if (options.ActivatedAtStart)
            (_act, _sta) = (1, Ready);
    }

    /// <summary>False: the fingers stay where they are and the activation is gone.</summary>
    public bool Powered { get; set; } = true;

    /// <summary>Makes a fault happen (0x08 …); from 0x0A on, only a new activation clears it. 0 ends a passing one.</summary>
    public void InjectFault(int code) => _fault = code;

    /// <summary>One cycle of the cell.</summary>
    public void Step(long nowNs)
    {
        _nowNs = nowNs;
        if (!Powered)
            (_act, _sta, _gto, _fault) = (0, 0, 0, 0);
        if (nowNs >= _takeOverNs)
            (_request, _takeOverNs, _object) = (_asked, long.MaxValue, MovingNow);
        if (_physics.FingerWidth != _lastWidth)
            (_lastWidth, _changedNs) = (_physics.FingerWidth, nowNs);
        Drive(nowNs);
    }

    private void Drive(long nowNs)
    {
        if (_fault == Releasing)
            Release();
        else if (_sta is > 0 and < Ready)
            Activate(nowNs);
        else if (_sta == Ready && _gto == 1 && _fault < 0x08)
            Move(WidthOf(_request), SpeedOf(_spe));
        else
            Stay();
    }

    /// <summary>Opens, closes, opens: through the whole stroke, or as far as something lets it.</summary>
    private void Activate(long nowNs)
    {
        Move(_phase == 1 ? 0 : _options.StrokeM, SpeedOf(255));
        if (_object == MovingNow)
            _phaseNs = nowNs;
        if (nowNs - _phaseNs < ActivationPauseNs)
            return;
        _phaseNs = nowNs;
        if (++_phase < 3)
            return;
        (_sta, _object) = (Ready, AtRequest);
        if (_fault != Delayed) // else it now does what it was asked too early
            (_request, _asked) = (0, 0);
        if (_fault is Delayed or ActivateFirst)
            _fault = 0;
        Stay();
    }

    private void Release()
    {
        Move(_ard == 1 ? _options.StrokeM : 0, _options.SlowestMps);
        if (_object != MovingNow)
            _fault = Released;
    }

    private void Move(double width, double speed)
    {
        if (width != _physics.FingerTarget)
            _changedNs = _nowNs; // from now on it has time to move before it counts as stopped
        _physics.FingerTarget = width;
        _physics.FingerSpeed = speed;
        double left = width - _physics.FingerWidth;
        bool stalled = _nowNs - _changedNs > StalledNs;
        if (Math.Abs(left) < AtTargetM)
            _object = AtRequest;
        else if (left < 0)
            _object = _physics.FingersBlocked || stalled ? BlockedClosing : MovingNow;
        else
            _object = stalled ? BlockedOpening : MovingNow;
    }

    private void Stay() => _physics.FingerTarget = _physics.FingerWidth;

    /// <summary>A variable under its URCap name; null where there is none of that name.</summary>
    public int? Get(string name) => name switch
    {
        "ACT" => _act,
        "GTO" => _gto,
        "ATR" => _atr,
        "ARD" or "ADR" => _ard,
        "POS" => CountOf(_physics.FingerWidth),
        "SPE" => _spe,
        "FOR" => _for,
        "PRE" => _request,
        "STA" => _sta,
        "OBJ" => _object,
        "FLT" => _fault,
        "CUR" => _object == MovingNow && _gto == 1 ? 10 : 0,
        "SID" => 9,
        _ => null,
    };

    /// <summary>Sets a variable, 0..255.</summary>
    public void Set(string name, int value, long nowNs)
    {
        switch (name)
        {
            case "ACT":
                Reactivate(value, nowNs);
                break;
            case "GTO":
                _gto = Math.Min(value, 1);
                RefuseIfNotReady();
                break;
            case "ATR":
                if (value == 1 && _atr == 0 && _act == 1)
                    (_fault, _gto, _object) = (Releasing, 0, MovingNow);
                _atr = Math.Min(value, 1);
                break;
            case "ARD" or "ADR":
                _ard = Math.Min(value, 1);
                break;
            case "POS":
                (_asked, _takeOverNs) = (value, Math.Min(_takeOverNs, nowNs + (long)(_options.RefreshMs * 1e6)));
                RefuseIfNotReady();
                break;
            case "SPE":
                _spe = value;
                break;
            case "FOR":
                _for = value;
                break;
        }
    }

    private void RefuseIfNotReady()
    {
        if (_gto == 1 && _sta != Ready && _fault == 0)
            _fault = _act == 1 ? Delayed : ActivateFirst;
    }

    private void Reactivate(int value, long nowNs)
    {
        if (value == 0)
            (_act, _sta, _gto) = (0, 0, 0);
        else if (_act == 0) // only the rising edge activates, and clears faults
            (_act, _sta, _phase, _phaseNs, _fault, _changedNs, _object) = (1, 1, 0, nowNs, 0, nowNs, MovingNow);
    }

    private double WidthOf(int count) => Math.Clamp(
        _options.StrokeM * (_options.ClosedCount - count) / (_options.ClosedCount - _options.OpenCount), 0, _options.StrokeM);

    private int CountOf(double width) => (int)Math.Round(
        _options.ClosedCount - Math.Clamp(width / _options.StrokeM, 0, 1) * (_options.ClosedCount - _options.OpenCount));

    private double SpeedOf(int setting) => _options.SlowestMps + setting / 255.0 * (_options.FastestMps - _options.SlowestMps);
}
