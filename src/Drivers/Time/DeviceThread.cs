namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// A dedicated thread with a name, a real-time priority where allowed, and a stop that waits for its end. It has its priority only while
/// it is steady, doing over and over what it has done before: whatever runs for the first time has to be compiled and its types loaded,
/// behind locks on which the runtime spins, and where real-time threads spin on all cores, who holds the lock does not go on for many
/// seconds. So it is raised a second after its start, an exception, or <see cref="Steady"/>, and is as the process is from
/// <see cref="Unsteady"/> or an exception on.
/// </summary>
public sealed class DeviceThread : IDisposable
{
    private const int SettlingMs = 1000;

    [ThreadStatic]
    private static DeviceThread? t_current;

    private readonly Thread _thread;
    private readonly CancellationTokenSource _stop = new();
    private readonly int _priority;
    private readonly bool _warm;
    private readonly Timer _settled;
    private readonly Lock _lock = new();
    private int _id;
    private State _state;

    // Before the search for who catches it: what comes then has most likely not been done before.
    static DeviceThread() => AppDomain.CurrentDomain.FirstChanceException += (_, _) => t_current?.Settle();

    /// <param name="name">Shown by debuggers and, cut to 15 letters, by <c>top -H</c>.</param>
    /// <param name="priority">SCHED_FIFO priority while steady, or 0 to stay as the process is.</param>
    /// <param name="body">Runs until done or until its token is cancelled; an exception that leaves it ends the process, as it
    /// should.</param>
    /// <param name="warm">What the body does has been done in this process before: it is raised at once.</param>
    public DeviceThread(string name, int priority, Action<CancellationToken> body, bool warm = false)
    {
        (_priority, _warm) = (priority, warm);
        _settled = new(_ => Raise());
        _thread = new Thread(() => Run(body)) { Name = name, IsBackground = true };
    }

    private enum State { Unsteady, Settling, Raised, Ended }

    public CancellationToken Stopping => _stop.Token;

    public void Start() => _thread.Start();

    /// <summary>From here on the thread does the same over and over; a second later it has its priority.</summary>
    public void Steady()
    {
        lock (_lock)
        {
            if (_priority == 0 || _state != State.Unsteady)
                return;
            _state = State.Settling;
            _settled.Change(SettlingMs, Timeout.Infinite);
        }
    }

    /// <summary>What comes next may never have run before: the thread is as the process is.</summary>
    public void Unsteady()
    {
        lock (_lock)
        {
            if (_state == State.Raised)
                RealTime.SetThread(_id, 0);
            if (_state is State.Raised or State.Settling)
                _state = State.Unsteady;
        }
    }

    private void Settle()
    {
        Unsteady();
        Steady();
    }

    /// <summary>Asks the body to end and waits for it.</summary>
    public void Dispose()
    {
        _stop.Cancel();
        if (_thread.IsAlive && Thread.CurrentThread != _thread)
            _thread.Join();
        _settled.Dispose();
        _stop.Dispose();
    }

    private void Run(Action<CancellationToken> body)
    {
        (t_current, _id) = (this, RealTime.ThreadId);
        Steady();
        if (_warm)
            Raise();
        try
        {
            body(_stop.Token);
        }
        finally
        {
            lock (_lock)
                _state = State.Ended; // its id may be another's soon
        }
    }

    // The process says once at start whether it may; not each thread again.
    private void Raise()
    {
        lock (_lock)
        {
            if (_state != State.Settling)
                return;
            RealTime.SetThread(_id, _priority);
            _state = State.Raised;
        }
    }
}
