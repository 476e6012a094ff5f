using System.Net;
using System.Net.Sockets;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>Opening the sockets of simulated devices, with errors that say who is in the way.</summary>
internal static class Listening
{
    /// <exception cref="IOException">The address is taken or not this machine's.</exception>
    public static Socket Tcp(string device, string host, int port)
    {
        IPAddress[] addresses = IPAddress.TryParse(host, out var literal) ? [literal] : Dns.GetHostAddresses(host);
        var socket = new Socket(addresses[0].AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(addresses[0], port)); // .NET sets SO_REUSEADDR here: a port in TIME_WAIT is no hindrance
            socket.Listen(8);
            socket.Blocking = false;
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"{device}: {host}:{port} cannot be opened ({e.Message}): another cell may run on this address; "
                + "stop it, or give this one another host", e);
        }
    }

    /// <summary>A non-blocking socket for datagrams.</summary>
    /// <exception cref="IOException">The address is taken or not this machine's.</exception>
    public static Socket Udp(string device, string host, int port)
    {
        IPAddress[] addresses = IPAddress.TryParse(host, out var literal) ? [literal] : Dns.GetHostAddresses(host);
        var socket = new Socket(addresses[0].AddressFamily, SocketType.Dgram, ProtocolType.Udp) { Blocking = false };
        try
        {
            socket.Bind(new IPEndPoint(addresses[0], port));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new IOException($"{device}: {host}:{port} (UDP) cannot be opened ({e.Message}): another cell may run on this address; "
                + "stop it, or give this one another host", e);
        }
    }

    /// <summary>Opens a Unix-domain socket that only this user may connect to; a file left by a dead process is replaced.</summary>
    /// <exception cref="IOException">Someone serves it, or the folder cannot be written.</exception>
    public static Socket Unix(string device, string path)
    {
        var endPoint = new UnixDomainSocketEndPoint(path);
        if (File.Exists(path) && Answers(endPoint))
            throw new IOException($"{device}: {path} is served by another process: stop that cell, or give this one another socket");
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            File.Delete(path);
            socket.Bind(endPoint);
            File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            socket.Listen(8);
            socket.Blocking = false;
            return socket;
        }
        catch (Exception e) when (e is SocketException or UnauthorizedAccessException or IOException)
        {
            socket.Dispose();
            throw new IOException($"{device}: the socket {path} cannot be made ({e.Message}): the folder must exist and be yours", e);
        }
    }

    /// <summary>A waiting client, non-blocking, or null.</summary>
    public static Socket? TryAccept(Socket listener)
    {
        if (!listener.Poll(0, SelectMode.SelectRead))
            return null;
        try
        {
            Socket client = listener.Accept();
            client.Blocking = false;
            return client;
        }
        catch (SocketException)
        {
            return null; // it went away between the two calls
        }
    }

    private static bool Answers(UnixDomainSocketEndPoint endPoint)
    {
        using var probe = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            probe.Connect(endPoint);
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
