using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// Reads picture after picture from the disk through the same buffers: a new one for each would keep the garbage collector busy. What it
/// returns is good until its next call. One instance serves one thread.
/// </summary>
public sealed class PictureReader
{
    private const int LargestFile = 256 * 1024 * 1024;
    private readonly PngDecoder _png = new();
    private readonly NpzReader _npz = new();
    private byte[] _file = [];

    /// <exception cref="InvalidDataException">Not an RGB PNG, or damaged; the message says how, without the path.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public RgbPicture Color(string path)
    {
        int bytes = Read(path); // may replace the buffer
        return _png.Decode(_file.AsSpan(0, bytes));
    }

    /// <exception cref="InvalidDataException">Not a depth picture, or damaged; the message says how, without the path.</exception>
    /// <exception cref="IOException">It cannot be read.</exception>
    public DepthPicture Depth(string path)
    {
        int bytes = Read(path);
        return _npz.Read(_file, bytes);
    }

    private int Read(string path)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        long length = RandomAccess.GetLength(file);
        if (length > LargestFile)
            throw new InvalidDataException($"a picture of {length} bytes is not believable");
        if (_file.Length < length)
            _file = GC.AllocateUninitializedArray<byte>((int)length * 5 / 4);
        int at = 0;
        for (int n; at < length; at += n)
            if ((n = RandomAccess.Read(file, _file.AsSpan(at, (int)length - at), at)) == 0)
                throw new InvalidDataException("it became shorter while it was read");
        return at;
    }
}
