namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The client interfaces: 30001 (primary: version, ten states a second, all messages), 30002 (secondary: version and states) and 30003
/// (real-time: a state a control cycle) take scripts; 30011 to 30013 send the same and take none.
/// </summary>
internal sealed class ScriptServer(
    UrControllerOptions options, PrimaryWire wire, RealTimeWire realTime, NetworkCable cable) : IDisposable
{
    private const int Primary = 0, RealTime = 2, Services = 3;
    private static readonly int[] s_ports = [30001, 30002, 30003, 30011, 30012, 30013];

    /// <param name="Door">Index of its port; the read-only ports come last.</param>
    private sealed class Session(ClientConnection connection, int door)
    {
        public ClientConnection Connection => connection;

        public ScriptFraming Framing { get; } = new();

        /// <summary>Which of the three interfaces.</summary>
        public int Service => door % Services;

        public bool TakesNothing => door >= Services;

        /// <summary>The robot was in local control since it connected: scripts are refused, until it connects anew.</summary>
        public bool ReadOnly { get; set; }
    }

    private readonly List<ClientListener> _listeners = [];
    private readonly List<Session> _sessions = [];
    private readonly byte[] _received = new byte[64 * 1024];
    private double _sinceStateS;
    private int _popups;

    public PrimaryWire Wire => wire;

    public int Clients => _sessions.Count;

    public void Start()
    {
        foreach (int port in s_ports)
            _listeners.Add(new(options.Host, port + options.PortOffset, "the script port", cable));
    }

    /// <summary>Ends every connection and leaves the ports; <see cref="Start"/> opens them again.</summary>
    public void Stop()
    {
        _listeners.ForEach(static l => l.Dispose());
        _listeners.Clear();
        _sessions.ForEach(static s => s.Connection.Dispose());
        _sessions.Clear();
    }

    public void Dispose() => Stop();

    /// <summary>
    /// Lets clients in and out; every whole script that has arrived goes to <paramref name="run"/>, or to <paramref name="refuse"/> where
    /// its connection is read-only.
    /// </summary>
    /// <param name="local">The robot is in local control.</param>
    /// <param name="acceptOn">One of the three interfaces, whose two ports are looked at; or anything else.</param>
    public void Receive(ControllerState state, long nowNs, bool local, Action<string> run, Action<string> refuse, int acceptOn)
    {
        if (acceptOn is >= 0 and < Services && _listeners.Count > 0)
        {
            Accept(acceptOn, state, nowNs);
            Accept(acceptOn + Services, state, nowNs);
        }
        for (int i = _sessions.Count - 1; i >= 0; i--)
        {
            Session session = _sessions[i];
            session.ReadOnly |= local;
            Action<string> take = session.ReadOnly ? refuse : run;
            int read = session.Connection.Receive(_received);
            if (read > 0 && !session.TakesNothing && !session.Framing.Add(_received.AsSpan(0, read), take))
                session.Connection.Dispose();
            // Who sends scripts to the real-time port seldom reads its states: they are left out, and the connection is kept.
            if (session.Connection.Flush(nowNs) > options.DrainTimeoutS * 1e9 && session.Service != RealTime)
                session.Connection.Dispose();
            if (!session.Connection.Closed)
                continue;
            _sessions.RemoveAt(i);
            session.Framing.End(take);
            session.Connection.Dispose();
        }
    }

    /// <summary>Every cycle to real-time clients, ten times a second to the others.</summary>
    public void PublishState(ControllerState state, long nowNs, double dt)
    {
        _sinceStateS += dt;
        bool due = _sinceStateS >= 0.1 - 1e-6;
        if (due)
            _sinceStateS = 0;
        ReadOnlySpan<byte> primary = default, fast = default; // packed when the first client wants them
        foreach (Session session in _sessions)
        {
            if (session.Service == RealTime)
                session.Connection.Send(fast = fast.IsEmpty ? realTime.State(state) : fast, nowNs);
            else if (due)
                session.Connection.Send(primary = primary.IsEmpty ? wire.State(state) : primary, nowNs);
        }
    }

    /// <summary>To every primary client.</summary>
    public void Send(ReadOnlySpan<byte> message, long nowNs)
    {
        foreach (Session session in _sessions)
            if (session.Service == Primary)
                session.Connection.Send(message, nowNs);
    }

    public int NextPopup() => ++_popups;

    private void Accept(int door, ControllerState state, long nowNs)
    {
        if (_listeners[door].Accept() is not { } connection)
            return;
        var session = new Session(connection, door);
        _sessions.Add(session);
        if (session.Service != RealTime)
            connection.Send(wire.Version(state.TimestampUs), nowNs);
    }
}
