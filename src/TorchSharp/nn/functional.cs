namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        /// <summary>What a loss makes of its elements.</summary>
        public enum Reduction
        {
            None = 0,
            Mean = 1,
            Sum = 2,
        }

        public static class functional
        {
            public static Tensor linear(Tensor input, Tensor weights, Tensor? bias = null)
            {
                Native.Check(Native.rt_linear(input.Handle, weights.Handle, bias?.Handle ?? 0, out var r));
                return Made(r, input, weights, bias);
            }

            public static unsafe Tensor layer_norm(
                Tensor input, long[] normalized_shape, Tensor? weight = null, Tensor? bias = null, double eps = 1e-05)
            {
                fixed (long* shape = normalized_shape)
                {
                    Native.Check(Native.rt_layer_norm(
                        input.Handle, shape, normalized_shape.Length, weight?.Handle ?? 0, bias?.Handle ?? 0, eps, out var r));
                    return Made(r, input, weight, bias);
                }
            }

            public static unsafe Tensor conv2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null, long[]? dilation = null,
                long groups = 1)
            {
                fixed (long* stride = strides ?? [1, 1], pad = padding ?? [0, 0], dilate = dilation ?? [1, 1])
                {
                    Native.Check(Native.rt_conv2d(
                        input.Handle, weight.Handle, bias?.Handle ?? 0, stride, pad, dilate, groups, out var r));
                    return Made(r, input, weight, bias);
                }
            }

            public static unsafe Tensor conv_transpose2d(
                Tensor input, Tensor weight, Tensor? bias = null, long[]? strides = null, long[]? padding = null,
                long[]? output_padding = null, long[]? dilation = null, long groups = 1)
            {
                fixed (long* stride = strides ?? [1, 1], pad = padding ?? [0, 0], more = output_padding ?? [0, 0],
                    dilate = dilation ?? [1, 1])
                {
                    Native.Check(Native.rt_conv_transpose2d(
                        input.Handle, weight.Handle, bias?.Handle ?? 0, stride, pad, more, groups, dilate, out var r));
                    return Made(r, input, weight, bias);
                }
            }

            /// <summary>x above 0, alpha (e^x - 1) below.</summary>
            public static Tensor elu(Tensor x, double alpha, bool inplace = false)
            {
                NotInPlace(inplace);
                Native.Check(Native.rt_elu(x.Handle, alpha, out var r));
                return Made(r, x);
            }

            public static Tensor silu(Tensor x, bool inplace = false) => Of(Unary.Silu, x, inplace);

            public static Tensor relu(Tensor x, bool inplace = false) => Of(Unary.Relu, x, inplace);

            public static Tensor mish(Tensor x, bool inplace = false) => Of(Unary.Mish, x, inplace);

            public static Tensor gelu(Tensor x) => x.Of(Unary.Gelu);

            /// <summary>ln(1 + e^(beta x)) / beta, and x itself above the threshold.</summary>
            public static Tensor softplus(Tensor x, double beta = 1, double threshold = 20)
            {
                Native.Check(Native.rt_softplus(x.Handle, beta, threshold, out var r));
                return Made(r, x);
            }

            public static Tensor softmax(Tensor input, long dim, ScalarType? dtype = null) => input.softmax(dim, dtype);

            public static Tensor log_softmax(Tensor x, long dim) => x.log_softmax(dim);

            /// <summary>Whole numbers [...] → [..., num_classes] of zeros and ones.</summary>
            public static Tensor one_hot(Tensor x, long num_classes = -1) => x.On(Along.OneHot, num_classes);

            public static Tensor dropout(Tensor input, double p = 0.5, bool training = true, bool inplace = false)
            {
                NotInPlace(inplace);
                Native.Check(Native.rt_dropout(input.Handle, p, training ? 1 : 0, out var r));
                return Made(r, input);
            }

            public static Tensor avg_pool2d(
                Tensor input, long kernel_size, long? stride = null, long padding = 0, bool ceil_mode = false,
                bool count_include_pad = true, long? divisor_override = null)
            {
                if (ceil_mode || !count_include_pad || divisor_override is not null)
                    throw new NotSupportedException("avg_pool2d takes kernel, stride and padding in this subset of TorchSharp.");
                Native.Check(Native.rt_avg_pool2d(input.Handle, kernel_size, stride ?? kernel_size, padding, out var r));
                return Made(r, input);
            }

            public static Tensor mse_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Lost(Loss.Mse, input, target, reduction);

            public static Tensor l1_loss(Tensor input, Tensor target, Reduction reduction = Reduction.Mean) =>
                Lost(Loss.L1, input, target, reduction);

            public static Tensor huber_loss(Tensor input, Tensor target, double delta = 1, Reduction reduction = Reduction.Mean) =>
                Lost(Loss.Huber, input, target, reduction, delta);

            public static Tensor binary_cross_entropy_with_logits(
                Tensor input, Tensor target, Tensor? weight = null, Reduction reduction = Reduction.Mean, Tensor? pos_weights = null)
            {
                if (weight is not null || pos_weights is not null)
                    throw new NotSupportedException("Weights of binary_cross_entropy_with_logits are not in this subset of TorchSharp.");
                return Lost(Loss.BinaryCrossEntropyWithLogits, input, target, reduction);
            }

            private static Tensor Of(Unary op, Tensor x, bool inplace)
            {
                NotInPlace(inplace);
                return x.Of(op);
            }

            private static Tensor Lost(Loss op, Tensor input, Tensor target, Reduction reduction, double parameter = 0)
            {
                Native.Check(Native.rt_loss(op, input.Handle, target.Handle, (long)reduction, parameter, out var r));
                return Made(r, input, target);
            }

            private static Tensor Made(nint result, Tensor a, Tensor? b = null, Tensor? c = null)
            {
                GC.KeepAlive(a);
                GC.KeepAlive(b);
                GC.KeepAlive(c);
                return new Tensor(result);
            }

            private static void NotInPlace(bool inplace)
            {
                if (inplace)
                    throw new NotSupportedException("Functions in place are not in this subset of TorchSharp.");
            }
        }
    }
}
