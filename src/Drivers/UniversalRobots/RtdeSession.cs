using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// One RTDE connection: whole packages out of a byte stream, without allocation. One thread reads; another may write at the same time.
/// </summary>
internal sealed partial class RtdeSession : IDisposable
{
    private const int TcpLevel = 6, TcpQuickAck = 12, Interrupted = 4, TryAgain = 11;

    /// <summary>More than a busy computer finds by being late now and then.</summary>
    private const int ManyBunches = 8;

    private static readonly byte[] s_one = [1, 0, 0, 0];
    private readonly Socket _socket;
    private readonly int _descriptor; // the socket's, which only the reading thread closes
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(2 * RtdeWire.MaxPackageBytes + 2, pinned: true);
    private int _start, _end, _bunches;

    private RtdeSession(Socket socket, string host) => (_socket, _descriptor, Host) = (socket, (int)socket.Handle, host);

    public string Host { get; }

    /// <summary>When the newest bytes were read, host ns.</summary>
    public long ArrivalNs { get; private set; }

    /// <summary>Reading fails from here on, host ns. A controller that talks without saying anything useful is lost, too.</summary>
    public long DeadlineNs { get; set; } = long.MaxValue;

    /// <exception cref="DeviceFaultException">Not reached.</exception>
    public static RtdeSession Connect(string host, int port, int timeoutMs)
    {
        var socket = DeviceSocket.Connect(host, port, timeoutMs, "RTDE is on 30004 (PolyScope: Settings, Security, Services)");
        // Set-points are a hundred bytes: a send buffer that stays full for 20 ms belongs to a controller that is gone.
        socket.SendTimeout = 20;
        socket.ReceiveTimeout = 100;
        return new(socket, host);
    }

    /// <summary>Writes one package; false closes the connection, because half a package may have gone.</summary>
    public bool TryWrite(ReadOnlySpan<byte> package)
    {
        try
        {
            int sent = _socket.Send(package, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success && sent == package.Length)
                return true;
            Close();
        }
        catch (ObjectDisposedException)
        {
            // the reader has found the loss first
        }
        return false;
    }

    /// <summary>Blocks for the next package. Its payload is valid until the next call.</summary>
    /// <exception cref="DeviceFaultException">The connection is gone or silent.</exception>
    /// <exception cref="InvalidDataException">What arrives is not RTDE.</exception>
    public RtdePackage Read(out ReadOnlySpan<byte> payload)
    {
        while (true)
        {
            int have = _end - _start;
            if (have >= RtdeWire.HeaderBytes)
            {
                var (size, type) = RtdeWire.ReadHeader(_buffer.AsSpan(_start));
                if (have >= size)
                {
                    payload = _buffer.AsSpan(_start + RtdeWire.HeaderBytes, size - RtdeWire.HeaderBytes);
                    _start += size;
                    return type;
                }
            }
            Fill();
        }
    }

    /// <summary>Wakes a reader that is blocked; every later call fails.</summary>
    public void Close()
    {
        try
        {
            _socket.Shutdown(SocketShutdown.Both);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // it is closed already, which is what was wanted
        }
    }

    public void Dispose() => _socket.Dispose();

    private void Fill()
    {
        // Judged after the last bytes were looked at: a reader that was kept from running must not take its own lateness for silence.
        if (ArrivalNs > DeadlineNs)
            throw Silent();
        if (_start == _end)
            _start = _end = 0;
        else if (_buffer.Length - _start <= RtdeWire.MaxPackageBytes) // the package that has begun must fit behind its first byte
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
        }
        while (true)
        {
            int n = (int)recv(_descriptor, _buffer.AsSpan(_end), (nuint)(_buffer.Length - _end), 0);
            int error = n < 0 ? Marshal.GetLastPInvokeError() : 0;
            ArrivalNs = HostClock.NowNs;
            if (error is TryAgain or Interrupted)
            {
                if (ArrivalNs > DeadlineNs && _socket.Available == 0)
                    throw Silent();
                continue;
            }
            if (n < 0)
                throw new DeviceFaultException($"{Host} dropped the connection ({Marshal.GetPInvokeErrorMessage(error)})");
            if (n == 0)
                throw new DeviceFaultException($"{Host} closed the connection");
            _end += n;
            LookForBunches();
            return;
        }
    }

    // A controller with Nagle's algorithm keeps a package back until the one before is acknowledged, and Linux puts that off where it
    // hopes to send it along with data of ours: packages come two or three at once. Asked to, it acknowledges what we read at once, until
    // we send again. That costs as much processor time as the package itself, so it is asked only where it helps.
    private void LookForBunches()
    {
        int first = Math.Max(RtdeWire.HeaderBytes, (int)BinaryPrimitives.ReadUInt16BigEndian(_buffer.AsSpan(_start)));
        _bunches = _end - _start > first ? Math.Min(_bunches + 2, 2 * ManyBunches) : Math.Max(_bunches - 1, 0);
        if (_bunches >= ManyBunches)
            _socket.SetRawSocketOption(TcpLevel, TcpQuickAck, s_one);
    }

    private DeviceFaultException Silent() => new($"{Host} has gone silent: no data in time");

    // Itself, and not through Socket, whose way to it takes as long again as the call.
    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, Span<byte> into, nuint bytes, int flags);
}
