using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The ports that take scripts: 30001 (primary: version, ten states a second, all messages), 30002 (secondary: version and states) and
/// 30003 (real-time: takes scripts; its own 500 Hz state package, long superseded by RTDE, is not sent).
/// </summary>
internal sealed class ScriptServer(UrControllerOptions options, UrModel model) : IDisposable
{
    private const int FirstPort = 30001, Ports = 3;

    private sealed record Session(ClientConnection Connection, int Port, ScriptFraming Framing);

    private readonly List<ClientListener> _listeners = [];
    private readonly List<Session> _sessions = [];
    private readonly byte[] _received = new byte[64 * 1024];
    private double _sinceStateS;
    private int _popups;

    public PrimaryWire Wire { get; } = new();

    public int Clients => _sessions.Count;

    public void Start()
    {
        for (int i = 0; i < Ports; i++)
            _listeners.Add(new(options.Host, FirstPort + i + options.PortOffset, "the script port"));
    }

    public void Dispose()
    {
        _listeners.ForEach(static l => l.Dispose());
        _sessions.ForEach(static s => s.Connection.Dispose());
    }

    /// <summary>Lets clients in and out; every whole script that has arrived goes to <paramref name="run"/>.</summary>
    public void Receive(ControllerState state, long nowNs, Action<string> run, int acceptOn)
    {
        if (acceptOn >= 0 && acceptOn < _listeners.Count && _listeners[acceptOn].Accept() is { } connection)
        {
            _sessions.Add(new(connection, FirstPort + acceptOn, new()));
            if (acceptOn < 2)
                connection.Send(Wire.Version(state.TimestampUs), nowNs);
        }
        for (int i = _sessions.Count - 1; i >= 0; i--)
        {
            Session session = _sessions[i];
            int read = session.Connection.Receive(_received);
            if (read > 0 && !session.Framing.Add(_received.AsSpan(0, read), run))
                session.Connection.Dispose();
            if (session.Connection.Flush(nowNs) > options.DrainTimeoutS * 1e9)
                session.Connection.Dispose();
            if (!session.Connection.Closed)
                continue;
            _sessions.RemoveAt(i);
            session.Framing.End(run);
            session.Connection.Dispose();
        }
    }

    /// <summary>Ten times a second.</summary>
    public void PublishState(ControllerState state, long nowNs, double dt)
    {
        _sinceStateS += dt;
        if (_sinceStateS < 0.1 - 1e-6)
            return;
        _sinceStateS = 0;
        if (_sessions.Count == 0)
            return;
        ReadOnlySpan<byte> package = Wire.State(state, model);
        foreach (Session session in _sessions)
            if (session.Port < FirstPort + 2)
                session.Connection.Send(package, nowNs);
    }

    /// <summary>To every primary client.</summary>
    public void Send(ReadOnlySpan<byte> message, long nowNs)
    {
        foreach (Session session in _sessions)
            if (session.Port == FirstPort)
                session.Connection.Send(message, nowNs);
    }

    public int NextPopup() => ++_popups;
}
