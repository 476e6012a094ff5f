namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// A dedicated thread with a name and a stop that waits for its end. Its priority is the process's (<see cref="RealTime"/>), except where
/// it plays a device's clock.
/// </summary>
public sealed class DeviceThread : IDisposable
{
    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();

    /// <param name="name">Shown by debuggers and, cut to 15 letters, by <c>top -H</c>.</param>
    /// <param name="body">Runs until done or until its token is cancelled; an exception that leaves it ends the process, as it
    /// should.</param>
    /// <param name="timed">Keeps a simulated device's times: <see cref="RealTime.RaiseThreadOntoOneCore"/>.</param>
    public DeviceThread(string name, Action<CancellationToken> body, bool timed = false)
    {
        _thread = new Thread(() => Run(body, timed)) { Name = name, IsBackground = true };
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

    private void Run(Action<CancellationToken> body, bool timed)
    {
        if (timed)
            RealTime.RaiseThreadOntoOneCore();
        body(_stop.Token);
    }
}
