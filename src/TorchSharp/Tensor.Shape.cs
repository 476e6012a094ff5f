using System.Runtime.CompilerServices;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices] => index(indices);

        [IndexerName("TensorItems")]
        public Tensor this[long i1] => select(0, i1);

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2] => index([TensorIndex.Single(i1), TensorIndex.Single(i2)]);

        public Tensor index(params TensorIndex[] indices)
        {
            var steps = new List<Tensor>();
            try
            {
                var result = this;
                long dim = 0;
                for (var i = 0; i < indices.Length; i++)
                {
                    var next = Apply(result, ref dim, indices, i);
                    if (!ReferenceEquals(next, result))
                    {
                        steps.Add(next);
                        result = next;
                    }
                }
                if (steps.Count == 0)
                    return alias();
                steps.RemoveAt(steps.Count - 1);
                return result;
            }
            finally
            {
                steps.ForEach(step => step.Dispose());
            }
        }

        public Tensor alias() => Of(Unary.Alias);

        public Tensor reshape(params long[] shape) => Shaped(Reshape.Reshape, shape);

        public Tensor view(params long[] shape) => Shaped(Reshape.View, shape);

        public Tensor permute(params long[] permutation) => Shaped(Reshape.Permute, permutation);

        public Tensor expand(params long[] sizes) => Shaped(Reshape.Expand, sizes);

        public Tensor repeat(params long[] sizes) => Shaped(Reshape.Repeat, sizes);

        public Tensor flip(params long[] dims) => Shaped(Reshape.Flip, dims);

        public Tensor t() => Of(Unary.T);

        public Tensor transpose(long dim0, long dim1) => On(Along.Transpose, dim0, dim1);

        public Tensor flatten(long start_dim = 0, long end_dim = -1) => On(Along.Flatten, start_dim, end_dim);

        public Tensor unflatten(long dim, params long[] sizes)
        {
            var all = shape;
            var at = (int)(dim < 0 ? dim + all.Length : dim);
            return reshape([.. all[..at], .. sizes, .. all[(at + 1)..]]);
        }

        public Tensor squeeze(long? dim = null) => dim is { } one ? On(Along.Squeeze, one) : Of(Unary.Squeeze);

        public Tensor unsqueeze(long dim) => On(Along.Unsqueeze, dim);

        public Tensor narrow(long dim, long start, long length) => On(Along.Narrow, dim, start, length);

        public Tensor select(long dim, long index) => On(Along.Select, dim, index);

        public Tensor[] chunk(long chunks, long dim = 0)
        {
            var size = (int)((this.size((int)dim) + chunks - 1) / chunks);
            return split(size, (int)dim);
        }

        public Tensor[] split(long size, int dim = 0)
        {
            var whole = this.size(dim);
            var parts = new Tensor[(whole + size - 1) / size];
            for (var i = 0; i < parts.Length; i++)
                parts[i] = narrow(dim, i * size, Math.Min(size, whole - (i * size)));
            return parts;
        }

        public Tensor[] split(long[] sizes, long dim = 0)
        {
            var parts = new Tensor[sizes.Length];
            long start = 0;
            for (var i = 0; i < parts.Length; start += sizes[i++])
                parts[i] = narrow(dim, start, sizes[i]);
            return parts;
        }

        public Tensor index_select(long dim, Tensor index)
        {
            Native.Check(Native.rt_index_select(Handle, dim, index.Handle, out var r));
            GC.KeepAlive(index);
            return Made(r);
        }

        public Tensor gather(long dim, Tensor index)
        {
            Native.Check(Native.rt_gather(Handle, dim, index.Handle, out var r));
            GC.KeepAlive(index);
            return Made(r);
        }

        public Tensor scatter_(long dim, Tensor index, Tensor src)
        {
            Native.Check(Native.rt_scatter(Handle, dim, index.Handle, src.Handle));
            GC.KeepAlive(index);
            GC.KeepAlive(src);
            GC.KeepAlive(this);
            return this;
        }

        public Tensor detach() => Of(Unary.Detach);

        public Tensor clone() => Of(Unary.Clone);

        public Tensor contiguous() => Of(Unary.Contiguous);

        public Tensor cpu() => to(CPU);

        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(device ?? CUDA, non_blocking: non_blocking);

        public bool is_cuda => device.type == DeviceType.CUDA;

        /// <summary>A copy in memory that a GPU reads and writes by itself, so that copies need not be waited for.</summary>
        public Tensor pin_memory()
        {
            Native.Check(Native.rt_pin_memory(Handle, out var r));
            return Made(r);
        }

        public bool is_pinned()
        {
            var pinned = Native.rt_is_pinned(Handle) != 0;
            GC.KeepAlive(this);
            return pinned;
        }

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(type, null, copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(null, device, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            Moved(type, device, copy, disposeAfter, non_blocking);

        public Tensor copy_(Tensor source, bool nonBlocking = false)
        {
            Native.Check(Native.rt_copy(Handle, source.Handle, nonBlocking ? 1 : 0));
            GC.KeepAlive(source);
            GC.KeepAlive(this);
            return this;
        }

        public Tensor fill_(Scalar value)
        {
            Native.Check(Native.rt_fill(Handle, value.Real));
            GC.KeepAlive(this);
            return this;
        }

        public Tensor zero_() => fill_(0);

        public Tensor normal_(double mean = 0, double std = 1, Generator? generator = null) => Random(1, mean, std, generator);

        public Tensor uniform_(double from, double to, Generator? generator = null) => Random(0, from, to, generator);

        public Tensor requires_grad_(bool requires_grad = true)
        {
            Native.Check(Native.rt_set_requires_grad(Handle, requires_grad ? 1 : 0));
            GC.KeepAlive(this);
            return this;
        }

        /// <summary>Adds the gradient of this one number to every leaf it came from.</summary>
        public void backward() => backward(null);

        /// <exception cref="NotSupportedException">Gradients or inputs are given, which this subset does not pass on.</exception>
        public void backward(
            IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            if (grad_tensors is not null || inputs is not null)
                throw new NotSupportedException("backward with gradients or inputs of its own is not in this subset of TorchSharp.");
            Native.Check(Native.rt_backward(Handle, retain_graph ? 1 : 0, create_graph ? 1 : 0));
            GC.KeepAlive(this);
        }

        private static Tensor Apply(Tensor tensor, ref long dim, TensorIndex[] indices, int i)
        {
            var index = indices[i];
            switch (index.What)
            {
                case TensorIndex.Kind.Single:
                    return tensor.select(dim, index.Start!.Value);
                case TensorIndex.Kind.NewDimension:
                    return tensor.unsqueeze(dim++);
                case TensorIndex.Kind.Tensor:
                    return tensor.index_select(dim++, index.Indices!);
                case TensorIndex.Kind.Ellipsis:
                    var after = indices[(i + 1)..].Count(later => later.What != TensorIndex.Kind.NewDimension);
                    dim = tensor.dim() - after;
                    return tensor;
                default:
                    if (index.Start is null && index.Stop is null && index.Step is null)
                    {
                        dim++;
                        return tensor;
                    }
                    return tensor.Sliced(dim++, index.Start ?? 0, index.Stop ?? long.MaxValue, index.Step ?? 1);
            }
        }

        private Tensor Sliced(long dim, long start, long stop, long step)
        {
            Native.Check(Native.rt_slice(Handle, dim, start, stop, step, out var r));
            return Made(r);
        }

        private unsafe Tensor Shaped(Reshape op, ReadOnlySpan<long> sizes)
        {
            fixed (long* at = sizes)
            {
                Native.Check(Native.rt_reshape(op, Handle, at, sizes.Length, out var r));
                return Made(r);
            }
        }

        private Tensor Moved(ScalarType? type, Device? device, bool copy, bool disposeAfter, bool nonBlocking)
        {
            var to = device ?? this.device;
            Native.Check(Native.rt_to(
                Handle, (int)(type ?? dtype), (int)to.type, to.index, nonBlocking ? 1 : 0, copy ? 1 : 0, out var r));
            var moved = Made(r);
            if (disposeAfter)
                Dispose();
            return moved;
        }

        private Tensor Random(int normal, double first, double second, Generator? generator)
        {
            Native.Check(Native.rt_random_fill(normal, Handle, first, second, generator?.Source ?? 0));
            GC.KeepAlive(generator);
            GC.KeepAlive(this);
            return this;
        }
    }
}
