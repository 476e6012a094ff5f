using System.Buffers.Binary;
using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Bota;

/// <summary>What a sensor says of a sample; several may be set.</summary>
[Flags]
public enum BotaStatus : ushort
{
    None = 0,

    /// <summary>Its program was late; the sample is a good one.</summary>
    TookTooLong = 1,

    /// <summary>More than it can measure.</summary>
    Overrange = 2,

    Invalid = 4,

    /// <summary>Its calibration is off: the values are not N and N·m.</summary>
    Raw = 8,

    /// <summary>Any of these, and the values are not to be used.</summary>
    Unusable = Overrange | Invalid | Raw,
}

/// <summary>One frame of the stream.</summary>
/// <param name="Status">Bits without a name are kept.</param>
/// <param name="Wrench">N and N·m, in the sensor's frame.</param>
/// <param name="StampUs">When it was measured on the sensor's own clock, µs; begins anew after 71.6 min.</param>
/// <param name="TemperatureC">Inside the sensor, °C.</param>
public readonly record struct BotaFrame(BotaStatus Status, Wrench Wrench, uint StampUs, float TemperatureC);

/// <summary>
/// The wire of Bota Systems' serial sensors (Rokubi, SensONE, MiniONE) as their Python example has it: 8 data bits, no parity, 1 stop bit;
/// commands are letters and numbers without a line's end, answers <c>r,0,LETTER,0</c>; frames are 37 bytes, low byte first: 0xAA, status
/// u16, six f32, stamp u32 in µs, temperature f32, CRC-16/X-25 over the 34 bytes after 0xAA.
/// </summary>
public static class BotaWire
{
    public const int FrameBytes = 37, DefaultBaud = 460800;
    public const byte Header = 0xAA;
    private const int SumAt = FrameBytes - 2;
    private static readonly ushort[] s_table = Crc16.TableOf(0x8408);

    /// <summary>The last thing that it says when it starts.</summary>
    public static ReadOnlySpan<byte> BootText => "App Init"u8;

    /// <summary>Its lines, in the order of their numbers in the command <c>c</c>.</summary>
    public static IReadOnlyList<int> Bauds { get; } = [9600, 57600, 115200, 230400, 460800];

    /// <summary>The length of its sinc filter for each rate, Hz, as the maker names them; a tap lasts 19.53125 µs.</summary>
    public static IReadOnlyDictionary<int, int> SincLengths { get; } = new Dictionary<int, int>
    {
        [100] = 512,
        [200] = 256,
        [250] = 205,
        [400] = 128,
        [800] = 64,
        [1000] = 51,
    };

    public static double PeriodUs(int sincLength) => sincLength * 19.53125;

    /// <summary>How long a frame is on the line, ms.</summary>
    public static double FrameMs(int baud) => FrameBytes * 10 * 1000.0 / baud;

    /// <summary>CRC-16/X-25: polynomial 0x1021 reflected, start and final XOR 0xFFFF.</summary>
    public static ushort Sum(ReadOnlySpan<byte> bytes)
    {
        int crc = 0xFFFF;
        foreach (byte b in bytes)
            crc = crc >> 8 ^ s_table[(crc ^ b) & 0xFF];
        return (ushort)(crc ^ 0xFFFF);
    }

    /// <summary>Whether these 37 bytes are a frame.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out BotaFrame frame)
    {
        frame = default;
        if (bytes[0] != Header || Sum(bytes[1..SumAt]) != BinaryPrimitives.ReadUInt16LittleEndian(bytes[SumAt..]))
            return false;
        var wrench = new Wrench(Float(bytes, 3), Float(bytes, 7), Float(bytes, 11), Float(bytes, 15), Float(bytes, 19), Float(bytes, 23));
        frame = new((BotaStatus)BinaryPrimitives.ReadUInt16LittleEndian(bytes[1..]), wrench,
            BinaryPrimitives.ReadUInt32LittleEndian(bytes[27..]), Float(bytes, 31));
        return true;
    }

    /// <summary>Writes a frame into 37 bytes.</summary>
    public static void Write(in BotaFrame frame, Span<byte> bytes)
    {
        bytes[0] = Header;
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[1..], (ushort)frame.Status);
        Wrench w = frame.Wrench;
        ReadOnlySpan<double> values = [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz];
        for (int i = 0; i < 6; i++)
            BinaryPrimitives.WriteSingleLittleEndian(bytes[(3 + 4 * i)..], (float)values[i]);
        BinaryPrimitives.WriteUInt32LittleEndian(bytes[27..], frame.StampUs);
        BinaryPrimitives.WriteSingleLittleEndian(bytes[31..], frame.TemperatureC);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes[SumAt..], Sum(bytes[1..SumAt]));
    }

    /// <summary>A status in words, for a person.</summary>
    public static string Describe(BotaStatus status) => $"0x{(ushort)status:X4} (" + string.Join(", ", new[]
    {
        (BotaStatus.TookTooLong, "its program took too long"), (BotaStatus.Overrange, "force or torque out of range"),
        (BotaStatus.Invalid, "invalid measurements"), (BotaStatus.Raw, "raw measurements: its calibration is off"),
        ((BotaStatus)0xFFF0, "bits that are not known here"),
    }.Where(b => (status & b.Item1) != 0).Select(b => b.Item2)) + ")";

    private static float Float(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadSingleLittleEndian(bytes[at..]);
}
