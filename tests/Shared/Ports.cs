using System.Net;
using System.Net.Sockets;

namespace RobotWorldModel.Tests.Shared;

/// <summary>Free addresses for a test's own servers.</summary>
public static class Ports
{
    private static int s_next = Environment.ProcessId * 7 % 60000;

    /// <summary>
    /// A loopback address that no other test of this machine uses at present: servers on the makers' fixed ports run side by side, one
    /// cell an address (127.64.x.y).
    /// </summary>
    public static string FreeLoopbackAddress()
    {
        for (int tries = 0; tries < 1000; tries++)
        {
            int n = Interlocked.Increment(ref s_next) % 60000;
            string address = $"127.{64 + n / 250 / 250}.{n / 250 % 250 + 1}.{n % 250 + 1}";
            if (Free(address, 30004) && Free(address, 63352))
                return address;
        }
        throw new InvalidOperationException("no free loopback address was found");
    }

    /// <summary>A TCP port that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static bool Free(string address, int port)
    {
        using var probe = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            probe.Bind(new IPEndPoint(IPAddress.Parse(address), port));
            return true;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
