using System.Diagnostics;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>How batches are made.</summary>
public sealed record LoaderOptions
{
    /// <summary>Windows of a batch, B.</summary>
    public int BatchSize { get; init; } = 16;

    /// <summary>Seed of the shuffling; null leaves windows in order.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Epochs after which there are no more batches; null for no end.</summary>
    public int? Epochs { get; init; }

    /// <summary>Whether the last windows of an epoch make a batch although they do not fill it. Else that epoch lacks them.</summary>
    public bool KeepPartial { get; init; }

    /// <summary>Threads that decode.</summary>
    public int Workers { get; init; } = 1;

    /// <summary>Batches that are ready or in the making.</summary>
    public int Ahead { get; init; } = 4;
}

/// <summary>What a loader did so far.</summary>
/// <param name="Batches">Delivered.</param>
/// <param name="Waits">Times that a batch was not ready when it was asked for, the first one left aside, which never is.</param>
/// <param name="Waited">All of them together.</param>
public sealed record LoaderReport(long Batches, long Waits, TimeSpan Waited, TimeSpan LongestWait);

/// <summary>
/// Batches made by background threads. Which they are and in which order depends on windows, options and position alone, not on the number
/// of threads or how fast they are: a run that goes on at a stored position sees what it would have seen. One consumer thread.
/// </summary>
public sealed class BatchLoader : IDisposable
{
    private readonly WindowList _windows;
    private readonly LoaderOptions _options;
    private readonly Thread[] _threads;
    private readonly object _gate = new();
    private readonly Stack<Batch> _free = new();
    private readonly Dictionary<long, Batch> _ready = [];
    private readonly int _buffers;
    private DataPosition _next; // of the ticket that a worker draws next
    private (int Epoch, int[] Windows) _order = (-1, []);
    private long _drawn, _delivered, _waits, _waitedTicks, _longestTicks;
    private int _held;
    private bool _stopped, _waiting;

    /// <param name="from">Where to begin: a batch's <see cref="Batch.Next"/>, or the start.</param>
    /// <exception cref="ArgumentException">An option that cannot be.</exception>
    /// <exception cref="InvalidDataException">There are too few windows for a batch.</exception>
    public BatchLoader(WindowList windows, DataNormalisation normalisation, LoaderOptions options, DataPosition from = default)
    {
        if (options.BatchSize < 1 || options.Workers < 1 || options.Ahead < 1 || options.Epochs < 1)
            throw new ArgumentException("batch size, workers, batches ahead and epochs are at least 1", nameof(options));
        (_windows, _options) = (windows, options);
        BatchesPerEpoch = options.KeepPartial
            ? (windows.Count + options.BatchSize - 1) / options.BatchSize : windows.Count / options.BatchSize;
        if (BatchesPerEpoch == 0)
            throw new InvalidDataException($"{windows.Count} windows do not fill a batch of {options.BatchSize}"
                + (windows.LeftOut is { } why ? $": {why}" : ""));
        _next = from.Batch < BatchesPerEpoch && from is { Epoch: >= 0, Batch: >= 0 }
            ? from : throw new ArgumentException($"{from} is none of this data's: an epoch has {BatchesPerEpoch} batches", nameof(from));
        Position = from;
        _buffers = options.Ahead + 1;
        for (int i = 0; i < _buffers; i++)
            _free.Push(new(this, options.BatchSize, windows));
        _threads = [.. Enumerable.Range(0, Math.Min(options.Workers, options.Ahead))
            .Select(i => new Thread(() => Work(new(windows, normalisation, windows.Dataset.Pictures.NewDecoder())))
            { IsBackground = true, Name = $"data {i}" })];
        foreach (Thread thread in _threads)
            thread.Start();
    }

    public int BatchesPerEpoch { get; }

    /// <summary>Of the batch that <see cref="Next"/> returns next.</summary>
    public DataPosition Position { get; private set; }

    /// <summary>Whether <see cref="Next"/> would not wait.</summary>
    public bool IsReady
    {
        get
        {
            lock (_gate)
                return _ready.ContainsKey(_delivered);
        }
    }

    /// <summary>Whether the consumer waits.</summary>
    internal bool IsWaitedFor
    {
        get
        {
            lock (_gate)
                return _waiting;
        }
    }

    /// <summary>The next batch, to be disposed of; null after the last epoch.</summary>
    /// <exception cref="InvalidOperationException">All buffers are with the caller: batches were not disposed of.</exception>
    /// <exception cref="OperationCanceledException">The stop.</exception>
    public Batch? Next(CancellationToken stop = default)
    {
        if (_options.Epochs <= Position.Epoch)
            return null;
        Batch batch = Take(stop);
        Position = batch.Next;
        if (batch.Failure is not { } failure)
            return batch;
        batch.Dispose();
        throw new InvalidOperationException($"a batch could not be made: {failure.Message}", failure);
    }

    public LoaderReport Report()
    {
        lock (_gate)
            return new(_delivered, _waits, Stopwatch.GetElapsedTime(0, _waitedTicks), Stopwatch.GetElapsedTime(0, _longestTicks));
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _stopped = true;
            Monitor.PulseAll(_gate);
        }
        foreach (Thread thread in _threads)
            thread.Join();
    }

    internal void Return(Batch batch)
    {
        lock (_gate)
        {
            if (_free.Contains(batch))
                return; // a second Dispose
            _held--;
            _free.Push(batch);
            Monitor.PulseAll(_gate);
        }
    }

    private Batch Take(CancellationToken stop)
    {
        using CancellationTokenRegistration wake = stop.Register(() =>
        {
            lock (_gate)
                Monitor.PulseAll(_gate);
        });
        stop.ThrowIfCancellationRequested();
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_stopped, this);
            if (_held == _buffers)
                throw new InvalidOperationException($"all {_buffers} batches are with the caller: dispose of one before the next");
            Batch? batch;
            if (!_ready.Remove(_delivered, out batch))
                batch = Await(stop);
            _delivered++;
            _held++;
            return batch;
        }
    }

    /// <summary>With the gate held.</summary>
    private Batch Await(CancellationToken stop)
    {
        long since = Stopwatch.GetTimestamp();
        _waiting = true;
        try
        {
            while (true)
            {
                stop.ThrowIfCancellationRequested();
                Monitor.Wait(_gate);
                if (_ready.Remove(_delivered, out Batch? batch))
                    return batch;
            }
        }
        finally
        {
            _waiting = false;
            long ticks = Stopwatch.GetTimestamp() - since;
            if (_delivered > 0)
                (_waits, _waitedTicks, _longestTicks) = (_waits + 1, _waitedTicks + ticks, Math.Max(_longestTicks, ticks));
        }
    }

    private void Work(BatchFiller filler)
    {
        while (Draw(out long ticket, out Batch batch, out ArraySegment<int> windows))
        {
            try
            {
                batch.Failure = null;
                filler.Fill(batch, windows);
            }
            catch (Exception e) // a worker must not end: the consumer waits for this batch, and throws it
            {
                batch.Failure = e;
            }
            lock (_gate)
            {
                _ready[ticket] = batch;
                Monitor.PulseAll(_gate);
            }
        }
    }

    /// <summary>
    /// A buffer first and then the number: whoever has a number has what it needs to be ready, so the consumer never waits in vain.
    /// </summary>
    private bool Draw(out long ticket, out Batch batch, out ArraySegment<int> windows)
    {
        lock (_gate)
        {
            while (_free.Count == 0 && !_stopped)
                Monitor.Wait(_gate);
            (ticket, batch, windows) = (_drawn, null!, default);
            if (_stopped || _options.Epochs <= _next.Epoch)
                return false;
            batch = _free.Pop();
            _drawn++;
            if (_order.Epoch != _next.Epoch)
                _order = (_next.Epoch, _windows.Order(_next.Epoch, _options.Seed));
            int from = _next.Batch * _options.BatchSize;
            windows = new(_order.Windows, from, Math.Min(_options.BatchSize, _windows.Count - from));
            batch.Next = _next = _next.Batch + 1 < BatchesPerEpoch ? _next with { Batch = _next.Batch + 1 } : new(_next.Epoch + 1, 0);
            return true;
        }
    }
}
