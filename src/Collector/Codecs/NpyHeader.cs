using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// The head of a NumPy array, format 1.0: magic, version, header length, a Python dictionary padded to a multiple of 64 bytes.
/// </summary>
internal static partial class NpyHeader
{
    private static ReadOnlySpan<byte> Magic => [0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y'];

    /// <summary>The head of an array in C order.</summary>
    public static byte[] Make<T>(params ReadOnlySpan<int> shape)
        where T : unmanaged
    {
        string tuple = shape.Length == 1 ? $"{shape[0]}," : string.Join(", ", shape.ToArray());
        string dictionary = $"{{'descr': '{DescriptionOf<T>()}', 'fortran_order': False, 'shape': ({tuple}), }}";
        int length = (10 + dictionary.Length + 1 + 63) / 64 * 64;
        var header = new byte[length];
        header.AsSpan().Fill((byte)' ');
        Magic.CopyTo(header);
        (header[6], header[7]) = (1, 0);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(8), (ushort)(length - 10));
        Encoding.ASCII.GetBytes(dictionary, header.AsSpan(10));
        header[^1] = (byte)'\n';
        return header;
    }

    /// <summary>NumPy's name of a type.</summary>
    public static string DescriptionOf<T>()
        where T : unmanaged =>
        typeof(T) == typeof(bool) ? "|b1"
        : typeof(T) == typeof(ushort) ? "<u2"
        : typeof(T) == typeof(int) ? "<i4"
        : typeof(T) == typeof(ulong) ? "<u8"
        : typeof(T) == typeof(float) ? "<f4"
        : typeof(T) == typeof(double) ? "<f8"
        : throw new ArgumentException($"{typeof(T).Name} is no type that arrays are written in here");

    /// <summary>Where the values begin, their type and shape.</summary>
    /// <exception cref="InvalidDataException">It is no array in C order of format 1.</exception>
    public static (int DataAt, string Description, int[] Shape) Parse(ReadOnlySpan<byte> npy)
    {
        if (!npy.StartsWith(Magic) || npy.Length < 10 || npy[6] != 1)
            throw new InvalidDataException("not a NumPy array of format 1");
        int dataAt = 10 + BinaryPrimitives.ReadUInt16LittleEndian(npy[8..]);
        if (dataAt > npy.Length)
            throw new InvalidDataException("the NumPy header is longer than the array");
        string header = Encoding.Latin1.GetString(npy[10..dataAt]);
        Match match = Pattern().Match(header);
        if (!match.Success)
            throw new InvalidDataException($"an array in C order was expected, the array says {header.TrimEnd()}");
        int[] shape = [.. match.Groups[2].Value.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            .Select(n => int.Parse(n, CultureInfo.InvariantCulture))];
        return (dataAt, match.Groups[1].Value, shape);
    }

    [GeneratedRegex(@"^\{'descr': '([<|][a-z][0-9])', 'fortran_order': False, 'shape': \(((?:\d{1,9}(?:, |,))*(?:\d{1,9})?)\), \} *\n$",
        RegexOptions.CultureInvariant)]
    private static partial Regex Pattern();
}
