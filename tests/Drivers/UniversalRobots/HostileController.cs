using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>An RTDE server; each of its packages passes through a function of the test, whose null hangs up.</summary>
internal sealed class HostileController : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Thread _thread;
    private volatile bool _stop;
    private Socket? _current;

    public HostileController()
    {
        _listener.Start();
        _thread = new Thread(Serve) { IsBackground = true };
        _thread.Start();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public volatile int Connections;

    /// <summary>Package and its place in the conversation (0 is the answer to 'V').</summary>
    public Func<byte[], int, byte[]?> Mutate { get; set; } = (package, _) => package;

    /// <summary>Type of an output field by its name.</summary>
    public Func<string, string> TypeOf { get; set; } = RightType;

    /// <summary>Timestamp of the n-th data package, s; null ends the connection.</summary>
    public Func<int, double?> Timestamp { get; set; } = n => 100 + n * 0.002;

    /// <summary>Time between data packages, ms; 0 sends as fast as it goes.</summary>
    public int PaceMs { get; set; } = 2;

    public static string RightType(string name) => name switch
    {
        "timestamp" or "speed_scaling" or "target_speed_fraction" or "payload" => "DOUBLE",
        "safety_status_bits" or "robot_status_bits" or "runtime_state" => "UINT32",
        "analog_io_types" or "tool_analog_input_types" => "UINT32",
        "robot_mode" or "tool_output_voltage" => "INT32",
        "payload_cog" => "VECTOR3D",
        "tool_output_current" => "DOUBLE",
        "actual_digital_input_bits" or "actual_digital_output_bits" => "UINT64",
        _ when name.StartsWith("output_int", StringComparison.Ordinal)
            || name.StartsWith("input_int", StringComparison.Ordinal) => "INT32",
        _ when name.StartsWith("input_double", StringComparison.Ordinal)
            || name.Contains("_analog_", StringComparison.Ordinal) => "DOUBLE",
        _ => "VECTOR6D",
    };

    /// <summary>No other port of this controller is open.</summary>
    public UrArmOptions Options() => new()
    {
        Host = "127.0.0.1",
        RtdePort = Port,
        DashboardPort = 1,
        PrimaryPort = 1,
        ScriptPort = 1,
        ReplyTimeoutMs = 300,
        LongestWaitMs = 50,
    };

    public void Dispose()
    {
        _stop = true;
        _listener.Stop();
        _current?.Close();
        _thread.Join();
    }

    private void Serve()
    {
        while (!_stop)
        {
            try
            {
                using Socket socket = _current = _listener.AcceptSocket();
                socket.NoDelay = true;
                Connections++;
                Converse(socket);
            }
            catch (SocketException)
            {
                // the client has hung up, or the test is over
            }
            catch (ObjectDisposedException)
            {
                return;
            }
        }
    }

    private void Converse(Socket socket)
    {
        int sent = 0, bytes = 0;
        while (true)
        {
            var (type, payload) = Receive(socket);
            byte[] answer = type switch
            {
                'V' or 'S' => [1],
                'v' => [0, 0, 0, 5, 0, 0, 0, 12, 0, 0, 0, 4, 0, 0, 0, 1],
                'O' => Types(payload.AsSpan(8), out bytes),
                'I' => Types(payload, out _),
                _ => [],
            };
            if (type != 'U' && !Send(socket, RtdeWire.Package((RtdePackage)type, answer), ref sent))
                return;
            if (type == 'S')
                break;
        }
        byte[] data = RtdeWire.Package(RtdePackage.Data, [1, .. new byte[bytes]]);
        for (int n = 0; !_stop && Timestamp(n) is { } stamp; n++)
        {
            BinaryPrimitives.WriteDoubleBigEndian(data.AsSpan(4), stamp);
            if (!Send(socket, data, ref sent))
                return;
            if (PaceMs > 0)
                Thread.Sleep(PaceMs);
        }
    }

    private byte[] Types(ReadOnlySpan<byte> names, out int bytes)
    {
        string[] types = [.. RtdeWire.SplitList(names).Select(TypeOf)];
        bytes = types.Sum(t => Enum.GetValues<RtdeType>().Where(k => RtdeWire.Name(k) == t).Sum(RtdeWire.Size));
        return [1, .. Encoding.ASCII.GetBytes(string.Join(',', types))];
    }

    private bool Send(Socket socket, byte[] package, ref int place)
    {
        if (Mutate(package, place++) is not { } mutated)
            return false;
        socket.Send(mutated);
        return true;
    }

    private static (char Type, byte[] Payload) Receive(Socket socket)
    {
        byte[] header = Exactly(socket, 3);
        return ((char)header[2], Exactly(socket, BinaryPrimitives.ReadUInt16BigEndian(header) - 3));
    }

    private static byte[] Exactly(Socket socket, int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int n = socket.Receive(bytes.AsSpan(have));
            have += n > 0 ? n : throw new SocketException((int)SocketError.ConnectionReset);
        }
        return bytes;
    }
}
