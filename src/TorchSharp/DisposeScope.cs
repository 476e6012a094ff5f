namespace TorchSharp;

/// <summary>
/// Frees, at its end, the tensors that were made on this thread while it was the innermost scope and were not moved out of it. Tensors
/// hold memory that the garbage collector does not see: what no scope and no Dispose frees stays until a finalizer runs, which it may
/// never do.
/// </summary>
public sealed class DisposeScope : IDisposable
{
    [ThreadStatic]
    private static DisposeScope? _current;

    private readonly HashSet<IDisposable> _held = new(ReferenceEqualityComparer.Instance);
    private readonly DisposeScope? _outer;
    private bool _disposed;

    internal DisposeScope()
    {
        _outer = _current;
        _current = this;
    }

    internal static DisposeScope? Current => _current;

    public int DisposablesCount => _held.Count;

    /// <summary>Hands a tensor to the scope around this one, or to nobody where there is none.</summary>
    public T MoveToOuter<T>(T disposable) where T : IDisposable
    {
        Move(disposable, _outer);
        return disposable;
    }

    /// <summary>Takes tensors out: they are freed by whoever holds them.</summary>
    public T Detach<T>(T disposable) where T : IDisposable
    {
        Move(disposable, null);
        return disposable;
    }

    /// <summary>Takes something in, out of the scope that _held it.</summary>
    public void Attach(IDisposable disposable) => Move(disposable, this);

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        foreach (var item in _held.ToArray())
            item.Dispose();
        _held.Clear();
        if (ReferenceEquals(_current, this))
            _current = _outer;
    }

    internal void Add(IDisposable item) => _held.Add(item);

    internal void Remove(IDisposable item) => _held.Remove(item);

    internal static void Move(IDisposable item, DisposeScope? target)
    {
        if (item is torch.Tensor tensor)
            tensor.MoveTo(target);
        else
            target?.Add(item);
    }
}
