using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>One connection to core's Unix socket: requests and replies by id, status lines in between.</summary>
internal sealed class CoreConnection : IAsyncDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly Action<CoreStatus>? _onStatus;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly ConcurrentDictionary<long, TaskCompletionSource<CoreReply>> _pending = new();
    private readonly CancellationTokenSource _end = new();
    private long _lastId;

    private CoreConnection(Socket socket, Action<CoreStatus>? onStatus)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
        _onStatus = onStatus;
        Closed = ReadAsync();
    }

    /// <summary>Ends, with the reason in its exception if there is one, when core is gone.</summary>
    public Task Closed { get; }

    /// <exception cref="CoreAwayException">Nobody listens there.</exception>
    public static async Task<CoreConnection> OpenAsync(string path, Action<CoreStatus>? onStatus, CancellationToken cancellation)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await socket.ConnectAsync(new UnixDomainSocketEndPoint(path), cancellation);
            return new CoreConnection(socket, onStatus);
        }
        catch (Exception e)
        {
            socket.Dispose();
            if (e is SocketException)
                throw new CoreAwayException($"core does not answer on {path}: {Reason(e)}", e);
            throw;
        }
    }

    /// <exception cref="CoreAwayException">Core went away before it answered.</exception>
    public async Task<CoreReply> AskAsync(string method, JsonElement? parameters, CancellationToken cancellation)
    {
        long id = Interlocked.Increment(ref _lastId);
        var answer = new TaskCompletionSource<CoreReply>(TaskCreationOptions.RunContinuationsAsynchronously);
        _pending[id] = answer;
        try
        {
            byte[] line = JsonSerializer.SerializeToUtf8Bytes(new CoreRequest(id, method, parameters), ProtocolJson.Default.CoreRequest);
            await _writing.WaitAsync(cancellation);
            try
            {
                await _stream.WriteAsync(line, cancellation);
                await _stream.WriteAsync("\n"u8.ToArray(), cancellation);
            }
            finally
            {
                _writing.Release();
            }
            Task done = await Task.WhenAny(answer.Task, Closed).WaitAsync(cancellation);
            return done == answer.Task || answer.Task.IsCompleted
                ? await answer.Task
                : throw new CoreAwayException($"core went away before it answered '{method}'", Closed.Exception);
        }
        catch (IOException e)
        {
            throw new CoreAwayException($"core went away before it heard '{method}'", e);
        }
        finally
        {
            _pending.TryRemove(id, out _);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _stream.DisposeAsync();
        await Closed.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // whoever cared has awaited it
    }

    private static string Reason(Exception e) => e is SocketException { SocketErrorCode: SocketError.ConnectionRefused or SocketError.AddressNotAvailable }
        ? "it is not running"
        : e.Message.ToLowerInvariant();

    private async Task ReadAsync()
    {
        using var reader = new StreamReader(_stream, Encoding.UTF8, leaveOpen: true);
        while (await reader.ReadLineAsync(_end.Token) is { } line)
        {
            if (JsonSerializer.Deserialize(line, ProtocolJson.Default.CoreReply) is not { } reply)
                continue;
            if (reply.Status is not null)
                _onStatus?.Invoke(reply.Status);
            if (_pending.TryGetValue(reply.Id, out TaskCompletionSource<CoreReply>? waiting))
                waiting.TrySetResult(reply);
        }
    }
}

/// <summary>Core cannot be reached at present.</summary>
internal sealed class CoreAwayException(string message, Exception? cause = null) : Exception(message, cause);
