using System.Buffers.Binary;
using System.Text;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>RTDE package types (one ASCII letter each).</summary>
public enum RtdePackage : byte
{
    RequestProtocolVersion = (byte)'V',
    GetControllerVersion = (byte)'v',
    TextMessage = (byte)'M',
    Data = (byte)'U',
    SetupOutputs = (byte)'O',
    SetupInputs = (byte)'I',
    Start = (byte)'S',
    Pause = (byte)'P',
}

/// <summary>RTDE value types; <see cref="NotFound"/> and <see cref="InUse"/> are the controller's two ways of refusing a field.</summary>
public enum RtdeType { NotFound, InUse, Bool, UInt8, UInt32, UInt64, Int32, Double, Vector3D, Vector6D, Vector6Int32, Vector6UInt32 }

/// <summary>
/// The wire format of UR's Real-Time Data Exchange, both sides: each package is a big-endian uint16 size (of the whole package), a type
/// byte and a payload. Source: "Real-Time Data Exchange (RTDE) Guide", Universal Robots.
/// </summary>
public static class RtdeWire
{
    public const int DefaultPort = 30004, HeaderBytes = 3, MaxPackageBytes = 65535;

    public static int Size(RtdeType type) => type switch
    {
        RtdeType.Bool or RtdeType.UInt8 => 1,
        RtdeType.UInt32 or RtdeType.Int32 => 4,
        RtdeType.UInt64 or RtdeType.Double => 8,
        RtdeType.Vector3D or RtdeType.Vector6Int32 or RtdeType.Vector6UInt32 => 24,
        RtdeType.Vector6D => 48,
        _ => 0,
    };

    /// <summary>The name on the wire, e.g. VECTOR6D.</summary>
    public static string Name(RtdeType type) => type switch
    {
        RtdeType.NotFound => "NOT_FOUND",
        RtdeType.InUse => "IN_USE",
        _ => type.ToString().ToUpperInvariant(),
    };

    /// <exception cref="InvalidDataException">A type that the guide does not have.</exception>
    public static RtdeType ParseType(string name)
    {
        foreach (var type in Enum.GetValues<RtdeType>())
            if (Name(type) == name)
                return type;
        throw new InvalidDataException($"RTDE type '{name}' is not in the guide");
    }

    /// <summary>Reads a package's size and type from its first three bytes.</summary>
    /// <exception cref="InvalidDataException">A size below 3: the stream is lost, and no later byte can be trusted.</exception>
    public static (int Size, RtdePackage Type) ReadHeader(ReadOnlySpan<byte> bytes)
    {
        int size = BinaryPrimitives.ReadUInt16BigEndian(bytes);
        if (size < HeaderBytes)
            throw new InvalidDataException($"an RTDE package claims a size of {size} bytes; the connection cannot be read on");
        return (size, (RtdePackage)bytes[2]);
    }

    /// <summary>Writes a whole package and returns its length.</summary>
    public static int Write(Span<byte> into, RtdePackage type, ReadOnlySpan<byte> payload)
    {
        int size = HeaderBytes + payload.Length;
        BinaryPrimitives.WriteUInt16BigEndian(into, checked((ushort)size));
        into[2] = (byte)type;
        payload.CopyTo(into[HeaderBytes..]);
        return size;
    }

    /// <summary>A package with a text payload behind a prefix: name lists, type lists.</summary>
    public static byte[] Package(RtdePackage type, ReadOnlySpan<byte> prefix, string text = "")
    {
        byte[] package = new byte[HeaderBytes + prefix.Length + Encoding.ASCII.GetByteCount(text)];
        prefix.CopyTo(package.AsSpan(HeaderBytes));
        Encoding.ASCII.GetBytes(text, package.AsSpan(HeaderBytes + prefix.Length));
        Write(package, type, package.AsSpan(HeaderBytes));
        return package;
    }

    /// <summary>Splits a list of names or types; a trailing comma, which some clients send, adds nothing.</summary>
    public static string[] SplitList(ReadOnlySpan<byte> ascii) =>
        Encoding.ASCII.GetString(ascii).Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);

    public static double ReadDouble(ReadOnlySpan<byte> from) => BinaryPrimitives.ReadDoubleBigEndian(from);
}
