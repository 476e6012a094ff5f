using System.Net.Sockets;
using System.Text;

namespace RobotWorldModel.Runtime.Processes;

/// <summary>Tells systemd how the service fares (sd_notify). Does nothing where nobody asked: no NOTIFY_SOCKET.</summary>
internal sealed class SystemdNotify
{
    private readonly UnixDomainSocketEndPoint? _socket;

    public SystemdNotify()
    {
        if (Environment.GetEnvironmentVariable("NOTIFY_SOCKET") is not { Length: > 1 } path || path[0] is not ('/' or '@'))
            return;
        _socket = new(path[0] == '@' ? "\0" + path[1..] : path);
        bool ours = Environment.GetEnvironmentVariable("WATCHDOG_PID") is not { Length: > 0 } pid
            || pid == Environment.ProcessId.ToString();
        if (ours && long.TryParse(Environment.GetEnvironmentVariable("WATCHDOG_USEC"), out long us) && us > 0)
            WatchdogPeriod = TimeSpan.FromMicroseconds(us / 2.0);
    }

    /// <summary>How often systemd wants to hear that the tick goes on; null where it does not watch.</summary>
    public TimeSpan? WatchdogPeriod { get; }

    /// <summary>
    /// READY=1, STATUS=…, WATCHDOG=1, STOPPING=1; several are separated by newlines. A lost socket is no reason to fail.
    /// </summary>
    public void Send(string assignments)
    {
        if (_socket is null)
            return;
        try
        {
            using var socket = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
            socket.SendTo(Encoding.UTF8.GetBytes(assignments), _socket);
        }
        catch (SocketException e)
        {
            Console.Error.WriteLine($"robot: systemd cannot be told '{assignments}': {e.Message}");
        }
    }
}
