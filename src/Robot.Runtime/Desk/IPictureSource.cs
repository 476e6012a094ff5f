using System.Buffers.Binary;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>Pictures for a page, newest first, each once.</summary>
internal interface IPictureSource : IDisposable
{
    /// <summary>The next as <see cref="PictureMessage"/>; it is the source's own until the next call.</summary>
    Task<ReadOnlyMemory<byte>> NextAsync(CancellationToken cancellation);
}

/// <summary>
/// A picture on its way to a page: width i4, height i4, sequence i8, time in ns i8; little-endian, then RGB8.
/// </summary>
internal static class PictureMessage
{
    public const int HeaderBytes = 24;

    public static void WriteHeader(Span<byte> message, int width, int height, long sequence, long timeNs)
    {
        BinaryPrimitives.WriteInt32LittleEndian(message, width);
        BinaryPrimitives.WriteInt32LittleEndian(message[4..], height);
        BinaryPrimitives.WriteInt64LittleEndian(message[8..], sequence);
        BinaryPrimitives.WriteInt64LittleEndian(message[16..], timeNs);
    }
}
