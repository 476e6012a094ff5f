using System.Net.Sockets;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>A picture as it goes over the wire, header first; counted, and back in its pool after the last client.</summary>
internal sealed class Picture(PicturePool pool, int bytes)
{
    private int _references;

    public byte[] Message { get; } = GC.AllocateUninitializedArray<byte>(bytes, pinned: true);

    public long DueNs { get; set; }

    public void Rent() => _references = 1;

    public void AddReference() => Interlocked.Increment(ref _references);

    public void Release()
    {
        if (Interlocked.Decrement(ref _references) == 0)
            pool.Return(this);
    }
}

/// <summary>A bounded number of pictures of one size, made as they are first needed.</summary>
internal sealed class PicturePool
{
    private readonly Stack<Picture> _free = new();
    private readonly int _most;
    private int _made;

    public PicturePool(int width, int height, int bytesPerPixel, int most) =>
        (Width, Height, PixelBytes, _most) = (width, height, width * height * bytesPerPixel, most);

    public int Width { get; }

    public int Height { get; }

    public int PixelBytes { get; }

    public Picture? TryRent()
    {
        lock (_free)
        {
            if (!_free.TryPop(out var picture))
            {
                if (_made == _most)
                    return null;
                _made++;
                picture = new Picture(this, FrameHeader.Bytes + PixelBytes);
            }
            picture.Rent();
            return picture;
        }
    }

    public void Return(Picture picture)
    {
        lock (_free)
            _free.Push(picture);
    }
}

/// <summary>One client of a camera: waits for each picture's time and writes it, on a thread of its own.</summary>
internal sealed class FrameClient : IDisposable
{
    private const int StuckMs = 2000, LookMs = 50;
    private readonly Socket _socket;
    private readonly byte[] _hello;
    private readonly Action<FrameClient> _gone;
    private readonly Queue<Picture> _queue;
    private readonly int _capacity;
    private readonly AutoResetEvent _added = new(false);
    private readonly DeviceThread _thread;
    private bool _closed;

    public FrameClient(string name, Socket socket, byte[] hello, int capacity, Action<FrameClient> gone)
    {
        (_socket, _hello, _capacity, _gone) = (socket, hello, capacity, gone);
        _queue = new(capacity);
        _thread = new DeviceThread(name, Run, timed: true);
    }

    /// <summary>The hello as a whole message.</summary>
    public static byte[] Hello(FrameHello hello)
    {
        byte[] json = hello.ToJson();
        byte[] message = new byte[FrameHeader.Bytes + json.Length];
        new FrameHeader(FrameKind.Hello, 0, 0, 0, 0, json.Length).Write(message);
        json.CopyTo(message, FrameHeader.Bytes);
        return message;
    }

    public void Start() => _thread.Start();

    /// <summary>False where the client is a whole queue behind: it misses this picture.</summary>
    public bool TryEnqueue(Picture picture)
    {
        lock (_queue)
        {
            if (_closed || _queue.Count >= _capacity)
                return false;
            picture.AddReference();
            _queue.Enqueue(picture);
        }
        _added.Set();
        return true;
    }

    public void Dispose() => _thread.Dispose();

    private void Run(CancellationToken stop)
    {
        bool alive = SendAll(_hello, stop);
        while (alive && !stop.IsCancellationRequested)
        {
            if (Next() is not { } picture)
            {
                alive = _added.WaitOne(LookMs) || !HasLeft();
                continue;
            }
            if (picture.DueNs - HostClock.NowNs > LookMs * 1_000_000L)
            {
                stop.WaitHandle.WaitOne(LookMs / 2);
                continue;
            }
            AbsoluteGrid.SleepUntil(picture.DueNs);
            alive = SendAll(picture.Message, stop);
            lock (_queue)
                _queue.Dequeue();
            picture.Release();
        }
        Close();
    }

    private Picture? Next()
    {
        lock (_queue)
            return _queue.TryPeek(out var picture) ? picture : null;
    }

    private bool HasLeft() => _socket.Poll(0, SelectMode.SelectRead) && _socket.Available == 0;

    private void Close()
    {
        _gone(this);
        lock (_queue)
        {
            _closed = true;
            while (_queue.TryDequeue(out var picture))
                picture.Release();
        }
        _socket.Dispose();
    }

    /// <summary>False where the client left, or took nothing for two seconds.</summary>
    private bool SendAll(ReadOnlySpan<byte> bytes, CancellationToken stop)
    {
        long deadline = HostClock.NowNs + StuckMs * 1_000_000L;
        while (bytes.Length > 0 && !stop.IsCancellationRequested)
        {
            int sent = _socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                bytes = bytes[sent..];
                deadline = HostClock.NowNs + StuckMs * 1_000_000L;
            }
            else if (error != SocketError.WouldBlock || HostClock.NowNs > deadline)
                return false;
            else
                _socket.Poll(LookMs * 1000, SelectMode.SelectWrite);
        }
        return bytes.Length == 0;
    }
}
