using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>A FT 300 (or FT 300-S, FT 150) on its own serial line, or behind a gateway.</summary>
public sealed class Ft300LineOptions
{
    public string Name { get; set; } = "force";

    /// <summary>Where it is: <see cref="PortAddress.Parse"/>.</summary>
    public PortAddress? Port { get; set; }

    /// <summary>Its Modbus unit, 1 to 247.</summary>
    public byte Unit { get; set; } = 9;

    /// <summary>How often it is asked, Hz, where it is polled: 75 at most on its line. Its stream comes at 100.</summary>
    public double RateHz { get; set; } = 60;

    /// <summary>
    /// The constant part of the delay from force to host, ms, beyond what the answer took on the line. A stream's frame takes 8.33 ms.
    /// </summary>
    public double LatencyMs { get; set; }

    /// <exception cref="ArgumentException">Says which value is missing or out of range.</exception>
    internal Ft300LineOptions Validated()
    {
        if (Port is null)
            throw new ArgumentException($"{Name}.line must be {PortAddress.Forms}");
        if (Unit is 0 or > 247)
            throw new ArgumentException($"{Name}.unit must be 1 to 247");
        if (RateHz is not (>= 1 and <= 100))
            throw new ArgumentException($"{Name}.rate_hz must be 1 to 100");
        return this;
    }
}

/// <summary>
/// What every session with the sensor on its line begins with, and what is said over it. 19200 baud, 8 data bits, no parity, 1 stop bit;
/// registers as in Robotiq's FT 300 and FT 300-S manuals.
/// </summary>
internal static class Ft300Line
{
    public const int Baud = 19200, AnswerMs = 300;
    public const ushort ForceRegister = 180, OutputRegister = 410, StreamOutput = 0x0200;
    public const double NewtonPerCount = 0.01, NewtonMetrePerCount = 0.001;
    private const ushort FirmwareRegister = 500, SerialRegister = 510;
    private const int StopBytes = 50, SilenceMs = 100, StopTries = 5;
    private const string Model = "Robotiq FT 300";
    private static readonly byte[] s_stopRequest = [.. Enumerable.Repeat((byte)0xFF, StopBytes)];

    /// <summary>
    /// Ends a stream, ours before a crash or another program's: while it sends, the sensor hears no request. It wants some fifty bytes of
    /// 0xFF, and counts as quiet after 80 ms of silence.
    /// </summary>
    /// <exception cref="DeviceLostException">It goes on, or something else sends without end.</exception>
    public static void StopStream(BytePort port)
    {
        Span<byte> away = stackalloc byte[256];
        for (int i = 0; i < StopTries; i++)
        {
            port.Send(s_stopRequest, AnswerMs);
            int reads = 0;
            while (port.Receive(away, SilenceMs) > 0 && reads < 64)
                reads++;
            if (reads < 64)
                return;
        }
        throw new DeviceLostException($"it does not end what it sends, after {StopTries} requests: is that the FT 300's port?");
    }

    /// <summary>So that the next program finds a sensor that hears.</summary>
    public static void LeaveQuiet(BytePort port) => port.SendLast(s_stopRequest);

    /// <summary>Reads what the sensor says of itself; its firmware's first letter tells that it is one.</summary>
    /// <exception cref="DeviceLostException">Something else answers.</exception>
    /// <exception cref="ModbusException">Nothing answers, or not as it should.</exception>
    public static ForceSensorInfo Identify(ModbusClient client)
    {
        Span<ushort> registers = stackalloc ushort[4];
        client.ReadHolding(FirmwareRegister, registers[..3]);
        string letters = Letters(registers);
        if (letters[0] != 'F')
            throw new DeviceLostException(
                $"what answers calls its firmware '{letters}', which is no FT 300's: check `line` in the config");
        string firmware = $"{letters}-{registers[1] & 0xFF}.{registers[2] >> 8}.{registers[2] & 0xFF}";
        return new(Model, SerialOf(client, registers), firmware);
    }

    /// <summary>Six counts, in the order Fx, Fy, Fz, Mx, My, Mz.</summary>
    public static Wrench ToWrench(short fx, short fy, short fz, short mx, short my, short mz) => new(
        fx * NewtonPerCount, fy * NewtonPerCount, fz * NewtonPerCount,
        mx * NewtonMetrePerCount, my * NewtonMetrePerCount, mz * NewtonMetrePerCount);

    private static string SerialOf(ModbusClient client, Span<ushort> registers)
    {
        try
        {
            client.ReadHolding(SerialRegister, registers);
        }
        catch (ModbusException e) when (e.Failure == ModbusFailure.Refused) // older firmware has no such registers
        {
            return "";
        }
        uint number = (uint)(registers[3] << 16 | registers[2]);
        return number == 0 ? "" : $"{Letters(registers)}-{number:0000}";
    }

    private static string Letters(ReadOnlySpan<ushort> registers)
    {
        Span<char> letters = [(char)(registers[0] >> 8), (char)(registers[0] & 0xFF), (char)(registers[1] >> 8)];
        for (int i = 0; i < letters.Length; i++)
            if (!char.IsAsciiLetterOrDigit(letters[i]))
                letters[i] = '?';
        return new(letters);
    }
}
