using System.Net.Sockets;
using System.Text;

namespace RobotWorldModel.Drivers.Sockets;

/// <summary>Where a device listens, and how to say that it does not.</summary>
internal abstract class DeviceAddress
{
    /// <summary>host:port or a path, as a person would write it.</summary>
    public abstract string Text { get; }

    /// <summary>On this computer, by a path.</summary>
    public virtual bool IsLocal => false;

    /// <summary>A connected, non-blocking socket.</summary>
    /// <exception cref="DeviceLostException">Nobody is there; says what to look at.</exception>
    public abstract Socket Connect(int timeoutMs, CancellationToken stop);

    /// <param name="expected">What should listen there, for messages: "the Robotiq gripper URCap".</param>
    public static DeviceAddress Tcp(string host, int port, string expected) => new TcpAddress(host, port, expected);

    /// <exception cref="ArgumentException">The path is longer than the kernel takes.</exception>
    public static DeviceAddress Unix(string path, string expected) => new UnixAddress(path, expected);

    private static Socket Connect(Socket socket, Func<Socket, CancellationToken, ValueTask> connect, int timeoutMs, CancellationToken stop)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stop);
        limit.CancelAfter(timeoutMs);
        try
        {
            connect(socket, limit.Token).AsTask().GetAwaiter().GetResult();
            socket.Blocking = false; // reads go straight to the file descriptor; waits are poll(2) on the device's own thread
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class TcpAddress(string host, int port, string expected) : DeviceAddress
    {
        public override string Text { get; } = $"{host}:{port}";

        public override Socket Connect(int timeoutMs, CancellationToken stop)
        {
            try
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                return Connect(socket, (s, limit) => s.ConnectAsync(host, port, limit), timeoutMs, stop);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new DeviceLostException($"no answer from {Text} within {timeoutMs / 1000.0:0.#} s: is it on, and on this network?");
            }
            catch (SocketException e)
            {
                throw new DeviceLostException(e.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => $"{host} is there, but nothing listens on port {port}: is {expected} running?",
                    SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData =>
                        $"the name '{host}' is not known: check `host` in the config",
                    SocketError.NetworkUnreachable or SocketError.HostUnreachable =>
                        $"{Text} cannot be reached ({e.Message}): check the cable and this machine's address",
                    _ => $"{Text}: {e.Message}",
                });
            }
        }
    }

    private sealed class UnixAddress : DeviceAddress
    {
        private const int LongestPath = 107; // sun_path less its closing zero
        private readonly UnixDomainSocketEndPoint _endPoint;
        private readonly string _expected;

        public UnixAddress(string path, string expected)
        {
            if (path.Length == 0 || Encoding.UTF8.GetByteCount(path) > LongestPath)
                throw new ArgumentException($"socket path '{path}' must have 1 to {LongestPath} bytes: choose a shorter folder",
                    nameof(path));
            (Text, _expected) = (path, expected);
            _endPoint = new UnixDomainSocketEndPoint(path);
        }

        public override bool IsLocal => true;

        public override string Text { get; }

        public override Socket Connect(int timeoutMs, CancellationToken stop)
        {
            try
            {
                var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                return Connect(socket, (s, limit) => s.ConnectAsync(_endPoint, limit), timeoutMs, stop);
            }
            catch (OperationCanceledException) when (!stop.IsCancellationRequested)
            {
                throw new DeviceLostException($"{Text} exists, but {_expected} does not accept: restart it");
            }
            catch (SocketException e)
            {
                throw new DeviceLostException(e.SocketErrorCode switch
                {
                    SocketError.ConnectionRefused => $"{Text} is there, but nobody listens: start {_expected}",
                    SocketError.AccessDenied => $"{Text} may not be opened by this user: run {_expected} as the same user",
                    _ when !File.Exists(Text) => // ENOENT has no SocketError of its own
                        $"there is no socket {Text}: start {_expected}",
                    _ => $"{Text}: {e.Message}",
                });
            }
        }
    }
}
