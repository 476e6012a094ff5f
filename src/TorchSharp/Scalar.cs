namespace TorchSharp;

/// <summary>A number beside a tensor. Whole ones stay whole, so that they do not turn integer tensors into floating ones.</summary>
public sealed class Scalar
{
    internal readonly bool Whole;
    internal readonly double Real;
    internal readonly long Integer;

    private Scalar(long value)
    {
        (Whole, Integer, Real) = (true, value, value);
    }

    private Scalar(double value)
    {
        Real = value;
    }

    public static implicit operator Scalar(byte value) => new((long)value);

    public static implicit operator Scalar(int value) => new((long)value);

    public static implicit operator Scalar(long value) => new(value);

    public static implicit operator Scalar(float value) => new((double)value);

    public static implicit operator Scalar(double value) => new(value);

    public static implicit operator Scalar(bool value) => new(value ? 1L : 0L);
}
