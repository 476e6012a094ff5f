using TorchSharp.Modules;

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static class utils
        {
            /// <summary>Scales all gradients together so that their norm is at most max_norm; gives the norm before.</summary>
            public static unsafe double clip_grad_norm_(IEnumerable<Parameter> tensors, double max_norm, double norm_type = 2)
            {
                if (norm_type != 2)
                    throw new NotSupportedException("Gradients are clipped by their 2-norm in this subset of TorchSharp.");
                var parameters = tensors.ToArray();
                fixed (nint* all = parameters.Select(parameter => parameter.Handle).ToArray())
                {
                    Native.Check(Native.rt_clip_grad_norm(all, parameters.Length, max_norm, out var norm));
                    GC.KeepAlive(parameters);
                    return norm;
                }
            }
        }

        /// <summary>First values, written into a tensor.</summary>
        public static class init
        {
            public static Tensor constant_(Tensor tensor, Scalar val) => Quiet(tensor, () => tensor.fill_(val));

            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) =>
                Quiet(tensor, () => tensor.uniform_(low, high, generator));

            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) =>
                Quiet(tensor, () => tensor.normal_(mean, std, generator));

            /// <summary>Uniform within gain sqrt(6 / (fan in + fan out)) (Glorot and Bengio 2010).</summary>
            public static Tensor xavier_uniform_(Tensor tensor, double gain = 1)
            {
                var (fanIn, fanOut) = CalculateFanInAndFanOut(tensor);
                var bound = gain * Math.Sqrt(6.0 / (fanIn + fanOut));
                return uniform_(tensor, -bound, bound);
            }

            public static (long fanIn, long fanOut) CalculateFanInAndFanOut(Tensor tensor)
            {
                var sizes = tensor.shape;
                var field = sizes.Skip(2).Aggregate(1L, (product, size) => product * size);
                return (sizes[1] * field, sizes[0] * field);
            }

            private static Tensor Quiet(Tensor tensor, Action write)
            {
                using var quiet = no_grad();
                write();
                return tensor;
            }
        }
    }
}
