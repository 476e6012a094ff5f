using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text.Json;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>A connection to a running core: requests, and its status as it comes.</summary>
internal sealed class CoreClient : IAsyncDisposable
{
    private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<CoreReply>> _waiting = [];
    private readonly SemaphoreSlim _sending = new(1);
    private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private NetworkStream? _stream;
    private long _lastId;
    private volatile CoreStatus? _status;

    /// <summary>Raised on a pool thread for each status line, after <see cref="SubscribeAsync"/>.</summary>
    public event Action<CoreStatus>? StatusReceived;

    /// <summary>The newest status; null before the first.</summary>
    public CoreStatus? Status => _status;

    /// <summary>Completes when core has closed the connection.</summary>
    public Task Closed => _closed.Task;

    /// <exception cref="SocketException">Nobody listens there.</exception>
    public static async Task<CoreClient> ConnectAsync(string path, CancellationToken cancel = default)
    {
        var client = new CoreClient();
        try
        {
            await client._socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancel);
        }
        catch
        {
            client._socket.Dispose();
            throw;
        }
        client._stream = new NetworkStream(client._socket, ownsSocket: true);
        _ = client.ReadAsync();
        return client;
    }

    public Task SubscribeAsync(CancellationToken cancel = default) => CallAsync(CoreMethods.Subscribe, null, cancel);

    /// <summary>Sends a request and waits for its answer.</summary>
    /// <param name="parameters">An object whose public properties become snake_case keys; null for none.</param>
    /// <exception cref="RobotException">Core refused, or went away.</exception>
    public async Task<JsonElement> CallAsync(string method, object? parameters = null, CancellationToken cancel = default)
    {
        long id = Interlocked.Increment(ref _lastId);
        var answer = _waiting[id] = new(TaskCreationOptions.RunContinuationsAsynchronously);
        JsonElement? json = parameters is null ? null : JsonSerializer.SerializeToElement(parameters, ProtocolJson.Lenient);
        byte[] line =
        [
            .. JsonSerializer.SerializeToUtf8Bytes(new CoreRequest(id, method, json), ProtocolJson.Default.CoreRequest), (byte)'\n',
        ];
        await _sending.WaitAsync(cancel);
        try
        {
            await _stream!.WriteAsync(line, cancel);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            throw Gone();
        }
        finally
        {
            _sending.Release();
        }
        if (_closed.Task.IsCompleted)
            throw Gone();
        var reply = await answer.Task.WaitAsync(cancel);
        return reply.Error is { } error ? throw new RobotException(error.Code, error.Message) : reply.Result ?? default;
    }

    public async ValueTask DisposeAsync()
    {
        if (_stream is not null)
            await _stream.DisposeAsync();
        _socket.Dispose();
    }

    private async Task ReadAsync()
    {
        try
        {
            using var reader = new StreamReader(_stream!, leaveOpen: true);
            while (await reader.ReadLineAsync() is { } line)
            {
                var reply = JsonSerializer.Deserialize(line, ProtocolJson.Default.CoreReply)!;
                if (reply.Status is { } status)
                {
                    _status = status;
                    StatusReceived?.Invoke(status);
                }
                else if (_waiting.TryRemove(reply.Id, out var answer))
                {
                    answer.SetResult(reply);
                }
            }
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException or JsonException)
        {
            // core has gone, perhaps in the middle of a line; whoever waits is told below
        }
        finally
        {
            _closed.TrySetResult();
            foreach (var answer in _waiting.Values)
                answer.TrySetException(Gone());
        }
    }

    /// <summary>What a command that cannot go on without the service ends with.</summary>
    public static RobotException Gone() => new(ExitCode.Device, "the service went away; see its log, start it again with ./robot run");
}
