using System.Buffers.Binary;
using System.Text;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>A file in a zip.</summary>
/// <param name="At">Where its local header begins.</param>
internal readonly record struct ZipEntry(string Name, bool Deflated, uint Crc, uint Packed, uint Unpacked, uint At);

/// <summary>Headers of a zip of less than 4 GiB. A file's time is no part of its content: it is always zip's first date.</summary>
internal static class ZipHeaders
{
    public const int EndBytes = 22;
    private const int LocalHeaderBytes = 30, CentralHeaderBytes = 46;
    private const ushort Version20 = 20, Deflated = 8, Stored = 0;
    private const ushort FirstOfJanuary1980 = 1 << 5 | 1;

    public static int LocalBytes(string name) => LocalHeaderBytes + name.Length;

    public static int CentralBytes(string name) => CentralHeaderBytes + name.Length;

    public static void WriteLocal(Span<byte> header, in ZipEntry entry)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034B50);
        WriteEntry(header[4..], entry);
        BinaryPrimitives.WriteUInt16LittleEndian(header[28..], 0); // extra
        Encoding.ASCII.GetBytes(entry.Name, header[LocalHeaderBytes..]);
    }

    public static void WriteCentral(Span<byte> header, in ZipEntry entry)
    {
        header[..CentralHeaderBytes].Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x02014B50);
        BinaryPrimitives.WriteUInt16LittleEndian(header[4..], Version20);
        WriteEntry(header[6..], entry);
        BinaryPrimitives.WriteUInt32LittleEndian(header[42..], entry.At);
        Encoding.ASCII.GetBytes(entry.Name, header[CentralHeaderBytes..]);
    }

    public static void WriteEnd(Span<byte> end, int entries, long centralAt, long centralBytes)
    {
        end.Clear();
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06054B50);
        BinaryPrimitives.WriteUInt16LittleEndian(end[8..], (ushort)entries);
        BinaryPrimitives.WriteUInt16LittleEndian(end[10..], (ushort)entries);
        BinaryPrimitives.WriteUInt32LittleEndian(end[12..], (uint)centralBytes);
        BinaryPrimitives.WriteUInt32LittleEndian(end[16..], (uint)centralAt);
    }

    /// <summary>
    /// What local and central header have in common: version, flags, method, time, date, CRC, sizes, length of the name.
    /// </summary>
    private static void WriteEntry(Span<byte> fields, in ZipEntry entry)
    {
        BinaryPrimitives.WriteUInt16LittleEndian(fields, Version20);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[2..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[4..], entry.Deflated ? Deflated : Stored);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[6..], 0);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[8..], FirstOfJanuary1980);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[10..], entry.Crc);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[14..], entry.Packed);
        BinaryPrimitives.WriteUInt32LittleEndian(fields[18..], entry.Unpacked);
        BinaryPrimitives.WriteUInt16LittleEndian(fields[22..], (ushort)entry.Name.Length);
    }
}
