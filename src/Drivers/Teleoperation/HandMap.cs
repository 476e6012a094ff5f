using RobotWorldModel.Drivers.Evdev;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.Teleoperation;

public enum HandKind
{
    /// <summary>Two sticks, a cross, shoulder buttons, as the kernel's gamepad protocol names them.</summary>
    Gamepad,

    /// <summary>A 3Dconnexion: one cap that is pushed and turned in all six directions.</summary>
    SpaceMouse,
}

public sealed class HandControllerOptions
{
    public HandKind Kind { get; set; }

    /// <summary>
    /// /dev/input/by-id/…, which stays the same device; 045e:028e, its USB vendor and product; or a part of its name. Empty: the only
    /// one of its kind.
    /// </summary>
    public string Device { get; set; } = "";

    /// <summary>What moves the tool along x, y, z and about x, y, z: names of axes, a minus in front turns one round. Null: its kind's.
    /// </summary>
    public string[]? Axes { get; set; }

    /// <summary>Buttons by name or number; null: its kind's. Slow may be empty.</summary>
    public string? DeadMan { get; set; }

    /// <inheritdoc cref="DeadMan"/>
    public string? GripperOpen { get; set; }

    /// <inheritdoc cref="DeadMan"/>
    public string? GripperClose { get; set; }

    /// <inheritdoc cref="DeadMan"/>
    public string? Slow { get; set; }

    /// <summary>Of the deflection, 0..0.9: less is none.</summary>
    public double DeadZone { get; set; } = 0.1;

    /// <summary>No other program sees the device meanwhile, the desktop's pointer among them.</summary>
    public bool Grab { get; set; } = true;

    /// <exception cref="ArgumentException">A name that is none, or a value out of range; says which.</exception>
    public void Validate() => _ = new HandMap(this);
}

/// <summary>Which axis and button of a device means what.</summary>
internal sealed class HandMap
{
    /// <summary>The deflection of a SpaceMouse whose kernel does not tell its range, counts.</summary>
    private const int SpaceMouseRange = 350;

    // Up or away from the person is +x, left is +y, and +z is up: with the arm's base in front of the person and its +x away from them.
    private static readonly string[] s_gamepadAxes = ["-ABS_Y", "-ABS_X", "-ABS_RY", "ABS_HAT0X", "-ABS_HAT0Y", "-ABS_RX"];

    // The cap's own axes are right, towards the person and down. These are them, turned about a diagonal: still right-handed.
    private static readonly string[] s_spaceMouseAxes = ["-ABS_Y", "-ABS_X", "-ABS_Z", "-ABS_RY", "-ABS_RX", "-ABS_RZ"];

    private readonly HandKind _kind;
    private readonly double _deadZone;
    private readonly (int Code, int Sign)[] _axes;
    private readonly int _deadMan, _open, _close;
    private readonly int? _slow;

    /// <exception cref="ArgumentException">A name that is none; says which.</exception>
    public HandMap(HandControllerOptions options)
    {
        bool gamepad = options.Kind == HandKind.Gamepad;
        _kind = options.Kind;
        string[] axes = options.Axes ?? (gamepad ? s_gamepadAxes : s_spaceMouseAxes);
        if (axes.Length != 6)
            throw new ArgumentException($"axes are six names, for x, y, z, rx, ry, rz; there are {axes.Length}");
        if (!(options.DeadZone is >= 0 and <= 0.9))
            throw new ArgumentException($"dead_zone must be 0 to 0.9, it is {options.DeadZone}");
        _deadZone = options.DeadZone;
        _axes = [.. axes.Select(a => InputCodes.Axis(a)
            ?? throw new ArgumentException($"axes: '{a}' is no axis, as ABS_X or -ABS_RY is"))];
        _deadMan = Button("dead_man", options.DeadMan ?? (gamepad ? "BTN_TR" : "BTN_0"));
        _open = Button("gripper_open", options.GripperOpen ?? (gamepad ? "BTN_EAST" : "BTN_1"));
        _close = Button("gripper_close", options.GripperClose ?? (gamepad ? "BTN_SOUTH" : "BTN_1"));
        string slow = options.Slow ?? (gamepad ? "BTN_TL" : "");
        _slow = slow.Length == 0 ? null : Button("slow", slow);
        if (_deadMan == _open || _deadMan == _close || _deadMan == _slow)
            throw new ArgumentException("dead_man must be a button of its own");
    }

    /// <summary>For a person: the button to hold.</summary>
    public string DeadManName => InputCodes.KeyName(_deadMan);

    public bool OneGripperButton => _open == _close;

    /// <summary>A device of this kind, as far as it tells.</summary>
    public static bool Fits(HandKind kind, InputLink link)
    {
        if (kind == HandKind.Gamepad)
            return link.HasKey(InputCodes.ButtonSouth) && link.HasAxis(0) && link.HasAxis(1);
        // Logitech owned 3Dconnexion once: its old number is that of mice and gamepads, too.
        bool maker = link.Vendor == 0x256F
            || (link.Vendor == 0x046D && link.Name.Contains("3Dconnexion", StringComparison.OrdinalIgnoreCase));
        return maker && (HasSix(link.HasAxis) || HasSix(link.HasRelative));

        static bool HasSix(Func<int, bool> has) => Enumerable.Range(0, 6).All(has);
    }

    /// <exception cref="DeviceLostException">The device lacks what the map names; says what it has.</exception>
    public void Check(InputLink link)
    {
        foreach (var (key, code) in new (string, int?)[] { ("dead_man", _deadMan), ("gripper_open", _open), ("gripper_close", _close),
            ("slow", _slow) })
            if (code is { } button && !link.HasKey(button))
                throw new DeviceLostException($"{link.Name} has no button {InputCodes.KeyName(button)}, which {key} names; it has "
                    + $"{link.KeyNames}: choose one in the config's teleoperation section, or plug in the device that it was written for");
        foreach (var (code, _) in _axes)
            if (!link.HasAxis(code) && !(_kind == HandKind.SpaceMouse && link.HasRelative(code)))
                throw new DeviceLostException($"{link.Name} has no axis {InputCodes.AxisName(code)}; it has {link.AxisNames}: set axes in "
                    + "the config's teleoperation section, or plug in the device that it was written for");
    }

    public bool DeadMan(InputLink link) => link.IsHeld(_deadMan);

    public bool Open(InputLink link) => link.IsHeld(_open);

    public bool Close(InputLink link) => link.IsHeld(_close);

    public bool Slow(InputLink link) => _slow is { } slow && link.IsHeld(slow);

    /// <summary>-1..1 in all six.</summary>
    public void Read(InputLink link, long nowNs, ref Geometry.Vector6 deflection)
    {
        for (int i = 0; i < 6; i++)
        {
            var (code, sign) = _axes[i];
            double raw = link.HasAxis(code) ? Normalised(link.Axis(code)) : (double)link.Relative(code, nowNs) / SpaceMouseRange;
            deflection[i] = sign * WithoutDeadZone(Math.Clamp(raw, -1, 1));
        }
    }

    // About the middle of its range, less what the device itself calls rest.
    private static double Normalised(in InputAxis axis)
    {
        double half = (axis.Maximum - (double)axis.Minimum) / 2;
        if (!(half > 0))
            return axis.Value / (double)SpaceMouseRange; // a kernel that does not tell the range
        double off = axis.Value - (axis.Maximum + (double)axis.Minimum) / 2, flat = Math.Clamp(axis.Flat, 0, half / 2);
        return Math.Abs(off) <= flat ? 0 : Math.Sign(off) * (Math.Abs(off) - flat) / (half - flat);
    }

    private double WithoutDeadZone(double value) =>
        Math.Abs(value) <= _deadZone ? 0 : Math.Sign(value) * (Math.Abs(value) - _deadZone) / (1 - _deadZone);

    private static int Button(string key, string name) =>
        InputCodes.Key(name) ?? throw new ArgumentException($"{key}: '{name}' is no button, as BTN_TR or 311 is");
}
