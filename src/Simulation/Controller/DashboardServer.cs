using System.Text;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Text commands on port 29999, one line each, one line of answer each.</summary>
internal sealed class DashboardServer(UrControllerOptions options, NetworkCable cable) : IDisposable
{
    private const int MaxLine = 4096;

    private sealed record Session(ClientConnection Connection, StringBuilder Line);

    private readonly List<Session> _sessions = [];
    private readonly byte[] _received = new byte[MaxLine];
    private ClientListener? _listener;

    public void Start() => _listener = new(options.Host, 29999 + options.PortOffset, "the dashboard", cable);

    /// <summary>Ends every connection and leaves the port; <see cref="Start"/> opens it again.</summary>
    public void Stop()
    {
        _listener?.Dispose();
        _listener = null;
        _sessions.ForEach(static s => s.Connection.Dispose());
        _sessions.Clear();
    }

    public void Dispose() => Stop();

    /// <param name="answer">From a command to its reply.</param>
    public void Receive(long nowNs, Func<string, string> answer, bool accept)
    {
        if (accept && _listener?.Accept() is { } connection)
        {
            _sessions.Add(new(connection, new()));
            Send(connection, "Connected: Universal Robots Dashboard Server", nowNs);
        }
        for (int i = _sessions.Count - 1; i >= 0; i--)
        {
            Session session = _sessions[i];
            int read = session.Connection.Receive(_received);
            for (int b = 0; b < read && !session.Connection.Closed; b++)
                Take(session, _received[b], answer, nowNs);
            if (session.Connection.Flush(nowNs) > options.DrainTimeoutS * 1e9)
                session.Connection.Dispose();
            if (!session.Connection.Closed)
                continue;
            session.Connection.Dispose();
            _sessions.RemoveAt(i);
        }
    }

    private static void Take(Session session, byte letter, Func<string, string> answer, long nowNs)
    {
        if (letter != '\n')
        {
            session.Line.Append((char)letter);
            if (session.Line.Length > MaxLine)
                session.Connection.Dispose();
            return;
        }
        string command = session.Line.ToString().Trim();
        session.Line.Clear();
        if (command.Length == 0)
            return;
        Send(session.Connection, command == "quit" ? "Disconnected" : answer(command), nowNs);
        if (command == "quit")
            session.Connection.Dispose();
    }

    private static void Send(ClientConnection connection, string line, long nowNs) =>
        connection.Send(Encoding.Latin1.GetBytes(line + "\n"), nowNs);
}
