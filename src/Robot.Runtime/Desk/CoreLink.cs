using System.Diagnostics;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>
/// What the desk knows of core: its newest status, or why there is none. The HTTP API and the page's
/// socket send just this.
/// </summary>
internal sealed record DeskStatus(CoreState Core, CoreStatus? Status, string Config);

/// <param name="Message">Why core is away and what is done about it; empty where it is there.</param>
internal sealed record CoreState(bool Connected, string Message);

/// <summary>
/// The desk's line to core, for good: subscribes, and again after every loss. Requests go over a second connection, so that a slow one
/// holds up no status; the jog lease lives and dies with that one. Stop goes over a connection of its own and waits behind nothing.
/// </summary>
internal sealed class CoreLink : IAsyncDisposable
{
    /// <summary>Status comes ten times a second: after this long without, core hangs or is gone.</summary>
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan s_answer = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan s_retry = TimeSpan.FromMilliseconds(250);

    private readonly DeskOptions _options;
    private readonly CancellationTokenSource _end = new();
    private readonly SemaphoreSlim _opening = new(1);
    private readonly Task _following;
    private readonly Lock _lock = new();
    private CoreConnection? _commands;
    private DeskStatus _status;
    private TaskCompletionSource _changed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private long _lastHeard;

    public CoreLink(DeskOptions options)
    {
        _options = options;
        _status = new DeskStatus(new CoreState(false, "connecting to core …"), null, options.Config);
        _following = FollowAsync();
    }

    public DeskStatus Status
    {
        get
        {
            lock (_lock)
                return _status;
        }
    }

    /// <summary>Waits for a status other than the given one.</summary>
    public async Task<DeskStatus> NextAsync(DeskStatus? seen, CancellationToken cancellation)
    {
        while (true)
        {
            Task changed;
            lock (_lock)
            {
                if (!ReferenceEquals(_status, seen))
                    return _status;
                changed = _changed.Task;
            }
            await changed.WaitAsync(cancellation);
        }
    }

    /// <summary>
    /// Sends a request and waits for its answer: for some seconds, or, where it takes the arm or loads an episode, as long as core lives.
    /// An arm that moves after its person was told that nothing came of it would be worse than a long wait.
    /// </summary>
    /// <exception cref="CoreAwayException">Core cannot be reached, or does not answer.</exception>
    public async Task<CoreReply> AskAsync(string method, JsonElement? parameters, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation, _end.Token);
        if (method is not (CoreMethods.RecordStart or CoreMethods.ReplayStart or CoreMethods.Jog or CoreMethods.RecordDiscard))
            limit.CancelAfter(s_answer);
        try
        {
            if (method == CoreMethods.Stop)
            {
                await using CoreConnection own = await CoreConnection.OpenAsync(_options.CoreSocket, null, limit.Token);
                return await own.AskAsync(method, parameters, limit.Token);
            }
            CoreConnection commands = await CommandsAsync(limit.Token);
            return await commands.AskAsync(method, parameters, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new CoreAwayException($"core did not answer '{method}' within {s_answer.TotalSeconds:0} s");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        await _following;
        if (_commands is not null)
            await _commands.DisposeAsync();
    }

    private async Task<CoreConnection> CommandsAsync(CancellationToken cancellation)
    {
        await _opening.WaitAsync(cancellation);
        try
        {
            if (_commands is { Closed.IsCompleted: false })
                return _commands;
            if (_commands is not null)
                await _commands.DisposeAsync();
            return _commands = await CoreConnection.OpenAsync(_options.CoreSocket, null, cancellation);
        }
        finally
        {
            _opening.Release();
        }
    }

    private async Task FollowAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                await SubscribeAsync();
            }
            catch (OperationCanceledException) when (_end.IsCancellationRequested)
            {
                return;
            }
            catch (Exception e) when (e is CoreAwayException or IOException or JsonException)
            {
                Away(e is JsonException ? $"core's status cannot be read: {e.Message}" : e.Message);
            }
            await Task.Delay(s_retry, _end.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    /// <summary>Follows one connection until it ends or falls silent.</summary>
    private async Task SubscribeAsync()
    {
        await using CoreConnection connection = await CoreConnection.OpenAsync(_options.CoreSocket, Heard, _end.Token);
        Volatile.Write(ref _lastHeard, Stopwatch.GetTimestamp());
        CoreReply reply;
        try
        {
            reply = await connection.AskAsync(CoreMethods.Subscribe, null, _end.Token).WaitAsync(s_answer, _end.Token);
        }
        catch (TimeoutException e)
        {
            throw new CoreAwayException("core takes connections but does not answer", e);
        }
        if (reply.Error is { } error)
            throw new CoreAwayException($"core refuses to report: {error.Message}");
        while (await Task.WhenAny(connection.Closed, Task.Delay(s_retry, _end.Token)) != connection.Closed)
        {
            _end.Token.ThrowIfCancellationRequested();
            if (Stopwatch.GetElapsedTime(Volatile.Read(ref _lastHeard)) > s_silence)
                throw new CoreAwayException($"core has said nothing for {s_silence.TotalSeconds:0} s");
        }
        await connection.Closed;
        throw new CoreAwayException("core went away");
    }

    private void Heard(CoreStatus status)
    {
        Volatile.Write(ref _lastHeard, Stopwatch.GetTimestamp());
        Publish(new DeskStatus(new CoreState(true, ""), status, _options.Config));
    }

    private void Away(string reason)
    {
        string message = $"{reason}. Trying again; if it does not come back: ./robot run --config {_options.Config}";
        DeskStatus last = Status;
        if (last.Core.Connected || last.Core.Message != message)
            Publish(new DeskStatus(new CoreState(false, message), null, _options.Config));
    }

    private void Publish(DeskStatus status)
    {
        TaskCompletionSource changed;
        lock (_lock)
        {
            _status = status;
            (changed, _changed) = (_changed, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        }
        changed.SetResult();
    }
}
