using System.Collections;

namespace TorchSharp.Utils;

/// <summary>A tensor's elements, row by row: its own memory where they lie there in one piece, else a copy.</summary>
public sealed class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    private readonly torch.Tensor _tensor;
    private readonly T[]? _copy;

    internal TensorAccessor(torch.Tensor tensor)
    {
        if (tensor.dtype != torch.TypeOf<T>())
            throw new ArgumentException($"The elements are {tensor.dtype}, not {typeof(T).Name}.");
        _tensor = tensor;
        if (tensor.device.type != DeviceType.CPU || Native.rt_is_contiguous(tensor.Handle) == 0)
        {
            using var near = tensor.cpu();
            using var together = near.contiguous();
            _copy = Elements(together).ToArray();
        }
    }

    public long Count => _tensor.numel();

    public T this[params long[] indices]
    {
        get
        {
            var sizes = _tensor.shape;
            long at = 0;
            for (var i = 0; i < sizes.Length; i++)
            {
                ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual((ulong)indices[i], (ulong)sizes[i], nameof(indices));
                at = (at * sizes[i]) + indices[i];
            }
            var value = All()[checked((int)at)];
            GC.KeepAlive(_tensor);
            return value;
        }
    }

    public T[] ToArray()
    {
        var copy = All().ToArray();
        GC.KeepAlive(_tensor);
        return copy;
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
        // The tensor belongs to whoever made it.
    }

    private static unsafe ReadOnlySpan<T> Elements(torch.Tensor tensor) => new(tensor.Contiguous(), checked((int)tensor.numel()));

    private ReadOnlySpan<T> All() => _copy ?? Elements(_tensor);
}
