using System.Net.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Sockets;

/// <summary>A device behind a stream socket, which is non-blocking.</summary>
internal sealed class SocketDevice(string name, DeviceAddress address, Action<Socket, CancellationToken> session)
    : ConnectedDevice<Socket>(name, address.Text, stop => address.Connect(ConnectTimeoutMs, stop), session,
        address.IsLocal ? NearBackoffMs : LongestBackoffMs)
{
    private const int StopLookMs = 50; // how long a wait for bytes may overlook a stop

    /// <summary>Reads what there is, waiting for it where there is nothing. Allocates nothing.</summary>
    /// <returns>Bytes read, or 0 after <paramref name="waitMs"/> of silence.</returns>
    /// <exception cref="DeviceLostException">The other side closed, or the network failed.</exception>
    public static int Receive(Socket socket, Span<byte> into, int waitMs, CancellationToken stop)
    {
        long deadline = HostClock.NowNs + waitMs * 1_000_000L;
        while (true)
        {
            int read = socket.Receive(into, SocketFlags.None, out SocketError error);
            if (read > 0)
                return read;
            if (error == SocketError.Success)
                throw new DeviceLostException("the other side closed the connection");
            if (error is not (SocketError.WouldBlock or SocketError.Interrupted or SocketError.IOPending))
                throw new DeviceLostException($"the connection broke ({new SocketException((int)error).Message})");
            stop.ThrowIfCancellationRequested();
            long leftUs = (deadline - HostClock.NowNs) / 1000;
            if (leftUs <= 0)
                return 0;
            socket.Poll((int)Math.Min(leftUs + 1, StopLookMs * 1000), SelectMode.SelectRead);
        }
    }

    /// <summary>Writes all of a short request.</summary>
    /// <exception cref="DeviceLostException">The other side closed or takes nothing.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> bytes, int waitMs, CancellationToken stop)
    {
        long deadline = HostClock.NowNs + waitMs * 1_000_000L;
        while (bytes.Length > 0)
        {
            int sent = socket.Send(bytes, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success)
            {
                bytes = bytes[sent..];
                continue;
            }
            if (error is not (SocketError.WouldBlock or SocketError.Interrupted or SocketError.IOPending))
                throw new DeviceLostException($"the connection broke ({new SocketException((int)error).Message})");
            stop.ThrowIfCancellationRequested();
            if (HostClock.NowNs > deadline)
                throw new DeviceLostException($"it took no bytes for {waitMs} ms");
            socket.Poll(StopLookMs * 1000, SelectMode.SelectWrite);
        }
    }
}
