using System.Runtime.InteropServices;

namespace TorchSharp;

public static partial class torch
{
    public static DisposeScope NewDisposeScope() => new();

    /// <summary>No gradients are kept on this thread until it is disposed.</summary>
    public static IDisposable no_grad() => set_grad_enabled(false);

    public static IDisposable enable_grad(bool enabled = true) => set_grad_enabled(enabled);

    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);

    public static bool is_grad_enabled() => Native.rt_grad_mode(-1) != 0;

    /// <summary>What is made on this thread until it is disposed never takes part in gradients: less to keep than no_grad.</summary>
    public static IDisposable inference_mode(bool mode = true) => new InferenceMode(mode);

    /// <summary>The same bits from the same input, or an error where an operation cannot promise it.</summary>
    public static IDisposable use_deterministic_algorithms(bool mode = true, bool warn_only = false)
    {
        return warn_only
            ? throw new NotSupportedException("Deterministic algorithms that only warn are not in this subset of TorchSharp.")
            : new Deterministic(mode);
    }

    /// <summary>
    /// Threads of an operation, called from this thread. The BLAS library's own pool is set too, which PyTorch leaves as it is: two of its
    /// threads beside torch's are slower than one.
    /// </summary>
    public static void set_num_threads(int num) => Native.Check(Native.rt_set_threads(num));

    public static int get_num_threads() => Native.rt_threads();

    /// <summary>How libtorch was built and which libraries it computes with; several lines.</summary>
    internal static unsafe string Describe()
    {
        var text = stackalloc byte[16384];
        Native.Check(Native.rt_describe(text, 16384));
        return Marshal.PtrToStringUTF8((nint)text)!;
    }

    private sealed class GradMode(bool on) : IDisposable
    {
        private readonly int _before = Native.rt_grad_mode(on ? 1 : 0);

        public void Dispose() => _ = Native.rt_grad_mode(_before);
    }

    private sealed class Deterministic(bool on) : IDisposable
    {
        private readonly int _before = Native.rt_deterministic(on ? 1 : 0);

        public void Dispose() => _ = Native.rt_deterministic(_before);
    }

    private sealed class InferenceMode : IDisposable
    {
        private nint _guard;

        internal InferenceMode(bool on)
        {
            Native.Check(Native.rt_inference_push(on ? 1 : 0, out _guard));
        }

        public void Dispose()
        {
            if (_guard != 0)
            {
                Native.rt_inference_pop(_guard);
                _guard = 0;
            }
        }
    }

    public static class cuda
    {
        public static bool is_available() => device_count() > 0;

        /// <summary>GPUs that can be used; 0 too where the native library was built without CUDA.</summary>
        public static int device_count() => Native.rt_cuda_devices();

        /// <summary>Seeds the current device's random numbers.</summary>
        public static void manual_seed(long seed) => Native.Check(Native.rt_cuda_seed(-1, unchecked((ulong)seed)));

        /// <summary>Waits for all work of a device.</summary>
        public static void synchronize(Device? device = null) => Native.Check(Native.rt_cuda_synchronize(device?.index ?? -1));
    }

    public static class backends
    {
        public static class cuda
        {
            public static class matmul
            {
                /// <summary>Whether float32 products on CUDA may be rounded to 10 bits of mantissa (TF32).</summary>
                public static bool allow_tf32
                {
                    get => Native.rt_cuda_tf32(-1) != 0;
                    set => _ = Native.rt_cuda_tf32(value ? 1 : 0);
                }
            }
        }
    }
}
