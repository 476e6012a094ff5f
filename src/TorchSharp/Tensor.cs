using System.Runtime.CompilerServices;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    /// <summary>
    /// An n-dimensional array of libtorch's. It holds native memory: free it with Dispose or make it inside a <see cref="DisposeScope"/>.
    /// The finalizer is a net below; what it catches is counted, and tests fail on it.
    /// </summary>
    public partial class Tensor : IDisposable
    {
        private static long _total;
        private static long _peak;
        private static long _leaked;

        private nint _handle;
        private DisposeScope? _scope;

        internal Tensor(nint handle)
        {
            _handle = handle;
            _scope = DisposeScope.Current;
            _scope?.Add(this);
            Count();
        }

        // For parameters: the same array under another owner.
        private protected Tensor(Tensor taken)
        {
            _handle = taken.Release();
            Count();
        }

        ~Tensor()
        {
            if (_handle != 0)
            {
                Interlocked.Increment(ref _leaked);
                Free();
            }
        }

        /// <summary>Tensors that are alive.</summary>
        public static long TotalCount => Interlocked.Read(ref _total);

        /// <summary>The most that ever were.</summary>
        public static long PeakCount => Interlocked.Read(ref _peak);

        /// <summary>Tensors that nobody freed but a finalizer.</summary>
        internal static long Leaked => Interlocked.Read(ref _leaked);

        /// <summary>Takes one leak back: for the test of the count.</summary>
        internal static void ForgiveLeak() => Interlocked.Decrement(ref _leaked);

        public bool IsInvalid => _handle == 0;

        /// <summary>The native object; belongs to this tensor, which must outlive its use.</summary>
        /// <exception cref="ObjectDisposedException">It was freed.</exception>
        public nint Handle
        {
            [MethodImpl(MethodImplOptions.AggressiveInlining)]
            get => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(Tensor), "This tensor was freed.");
        }

        public long[] shape
        {
            get
            {
                var sizes = new long[Native.rt_dim(Handle)];
                unsafe
                {
                    fixed (long* at = sizes)
                    {
                        Native.rt_sizes(Handle, at);
                    }
                }
                GC.KeepAlive(this);
                return sizes;
            }
        }

        public long ndim => dim();

        public long NumberOfElements => numel();

        public ScalarType dtype
        {
            get
            {
                var type = (ScalarType)Native.rt_type(Handle);
                GC.KeepAlive(this);
                return type;
            }
        }

        public Device device
        {
            get
            {
                Native.rt_device(Handle, out var type, out var index);
                GC.KeepAlive(this);
                return new Device((DeviceType)type, (DeviceType)type == DeviceType.CPU ? -1 : index);
            }
        }

        public bool requires_grad
        {
            get
            {
                var on = Native.rt_requires_grad(Handle) != 0;
                GC.KeepAlive(this);
                return on;
            }
            set => requires_grad_(value);
        }

        public bool is_leaf
        {
            get
            {
                var leaf = Native.rt_is_leaf(Handle) != 0;
                GC.KeepAlive(this);
                return leaf;
            }
        }

        /// <summary>What backward left here, or null.</summary>
        public Tensor? grad
        {
            get
            {
                Native.Check(Native.rt_grad(Handle, out var found));
                GC.KeepAlive(this);
                return found == 0 ? null : new Tensor(found);
            }
            set
            {
                Native.Check(Native.rt_set_grad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(this);
                GC.KeepAlive(value);
            }
        }

        /// <summary>The bytes of a contiguous tensor in the machine's own memory.</summary>
        /// <exception cref="InvalidOperationException">It lies elsewhere, or not in one piece.</exception>
        public unsafe Span<byte> bytes => new(Contiguous(), checked((int)(numel() * dtype.ElementSize())));

        public long dim()
        {
            var dims = Native.rt_dim(Handle);
            GC.KeepAlive(this);
            return dims;
        }

        public long numel()
        {
            var count = Native.rt_numel(Handle);
            GC.KeepAlive(this);
            return count;
        }

        public long size(int dim)
        {
            var sizes = shape;
            return sizes[dim < 0 ? dim + sizes.Length : dim];
        }

        /// <summary>The elements, row by row; a copy is made first where they do not lie in one piece of the machine's memory.</summary>
        /// <exception cref="ArgumentException">They are of another type.</exception>
        public TensorAccessor<T> data<T>() where T : unmanaged => new(this);

        /// <summary>The one element of a tensor that has one.</summary>
        public T item<T>() where T : unmanaged
        {
            Native.Check(Native.rt_item(Handle, out var real, out var whole));
            GC.KeepAlive(this);
            return typeof(T) == typeof(float) ? (T)(object)(float)real
                : typeof(T) == typeof(double) ? (T)(object)real
                : typeof(T) == typeof(long) ? (T)(object)whole
                : typeof(T) == typeof(int) ? (T)(object)checked((int)whole)
                : typeof(T) == typeof(bool) ? (T)(object)(whole != 0)
                : throw new ArgumentException($"An element is not read as {typeof(T).Name}: float, double, long, int or bool.");
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        /// <summary>Lets this tensor outlive the innermost scope: the one around that frees it, or nobody.</summary>
        public Tensor MoveToOuterDisposeScope()
        {
            _scope?.MoveToOuter(this);
            return this;
        }

        /// <summary>No scope frees this tensor any more.</summary>
        public Tensor DetachFromDisposeScope()
        {
            MoveTo(null);
            return this;
        }

        public override string ToString() => $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";

        protected virtual void Dispose(bool disposing)
        {
            if (_handle == 0)
                return;
            _scope?.Remove(this);
            _scope = null;
            Free();
        }

        internal void MoveTo(DisposeScope? target)
        {
            _scope?.Remove(this);
            _scope = target;
            _scope?.Add(this);
        }

        internal unsafe void* Contiguous()
        {
            if (Native.rt_is_contiguous(Handle) == 0 || device.type != DeviceType.CPU)
                throw new InvalidOperationException("Only a contiguous tensor on the CPU lies in one piece: .cpu().contiguous()");
            return Native.rt_data(Handle);
        }

        // The same object, over other memory: for parameters that move to a device.
        internal void Replace(ScalarType? type, Device? device)
        {
            var on = requires_grad;
            var moved = Moved(type, device, false, false, false);
            Native.rt_free(_handle);
            _handle = moved.Release();
            requires_grad_(on);
        }

        private static void Count()
        {
            var now = Interlocked.Increment(ref _total);
            var most = Interlocked.Read(ref _peak);
            while (now > most && Interlocked.CompareExchange(ref _peak, now, most) != most)
                most = Interlocked.Read(ref _peak);
        }

        private nint Release()
        {
            var released = Handle;
            _scope?.Remove(this);
            _scope = null;
            _handle = 0;
            Interlocked.Decrement(ref _total);
            return released; // its finalizer finds nothing to free
        }

        private void Free()
        {
            Native.rt_free(_handle);
            _handle = 0;
            Interlocked.Decrement(ref _total);
        }
    }
}
