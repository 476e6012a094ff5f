using System.Net.Sockets;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Sockets;

/// <summary>Datagrams of a connected, blocking UDP socket, by the system calls themselves: one a datagram, without allocation.</summary>
internal static partial class Datagrams
{
    private const int Interrupted = 4, TryAgain = 11, Refused = 111;

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
