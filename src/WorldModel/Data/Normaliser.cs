using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

public enum Scaling
{
    /// <summary>As they are; bytes of pictures become 0 … 1.</summary>
    None,

    /// <summary>Minimum and maximum become -1 and 1.</summary>
    MinMax,

    /// <summary>Mean and standard deviation become 0 and 1.</summary>
    ZScore,

    /// <summary>Pictures only: the mean and standard deviation of ImageNet become 0 and 1, as pretrained encoders expect.</summary>
    ImageNet,
}

/// <summary>
/// Maps numbers to what a network takes and back: y = (x − offset)·scale, column by column. A column that is constant keeps its unit
/// and becomes 0, so that what it never showed in training stays visible as what it is.
/// </summary>
/// <param name="Offset">By column, in the column's unit; of pictures by channel, of 0 … 1.</param>
/// <param name="Scale">By column, never 0.</param>
/// <param name="Min">Least value seen in training, in the column's unit; of pictures 0 … 255.</param>
/// <param name="Max">Greatest value seen in training.</param>
public sealed record Normaliser(
    [property: JsonConverter(typeof(SnakeCaseEnum<Scaling>))] Scaling Kind, double[] Offset, double[] Scale, double[] Min, double[] Max)
{
    private const double Constant = 1e-7; // of the largest value: below, a float's rounding would be blown up to a signal
    private static readonly double[] s_imageNetMean = [0.485, 0.456, 0.406], s_imageNetStd = [0.229, 0.224, 0.225];

    /// <summary>Columns, or channels.</summary>
    [JsonIgnore]
    public int Size => Offset.Length;

    /// <summary>For columns of numbers.</summary>
    /// <exception cref="ArgumentException">ImageNet's constants are asked for.</exception>
    public static Normaliser For(Scaling kind, ModalityStatistics seen) => kind switch
    {
        Scaling.None => new(kind, new double[seen.Mean.Length], Ones(seen.Mean.Length), seen.Min, seen.Max),
        Scaling.MinMax => MinMax(seen.Min, seen.Max, seen),
        Scaling.ZScore => new(kind, seen.Mean, [.. seen.Std.Select((s, i) => Inverse(s, seen.Min[i], seen.Max[i]))], seen.Min, seen.Max),
        _ => throw new ArgumentException("ImageNet's normalisation is for colour pictures; a vector takes none, min_max or z_score"),
    };

    /// <summary>-1 and 1 at given bounds, which need not be the least and greatest values seen.</summary>
    public static Normaliser MinMax(double[] lower, double[] upper, ModalityStatistics seen) =>
        new(Scaling.MinMax, [.. lower.Zip(upper, (l, u) => (l + u) / 2)],
            [.. lower.Zip(upper, (l, u) => Inverse((u - l) / 2, l, u))], seen.Min, seen.Max);

    /// <summary>For colour pictures. MinMax and None are by a byte's range, ZScore is by channel.</summary>
    /// <param name="seen">Of bytes, by channel.</param>
    public static Normaliser ForColor(Scaling kind, ModalityStatistics seen) => kind switch
    {
        Scaling.None => new(kind, [0, 0, 0], Ones(3), seen.Min, seen.Max),
        Scaling.MinMax => new(kind, [0.5, 0.5, 0.5], [2, 2, 2], seen.Min, seen.Max),
        Scaling.ZScore => new(kind, [.. seen.Mean.Select(m => m / 255)],
            [.. seen.Std.Select((s, i) => Inverse(s / 255, seen.Min[i] / 255, seen.Max[i] / 255))], seen.Min, seen.Max),
        _ => new(kind, s_imageNetMean, [.. s_imageNetStd.Select(s => 1 / s)], seen.Min, seen.Max),
    };

    /// <summary>For depth: 0, where nothing came back, stays 0, and the farthest point seen becomes 1.</summary>
    /// <param name="seen">m.</param>
    public static Normaliser ForDepth(ModalityStatistics seen) =>
        new(Scaling.MinMax, [0], [seen.Max is [> 0 and var farthest] ? 1 / farthest : 1], seen.Min, seen.Max);

    /// <param name="raw">Rows of <see cref="Size"/> columns, any number of them.</param>
    /// <param name="normal">As long; may be the same span.</param>
    /// <exception cref="ArgumentException">No whole number of rows, or lengths differ.</exception>
    public void Apply(ReadOnlySpan<float> raw, Span<float> normal)
    {
        Check(raw.Length, normal.Length);
        for (int at = 0; at < raw.Length; at += Size)
            for (int i = 0; i < Size; i++)
                normal[at + i] = (float)((raw[at + i] - Offset[i]) * Scale[i]);
    }

    /// <inheritdoc cref="Apply(ReadOnlySpan{float}, Span{float})"/>
    public void Invert(ReadOnlySpan<float> normal, Span<float> raw)
    {
        Check(normal.Length, raw.Length);
        for (int at = 0; at < normal.Length; at += Size)
            for (int i = 0; i < Size; i++)
                raw[at + i] = (float)(normal[at + i] / Scale[i] + Offset[i]);
    }

    /// <summary>Pictures, planes [3, H, W].</summary>
    /// <exception cref="ArgumentException">No three planes, or lengths differ.</exception>
    public void Apply(ReadOnlySpan<byte> pixels, Span<float> normal)
    {
        Check(pixels.Length, normal.Length);
        int plane = pixels.Length / Size;
        for (int i = 0; i < pixels.Length; i++)
            normal[i] = (float)((pixels[i] / 255.0 - Offset[i / plane]) * Scale[i / plane]);
    }

    /// <summary>Back to bytes, rounded and held within 0 … 255; what is no number becomes 0.</summary>
    /// <exception cref="ArgumentException">No three planes, or lengths differ.</exception>
    public void Invert(ReadOnlySpan<float> normal, Span<byte> pixels)
    {
        Check(normal.Length, pixels.Length);
        int plane = pixels.Length / Size;
        for (int i = 0; i < pixels.Length; i++)
        {
            double value = Math.Round((normal[i] / Scale[i / plane] + Offset[i / plane]) * 255);
            pixels[i] = value > 0 ? (byte)Math.Min(value, 255) : (byte)0;
        }
    }

    private void Check(int given, int to)
    {
        if (given != to || given % Size != 0)
            throw new ArgumentException($"{given} numbers to {to} were given; they come in rows or planes of {Size}");
    }

    private static double Inverse(double half, double min, double max) =>
        half > Constant * Math.Max(Math.Abs(min), Math.Abs(max)) ? 1 / half : 1;

    private static double[] Ones(int n)
    {
        var ones = new double[n];
        Array.Fill(ones, 1);
        return ones;
    }
}
