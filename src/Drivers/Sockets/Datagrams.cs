using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Sockets;

/// <summary>Datagrams of a connected, blocking UDP socket, by the system calls themselves: one a datagram, without allocation.</summary>
internal static partial class Datagrams
{
    private const int Interrupted = 4, TryAgain = 11, Refused = 111;
    private const int ReceiveBuffer = 1 << 18; // half a second of 1000 Hz where Linux allows it (net.core.rmem_max)

    /// <summary>A socket that takes datagrams from there alone. Whether anybody is there only an answer shows.</summary>
    /// <exception cref="DeviceLostException">The name is not known, or no network leads there.</exception>
    public static Socket Connect(string host, int port)
    {
        Socket? socket = null;
        try
        {
            IPAddress[] found = IPAddress.TryParse(host, out IPAddress? literal) ? [literal] : Dns.GetHostAddresses(host);
            IPAddress address = found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
            socket = new Socket(address.AddressFamily, SocketType.Dgram, ProtocolType.Udp) { ReceiveBufferSize = ReceiveBuffer };
            socket.Connect(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException e)
        {
            socket?.Dispose();
            throw new DeviceLostException(e.SocketErrorCode is SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData
                ? $"the name '{host}' is not known: check `host` in the config"
                : $"{host}:{port} (UDP) cannot be reached ({e.Message}): check the cable and this machine's address");
        }
    }

    /// <summary>Waits as long as the socket's receive time-out.</summary>
    /// <returns>Bytes; -1 after silence. What is longer than the buffer is cut.</returns>
    /// <exception cref="DeviceLostException">The other side's system says that nobody is there, or the network failed.</exception>
    public static int Receive(Socket socket, Span<byte> into)
    {
        nint read = recv((int)socket.Handle, into, (nuint)into.Length, 0);
        if (read >= 0)
            return (int)read;
        int error = Marshal.GetLastPInvokeError();
        if (error is Interrupted or TryAgain)
            return -1;
        throw error == Refused
            ? NobodyListens(socket)
            : new DeviceLostException($"{socket.RemoteEndPoint}: {Marshal.GetPInvokeErrorMessage(error)}");
    }

    /// <exception cref="DeviceLostException">It cannot be sent; says why.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> datagram)
    {
        socket.Send(datagram, SocketFlags.None, out SocketError error);
        if (error == SocketError.ConnectionRefused) // an answer to an earlier one, told in place of sending this one
            throw NobodyListens(socket);
        if (error != SocketError.Success)
            throw new DeviceLostException($"{socket.RemoteEndPoint} cannot be reached ({new SocketException((int)error).Message}): "
                + "check the cable and this machine's address");
    }

    private static DeviceLostException NobodyListens(Socket socket) =>
        new($"{socket.RemoteEndPoint} is there, but nothing listens on that UDP port: is it this sensor's address?");

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint recv(int socket, Span<byte> into, nuint bytes, int flags);
}
