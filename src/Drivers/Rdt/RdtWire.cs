using System.Buffers.Binary;

namespace RobotWorldModel.Drivers.Rdt;

/// <summary>
/// The "raw data transfer" of networked force-torque sensors: ATI Net F/T and Axia, SCHUNK FTN, OptoForce and OnRobot HEX. Datagrams over
/// UDP, big-endian. Source: ATI manual 9610-05-Ethernet Axia-09 §10; the vendor's example for the HEX.
/// </summary>
public static class RdtWire
{
    public const int DefaultPort = 49152, RequestBytes = 8;
    private const ushort Header = 0x1234;

    /// <param name="data">For <see cref="RdtCommand.Start"/> how many records, 0 without end.</param>
    public static void WriteRequest(Span<byte> into, RdtCommand command, uint data = 0)
    {
        BinaryPrimitives.WriteUInt16BigEndian(into, Header);
        BinaryPrimitives.WriteUInt16BigEndian(into[2..], (ushort)command);
        BinaryPrimitives.WriteUInt32BigEndian(into[4..], data);
    }

    /// <summary>Null for what is no request.</summary>
    public static (RdtCommand Command, uint Data)? ReadRequest(ReadOnlySpan<byte> datagram) =>
        datagram.Length == RequestBytes && BinaryPrimitives.ReadUInt16BigEndian(datagram) == Header
            ? ((RdtCommand)BinaryPrimitives.ReadUInt16BigEndian(datagram[2..]), BinaryPrimitives.ReadUInt32BigEndian(datagram[4..]))
            : null;
}

public enum RdtCommand : ushort
{
    Stop = 0,

    /// <summary>One record a datagram, at the sensor's rate.</summary>
    Start = 2,

    /// <summary>What hangs on the sensor now is zero from now on, for every client. OnRobot: data 0xFF does, data 0 undoes it.</summary>
    Bias = 0x42,

    /// <summary>OnRobot alone: low pass by number, 0 none.</summary>
    Filter = 0x81,

    /// <summary>OnRobot alone: the period in ms.</summary>
    Speed = 0x82,
}

/// <summary>One record.</summary>
/// <param name="Rdt">Counts the records of this request from 1 on; wraps at 2³².</param>
/// <param name="Ft">Counts the sensor's own samples, of which a record may be every n-th; wraps at 2³².</param>
/// <param name="Status">0: healthy; see <see cref="RdtStatus"/>.</param>
public readonly record struct RdtRecord(uint Rdt, uint Ft, uint Status, int Fx, int Fy, int Fz, int Tx, int Ty, int Tz)
{
    public const int Bytes = 36;

    public static RdtRecord Read(ReadOnlySpan<byte> from) => new(
        BinaryPrimitives.ReadUInt32BigEndian(from), BinaryPrimitives.ReadUInt32BigEndian(from[4..]),
        BinaryPrimitives.ReadUInt32BigEndian(from[8..]), Count(from, 0), Count(from, 1), Count(from, 2), Count(from, 3), Count(from, 4),
        Count(from, 5));

    public void Write(Span<byte> into)
    {
        BinaryPrimitives.WriteUInt32BigEndian(into, Rdt);
        BinaryPrimitives.WriteUInt32BigEndian(into[4..], Ft);
        BinaryPrimitives.WriteUInt32BigEndian(into[8..], Status);
        ReadOnlySpan<int> counts = [Fx, Fy, Fz, Tx, Ty, Tz];
        for (int i = 0; i < counts.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(into[(12 + 4 * i)..], counts[i]);
    }

    public bool SameCounts(in RdtRecord other) =>
        (Fx, Fy, Fz, Tx, Ty, Tz) == (other.Fx, other.Fy, other.Fz, other.Tx, other.Ty, other.Tz);

    private static int Count(ReadOnlySpan<byte> from, int axis) => BinaryPrimitives.ReadInt32BigEndian(from[(12 + 4 * axis)..]);
}
