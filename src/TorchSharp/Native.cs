using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace TorchSharp;

/// <summary>native/torch: the functions over the libtorch of this machine. Handles are owned by <see cref="torch.Tensor"/>.</summary>
internal static unsafe partial class Native
{
    private const string Library = "robot_torch";

    static Native()
    {
        NativeLibrary.SetDllImportResolver(typeof(Native).Assembly, Resolve);
    }

    /// <summary>Fails with the message that the library left for this thread.</summary>
    internal static void Check(int code)
    {
        if (code != 0)
            throw new ExternalException(Marshal.PtrToStringUTF8((nint)rt_last_error()));
    }

    private static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library)
            return 0;
        var file = Environment.GetEnvironmentVariable("ROBOT_TORCH_LIBRARY")
            ?? Path.Combine(AppContext.BaseDirectory, "librobot_torch.so");
        if (!File.Exists(file))
        {
            throw new DllNotFoundException(
                $"{file} is not there: models need libtorch. sudo apt-get install libtorch-dev, then make build.");
        }
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            throw new DllNotFoundException($"{file} was built against a libtorch that is not here any more; make build. {e.Message}", e);
        }
    }

    [LibraryImport(Library)] internal static partial byte* rt_last_error();
    [LibraryImport(Library)] internal static partial byte* rt_version();
    [LibraryImport(Library)] internal static partial int rt_describe(byte* text, int capacity);
    [LibraryImport(Library)] internal static partial int rt_set_threads(int count);
    [LibraryImport(Library)] internal static partial int rt_threads();
    [LibraryImport(Library)] internal static partial int rt_grad_mode(int on);
    [LibraryImport(Library)] internal static partial int rt_inference_push(int on, out nint guard);
    [LibraryImport(Library)] internal static partial void rt_inference_pop(nint guard);
    [LibraryImport(Library)] internal static partial int rt_deterministic(int on);

    [LibraryImport(Library)] internal static partial int rt_cuda_built();
    [LibraryImport(Library)] internal static partial int rt_cuda_devices();
    [LibraryImport(Library)] internal static partial int rt_cuda_describe(int index, byte* name, int capacity, out int capability);
    [LibraryImport(Library)] internal static partial int rt_cuda_synchronize(int index);
    [LibraryImport(Library)] internal static partial int rt_cuda_seed(int index, ulong seed);
    [LibraryImport(Library)] internal static partial int rt_cuda_tf32(int on);
    [LibraryImport(Library)] internal static partial int rt_pin_memory(nint a, out nint r);
    [LibraryImport(Library)] internal static partial int rt_is_pinned(nint a);
    [LibraryImport(Library)] internal static partial int rt_stream_new(int index, out nint stream);
    [LibraryImport(Library)] internal static partial int rt_stream_synchronize(nint stream);
    [LibraryImport(Library)] internal static partial int rt_stream_push(nint stream, out nint guard);
    [LibraryImport(Library)] internal static partial void rt_stream_pop(nint guard);
    [LibraryImport(Library)] internal static partial void rt_stream_free(nint stream);
    [LibraryImport(Library)] internal static partial int rt_graph_new(out nint graph);
    [LibraryImport(Library)] internal static partial int rt_graph_capture_begin(nint graph);
    [LibraryImport(Library)] internal static partial int rt_graph_capture_end(nint graph);
    [LibraryImport(Library)] internal static partial int rt_graph_replay(nint graph);
    [LibraryImport(Library)] internal static partial int rt_graph_free(nint graph);
    [LibraryImport(Library)] internal static partial int rt_event_new(out nint made);
    [LibraryImport(Library)] internal static partial int rt_event_record(nint recorded);
    [LibraryImport(Library)] internal static partial int rt_event_synchronize(nint recorded);
    [LibraryImport(Library)] internal static partial int rt_event_elapsed(nint from, nint to, out double milliseconds);
    [LibraryImport(Library)] internal static partial void rt_event_free(nint recorded);
    [LibraryImport(Library)] internal static partial int rt_autocast_push(int device, int type);
    [LibraryImport(Library)] internal static partial int rt_autocast_pop(int device, int type);

    [LibraryImport(Library)] internal static partial int rt_seed(ulong seed);
    [LibraryImport(Library)] internal static partial int rt_generator_new(ulong seed, out nint generator);
    [LibraryImport(Library)] internal static partial int rt_generator_default(out nint generator);
    [LibraryImport(Library)] internal static partial void rt_generator_free(nint generator);
    [LibraryImport(Library)] internal static partial int rt_generator_seed(nint generator, ulong seed);
    [LibraryImport(Library)] internal static partial int rt_generator_state(nint generator, out nint state);
    [LibraryImport(Library)] internal static partial int rt_generator_set_state(nint generator, nint state);

    [LibraryImport(Library)] internal static partial int rt_empty(long* size, int n, int type, int device, int index, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_full(long* size, int n, double value, int type, int device, int index, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_random(int normal, long* size, int n, int type, int device, int index, nint generator, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_arange(double start, double stop, double step, int type, int device, int index, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_linspace(double start, double stop, long steps, int type, int device, int index, out nint r);
    [LibraryImport(Library)] internal static partial int rt_from_memory(void* data, long* size, int n, int type, out nint r);
    [LibraryImport(Library)] internal static partial void rt_free(nint handle);

    [LibraryImport(Library), SuppressGCTransition] internal static partial void* rt_data(nint handle);
    [LibraryImport(Library), SuppressGCTransition] internal static partial long rt_numel(nint handle);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int rt_dim(nint handle);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void rt_sizes(nint handle, long* sizes);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int rt_type(nint handle);
    [LibraryImport(Library), SuppressGCTransition] internal static partial void rt_device(nint handle, out int device, out int index);
    [LibraryImport(Library), SuppressGCTransition] internal static partial int rt_is_contiguous(nint handle);
    [LibraryImport(Library)] internal static partial int rt_item(nint handle, out double real, out long whole);

    [LibraryImport(Library)]
    internal static partial int rt_to(nint a, int type, int device, int index, int nonBlocking, int copy, out nint r);
    [LibraryImport(Library)] internal static partial int rt_copy(nint to, nint from, int nonBlocking);
    [LibraryImport(Library)] internal static partial int rt_fill(nint a, double value);
    [LibraryImport(Library)] internal static partial int rt_random_fill(int normal, nint a, double first, double second, nint generator);

    [LibraryImport(Library)] internal static partial int rt_unary(Unary op, nint a, out nint r);
    [LibraryImport(Library)] internal static partial int rt_binary(Binary op, nint a, nint b, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_binary_scalar(Binary op, nint a, int whole, double real, long integer, out nint r);
    [LibraryImport(Library)] internal static partial int rt_in_place(Binary op, nint a, nint b);
    [LibraryImport(Library)] internal static partial int rt_in_place_scalar(Binary op, nint a, int whole, double real, long integer);
    [LibraryImport(Library)] internal static partial int rt_clamp(nint a, int bounds, double low, double high, out nint r);
    [LibraryImport(Library)] internal static partial int rt_where(nint condition, nint a, nint b, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_reduce(Reduce op, nint a, long* over, int n, int keep, int unbiased, out nint r);
    [LibraryImport(Library)] internal static partial int rt_along(Along op, nint a, long p, long q, long r, out nint result);
    [LibraryImport(Library)] internal static partial int rt_slice(nint a, long dim, long start, long stop, long step, out nint r);
    [LibraryImport(Library)] internal static partial int rt_reshape(Reshape op, nint a, long* sizes, int n, out nint r);
    [LibraryImport(Library)] internal static partial int rt_cat(nint* all, int n, long dim, out nint r);
    [LibraryImport(Library)] internal static partial int rt_stack(nint* all, int n, long dim, out nint r);
    [LibraryImport(Library)] internal static partial int rt_index_select(nint a, long dim, nint index, out nint r);
    [LibraryImport(Library)] internal static partial int rt_gather(nint a, long dim, nint index, out nint r);
    [LibraryImport(Library)] internal static partial int rt_scatter(nint a, long dim, nint index, nint from);
    [LibraryImport(Library)] internal static partial int rt_quantile(nint a, nint q, long dim, int whole, int keep, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_select_by_value(Pick op, nint a, long k, long dim, int flag, out nint values, out nint indices);

    [LibraryImport(Library)] internal static partial int rt_linear(nint x, nint weight, nint bias, out nint r);
    [LibraryImport(Library)] internal static partial int rt_gru_cell(nint x, nint h, nint wIh, nint wHh, nint bIh, nint bHh, out nint r);
    [LibraryImport(Library)] internal static partial int rt_layer_norm(nint x, long* shape, int n, nint w, nint b, double eps, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_conv2d(nint x, nint w, nint b, long* stride, long* padding, long* dilation, long groups, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_conv_transpose2d(
        nint x, nint w, nint b, long* stride, long* padding, long* outputPadding, long groups, long* dilation, out nint r);
    [LibraryImport(Library)] internal static partial int rt_elu(nint x, double alpha, out nint r);
    [LibraryImport(Library)] internal static partial int rt_softplus(nint x, double beta, double threshold, out nint r);
    [LibraryImport(Library)] internal static partial int rt_dropout(nint x, double p, int training, out nint r);
    [LibraryImport(Library)] internal static partial int rt_avg_pool2d(nint x, long kernel, long stride, long padding, out nint r);
    [LibraryImport(Library)]
    internal static partial int rt_loss(Loss op, nint x, nint target, long reduction, double parameter, out nint r);

    [LibraryImport(Library)] internal static partial int rt_requires_grad(nint a);
    [LibraryImport(Library)] internal static partial int rt_is_leaf(nint a);
    [LibraryImport(Library)] internal static partial int rt_set_requires_grad(nint a, int on);
    [LibraryImport(Library)] internal static partial int rt_backward(nint a, int retainGraph, int createGraph);
    [LibraryImport(Library)] internal static partial int rt_grad(nint a, out nint r);
    [LibraryImport(Library)] internal static partial int rt_set_grad(nint a, nint grad);
    [LibraryImport(Library)] internal static partial int rt_clip_grad_norm(nint* all, int n, double maxNorm, out double norm);
    [LibraryImport(Library)]
    internal static partial int rt_adamw(
        nint* all, nint* averages, nint* squares, int n, long step, double rate, double beta1, double beta2, double eps, double decay);
}

/// <summary>Operations on one tensor, numbered as in native/torch/operations.cpp.</summary>
internal enum Unary
{
    Neg, Abs, Sign, Exp, Expm1, Log, Log1p, Sqrt, Rsqrt, Square, Reciprocal, Sigmoid, Tanh, Sin, Cos, Floor, Round,
    Relu, Silu, Mish, Gelu, IsNan, IsFinite, Not, Detach, Clone, Contiguous, ZerosLike, OnesLike, EmptyLike, RandLike, RandnLike,
    T, Squeeze, Alias,
}

/// <summary>Operations on two, the second a tensor or a number; numbered as there.</summary>
internal enum Binary
{
    Add, Sub, Mul, Div, Pow, Maximum, Minimum, Eq, Ne, Lt, Le, Gt, Ge, And, Or, Matmul, Bmm, Atan2, SubFrom, DivInto,
}

internal enum Reduce
{
    Sum, Mean, Std, Var, Max, Min, ArgMax, LogSumExp, Any, All, Norm,
}

internal enum Along
{
    Squeeze, Unsqueeze, Flatten, Transpose, Select, Narrow, Softmax, LogSoftmax, CumSum, CumProd, OneHot,
}

internal enum Reshape
{
    Reshape, View, Permute, Expand, Repeat, Flip,
}

internal enum Pick
{
    TopK, Sort, Max, Min,
}

internal enum Loss
{
    Mse, L1, Huber, BinaryCrossEntropyWithLogits, CrossEntropy,
}
