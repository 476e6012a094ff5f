using RobotWorldModel.Drivers.Evdev;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Teleoperation;

/// <summary>
/// A gamepad or SpaceMouse through evdev. Its own thread reads it at once, shows several times between two ticks that it lives, and looks
/// for it ten times a second where it is away.
/// </summary>
public sealed class HandController : ITeleopDevice
{
    private const int BeatMs = 4, LongestBackoffMs = 100;
    private static readonly ClockMapReport s_host = new("host", 0, 0, 0); // the kernel stamps on the clock that we read
    private readonly HandControllerOptions _options;
    private readonly HandMap _map;
    private readonly IInputSystem _system;
    private readonly ConnectedDevice<InputLink> _device;
    private readonly Published<TeleopInput> _published = new();
    private readonly Action<bool> _seen;
    private TeleopInput _input;
    private DeadMan _deadMan;
    private GripperButtons _gripper;
    private InputLink? _link; // of the session

    /// <exception cref="ArgumentException">An option names no axis or button; says which.</exception>
    public HandController(HandControllerOptions options)
        : this(options, new LinuxInput())
    {
    }

    internal HandController(HandControllerOptions options, IInputSystem system)
    {
        (_options, _system, _map, _seen) = (options, system, new HandMap(options), Seen);
        string kind = options.Kind == HandKind.Gamepad ? "a gamepad" : "a SpaceMouse";
        _device = new(Name, options.Device.Length > 0 ? options.Device : kind, _ => Open(), Session, LongestBackoffMs);
    }

    public string Name => "teleoperation";

    public DeviceStatus Status => _device.Status;

    public ClockMapReport? Clock => s_host;

    public void Start() => _device.Start();

    public TeleopInput Read() => _published.Read();

    public void Dispose() => _device.Dispose();

    private InputLink Open()
    {
        InputLink link = InputSearch.Open(_system, _options);
        try
        {
            _map.Check(link);
            link.Begin(_options.Grab);
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    private void Session(InputLink link, CancellationToken stop)
    {
        using var wake = stop.Register(link.Wake);
        _link = link;
        try
        {
            _deadMan.Lose(HostClock.NowNs);
            Seen(lost: false);
            _device.Found($"{link.Name} ({link.Path}); hold {_map.DeadManName} to move");
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                link.Wait(BeatMs);
                link.Read(_seen);
                Publish();
            }
        }
        finally
        {
            _deadMan.Lose(HostClock.NowNs);
            Publish(connected: false);
        }
    }

    // After each report of the device: a press between two looks of whoever reads this still counts.
    private void Seen(bool lost)
    {
        if (lost)
            _deadMan.Lose(HostClock.NowNs);
        _deadMan.See(_map.DeadMan(_link!), _link!.StampNs);
        _gripper.See(_map.Open(_link), _map.Close(_link), _map.OneGripperButton);
    }

    private void Publish(bool connected = true)
    {
        long nowNs = HostClock.NowNs;
        (_input.Connected, _input.AliveNs) = (connected, nowNs);
        (_input.Held, _input.Press, _input.ChangedNs) = (_deadMan.Held, _deadMan.Presses, _deadMan.ChangedNs);
        (_input.GripperPress, _input.Gripper) = (_gripper.Presses, _gripper.Asked);
        _input.Slow = connected && _map.Slow(_link!);
        if (connected)
            _map.Read(_link!, nowNs, ref _input.Deflection);
        else
            _input.Deflection = default;
        _published.Write(_input);
    }
}

/// <summary>Finds the device that the config means.</summary>
internal static class InputSearch
{
    /// <exception cref="DeviceLostException">None fits, or more than one; says what there is.</exception>
    public static InputLink Open(IInputSystem system, HandControllerOptions options)
    {
        if (options.Device.StartsWith('/'))
            return InputLink.Open(system, options.Device);
        string wanted = options.Device.Length > 0 ? $"'{options.Device}'" : options.Kind == HandKind.Gamepad ? "gamepad" : "SpaceMouse";
        var found = new List<InputLink>();
        var others = new List<string>();
        int closed = 0;
        foreach (string path in system.List().OrderBy(p => p, StringComparer.Ordinal))
        {
            try
            {
                InputLink link = InputLink.Open(system, path);
                if (Means(options, link))
                {
                    found.Add(link);
                    continue;
                }
                others.Add($"{link.Name} ({link.Vendor:x4}:{link.Product:x4})");
                link.Dispose();
            }
            catch (DeviceLostException)
            {
                closed++; // not ours to read: a keyboard, most often
            }
        }
        if (found.Count == 1)
            return found[0];
        found.ForEach(l => l.Dispose());
        throw new DeviceLostException(found.Count > 1
            ? $"{found.Count} devices are meant by {wanted}: {string.Join(", ", found.Select(l => $"{l.Name} ({l.Path})"))}; name one's "
                + "path below /dev/input/by-id in teleoperation.device"
            : $"no {wanted} is connected" + (others.Count > 0 ? $"; here are {string.Join(", ", others)}" : "")
                + (closed > 0 ? $"; {closed} input devices may not be opened by this user (systemd/60-robot-input.rules)" : "")
                + ": is it plugged in, and switched on?");
    }

    // Of its kind in any case: a gamepad's other nodes are its motion sensors and its touch pad.
    private static bool Means(HandControllerOptions options, InputLink link) => HandMap.Fits(options.Kind, link)
        && (string.Equals(options.Device, $"{link.Vendor:x4}:{link.Product:x4}", StringComparison.OrdinalIgnoreCase)
            || link.Name.Contains(options.Device, StringComparison.OrdinalIgnoreCase));
}
