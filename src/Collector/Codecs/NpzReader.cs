using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// A decoded depth picture, rows from the top, 0 = no return. The values lie in the reader's buffer until its next call.
/// </summary>
public readonly record struct DepthPicture(int Width, int Height, ReadOnlyMemory<ushort> Values);

/// <summary>
/// Reads depth pictures: NPZ files, ours or NumPy's, with the one array <c>depth</c> of uint16, little-endian, C order, two dimensions.
/// The zip's CRC-32 is checked, which ZipArchive leaves undone. One instance serves one thread and reuses its buffers.
/// </summary>
public sealed partial class NpzReader
{
    private const int MostPixels = 64 * 1024 * 1024;
    private byte[] _npy = [];
    private ushort[] _values = [];

    /// <exception cref="InvalidDataException">Not such a file, or damaged; the message says how.</exception>
    public DepthPicture Read(byte[] npz) => Read(npz, npz.Length);

    /// <summary>The same of a file that lies at the beginning of a larger buffer.</summary>
    /// <exception cref="InvalidDataException">Not such a file, or damaged; the message says how.</exception>
    public DepthPicture Read(byte[] npz, int bytes)
    {
        using var zip = new ZipArchive(new MemoryStream(npz, 0, bytes, writable: false), ZipArchiveMode.Read);
        if (zip.Entries is not [{ FullName: NpzEncoder.EntryName } entry])
            throw new InvalidDataException(
                $"one array 'depth' was expected, the file has: {string.Join(", ", zip.Entries.Select(e => e.FullName))}");
        if (entry.Length is < 64 or > 2L * MostPixels)
            throw new InvalidDataException($"an array of {entry.Length} bytes is not believable");
        int length = (int)entry.Length;
        if (_npy.Length != length)
            _npy = GC.AllocateUninitializedArray<byte>(length);
        using (Stream stream = entry.Open())
        {
            int n = stream.ReadAtLeast(_npy, length, throwOnEndOfStream: false);
            if (n < length || stream.ReadByte() >= 0)
                throw new InvalidDataException(
                    $"the array has {(n < length ? $"only {n}" : "more than the")} {length} bytes that the zip says");
        }
        if (Crc32.Compute(_npy) != entry.Crc32)
            throw new InvalidDataException("the array does not have the zip's CRC-32");
        return ReadArray(_npy);
    }

    private DepthPicture ReadArray(ReadOnlySpan<byte> npy)
    {
        ReadOnlySpan<byte> magic = [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];
        if (!npy.StartsWith(magic) || npy[6] is not (1 or 2))
            throw new InvalidDataException("not a NumPy array of format 1 or 2");
        int start = npy[6] == 1 ? 10 : 12;
        int dataAt = start + (npy[6] == 1 ? npy[8] | npy[9] << 8 : npy[8] | npy[9] << 8 | npy[10] << 16 | npy[11] << 24);
        if (dataAt < start || dataAt > npy.Length)
            throw new InvalidDataException("the NumPy header is longer than the array");
        string header = System.Text.Encoding.Latin1.GetString(npy[start..dataAt]);
        Match match = HeaderPattern().Match(header);
        if (!match.Success)
            throw new InvalidDataException($"'<u2' of shape (H, W) in C order was expected, the array says {header.TrimEnd()}");
        int height = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture),
            width = int.Parse(match.Groups[2].ValueSpan, CultureInfo.InvariantCulture);
        if ((long)width * height * 2 != npy.Length - dataAt)
            throw new InvalidDataException(
                $"shape ({height}, {width}) needs {(long)width * height * 2} bytes, the array has {npy.Length - dataAt}");
        if (_values.Length != width * height)
            _values = GC.AllocateUninitializedArray<ushort>(width * height);
        npy[dataAt..].CopyTo(MemoryMarshal.AsBytes(_values.AsSpan()));
        return new DepthPicture(width, height, _values);
    }

    [GeneratedRegex(@"^\{'descr': '<u2', 'fortran_order': False, 'shape': \((\d{1,6}), (\d{1,6})\), \} *\n$",
        RegexOptions.CultureInvariant)]
    private static partial Regex HeaderPattern();
}
