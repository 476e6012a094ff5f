using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>Messages of the primary interface that say why something does not run.</summary>
internal enum ControllerMessageKind { RuntimeException, ErrorCode, Key, Other }

/// <param name="ArrivalNs">Host monotonic time.</param>
/// <param name="Text">As the controller put it, with its code or line in front.</param>
/// <param name="IsProblem">An error or a stop, not a note.</param>
internal sealed record ControllerMessage(long ArrivalNs, ControllerMessageKind Kind, string Text, bool IsProblem);

/// <summary>The per-robot geometry of the primary interface's kinematics data: standard DH, m and rad.</summary>
/// <param name="Status">calibration_status as sent; the values are the combined ones whatever it says.</param>
/// <param name="Hash">SHA-256 of the data as sent, lower-case hex.</param>
public sealed record UrCalibration(Vector6 Theta, Vector6 A, Vector6 D, Vector6 Alpha, uint Status, string Hash);

/// <summary>
/// Reading UR's primary interface (30001), big-endian: packages of int32 size and int8 type; a robot state holds sub-packages of uint32
/// size and uint8 type. Source: "Primary and Secondary Interfaces", Universal Robots.
/// </summary>
internal static class PrimaryWire
{
    public const int HeaderBytes = 5, LargestPackage = 1 << 20;
    public const sbyte RobotState = 16, RobotMessage = 20;
    public const byte KinematicsInfo = 5, Configuration = 6;
    private const int KinematicsBytes = 6 * 4 + 4 * 48 + 4, RobotTypeOffset = 6 * 16 + 6 * 16 + 5 * 8 + 4 * 48 + 8;

    /// <summary>Size (of the whole package) and type of the package that starts here.</summary>
    /// <exception cref="InvalidDataException">The size cannot be one.</exception>
    public static (int Size, sbyte Type) ReadHeader(ReadOnlySpan<byte> bytes)
    {
        int size = BinaryPrimitives.ReadInt32BigEndian(bytes);
        if (size is < HeaderBytes or > LargestPackage)
            throw new InvalidDataException($"a primary-interface package claims a size of {size} bytes");
        return (size, (sbyte)bytes[4]);
    }

    /// <summary>Takes the next sub-package off a robot state; false at its end.</summary>
    /// <exception cref="InvalidDataException">A sub-package does not fit.</exception>
    public static bool NextPart(ref ReadOnlySpan<byte> state, out byte type, out ReadOnlySpan<byte> data)
    {
        type = 0;
        data = default;
        if (state.Length < HeaderBytes)
            return false;
        uint size = BinaryPrimitives.ReadUInt32BigEndian(state);
        if (size < HeaderBytes || size > state.Length)
            throw new InvalidDataException($"a sub-package of the robot state claims {size} of {state.Length} bytes");
        type = state[4];
        data = state[HeaderBytes..(int)size];
        state = state[(int)size..];
        return true;
    }

    /// <summary>Null where the data is too short or holds something that is no geometry.</summary>
    public static UrCalibration? ReadCalibration(ReadOnlySpan<byte> data)
    {
        if (data.Length < KinematicsBytes)
            return null;
        ReadOnlySpan<byte> at = data[24..];
        var calibration = new UrCalibration(Six(ref at), Six(ref at), Six(ref at), Six(ref at),
            BinaryPrimitives.ReadUInt32BigEndian(at), Convert.ToHexStringLower(SHA256.HashData(data[..KinematicsBytes])));
        bool sound = calibration.Theta.IsFinite && calibration.A.IsFinite && calibration.D.IsFinite && calibration.Alpha.IsFinite;
        return sound ? calibration : null;
    }

    /// <summary>robotType; null where the data is too short.</summary>
    public static int? ReadRobotType(ReadOnlySpan<byte> configuration) => configuration.Length < RobotTypeOffset + 4
        ? null
        : BinaryPrimitives.ReadInt32BigEndian(configuration[RobotTypeOffset..]);

    /// <summary>A robot message behind the package's header: uint64 timestamp, int8 source, int8 type, and by type.</summary>
    public static ControllerMessage ReadMessage(ReadOnlySpan<byte> body, long arrivalNs)
    {
        const int Front = 10;
        if (body.Length < Front)
            return new(arrivalNs, ControllerMessageKind.Other, "", false);
        ReadOnlySpan<byte> at = body[Front..];
        switch (body[9])
        {
            case 6 when at.Length >= 20: // code, argument, level, data type, data, text
                int code = BinaryPrimitives.ReadInt32BigEndian(at), argument = BinaryPrimitives.ReadInt32BigEndian(at[4..]);
                int level = BinaryPrimitives.ReadInt32BigEndian(at[8..]);
                string text = Text(at[20..]);
                // Report levels: 0 debug, 1 info, 2 warning, 3 violation, 4 fault, 128… for the maker. C210: the port is read-only.
                return new(arrivalNs, ControllerMessageKind.ErrorCode, $"C{code}A{argument}{(text.Length > 0 ? ": " + text : "")}",
                    level is 3 or 4 || code == ReadOnlyCode);
            case 7 when at.Length >= 9: // code, argument, title length, title, text
                int title = Math.Min(at[8], at.Length - 9);
                return new(arrivalNs, ControllerMessageKind.Key, $"{Text(at.Slice(9, title))} {Text(at[(9 + title)..])}".Trim(), false);
            case 10 when at.Length >= 8: // line, column, text
                int line = BinaryPrimitives.ReadInt32BigEndian(at), column = BinaryPrimitives.ReadInt32BigEndian(at[4..]);
                return new(arrivalNs, ControllerMessageKind.RuntimeException, $"line {line}, column {column}: {Text(at[8..])}", true);
            default:
                return new(arrivalNs, ControllerMessageKind.Other, "", false);
        }
    }

    /// <summary>Error code of a script sent while the robot is in local control.</summary>
    public const int ReadOnlyCode = 210;

    private static string Text(ReadOnlySpan<byte> ascii) => Encoding.ASCII.GetString(ascii).Trim('\0', ' ', '\n', '\r');

    private static Vector6 Six(ref ReadOnlySpan<byte> at)
    {
        Vector6 v = default;
        for (int i = 0; i < 6; i++)
            v[i] = BinaryPrimitives.ReadDoubleBigEndian(at[(8 * i)..]);
        at = at[48..];
        return v;
    }
}
