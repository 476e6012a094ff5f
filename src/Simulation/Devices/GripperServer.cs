using System.Globalization;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

public sealed class GripperServerOptions
{
    public string Host { get; set; } = "127.0.1.1";

    public int Port { get; set; } = 63352;

    public double StrokeM { get; set; } = 0.085;

    /// <summary>What POS reads when fully open and fully closed.</summary>
    public int OpenCount { get; set; } = 3;

    public int ClosedCount { get; set; } = 230;

    /// <summary>Finger speed at SPE 0 and 255, m/s.</summary>
    public double SlowestMps { get; set; } = 0.020;

    public double FastestMps { get; set; } = 0.150;

    /// <summary>How long the gripper takes to take a request over from the URCap, ms: PRE shows it then, and OBJ speaks of it.</summary>
    public double RefreshMs { get; set; } = 10;

    /// <summary>Powered on and activated before the first client, as after a program that did so.</summary>
    public bool ActivatedAtStart { get; set; }

    public TransportOptions Transport { get; set; } = new();

    public int Seed { get; set; } = 1;
}

/// <summary>
/// A Robotiq 2F-85 behind the URCap's socket: activation, position, speed and force requests, object detection, faults and emergency
/// release as its manual and the public clients have them. It drives the physics' fingers.
/// </summary>
public sealed class GripperServer : ISimulatedDevice
{
    private const int Ready = 3, MovingNow = 0, BlockedOpening = 1, BlockedClosing = 2, AtRequest = 3;
    private const int Delayed = 0x05, ActivateFirst = 0x07, Releasing = 0x0B, Released = 0x0F;
    private const double AtTargetM = 0.0002;
    private const long StalledNs = 100_000_000, ActivationPauseNs = 200_000_000;
    private static readonly string[] s_writable = ["ACT", "GTO", "ATR", "ARD", "ADR", "POS", "SPE", "FOR", "SID", "STA"];
    private readonly ICellPhysics _physics;
    private readonly GripperServerOptions _options;
    private readonly TextPort _port;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private long _nowNs, _takeOverNs = long.MaxValue, _changedNs, _phaseNs;
    private double _lastWidth = double.NaN;
    private int _act, _gto, _atr, _ard, _spe, _for, _sta, _fault;
    private int _asked, _request, _object = AtRequest, _phase;

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public GripperServer(ICellPhysics physics, GripperServerOptions options)
    {
        TransportDraw.Validated("gripper", options.Transport);
        if (options.OpenCount >= options.ClosedCount || options.StrokeM <= 0)
            throw new ArgumentException("simulation.gripper: open_count must be below closed_count, stroke_m above 0");
        (_physics, _options) = (physics, options);
        _sentByName = new() { ["gripper"] = _sent };
        _port = new("gripper", options.Host, options.Port, Answer, new TransportDraw(options.Transport, options.Seed));
        if (options.ActivatedAtStart)
            (_act, _sta) = (1, Ready);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    /// <summary>
    /// False: every variable reads "?", as in an emergency stop; the fingers stay where they are and the activation is gone.
    /// </summary>
    public bool Powered { get; set; } = true;

    /// <summary>Clients that hold a connection.</summary>
    public int Clients => _port.Clients;

    /// <summary>Makes a fault happen (0x08 …); from 0x0A on, only a new activation clears it. 0 ends a passing one.</summary>
    public void InjectFault(int code) => _fault = code;

    public void Start() => _port.Start();

    public void Dispose() => _port.Dispose();

    public void Step(long nowNs, double dt)
    {
        _nowNs = nowNs;
        if (!Powered)
            (_act, _sta, _gto, _fault) = (0, 0, 0, 0);
        if (nowNs >= _takeOverNs)
            (_request, _takeOverNs, _object) = (_asked, long.MaxValue, MovingNow);
        if (_physics.FingerWidth != _lastWidth)
            (_lastWidth, _changedNs) = (_physics.FingerWidth, nowNs);
        Drive(nowNs);
        _port.Step(nowNs);
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

    private string Answer(string line, long nowNs, bool dropped)
    {
        string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return words switch
        {
            ["GET", var name] => Get(name, nowNs, dropped),
            ["SET", .. var pairs] when pairs.Length is > 0 and <= 20 && pairs.Length % 2 == 0 => Set(pairs, nowNs),
            _ => "?\n",
        };
    }

    private string Get(string name, long nowNs, bool dropped)
    {
        if (!Powered)
            return $"{name} ?\n";
        int? value = name switch
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
        if (name == "POS")
            _sent.Add(nowNs, nowNs, dropped);
        return value is { } number ? $"{name} {number}\n" : "?\n";
    }

    private string Set(string[] pairs, long nowNs)
    {
        for (int i = 0; i < pairs.Length; i += 2)
            if (!s_writable.Contains(pairs[i]) || !int.TryParse(pairs[i + 1], NumberStyles.None, null, out int v) || v > 255)
                return "?\n";
        if (!Powered)
            return "?\n";
        for (int i = 0; i < pairs.Length; i += 2)
            Set(pairs[i], int.Parse(pairs[i + 1]), nowNs);
        return "ack"; // without a line end, as the URCap
    }

    private void Set(string name, int value, long nowNs)
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
