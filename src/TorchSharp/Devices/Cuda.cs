using System.Runtime.InteropServices;
using TorchSharp;

namespace RobotWorldModel.TorchDevices;

/// <summary>What libtorch does on CUDA and TorchSharp has no name for. Every call needs a library that was built with CUDA.</summary>
public static class Cuda
{
    /// <summary>Whether the native library was built with CUDA; whether there is a GPU is torch.cuda.is_available().</summary>
    public static bool IsBuilt => Native.rt_cuda_built() != 0;

    /// <summary>A device's name and its compute capability, 90 for 9.0.</summary>
    /// <param name="index">Which one; -1 for the first.</param>
    public static unsafe (string Name, int Capability) Describe(int index = -1)
    {
        byte* name = stackalloc byte[256];
        Native.Check(Native.rt_cuda_describe(Math.Max(index, 0), name, 256, out int capability));
        return (Marshal.PtrToStringUTF8((nint)name)!, capability);
    }
}

/// <summary>A queue of work on a device, beside the default one.</summary>
public sealed class CudaStream : IDisposable
{
    private nint _stream;

    /// <param name="index">Of the device; -1 for the current one.</param>
    /// <exception cref="ExternalException">There is no CUDA.</exception>
    public CudaStream(int index = -1) => Native.Check(Native.rt_stream_new(index, out _stream));

    /// <summary>Work of this thread goes to the stream until what this gives is disposed, on the same thread.</summary>
    public IDisposable Use() => new Guard(_stream);

    /// <summary>Waits for all of its work.</summary>
    public void Synchronize() => Native.Check(Native.rt_stream_synchronize(_stream));

    public void Dispose()
    {
        if (_stream != 0)
            Native.rt_stream_free(_stream);
        _stream = 0;
    }

    private sealed class Guard : IDisposable
    {
        private nint _guard;

        public Guard(nint stream) => Native.Check(Native.rt_stream_push(stream, out _guard));

        public void Dispose()
        {
            if (_guard != 0)
                Native.rt_stream_pop(_guard);
            _guard = 0;
        }
    }
}

/// <summary>
/// Work that was recorded once and is started as a whole: its kernels, their memory and order are fixed; random numbers are new in each
/// replay. Capture and replay on a stream other than the default one, and do once before what is captured: what is set up by the first
/// call cannot be recorded.
/// </summary>
public sealed class CudaGraph : IDisposable
{
    private nint _graph;

    /// <exception cref="ExternalException">There is no CUDA.</exception>
    public CudaGraph() => Native.Check(Native.rt_graph_new(out _graph));

    /// <summary>Records what the work would do. It may read nothing back and copy nothing from memory that is not pinned.</summary>
    /// <exception cref="ExternalException">It did what cannot be recorded.</exception>
    public void Capture(Action work)
    {
        Native.Check(Native.rt_graph_capture_begin(_graph));
        try
        {
            work();
        }
        catch
        {
            _ = Native.rt_graph_capture_end(_graph); // or the stream recorded for ever; what the work said is what matters
            throw;
        }
        Native.Check(Native.rt_graph_capture_end(_graph));
    }

    /// <summary>Starts it on the current stream; does not wait for it.</summary>
    public void Replay() => Native.Check(Native.rt_graph_replay(_graph));

    public void Dispose()
    {
        if (_graph != 0)
            Native.Check(Native.rt_graph_free(_graph));
        _graph = 0;
    }
}

/// <summary>A point in a stream's work.</summary>
public sealed class CudaEvent : IDisposable
{
    private nint _event;

    /// <exception cref="ExternalException">There is no CUDA.</exception>
    public CudaEvent() => Native.Check(Native.rt_event_new(out _event));

    /// <summary>Here, in the current stream.</summary>
    public void Record() => Native.Check(Native.rt_event_record(_event));

    public void Synchronize() => Native.Check(Native.rt_event_synchronize(_event));

    /// <summary>Milliseconds on the device from this event to another; both have been reached.</summary>
    public double ElapsedMs(CudaEvent to)
    {
        Native.Check(Native.rt_event_elapsed(_event, to._event, out double milliseconds));
        return milliseconds;
    }

    public void Dispose()
    {
        if (_event != 0)
            Native.rt_event_free(_event);
        _event = 0;
    }
}
