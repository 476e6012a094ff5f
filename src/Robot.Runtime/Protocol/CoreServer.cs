using System.Net.Sockets;
using System.Text.Json;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>An error that a command ends with: one line for a person, and the exit code of the design.</summary>
public sealed class RobotException(int code, string message) : Exception(message)
{
    public int Code { get; } = code;
}

/// <summary>Exit codes of every command.</summary>
public static class ExitCode
{
    public const int Done = 0, FaultsFound = 1, Usage = 64, Device = 69, Disk = 74, Busy = 75, Config = 78, Interrupted = 130;
}

/// <summary>What core does with a request. Runs on the thread pool, never on the tick's thread.</summary>
internal interface ICoreHandler
{
    CoreStatus Status();

    /// <param name="connection">Identifies the caller; what it holds (a jog lease) ends when it closes.</param>
    /// <exception cref="RobotException">Refused, with a line for the person.</exception>
    Task<object?> HandleAsync(string method, JsonElement parameters, object connection, CancellationToken cancel);

    void Closed(object connection);
}

/// <summary>
/// Core's Unix-domain socket: requests and replies as one JSON object a line, and status lines ten times a second for subscribers.
/// </summary>
internal sealed class CoreServer(string path, ICoreHandler handler) : IDisposable
{
    private static readonly TimeSpan s_statusPeriod = TimeSpan.FromMilliseconds(100);
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<Connection> _subscribers = [];

    public void Start()
    {
        File.Delete(path); // a socket left by a service that was killed; the service's lock says that nobody listens
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        _listener.Listen(16);
        _ = AcceptAsync();
        _ = BroadcastAsync();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        File.Delete(path);
    }

    private async Task AcceptAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                var socket = await _listener.AcceptAsync(_stop.Token);
                _ = ServeAsync(new Connection(socket));
            }
            catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
            {
                if (_stop.IsCancellationRequested)
                    return;
            }
        }
    }

    private async Task ServeAsync(Connection connection)
    {
        try
        {
            using var reader = new StreamReader(connection.Stream, leaveOpen: true);
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
                _ = AnswerAsync(connection, line);
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or SocketException)
        {
            // the peer is gone, or we are: either way the connection ends below
        }
        lock (_subscribers)
            _subscribers.Remove(connection);
        handler.Closed(connection);
        connection.Dispose();
    }

    private async Task AnswerAsync(Connection connection, string line)
    {
        CoreReply reply;
        long id = 0;
        try
        {
            var request = JsonSerializer.Deserialize(line, ProtocolJson.Default.CoreRequest) ?? throw new JsonException("empty request");
            id = request.Id;
            object? result = await DispatchAsync(request, connection);
            reply = new(id, Result: JsonSerializer.SerializeToElement(result ?? new object(), ProtocolJson.Lenient));
        }
        catch (RobotException e)
        {
            reply = new(id, Error: new(e.Code, e.Message));
        }
        catch (JsonException e)
        {
            reply = new(id, Error: new(ExitCode.Usage, $"the request is no valid JSON: {e.Message}"));
        }
        catch (OperationCanceledException)
        {
            reply = new(id, Error: new(ExitCode.Interrupted, "the service is ending"));
        }
        catch (Exception e) // a mistake of ours: who asked must hear of it, and not wait for ever
        {
            Console.Error.WriteLine($"robot: {e}");
            reply = new(id, Error: new(ExitCode.Device, $"the service failed at this request: {e.Message}"));
        }
        await connection.SendAsync(JsonSerializer.SerializeToUtf8Bytes(reply, ProtocolJson.Default.CoreReply));
    }

    private async Task<object?> DispatchAsync(CoreRequest request, Connection connection)
    {
        switch (request.Method)
        {
            case CoreMethods.Status:
                return handler.Status();
            case CoreMethods.Subscribe:
                lock (_subscribers)
                    _subscribers.Add(connection);
                return null;
            default:
                return await handler.HandleAsync(request.Method, request.Params ?? default, connection, _stop.Token);
        }
    }

    private async Task BroadcastAsync()
    {
        using var timer = new PeriodicTimer(s_statusPeriod); // for people's eyes: its 1 % error does not matter
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token))
            {
                Connection[] subscribers;
                lock (_subscribers)
                    subscribers = [.. _subscribers];
                if (subscribers.Length == 0)
                    continue;
                if (StatusNow() is not { } line)
                    continue;
                foreach (var subscriber in subscribers)
                    _ = subscriber.TrySendAsync(line);
            }
        }
        catch (OperationCanceledException)
        {
            // the service ends
        }
    }

    /// <summary>Null, and a line, where it cannot be told: the next one is tried again.</summary>
    private byte[]? StatusNow()
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(new(0, Status: handler.Status()), ProtocolJson.Default.CoreReply);
        }
        catch (Exception e) // a mistake of ours must not end what people look at
        {
            Console.Error.WriteLine($"robot: the status cannot be told: {e}");
            return null;
        }
    }

    private sealed class Connection(Socket socket) : IDisposable
    {
        private static readonly byte[] s_newline = "\n"u8.ToArray();
        private readonly SemaphoreSlim _sending = new(1);

        public NetworkStream Stream { get; } = new(socket, ownsSocket: true);

        public async Task SendAsync(byte[] line)
        {
            await _sending.WaitAsync();
            await WriteAsync(line);
        }

        /// <summary>Skips the line when the one before is still on its way: a slow reader gets fewer status lines, not old ones.</summary>
        public Task TrySendAsync(byte[] line) => _sending.Wait(0) ? WriteAsync(line) : Task.CompletedTask;

        public void Dispose() => Stream.Dispose();

        private async Task WriteAsync(byte[] line)
        {
            try
            {
                await Stream.WriteAsync(line);
                await Stream.WriteAsync(s_newline);
            }
            catch (Exception e) when (e is IOException or ObjectDisposedException)
            {
                // the peer has gone; its reader ends the connection
            }
            finally
            {
                _sending.Release();
            }
        }
    }
}
