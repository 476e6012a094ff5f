using System.Globalization;

namespace RobotWorldModel.Drivers.Evdev;

/// <summary>The kernel's names and numbers (linux/input-event-codes.h) of what arms are led with, no more.</summary>
public static class InputCodes
{
    internal const ushort TypeSync = 0, TypeKey = 1, TypeRelative = 2, TypeAbsolute = 3;
    internal const ushort SyncReport = 0, SyncDropped = 3;
    internal const int Keys = 0x300, Axes = 0x40, Relatives = 0x10;

    internal const ushort ButtonSouth = 0x130;

    private static readonly (string Name, int Code)[] s_keys =
    [
        ("BTN_0", 0x100), ("BTN_1", 0x101), ("BTN_2", 0x102), ("BTN_3", 0x103), ("BTN_4", 0x104), ("BTN_5", 0x105), ("BTN_6", 0x106),
        ("BTN_7", 0x107), ("BTN_8", 0x108), ("BTN_9", 0x109), ("BTN_TRIGGER", 0x120), ("BTN_THUMB", 0x121), ("BTN_THUMB2", 0x122),
        ("BTN_SOUTH", ButtonSouth), ("BTN_EAST", 0x131), ("BTN_C", 0x132), ("BTN_NORTH", 0x133), ("BTN_WEST", 0x134), ("BTN_Z", 0x135),
        ("BTN_TL", 0x136), ("BTN_TR", 0x137), ("BTN_TL2", 0x138), ("BTN_TR2", 0x139), ("BTN_SELECT", 0x13A), ("BTN_START", 0x13B),
        ("BTN_MODE", 0x13C), ("BTN_THUMBL", 0x13D), ("BTN_THUMBR", 0x13E),
    ];

    private static readonly (string Name, int Code)[] s_axes =
    [
        ("ABS_X", 0), ("ABS_Y", 1), ("ABS_Z", 2), ("ABS_RX", 3), ("ABS_RY", 4), ("ABS_RZ", 5), ("ABS_THROTTLE", 6), ("ABS_RUDDER", 7),
        ("ABS_WHEEL", 8), ("ABS_GAS", 9), ("ABS_BRAKE", 10), ("ABS_HAT0X", 16), ("ABS_HAT0Y", 17), ("ABS_HAT1X", 18), ("ABS_HAT1Y", 19),
    ];

    /// <summary>A button by its name or, as evtest shows it, its number. Null: no button.</summary>
    public static int? Key(string text) => Find(s_keys, text, Keys);

    /// <summary>An axis by its name or number, with a minus in front where it is turned round. Null: no axis.</summary>
    public static (int Code, int Sign)? Axis(string text)
    {
        int sign = text.StartsWith('-') ? -1 : 1;
        return Find(s_axes, text.TrimStart('-'), Axes) is { } code ? (code, sign) : null;
    }

    /// <summary>As a person finds it in a list: the name where we know one, else the number.</summary>
    public static string KeyName(int code) => Name(s_keys, code);

    /// <inheritdoc cref="KeyName"/>
    public static string AxisName(int code) => Name(s_axes, code);

    private static int? Find((string Name, int Code)[] known, string text, int count)
    {
        foreach (var (name, code) in known)
            if (name == text)
                return code;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number < count ? number : null;
    }

    private static string Name((string Name, int Code)[] known, int code)
    {
        foreach (var (name, number) in known)
            if (number == code)
                return name;
        return code.ToString(CultureInfo.InvariantCulture);
    }
}
