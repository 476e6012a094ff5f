using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// Asks a controller, once a connection and beside the data, who it is (dashboard) and how it is built (primary interface), and goes on
/// listening to what it complains about. All of it may be missing: data flows all the same, and the notes say what is not known.
/// </summary>
internal sealed class UrObserver : IDisposable
{
    private const int PollMs = 100, ListenAgainMs = 1000, AskAgainMs = 20_000;
    private const double LargestCalibrationM = 0.05;
    private readonly UrArmOptions _options;
    private readonly RtdeLink _link;
    private readonly UrModel _model;
    private readonly DeviceThread _thread;
    private string? _serial; // null: the dashboard has not answered
    private string _dashboardNote = "", _primaryNote = "", _calibrationNote = "";
    private bool _calibrated;
    private string? _wrongModel;
    private string? _untold; // why the model is not known
    private int _concluded; // the connection that it speaks of

    public UrObserver(UrArmOptions options, RtdeLink link, UrModel model)
    {
        (_options, _link, _model) = (options, link, model);
        Kinematics = new UrKinematics(model);
        Dashboard = new DashboardClient(options.Host, options.DashboardPort);
        Primary = new PrimaryClient(options.Host, options.PrimaryPort);
        _thread = new DeviceThread($"{options.Name} info", Run);
    }

    public DashboardClient Dashboard { get; }

    public PrimaryClient Primary { get; }

    /// <summary>Null until both have been asked on some connection.</summary>
    public RobotIdentity? Identity { get; private set; }

    public UrKinematics Kinematics { get; private set; }

    /// <summary>
    /// The controller of this connection is not the config's model: what is wrong and what to do; null where it is, does not tell, or is
    /// not <see cref="Concluded"/> yet.
    /// </summary>
    public string? WrongModel => Concluded ? _wrongModel : null;

    /// <inheritdoc cref="IRobotArm.ModelDoubt"/>
    public string? ModelDoubt => !Concluded ? "it is being asked which arm it is" : _wrongModel ?? _untold;

    /// <summary>The controller has been asked on this connection, whether it answered or not.</summary>
    public bool Concluded => Volatile.Read(ref _concluded) == _link.Connections;

    /// <summary>What could not be found out, each part with what to do; empty where all is known.</summary>
    public string Notes => string.Join("; ", new[] { _dashboardNote, _primaryNote, _calibrationNote }.Where(n => n.Length > 0));

    /// <summary>Changes whenever something above has changed.</summary>
    public int Changes { get; private set; }

    /// <summary>
    /// What is in the way of orders and programs from here, and what to do; null where the robot is in remote control or needs none: CB3
    /// and PolyScope below 5.6 do not know the question, PolyScope X has no dashboard.
    /// </summary>
    /// <exception cref="DeviceFaultException">No dashboard server answers.</exception>
    public string? LocalControl() =>
        _link.Version is not { IsPolyScopeX: true } && Dashboard.Ask("is in remote control")[0] == "false"
            ? "the robot is in local control: switch it to remote control at the pendant's top right (enabled in Settings, System)"
            : null;

    public void Start() => _thread.Start();

    public void Dispose() => _thread.Dispose();

    private void Run(CancellationToken stop)
    {
        int seen = 0;
        while (!stop.WaitHandle.WaitOne(PollMs))
        {
            int connection = _link.Connections;
            if (!_link.Connected || connection == seen)
                continue;
            seen = connection;
            Primary.Forget();
            (_calibrated, _serial) = (false, null);
            while (!stop.IsCancellationRequested && _link.Connections == seen)
            {
                AskDashboard();
                Listen(seen, stop);
                if (_link.Connections == seen) // a new connection's robot is asked at once: who moves it waits for the answer
                    stop.WaitHandle.WaitOne(ListenAgainMs);
            }
        }
    }

    private void AskDashboard()
    {
        if (_serial is { Length: > 0 })
            return;
        if (_link.Version is { IsPolyScopeX: true })
        {
            _serial = "";
            _dashboardNote = "PolyScope X has no dashboard server: serial number and remote control are not known";
        }
        else
        {
            try
            {
                string serial = Dashboard.Ask("get serial number")[0];
                _serial = serial.Length > 0 && serial.All(char.IsAsciiLetterOrDigit) ? serial : "";
                _dashboardNote = _serial.Length > 0 ? "" : "the controller does not tell its serial number (PolyScope 3.12 or 5.6 does)";
            }
            catch (DeviceFaultException e)
            {
                _dashboardNote = $"serial number and remote control are not known: {e.Message}";
            }
        }
        Changes++;
    }

    // Returns when the connection is lost, nothing is there, RTDE has a new connection, or the dashboard is to be asked again.
    private void Listen(int connection, CancellationToken stop)
    {
        using var until = CancellationTokenSource.CreateLinkedTokenSource(stop);
        bool first = true;
        if (_dashboardNote.Length > 0 && _link.Version is not { IsPolyScopeX: true })
            until.CancelAfter(AskAgainMs); // a controller that is still booting opens its dashboard last
        try
        {
            Primary.Listen(() =>
            {
                if (first || (_untold is not null && Primary.RobotType is not null) || (!_calibrated && Primary.Calibration is not null))
                {
                    first = false;
                    Conclude(connection, "");
                }
                if (_link.Connections != connection)
                    until.Cancel();
            }, until.Token);
        }
        catch (Exception e) when (e is DeviceFaultException or InvalidDataException)
        {
            if (!stop.IsCancellationRequested && _link.Connected)
                Conclude(connection, $"the controller's configuration and messages cannot be read: {e.Message}");
        }
    }

    private void Conclude(int connection, string primaryNote)
    {
        _primaryNote = primaryNote;
        _wrongModel = CompareModel();
        _untold = Primary.RobotType is not null ? null : $"{_options.Host} has not told which arm it is: "
            + (primaryNote.Length > 0 ? primaryNote : "its primary interface has no robot type; update its PolyScope");
        Calibrate();
        string model = _wrongModel is null ? _model.Name : FamilyName(Primary.RobotType);
        Identity = new(model, _serial, _link.Version?.ToString() ?? "", _link.RateHz, Primary.Calibration?.Hash ?? "");
        Volatile.Write(ref _concluded, connection);
        Changes++;
    }

    private string? CompareModel()
    {
        if (Primary.RobotType is { } type && type != _model.ControllerType)
        {
            string name = FamilyName(type);
            return $"{_options.Host} is a {name}, the config says {_model.Name}: "
                + (UrModel.All.Any(m => m.Name == name) ? $"write {_options.ModelKey}: {name}" : "such an arm is not known here")
                + ", or give the address of the arm that is meant";
        }
        if (_link.RateHz > 0 && _link.RateHz != _model.BaseRateHz)
            return $"{_options.Host} runs at {_link.RateHz:0} Hz, a {_model.Name} at {_model.BaseRateHz:0} Hz: "
                + (_link.RateHz > _model.BaseRateHz ? "it is an e-Series arm (UR3e, UR5e …)" : "it is a CB3 arm (UR3, UR5, UR10)")
                + $"; correct {_options.ModelKey}";
        return null;
    }

    private void Calibrate()
    {
        if (_calibrated || _wrongModel is not null || Primary.Calibration is not { } calibration)
            return;
        _calibrated = true;
        var own = new UrKinematics(_model, calibration);
        var nominal = new UrKinematics(_model);
        double apart = 0;
        for (int pose = 0; pose < 8; pose++)
        {
            Vector6 q = new(pose, -1.5 + 0.3 * pose, 2 - 0.4 * pose, 0.5 * pose, 1 - 0.2 * pose, 0);
            apart = Math.Max(apart, (own.Flange(q).Position - nominal.Flange(q).Position).Length);
        }
        bool believed = apart < LargestCalibrationM;
        Kinematics = believed ? own : nominal;
        _calibrationNote = believed
            ? ""
            : $"the controller's calibration puts the flange {apart * 1000:0} mm from where a {_model.Name} has it; "
            + $"the nominal geometry is used: check {_options.ModelKey}";
    }

    // robotType of the primary interface's configuration data; the e-Series shares the numbers of CB3.
    private string FamilyName(int? type)
    {
        string name = type switch
        {
            1 => "UR5",
            2 => "UR10",
            3 => "UR3",
            4 => "UR16",
            6 => "UR8Long",
            7 => "UR20",
            8 => "UR30",
            9 => "UR15",
            _ => $"UR arm of type {type}",
        };
        return type is >= 1 and <= 4 && _link.Version is { Major: >= 5 } ? name + "e" : name;
    }
}
