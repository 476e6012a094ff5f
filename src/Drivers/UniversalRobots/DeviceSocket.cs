using System.Net;
using System.Net.Sockets;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>What went wrong with a device, in one line for the person in the lab: what, and what to do.</summary>
internal sealed class DeviceFaultException(string message) : Exception(message);

/// <summary>TCP connections that are read and written with plain blocking system calls.</summary>
internal static class DeviceSocket
{
    /// <summary>
    /// Connects within a time. Not by ConnectAsync: that would leave the descriptor non-blocking for good, and every later read would go
    /// through .NET's event thread and allocate. In blocking mode Linux applies the send time-out to connect().
    /// </summary>
    /// <param name="service">What is expected there and how to get it, e.g. "RTDE is on 30004".</param>
    /// <exception cref="DeviceFaultException">Not connected; says why and what to do.</exception>
    public static Socket Connect(string host, int port, int timeoutMs, string service)
    {
        IPAddress address = Resolve(host);
        var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = timeoutMs };
        try
        {
            socket.Connect(new IPEndPoint(address, port));
            return socket;
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new DeviceFaultException(e.SocketErrorCode switch
            {
                SocketError.ConnectionRefused =>
                    $"{host} refused port {port}: is this a UR controller, and has it booted? {service}",
                SocketError.TimedOut or SocketError.WouldBlock or SocketError.HostUnreachable or SocketError.NetworkUnreachable or
                SocketError.HostDown or SocketError.NetworkDown =>
                    $"{host} does not answer: is it on, the cable in, and this computer in its subnet? Check the host in the config",
                _ => $"{host} port {port} cannot be reached ({e.SocketErrorCode}): check the network and the host in the config",
            });
        }
    }

    private static IPAddress Resolve(string host)
    {
        if (IPAddress.TryParse(host, out var literal))
            return literal;
        try
        {
            IPAddress[] found = Dns.GetHostAddresses(host);
            return found.FirstOrDefault(a => a.AddressFamily == AddressFamily.InterNetwork) ?? found[0];
        }
        catch (Exception e) when (e is SocketException or ArgumentException or IndexOutOfRangeException)
        {
            throw new DeviceFaultException($"the name '{host}' is not known here: check the host in the config, or give its address");
        }
    }
}
