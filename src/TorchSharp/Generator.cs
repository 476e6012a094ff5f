namespace TorchSharp;

public static partial class torch
{
    /// <summary>Seeds every default generator.</summary>
    public static Generator manual_seed(long seed)
    {
        Native.Check(Native.rt_seed(unchecked((ulong)seed)));
        return Generator.Default;
    }

    public static Tensor get_rng_state() => Generator.Default.get_state();

    public static void set_rng_state(Tensor new_state) => Generator.Default.set_state(new_state);

    /// <summary>A source of random numbers on the CPU, with a state that can be kept and put back.</summary>
    public class Generator : IDisposable
    {
        private static Generator? _standard;
        private nint _native;

        public Generator(ulong seed = 0, Device? device = null)
        {
            if (device is not null && device.type != DeviceType.CPU)
                throw new NotSupportedException("Generators on other devices than the CPU are not in this subset of TorchSharp.");
            Native.Check(Native.rt_generator_new(seed, out _native));
        }

        private Generator(nint native)
        {
            _native = native;
        }

        ~Generator() => Dispose(false);

        /// <summary>The one that is used where none is given.</summary>
        public static Generator Default
        {
            get
            {
                if (_standard is null)
                {
                    Native.Check(Native.rt_generator_default(out var native));
                    _standard = new Generator(native);
                }
                return _standard;
            }
        }

        internal nint Source => _native != 0 ? _native : throw new ObjectDisposedException(nameof(Generator));

        public Generator manual_seed(long seed)
        {
            Native.Check(Native.rt_generator_seed(Source, unchecked((ulong)seed)));
            return this;
        }

        public Tensor get_state()
        {
            Native.Check(Native.rt_generator_state(Source, out var state));
            return new Tensor(state);
        }

        /// <summary>Goes on from where get_state was taken.</summary>
        public void set_state(Tensor value)
        {
            Native.Check(Native.rt_generator_set_state(Source, value.Handle));
            GC.KeepAlive(value);
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (_native != 0)
            {
                Native.rt_generator_free(_native);
                _native = 0;
            }
        }
    }
}
