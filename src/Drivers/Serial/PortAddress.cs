using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.Serial;

/// <summary>Where a device of a serial line is reached.</summary>
public enum PortKind
{
    /// <summary>A serial device's path.</summary>
    Serial,

    /// <summary>A serial-to-Ethernet gateway that passes bytes on as they are (raw TCP): <c>tcp://host:port</c>.</summary>
    Gateway,

    /// <summary>A Modbus TCP server: <c>modbus://host:port</c>.</summary>
    ModbusTcp,
}

/// <summary>A port as the config names it.</summary>
/// <param name="Path">Of a serial device; else the host.</param>
/// <param name="Number">The TCP port; 0 for a serial device.</param>
public sealed record PortAddress(PortKind Kind, string Path, int Number)
{
    /// <summary>What a config may say, for messages.</summary>
    public const string Forms = "a path such as /dev/serial/by-id/usb-…, tcp://host:port (a serial-to-Ethernet gateway) "
        + "or modbus://host:port (Modbus TCP)";

    private const int ModbusPort = 502;

    /// <summary>Null where the text is none of <see cref="Forms"/>.</summary>
    public static PortAddress? Parse(string text)
    {
        if (!text.Contains("://", StringComparison.Ordinal))
            return text.Trim().Length > 0 ? new(PortKind.Serial, text, 0) : null;
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? uri) || uri.Host.Length == 0 || uri.PathAndQuery is not ("/" or ""))
            return null;
        return uri.Scheme switch
        {
            "tcp" when uri.Port > 0 => new(PortKind.Gateway, uri.Host, uri.Port),
            "modbus" => new(PortKind.ModbusTcp, uri.Host, uri.Port > 0 ? uri.Port : ModbusPort),
            _ => null,
        };
    }

    public override string ToString() => Kind switch
    {
        PortKind.Serial => Path,
        PortKind.Gateway => $"tcp://{Path}:{Number}",
        _ => $"modbus://{Path}:{Number}",
    };

    /// <param name="expected">What should be there, for messages: "the gateway of the FT 300".</param>
    /// <exception cref="DeviceLostException">It cannot be had now; says why.</exception>
    internal BytePort Open(int baud, string expected, CancellationToken stop) => Kind == PortKind.Serial
        ? SerialPort.Open(Path, baud, stop)
        : new SocketPort(DeviceAddress.Tcp(Path, Number, expected).Connect(ConnectedDevice.ConnectTimeoutMs, stop), stop);
}

/// <summary>
/// A device behind a serial port or its gateway. An absent serial port is looked for ten times a second: opening a path costs nothing.
/// </summary>
internal sealed class PortDevice(
    string name, PortAddress address, int baud, string expected, Action<BytePort, CancellationToken> session)
    : ConnectedDevice<BytePort>(name, address.ToString(), stop => address.Open(baud, expected, stop), session,
        address.Kind == PortKind.Serial ? 100 : NearBackoffMs);
