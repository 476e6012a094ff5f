namespace RobotWorldModel.Drivers.Modbus;

/// <summary>CRC-16/MODBUS: polynomial 0xA001 reflected, start 0xFFFF; on the wire its low byte comes first.</summary>
public static class Crc16
{
    private static readonly ushort[] s_table = TableOf(0xA001);

    public static ushort Of(ReadOnlySpan<byte> bytes)
    {
        int crc = 0xFFFF;
        foreach (byte b in bytes)
            crc = crc >> 8 ^ s_table[(crc ^ b) & 0xFF];
        return (ushort)crc;
    }

    /// <summary>Whether the last two bytes are the sum of those before them.</summary>
    public static bool Ends(ReadOnlySpan<byte> frame) => Of(frame[..^2]) == (frame[^2] | frame[^1] << 8);

    /// <summary>Writes the sum of all but the last two bytes into these.</summary>
    public static void Close(Span<byte> frame)
    {
        ushort crc = Of(frame[..^2]);
        (frame[^2], frame[^1]) = ((byte)crc, (byte)(crc >> 8));
    }

    /// <summary>What each byte makes of a sum, for a polynomial that is written with its lowest power first.</summary>
    internal static ushort[] TableOf(int reflectedPolynomial)
    {
        return [.. Enumerable.Range(0, 256).Select(Entry)];

        ushort Entry(int value)
        {
            for (int bit = 0; bit < 8; bit++)
                value = (value & 1) != 0 ? value >> 1 ^ reflectedPolynomial : value >> 1;
            return (ushort)value;
        }
    }
}
