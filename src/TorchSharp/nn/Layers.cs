using static TorchSharp.torch;

namespace TorchSharp
{
    public static partial class torch
    {
        public static partial class nn
        {
            public static Modules.Linear Linear(
                long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);

            public static Modules.GRUCell GRUCell(
                long inputSize, long hiddenSize, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, hiddenSize, bias, device, dtype);

            public static Modules.LayerNorm LayerNorm(
                long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null,
                ScalarType? dtype = null) => new([normalized_shape], eps, elementwise_affine, bias, device, dtype);

            public static Modules.LayerNorm LayerNorm(
                long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null,
                ScalarType? dtype = null) => new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static Modules.Conv2d Conv2d(
                long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long dilation = 1,
                PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true, Device? device = null,
                ScalarType? dtype = null)
            {
                Modules.Convolution.OnlyZeros(padding_mode);
                return new(in_channels, out_channels, kernel_size, stride, padding, dilation, groups, bias, device, dtype);
            }

            public static Modules.ConvTranspose2d ConvTranspose2d(
                long in_channels, long out_channels, long kernel_size, long stride = 1, long padding = 0, long output_padding = 0,
                long dilation = 1, PaddingModes padding_mode = PaddingModes.Zeros, long groups = 1, bool bias = true,
                Device? device = null, ScalarType? dtype = null)
            {
                Modules.Convolution.OnlyZeros(padding_mode);
                return new(in_channels, out_channels, kernel_size, stride, padding, output_padding, dilation, groups, bias, device, dtype);
            }

            public static Modules.Sequential Sequential(params Module<Tensor, Tensor>[] modules) =>
                new([.. modules.Select((module, i) => (i.ToString(System.Globalization.CultureInfo.InvariantCulture), module))]);

            public static Modules.Sequential Sequential(params (string name, Module<Tensor, Tensor> submodule)[] modules) => new(modules);

            public static Modules.Sequential Sequential(IEnumerable<(string name, Module<Tensor, Tensor> submodule)> modules) =>
                new([.. modules]);
        }
    }

    /// <summary>How a convolution fills beyond the edge; this subset knows zeros.</summary>
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }
}

namespace TorchSharp.Modules
{
    /// <summary>y = x Wᵀ + b; weight [out, in].</summary>
    public sealed class Linear : nn.Module<Tensor, Tensor>
    {
        internal Linear(long inputs, long outputs, bool hasBias, Device? device, ScalarType? type) : base(nameof(Linear))
        {
            (in_features, out_features) = (inputs, outputs);
            var bound = 1 / Math.Sqrt(inputs);
            register_parameter(nameof(weight), weight = Parameter.Uniform(bound, [outputs, inputs], device, type));
            if (hasBias)
                register_parameter(nameof(bias), bias = Parameter.Uniform(bound, [outputs], device, type));
        }

        public long in_features { get; }

        public long out_features { get; }

        public Parameter weight { get; }

        public Parameter? bias { get; }

        public override Tensor forward(Tensor tensor) => nn.functional.linear(tensor, weight, bias);
    }

    /// <summary>
    /// r = σ(W_ir x + b_ir + W_hr h + b_hr), z likewise, n = tanh(W_in x + b_in + r (W_hn h + b_hn)), h' = (1 - z) n + z h; the gates lie
    /// in the order r, z, n in weight_ih [3 D, in], weight_hh [3 D, D] and the biases [3 D].
    /// </summary>
    public sealed class GRUCell : nn.Module<Tensor, Tensor, Tensor>
    {
        internal GRUCell(long inputs, long hidden, bool hasBias, Device? device, ScalarType? type) : base(nameof(GRUCell))
        {
            var bound = 1 / Math.Sqrt(hidden);
            register_parameter(nameof(weight_ih), weight_ih = Parameter.Uniform(bound, [3 * hidden, inputs], device, type));
            register_parameter(nameof(weight_hh), weight_hh = Parameter.Uniform(bound, [3 * hidden, hidden], device, type));
            if (hasBias)
            {
                register_parameter(nameof(bias_ih), bias_ih = Parameter.Uniform(bound, [3 * hidden], device, type));
                register_parameter(nameof(bias_hh), bias_hh = Parameter.Uniform(bound, [3 * hidden], device, type));
            }
        }

        public Parameter weight_ih { get; }

        public Parameter weight_hh { get; }

        public Parameter? bias_ih { get; }

        public Parameter? bias_hh { get; }

        /// <summary>input [B, in], h0 [B, D] (zeros where it is null) → h' [B, D].</summary>
        public override Tensor forward(Tensor input, Tensor? h0 = null)
        {
            var first = h0 ?? zeros([input.shape[0], weight_hh.shape[1]], input.dtype, input.device);
            Native.Check(Native.rt_gru_cell(
                input.Handle, first.Handle, weight_ih.Handle, weight_hh.Handle, bias_ih?.Handle ?? 0, bias_hh?.Handle ?? 0, out var r));
            GC.KeepAlive(input);
            GC.KeepAlive(first);
            GC.KeepAlive(this);
            if (h0 is null)
                first.Dispose();
            return new Tensor(r);
        }
    }

    public sealed class LayerNorm : nn.Module<Tensor, Tensor>
    {
        internal LayerNorm(long[] shape, double eps, bool affine, bool hasBias, Device? device, ScalarType? type) : base(nameof(LayerNorm))
        {
            (normalized_shape, this.eps, elementwise_affine) = (shape, eps, affine);
            if (affine)
                register_parameter(nameof(weight), weight = Parameter.Constant(1, shape, device, type));
            if (affine && hasBias)
                register_parameter(nameof(bias), bias = Parameter.Constant(0, shape, device, type));
        }

        public long[] normalized_shape { get; }

        public double eps { get; }

        public bool elementwise_affine { get; }

        public Parameter? weight { get; }

        public Parameter? bias { get; }

        public override Tensor forward(Tensor tensor) => nn.functional.layer_norm(tensor, normalized_shape, weight, bias, eps);
    }

    /// <summary>
    /// What the two convolutions have in common. Weights as in PyTorch: [out, in / groups, k, k], transposed [in, out / groups, k, k].
    /// </summary>
    public abstract class Convolution : nn.Module<Tensor, Tensor>
    {
        private protected Convolution(
            string name, long[] size, long outputs, long fanIn, long stride, long padding, long outputPadding, long dilation, long groups,
            bool hasBias, Device? device, ScalarType? type) : base(name)
        {
            (this.stride, this.padding, this.dilation, this.groups) = ([stride, stride], [padding, padding], [dilation, dilation], groups);
            output_padding = [outputPadding, outputPadding];
            var bound = 1 / Math.Sqrt(fanIn);
            register_parameter(nameof(weight), weight = Parameter.Uniform(bound, size, device, type));
            if (hasBias)
                register_parameter(nameof(bias), bias = Parameter.Uniform(bound, [outputs], device, type));
        }

        public Parameter weight { get; }

        public Parameter? bias { get; }

        public long[] stride { get; }

        public long[] padding { get; }

        public long[] output_padding { get; }

        public long[] dilation { get; }

        public long groups { get; }

        internal static void OnlyZeros(PaddingModes mode)
        {
            if (mode != PaddingModes.Zeros)
                throw new NotSupportedException($"Padding by {mode} is not in this subset of TorchSharp; zeros are.");
        }
    }

    /// <summary>x [B, in, H, W] → [B, out, H', W'].</summary>
    public sealed class Conv2d : Convolution
    {
        internal Conv2d(long inputs, long outputs, long kernel, long stride, long padding, long dilation, long groups, bool hasBias,
            Device? device, ScalarType? type)
            : base(nameof(Conv2d), [outputs, inputs / groups, kernel, kernel], outputs, inputs / groups * kernel * kernel, stride, padding,
                0, dilation, groups, hasBias, device, type)
        {
        }

        public override Tensor forward(Tensor input) => nn.functional.conv2d(input, weight, bias, stride, padding, dilation, groups);
    }

    /// <summary>Convolutions that make larger what they are given.</summary>
    public abstract class ConvolutionTranspose : Convolution
    {
        private protected ConvolutionTranspose(
            string name, long[] size, long outputs, long fanIn, long stride, long padding, long outputPadding, long dilation, long groups,
            bool hasBias, Device? device, ScalarType? type)
            : base(name, size, outputs, fanIn, stride, padding, outputPadding, dilation, groups, hasBias, device, type)
        {
        }

        public override Tensor forward(Tensor input) =>
            nn.functional.conv_transpose2d(input, weight, bias, stride, padding, output_padding, dilation, groups);
    }

    /// <summary>x [B, in, H, W] → [B, out, H', W'], H' = (H - 1) stride - 2 padding + dilation (k - 1) + output_padding + 1.</summary>
    public sealed class ConvTranspose2d : ConvolutionTranspose
    {
        internal ConvTranspose2d(long inputs, long outputs, long kernel, long stride, long padding, long outputPadding, long dilation,
            long groups, bool hasBias, Device? device, ScalarType? type)
            : base(nameof(ConvTranspose2d), [inputs, outputs / groups, kernel, kernel], outputs, outputs / groups * kernel * kernel,
                stride, padding, outputPadding, dilation, groups, hasBias, device, type)
        {
        }
    }

    /// <summary>Modules one after another.</summary>
    public class Sequential : nn.Module<Tensor, Tensor>
    {
        private readonly nn.Module<Tensor, Tensor>[] _inOrder;

        internal Sequential((string Name, nn.Module<Tensor, Tensor> Module)[] modules) : base(nameof(Sequential))
        {
            _inOrder = [.. modules.Select(one => one.Module)];
            foreach (var (name, module) in modules)
                register_module(name, module);
        }

        public int Count => _inOrder.Length;

        public override Tensor forward(Tensor tensor)
        {
            var x = tensor;
            foreach (var module in _inOrder)
            {
                var next = module.call(x);
                if (!ReferenceEquals(x, tensor))
                {
                    x.Dispose(); // its array stays where gradients need it
                }
                x = next;
            }
            return ReferenceEquals(x, tensor) ? x.alias() : x;
        }
    }
}
