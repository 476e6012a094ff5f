namespace RobotWorldModel.Runtime.Processes;

/// <summary>
/// What a service that was started here says: until it is up, why it is not; afterwards what is wrong, for the person. Where a live view
/// may be on the screen such lines are kept for when it has gone: in between they would tear it.
/// </summary>
/// <param name="show">Takes a line at any time; null: lines wait for <see cref="Flush"/>.</param>
internal sealed class ServiceOutput(Action<string>? show)
{
    private const string Prefix = "robot: ";
    private readonly Lock _lock = new();
    private readonly List<string> _lines = [];
    private bool _up;

    /// <summary>All that it has said so far, a line each, as a message of ours.</summary>
    public string Said
    {
        get
        {
            lock (_lock)
                return string.Join('\n', _lines.Select(l => l.StartsWith(Prefix, StringComparison.Ordinal) ? l[Prefix.Length..] : l));
        }
    }

    public void Add(string line)
    {
        lock (_lock)
        {
            if (_up && !line.StartsWith(Prefix, StringComparison.Ordinal))
                return;
            if (_up && show is not null)
                show(line);
            else
                _lines.Add(line);
        }
    }

    /// <summary>It is up: what it said on the way there is forgotten.</summary>
    public void Up()
    {
        lock (_lock)
        {
            _lines.Clear();
            _up = true;
        }
    }

    /// <summary>Hands on what has waited: no live view is on the screen now.</summary>
    public void Flush(Action<string> to)
    {
        lock (_lock)
        {
            _lines.ForEach(to);
            _lines.Clear();
        }
    }
}
