using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RobotWorldModel.Simulation.Cell;

/// <summary>
/// The cell's own socket, which no real cell has: it tells the truth (what was sent, where things are) and takes orders (to put things
/// somewhere, a hand on the tool). One JSON object a line: {"method": …, …} is answered by {"result": …} or {"error": "…"}.
/// </summary>
internal sealed class CellControlServer(string path, Func<string, JsonObject, JsonNode?> handle) : IDisposable
{
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _stop = new();

    /// <exception cref="SocketException">The path cannot be bound.</exception>
    public void Start()
    {
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(8);
        _ = AcceptAsync();
    }

    public void Dispose()
    {
        _stop.Cancel();
        _listener.Dispose();
        File.Delete(path);
        _stop.Dispose();
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _ = ServeAsync(await _listener.AcceptAsync(_stop.Token));
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException or SocketException)
        {
            // the cell ends
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        try
        {
            using var reader = new StreamReader(stream, leaveOpen: true);
            await using var writer = new StreamWriter(stream, leaveOpen: true) { NewLine = "\n", AutoFlush = true };
            while (await reader.ReadLineAsync(_stop.Token) is { } line)
                await writer.WriteLineAsync(Answer(line).ToJsonString());
        }
        catch (Exception e) when (e is IOException or OperationCanceledException)
        {
            // the client left, or the cell ends
        }
    }

    private JsonObject Answer(string line)
    {
        try
        {
            var request = JsonNode.Parse(line) as JsonObject ?? throw new JsonException("not an object");
            string method = (string?)request["method"] ?? throw new JsonException("'method' is missing");
            return new JsonObject { ["result"] = handle(method, request) };
        }
        catch (Exception e) when (e is JsonException or ArgumentException or InvalidOperationException or FormatException)
        {
            return new JsonObject { ["error"] = e.Message };
        }
    }
}

/// <summary>A client of a simulated cell's control socket.</summary>
public sealed class CellControl : IDisposable
{
    private const int TimeoutMs = 5000; // a cell that is stopped must not stop who asks
    private readonly NetworkStream _stream;
    private readonly StreamReader _reader;
    private readonly Lock _lock = new();

    /// <exception cref="SocketException">The cell does not run.</exception>
    public CellControl(string path)
    {
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified)
        {
            SendTimeout = TimeoutMs,
            ReceiveTimeout = TimeoutMs,
        };
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
        }
        catch
        {
            socket.Dispose();
            throw;
        }
        _stream = new NetworkStream(socket, ownsSocket: true);
        _reader = new StreamReader(_stream);
    }

    /// <summary>Sends an order and waits for its answer.</summary>
    /// <exception cref="InvalidOperationException">The cell refused, with its reason.</exception>
    /// <exception cref="IOException">The cell has gone.</exception>
    public JsonNode? Call(string method, JsonObject? parameters = null)
    {
        parameters ??= [];
        parameters["method"] = method;
        lock (_lock)
        {
            _stream.Write(System.Text.Encoding.UTF8.GetBytes(parameters.ToJsonString() + "\n"));
            var reply = JsonNode.Parse(_reader.ReadLine() ?? throw new IOException("the simulated cell has gone"))!.AsObject();
            return reply["error"] is { } error ? throw new InvalidOperationException($"the simulated cell: {error}") : reply["result"];
        }
    }

    public void Dispose() => _reader.Dispose();
}
