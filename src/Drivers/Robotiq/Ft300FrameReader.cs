using System.Buffers.Binary;
using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// Takes the frames of a FT 300's data stream out of its bytes, however they are cut: <c>20 4E</c>, six counts, low byte first, CRC-16
/// over both. The two bytes of a header also occur among the counts: after a wrong sum one byte is passed over, not a frame.
/// Allocates nothing after construction.
/// </summary>
internal sealed class Ft300FrameReader
{
    public const int FrameBytes = 16, BufferBytes = 1024;

    private readonly byte[] _bytes = new byte[BufferBytes];
    private int _start, _end;

    /// <summary>Bytes that belonged to no frame.</summary>
    public long Skipped { get; private set; }

    /// <summary>Where to put the next bytes; call <see cref="Added"/> after. Never empty once <see cref="TryNext"/> has said no.</summary>
    public Span<byte> Free
    {
        get
        {
            _bytes.AsSpan(_start, _end - _start).CopyTo(_bytes);
            (_start, _end) = (0, _end - _start);
            return _bytes.AsSpan(_end);
        }
    }

    public void Reset() => (_start, _end) = (0, 0);

    public void Added(int bytes) => _end += bytes;

    public bool TryNext(out Wrench wrench)
    {
        for (; _end - _start >= FrameBytes; _start++, Skipped++)
        {
            ReadOnlySpan<byte> frame = _bytes.AsSpan(_start, FrameBytes);
            if (frame[0] != 0x20 || frame[1] != 0x4E || !Crc16.Ends(frame))
                continue;
            _start += FrameBytes;
            wrench = Ft300Line.ToWrench(
                Count(frame, 0), Count(frame, 1), Count(frame, 2), Count(frame, 3), Count(frame, 4), Count(frame, 5));
            return true;
        }
        wrench = default;
        return false;
    }

    private static short Count(ReadOnlySpan<byte> frame, int axis) => BinaryPrimitives.ReadInt16LittleEndian(frame[(2 + 2 * axis)..]);
}
