using System.IO.Compression;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// Writes several arrays into one NPZ file as NumPy's savez does: not compressed. The same arrays give the same bytes.
/// </summary>
internal sealed class NpzWriter(Stream output) : IDisposable
{
    private readonly List<ZipEntry> _entries = [];

    /// <exception cref="ArgumentException">There are more or fewer values than the shape says.</exception>
    public void Add<T>(string name, ReadOnlySpan<T> values, params ReadOnlySpan<int> shape)
        where T : unmanaged
    {
        long count = 1;
        foreach (int n in shape)
            count *= n;
        if (count != values.Length)
            throw new ArgumentException($"array '{name}' has {values.Length} values, its shape {count}", nameof(values));
        byte[] head = NpyHeader.Make<T>(shape);
        ReadOnlySpan<byte> data = MemoryMarshal.AsBytes(values);
        uint bytes = (uint)(head.Length + data.Length);
        var entry = new ZipEntry(
            name + ".npy", Deflated: false, Crc32.Append(Crc32.Compute(head), data), bytes, bytes, (uint)output.Position);
        var local = new byte[ZipHeaders.LocalBytes(entry.Name)];
        ZipHeaders.WriteLocal(local, entry);
        output.Write(local);
        output.Write(head);
        output.Write(data);
        _entries.Add(entry);
    }

    /// <summary>Ends the file, and closes it.</summary>
    public void Dispose()
    {
        long from = output.Position;
        foreach (ZipEntry entry in _entries)
        {
            var central = new byte[ZipHeaders.CentralBytes(entry.Name)];
            ZipHeaders.WriteCentral(central, entry);
            output.Write(central);
        }
        var end = new byte[ZipHeaders.EndBytes];
        ZipHeaders.WriteEnd(end, _entries.Count, from, output.Position - from);
        output.Write(end);
        output.Dispose();
    }
}

/// <summary>An array as a file has it.</summary>
/// <param name="Description">NumPy's name of its type: &lt;f4.</param>
public sealed record NpyArray(string Description, int[] Shape, byte[] Bytes)
{
    /// <summary>The values in C order.</summary>
    /// <exception cref="InvalidDataException">It is of another type.</exception>
    public ReadOnlySpan<T> As<T>()
        where T : unmanaged => Description == NpyHeader.DescriptionOf<T>()
            ? MemoryMarshal.Cast<byte, T>(Bytes)
            : throw new InvalidDataException($"an array of type {NpyHeader.DescriptionOf<T>()} was expected, this one is {Description}");
}

/// <summary>Reads the arrays of an NPZ file, ours or NumPy's. The zip's CRC-32 is checked, which ZipArchive leaves undone.</summary>
internal static class NpzArrays
{
    private const long MostBytes = 1L << 30;

    /// <exception cref="InvalidDataException">Not such a file, or damaged; the message says how.</exception>
    public static IReadOnlyDictionary<string, NpyArray> Read(string path)
    {
        var arrays = new Dictionary<string, NpyArray>();
        using var zip = ZipFile.OpenRead(path);
        foreach (ZipArchiveEntry entry in zip.Entries)
        {
            string name = Path.GetFileNameWithoutExtension(entry.FullName);
            if (entry.Length > MostBytes)
                throw new InvalidDataException($"array '{name}' of {entry.Length} bytes is not believable");
            var npy = new byte[entry.Length];
            using (Stream stream = entry.Open())
                if (stream.ReadAtLeast(npy, npy.Length, throwOnEndOfStream: false) < npy.Length)
                    throw new InvalidDataException($"array '{name}' is shorter than the zip says");
            if (Crc32.Compute(npy) != entry.Crc32)
                throw new InvalidDataException($"array '{name}' does not have the zip's CRC-32");
            (int dataAt, string description, int[] shape) = NpyHeader.Parse(npy);
            long bytes = shape.Aggregate((long)(description[2] - '0'), (product, n) => product * n);
            if (bytes != npy.Length - dataAt)
                throw new InvalidDataException($"array '{name}' has {npy.Length - dataAt} bytes, its type and shape {bytes}");
            arrays[name] = new(description, shape, npy[dataAt..]);
        }
        return arrays;
    }
}
