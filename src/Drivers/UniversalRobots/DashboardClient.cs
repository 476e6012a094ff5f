using System.Net.Sockets;
using System.Text;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// UR's dashboard server (29999): one text line asked, one answered. Each call is a connection of its own, one at a time. What powers or
/// unlocks goes through <see cref="DashboardOrders"/> alone.
/// </summary>
/// <param name="replyTimeoutMs">One that waits long should be a client of its own: others must not wait behind it.</param>
internal sealed class DashboardClient(string host, int port, int replyTimeoutMs = 2500)
{
    private const int ConnectTimeoutMs = 1000, LongestLine = 4096;
    private readonly Lock _oneAtATime = new();

    /// <summary>Asks in order. Each answer is one line, trimmed.</summary>
    /// <exception cref="DeviceFaultException">No dashboard server there, or it stopped answering.</exception>
    public string[] Ask(params ReadOnlySpan<string> questions)
    {
        lock (_oneAtATime)
        {
            using Socket socket = DeviceSocket.Connect(host, port, ConnectTimeoutMs,
                "The dashboard server is on 29999 (PolyScope: Settings, Security, Services; PolyScope X has none)");
            socket.SendTimeout = socket.ReceiveTimeout = replyTimeoutMs;
            var line = new StringBuilder();
            ReadLine(socket, line); // Connected: Universal Robots Dashboard Server
            string[] answers = new string[questions.Length];
            for (int i = 0; i < questions.Length; i++)
            {
                int sent = socket.Send(Encoding.ASCII.GetBytes(questions[i] + "\n"), SocketFlags.None, out SocketError error);
                if (sent <= 0 || error != SocketError.Success)
                    throw Gone();
                answers[i] = ReadLine(socket, line);
            }
            return answers;
        }
    }

    // A byte at a time: lines are short, and nothing behind a line may be lost.
    private string ReadLine(Socket socket, StringBuilder line)
    {
        line.Clear();
        Span<byte> one = stackalloc byte[1];
        while (line.Length < LongestLine)
        {
            if (socket.Receive(one, SocketFlags.None, out SocketError error) != 1 || error != SocketError.Success)
                throw Gone();
            if (one[0] == '\n')
                return line.ToString().Trim();
            line.Append((char)one[0]);
        }
        throw Gone();
    }

    private DeviceFaultException Gone() =>
        new($"the dashboard server at {host}:{port} stopped answering: restart the controller if it stays so");
}
