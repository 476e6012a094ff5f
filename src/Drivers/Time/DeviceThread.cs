namespace RobotWorldModel.Drivers.Time;

/// <summary>A dedicated thread with a name, a real-time priority where allowed, and a stop that waits for its end.</summary>
public sealed class DeviceThread : IDisposable
{
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="name">Shown by debuggers and, cut to 15 letters, by <c>top -H</c>.</param>
    /// <param name="priority">SCHED_FIFO priority, or 0 to stay as the process is.</param>
    /// <param name="body">Runs until done or until its token is cancelled; an exception that leaves it ends the process, as it
    /// should.</param>
    public DeviceThread(string name, int priority, Action<CancellationToken> body)
    {
        _thread = new Thread(() =>
        {
            if (priority > 0)
                RealTime.TryRaiseThread(priority); // the process says once at start whether it may; not each thread again
            body(_stop.Token);
        })
        { Name = name, IsBackground = true };
    }

    public CancellationToken Stopping => _stop.Token;

    public void Start() => _thread.Start();

    /// <summary>Asks the body to end and waits for it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
            _thread.Join();
        _stop.Dispose();
    }
}
