using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>Minimum, maximum, mean and (population) standard deviation of each column of a table, or channel of pictures.</summary>
/// <param name="Count">Rows, or pixels, that had a value.</param>
/// <param name="Min">NaN, in files null, for a column that had no value in any row; so the others.</param>
public sealed record ModalityStatistics(
    long Count,
    [property: JsonConverter(typeof(NumbersOrNull))] double[] Min,
    [property: JsonConverter(typeof(NumbersOrNull))] double[] Max,
    [property: JsonConverter(typeof(NumbersOrNull))] double[] Mean,
    [property: JsonConverter(typeof(NumbersOrNull))] double[] Std)
{
    /// <summary>Whether both have values for the same columns; only then can they be merged.</summary>
    public bool IsLike(ModalityStatistics other) =>
        Count == 0 || other.Count == 0 || Mean.Select(double.IsNaN).SequenceEqual(other.Mean.Select(double.IsNaN));

    /// <summary>Both together, as if they had been one.</summary>
    public ModalityStatistics Merge(ModalityStatistics other)
    {
        if (other.Count == 0)
            return this;
        if (Count == 0)
            return other;
        int n = Min.Length;
        var merged = new ModalityStatistics(Count + other.Count, new double[n], new double[n], new double[n], new double[n]);
        for (int i = 0; i < n; i++)
        {
            double share = (double)other.Count / merged.Count, gap = other.Mean[i] - Mean[i];
            merged.Min[i] = Math.Min(Min[i], other.Min[i]);
            merged.Max[i] = Math.Max(Max[i], other.Max[i]);
            merged.Mean[i] = Mean[i] + gap * share;
            merged.Std[i] = Math.Sqrt(
                Std[i] * Std[i] * (1 - share) + other.Std[i] * other.Std[i] * share + gap * gap * share * (1 - share));
        }
        return merged;
    }

    /// <summary>Whether both say the same but for rounding.</summary>
    internal bool Agrees(ModalityStatistics other) =>
        Count == other.Count && Agree(Min, other.Min) && Agree(Max, other.Max) && Agree(Mean, other.Mean) && Agree(Std, other.Std);

    private static bool Agree(double[] a, double[] b)
    {
        if (a.Length != b.Length)
            return false;
        for (int i = 0; i < a.Length; i++)
            if (!(Math.Abs(a[i] - b[i]) <= 1e-9 * Math.Max(1, Math.Abs(a[i])) || double.IsNaN(a[i]) && double.IsNaN(b[i])))
                return false;
        return true;
    }
}

/// <summary>Numbers of which some may be NaN, which JSON has no word for.</summary>
internal sealed class NumbersOrNull : JsonConverter<double[]>
{
    public override double[] Read(ref Utf8JsonReader reader, Type type, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
            throw new JsonException("it is no list of numbers");
        var numbers = new List<double>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            numbers.Add(reader.TokenType switch
            {
                JsonTokenType.Null => double.NaN,
                JsonTokenType.Number => reader.GetDouble(),
                _ => throw new JsonException("it is no list of numbers"),
            });
        return [.. numbers];
    }

    public override void Write(Utf8JsonWriter writer, double[] value, JsonSerializerOptions options)
    {
        writer.WriteStartArray();
        foreach (double number in value)
        {
            if (double.IsNaN(number))
                writer.WriteNullValue();
            else
                writer.WriteNumberValue(number);
        }
        writer.WriteEndArray();
    }
}

/// <summary>Gathers a table's statistics row by row (Welford's method). What is no value is left out.</summary>
public sealed class TableStatistics(int columns)
{
    private readonly double[] _min = Filled(columns, double.PositiveInfinity), _max = Filled(columns, double.NegativeInfinity);
    private readonly double[] _mean = new double[columns], _squares = new double[columns];
    private readonly long[] _count = new long[columns];

    public void Add(ReadOnlySpan<double> row)
    {
        for (int i = 0; i < row.Length; i++)
        {
            if (!double.IsFinite(row[i]))
                continue;
            _count[i]++;
            _min[i] = Math.Min(_min[i], row[i]);
            _max[i] = Math.Max(_max[i], row[i]);
            double gap = row[i] - _mean[i];
            _mean[i] += gap / _count[i];
            _squares[i] += gap * (row[i] - _mean[i]);
        }
    }

    public ModalityStatistics Result()
    {
        long most = _count.DefaultIfEmpty().Max();
        return most == 0
            ? new ModalityStatistics(0, [], [], [], [])
            : new ModalityStatistics(most, Known(i => _min[i]), Known(i => _max[i]), Known(i => _mean[i]),
                Known(i => Math.Sqrt(_squares[i] / _count[i])));
    }

    private double[] Known(Func<int, double> value) => [.. _count.Select((count, i) => count > 0 ? value(i) : double.NaN)];

    private static double[] Filled(int n, double value)
    {
        var array = new double[n];
        Array.Fill(array, value);
        return array;
    }
}

/// <summary>Statistics of colour pictures by channel, 0-255, in whole numbers: the order of pictures makes no difference.</summary>
public sealed class ColorStatistics
{
    private readonly long[] _sum = new long[3], _squares = new long[3];
    private readonly byte[] _min = [255, 255, 255], _max = [0, 0, 0];
    private long _pixels;

    public void Add(ReadOnlySpan<byte> rgb)
    {
        const int Lanes = 48; // 16 pixels: in each lane always the same channel
        const int MostBeforeSpill = 512; // 512 squares of a byte, twice, stay far below 2^32
        Span<uint> sums = stackalloc uint[Lanes], squares = stackalloc uint[Lanes];
        Span<byte> low = stackalloc byte[Lanes], high = stackalloc byte[Lanes];
        low.Fill(255);
        high.Clear();
        ReadOnlySpan<byte> rest = rgb;
        while (rest.Length >= Lanes)
        {
            int bytes = Math.Min(rest.Length / Lanes, MostBeforeSpill) * Lanes;
            for (int lane = 0; lane < Lanes; lane += 16)
                Gather(rest[..bytes], lane, sums.Slice(lane, 16), squares.Slice(lane, 16), low.Slice(lane, 16), high.Slice(lane, 16));
            for (int lane = 0; lane < Lanes; lane++)
            {
                _sum[lane % 3] += sums[lane];
                _squares[lane % 3] += squares[lane];
            }
            rest = rest[bytes..];
        }
        for (int lane = 0; lane < Lanes; lane++)
            Widen(lane % 3, low[lane], high[lane]);
        for (int i = 0; i < rest.Length; i++)
        {
            _sum[i % 3] += rest[i];
            _squares[i % 3] += rest[i] * rest[i];
            Widen(i % 3, rest[i], rest[i]);
        }
        _pixels += rgb.Length / 3;
    }

    public ModalityStatistics Result()
    {
        if (_pixels == 0)
            return new ModalityStatistics(0, [], [], [], []);
        var result = new ModalityStatistics(_pixels, new double[3], new double[3], new double[3], new double[3]);
        for (int c = 0; c < 3; c++)
        {
            (result.Min[c], result.Max[c]) = (_min[c], _max[c]);
            (result.Mean[c], result.Std[c]) = Moments.Of(_pixels, _sum[c], _squares[c]);
        }
        return result;
    }

    private void Widen(int channel, byte low, byte high)
    {
        _min[channel] = Math.Min(_min[channel], low);
        _max[channel] = Math.Max(_max[channel], high);
    }

    /// <summary>Every third vector of 16 bytes, from one of the three phases.</summary>
    private static void Gather(ReadOnlySpan<byte> rgb, int lane, Span<uint> sums, Span<uint> squares, Span<byte> low, Span<byte> high)
    {
        ReadOnlySpan<Vector128<byte>> vectors = MemoryMarshal.Cast<byte, Vector128<byte>>(rgb);
        var min = Vector128.Create<byte>(low);
        var max = Vector128.Create<byte>(high);
        Vector512<uint> sum = default, square = default;
        for (int i = lane / 16; i < vectors.Length; i += 3)
        {
            Vector128<byte> bytes = vectors[i];
            min = Vector128.Min(min, bytes);
            max = Vector128.Max(max, bytes);
            (Vector128<ushort> a, Vector128<ushort> b) = Vector128.Widen(bytes);
            Vector256<ushort> words = Vector256.Create(a, b), squared = words * words; // 255² fits
            (Vector256<uint> c, Vector256<uint> d) = Vector256.Widen(words);
            sum += Vector512.Create(c, d);
            (c, d) = Vector256.Widen(squared);
            square += Vector512.Create(c, d);
        }
        sum.CopyTo(sums);
        square.CopyTo(squares);
        min.CopyTo(low);
        max.CopyTo(high);
    }
}

/// <summary>Statistics of depth pictures in metres; pixels without a return are left out.</summary>
/// <param name="scale">Metres per unit.</param>
public sealed class DepthStatistics(double scale)
{
    private long _pixels, _sum;
    private Int128 _squares;
    private ushort _min = ushort.MaxValue, _max;

    public void Add(ReadOnlySpan<ushort> depth)
    {
        long sum = 0, squares = 0, pixels = 0; // of one picture: 2^32 per square, at most 2^26 pixels
        foreach (ushort d in depth)
        {
            sum += d;
            squares += (long)d * d;
            pixels += d == 0 ? 0 : 1;
            _min = d == 0 ? _min : Math.Min(_min, d);
            _max = Math.Max(_max, d);
        }
        _sum += sum;
        _squares += squares;
        _pixels += pixels;
    }

    public ModalityStatistics Result()
    {
        if (_pixels == 0)
            return new ModalityStatistics(0, [], [], [], []);
        (double mean, double std) = Moments.Of(_pixels, _sum, _squares);
        return new ModalityStatistics(_pixels, [_min * scale], [_max * scale], [mean * scale], [std * scale]);
    }
}

internal static class Moments
{
    public static (double Mean, double Std) Of(long count, long sum, Int128 squares)
    {
        // n · Σx² - (Σx)² in whole numbers: nothing cancels.
        Int128 spread = squares * count - (Int128)sum * sum;
        return ((double)sum / count, Math.Sqrt((double)spread) / count);
    }
}
