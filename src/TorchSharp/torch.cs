using System.Runtime.InteropServices;

namespace TorchSharp;

/// <summary>
/// The part of TorchSharp 0.107's API that our models and their training need, over whichever libtorch this machine has. Names, parameters
/// and defaults are TorchSharp's, so that the same sources build on its package (<c>-p:TorchBackend=nuget</c>); what each does is
/// PyTorch's documentation of the same name.
/// </summary>
public static partial class torch
{
    /// <summary>The version of libtorch that the library was built against.</summary>
    public static unsafe string __version__ => Marshal.PtrToStringUTF8((nint)Native.rt_version())!;

    public static Tensor empty(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null)
    {
        Unnamed(names);
        var on = device ?? CPU;
        unsafe
        {
            fixed (long* at = size)
            {
                Native.Check(Native.rt_empty(at, size.Length, (int)(dtype ?? ScalarType.Float32), (int)on.type, on.index, out var r));
                return Leaf(r, requires_grad);
            }
        }
    }

    public static Tensor zeros(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) => full(size, 0, dtype ?? ScalarType.Float32, device, requires_grad, names);

    public static Tensor ones(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) => full(size, 1, dtype ?? ScalarType.Float32, device, requires_grad, names);

    public static Tensor full(long[] size, Scalar value, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null)
    {
        Unnamed(names);
        var on = device ?? CPU;
        var type = dtype ?? (value.Whole ? ScalarType.Int64 : ScalarType.Float32);
        unsafe
        {
            fixed (long* at = size)
            {
                Native.Check(Native.rt_full(at, size.Length, value.Real, (int)type, (int)on.type, on.index, out var r));
                return Leaf(r, requires_grad);
            }
        }
    }

    public static Tensor rand(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) => Random(0, size, dtype, device, requires_grad, generator, names);

    public static Tensor randn(long[] size, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        Generator? generator = null, string[]? names = null) => Random(1, size, dtype, device, requires_grad, generator, names);

    public static Tensor arange(Scalar start, Scalar stop, Scalar step, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false)
    {
        var on = device ?? CPU;
        var type = dtype ?? (start.Whole && stop.Whole && step.Whole ? ScalarType.Int64 : ScalarType.Float32);
        Native.Check(Native.rt_arange(start.Real, stop.Real, step.Real, (int)type, (int)on.type, on.index, out var r));
        return Leaf(r, requires_grad);
    }

    public static Tensor arange(Scalar stop, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        arange(0, stop, 1, dtype, device, requires_grad);

    public static Tensor linspace(double start, double end, long steps, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false)
    {
        var on = device ?? CPU;
        Native.Check(Native.rt_linspace(
            start, end, steps, (int)(dtype ?? ScalarType.Float32), (int)on.type, on.index, out var r));
        return Leaf(r, requires_grad);
    }

    public static Tensor zeros_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) => Like(Unary.ZerosLike, input, dtype, device, requires_grad, names);

    public static Tensor ones_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) => Like(Unary.OnesLike, input, dtype, device, requires_grad, names);

    public static Tensor empty_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) => Like(Unary.EmptyLike, input, dtype, device, requires_grad, names);

    public static Tensor rand_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Like(Unary.RandLike, input, dtype, device, requires_grad, null);

    public static Tensor randn_like(Tensor input, ScalarType? dtype = null, Device? device = null, bool requires_grad = false) =>
        Like(Unary.RandnLike, input, dtype, device, requires_grad, null);

    /// <summary>A tensor of its own that holds a copy of the array; dimensions say its shape, row by row.</summary>
    public static Tensor tensor(float[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        From<float>(rawArray, dimensions, dtype, device, requires_grad, names);

    public static Tensor tensor(float[] rawArray, ScalarType? dtype = null, Device? device = null, bool requires_grad = false,
        string[]? names = null) => From<float>(rawArray, [rawArray.Length], dtype, device, requires_grad, names);

    public static Tensor tensor(long[] dataArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        From<long>(dataArray, dimensions, dtype, device, requires_grad, names);

    public static Tensor tensor(byte[] rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        From<byte>(rawArray, dimensions, dtype, device, requires_grad, names);

    /// <summary>The same from a part of an array.</summary>
    public static Tensor tensor(Memory<float> rawArray, ReadOnlySpan<long> dimensions, ScalarType? dtype = null, Device? device = null,
        bool requires_grad = false, string[]? names = null) =>
        From<float>(rawArray.Span, dimensions, dtype, device, requires_grad, names);

    internal static ScalarType TypeOf<T>() where T : unmanaged =>
        typeof(T) == typeof(float) ? ScalarType.Float32
        : typeof(T) == typeof(double) ? ScalarType.Float64
        : typeof(T) == typeof(long) ? ScalarType.Int64
        : typeof(T) == typeof(int) ? ScalarType.Int32
        : typeof(T) == typeof(byte) ? ScalarType.Byte
        : typeof(T) == typeof(bool) ? ScalarType.Bool
        : throw new ArgumentException($"Tensors of {typeof(T).Name} are not in this subset of TorchSharp.");

    private static unsafe Tensor From<T>(
        ReadOnlySpan<T> values, ReadOnlySpan<long> size, ScalarType? dtype, Device? device, bool requiresGrad, string[]? names)
        where T : unmanaged
    {
        Unnamed(names);
        long count = 1;
        foreach (var extent in size)
            count *= extent;
        if (count != values.Length)
            throw new ArgumentException($"{values.Length} values do not fill a tensor of {string.Join("x", size.ToArray())}.");
        fixed (T* data = values)
        fixed (long* at = size)
        {
            Native.Check(Native.rt_from_memory(data, at, size.Length, (int)TypeOf<T>(), out var r));
            var made = new Tensor(r);
            if ((dtype is { } type && type != TypeOf<T>()) || (device is not null && device.type != DeviceType.CPU))
                made = made.to(dtype ?? TypeOf<T>(), device ?? CPU, disposeAfter: true);
            return requiresGrad ? made.requires_grad_() : made;
        }
    }

    private static unsafe Tensor Random(
        int normal, long[] size, ScalarType? dtype, Device? device, bool requiresGrad, Generator? generator, string[]? names)
    {
        Unnamed(names);
        var on = device ?? CPU;
        fixed (long* at = size)
        {
            Native.Check(Native.rt_random(
                normal, at, size.Length, (int)(dtype ?? ScalarType.Float32), (int)on.type, on.index, generator?.Source ?? 0, out var r));
            GC.KeepAlive(generator);
            return Leaf(r, requiresGrad);
        }
    }

    private static Tensor Like(Unary op, Tensor input, ScalarType? dtype, Device? device, bool requiresGrad, string[]? names)
    {
        Unnamed(names);
        var made = input.Of(op);
        if (dtype is not null || device is not null)
            made = made.to(dtype ?? made.dtype, device ?? made.device, disposeAfter: true);
        return requiresGrad ? made.requires_grad_() : made;
    }

    private static Tensor Leaf(nint handle, bool requiresGrad)
    {
        var made = new Tensor(handle);
        return requiresGrad ? made.requires_grad_() : made;
    }

    private static void Unnamed(string[]? names)
    {
        if (names is not null)
            throw new NotSupportedException("Names of dimensions are not in this subset of TorchSharp.");
    }
}
