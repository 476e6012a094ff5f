using System.Buffers.Binary;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>A socket that is read with a deadline.</summary>
internal abstract class Client : IDisposable
{
    protected Client(string host, int port, int receiveBufferBytes = 0)
    {
        if (receiveBufferBytes > 0)
            Socket.ReceiveBufferSize = receiveBufferBytes;
        Socket.Connect(host, port);
        Socket.NoDelay = true;
        Socket.ReceiveTimeout = 20_000;
    }

    public Socket Socket { get; } = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    public void Dispose() => Socket.Dispose();

    protected byte[] ReadExactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int read = Socket.Receive(bytes.AsSpan(at));
            if (read == 0)
                throw new EndOfStreamException("the controller closed the connection");
            at += read;
        }
        return bytes;
    }

    /// <summary>True once the controller has closed; what comes before that is thrown away.</summary>
    public bool IsClosed()
    {
        try
        {
            byte[] rest = new byte[65536];
            while (Socket.Poll(0, SelectMode.SelectRead))
                if (Socket.Receive(rest) == 0)
                    return true;
            return false;
        }
        catch (SocketException)
        {
            return true;
        }
    }
}

internal sealed class DashboardClient(string host) : Client(host, 29999)
{
    public string ReadLine()
    {
        var line = new StringBuilder();
        for (char c; (c = (char)ReadExactly(1)[0]) != '\n';)
            line.Append(c);
        return line.ToString();
    }

    public string Ask(string command)
    {
        Socket.Send(Encoding.ASCII.GetBytes(command + "\n"));
        return ReadLine();
    }

    /// <summary>Connects and reads the greeting.</summary>
    public static DashboardClient Connect(string host)
    {
        var client = new DashboardClient(host);
        Assert.Equal("Connected: Universal Robots Dashboard Server", client.ReadLine());
        return client;
    }

    public void WaitFor(string command, string reply) => Eventually.True(() => Ask(command) == reply, $"{command} → {reply}");
}

/// <summary>An RTDE client, bytes by hand.</summary>
internal sealed class RtdeClient(string host, int receiveBufferBytes = 0) : Client(host, 30004, receiveBufferBytes)
{
    public void Send(char type, ReadOnlySpan<byte> payload)
    {
        byte[] package = new byte[3 + payload.Length];
        Socket.Send(package.AsSpan(0, RtdeWire.Write(package, (RtdePackage)type, payload)));
    }

    public (char Type, byte[] Payload) Read()
    {
        byte[] header = ReadExactly(3);
        return ((char)header[2], ReadExactly(BinaryPrimitives.ReadUInt16BigEndian(header) - 3));
    }

    /// <summary>The next package of one type; others are passed over.</summary>
    public byte[] Read(char type)
    {
        while (true)
        {
            var (next, payload) = Read();
            if (next == type)
                return payload;
        }
    }

    public byte[] Request(char type, ReadOnlySpan<byte> payload)
    {
        Send(type, payload);
        return Read(type);
    }

    public static RtdeClient Connect(string host, int version = 2, int receiveBufferBytes = 0)
    {
        var client = new RtdeClient(host, receiveBufferBytes);
        Assert.Equal([1], client.Request('V', [0, (byte)version]));
        return client;
    }

    /// <summary>Recipe id and types of an output recipe.</summary>
    public (int Recipe, string Types) Outputs(string names, double rateHz = 500)
    {
        byte[] payload = new byte[8 + names.Length];
        BinaryPrimitives.WriteDoubleBigEndian(payload, rateHz);
        Encoding.ASCII.GetBytes(names, payload.AsSpan(8));
        byte[] reply = Request('O', payload);
        return (reply[0], Encoding.ASCII.GetString(reply.AsSpan(1)));
    }

    public (int Recipe, string Types) Inputs(string names)
    {
        byte[] reply = Request('I', Encoding.ASCII.GetBytes(names));
        return (reply[0], Encoding.ASCII.GetString(reply.AsSpan(1)));
    }

    public RtdeClient Start()
    {
        Assert.Equal([1], Request('S', []));
        return this;
    }

    /// <summary>One data package, after its recipe id.</summary>
    public byte[] Data() => Read('U')[1..];

    public void Send(int recipe, params object[] values)
    {
        byte[] payload = new byte[1 + values.Length * 8];
        payload[0] = (byte)recipe;
        int at = 1;
        foreach (object value in values)
        {
            switch (value)
            {
                case int i:
                    BinaryPrimitives.WriteInt32BigEndian(payload.AsSpan(at), i);
                    at += 4;
                    break;
                case double d:
                    BinaryPrimitives.WriteDoubleBigEndian(payload.AsSpan(at), d);
                    at += 8;
                    break;
                case byte b:
                    payload[at++] = b;
                    break;
            }
        }
        Send('U', payload.AsSpan(0, at));
    }

    public static double Double(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadDoubleBigEndian(data);

    public static int Int(ReadOnlySpan<byte> data) => BinaryPrimitives.ReadInt32BigEndian(data);

    public static Vector6 Vector(ReadOnlySpan<byte> data)
    {
        Vector6 v = default;
        for (int i = 0; i < 6; i++)
            v[i] = Double(data[(i * 8)..]);
        return v;
    }

    /// <summary>Reads data packages, as fast as they come, until one is as wanted.</summary>
    public byte[] Until(Func<byte[], bool> wanted, string what)
    {
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < 30)
        {
            byte[] data = Data();
            if (wanted(data))
                return data;
        }
        throw new TimeoutException($"not within 30 s: {what}");
    }
}

/// <param name="Kind">The message's type: 0 text, 2 popup, 3 version, 5 safety mode, 6 error, 7 key, 10 runtime exception.</param>
/// <param name="Body">After the type.</param>
internal sealed record PrimaryMessage(int Kind, byte[] Body)
{
    public int Int(int at) => BinaryPrimitives.ReadInt32BigEndian(Body.AsSpan(at));

    public string Text(int at) => Encoding.Latin1.GetString(Body.AsSpan(at));

    /// <summary>A key message's title and text.</summary>
    public string Key => $"{Encoding.Latin1.GetString(Body.AsSpan(9, Body[8]))} {Text(9 + Body[8])}";

    /// <summary>A runtime exception's line, column and text.</summary>
    public (int Line, int Column, string Text) Exception => (Int(0), Int(4), Text(8));
}

/// <summary>A client of a script port.</summary>
internal sealed class ScriptClient(string host, int port = 30001, int receiveBufferBytes = 0) : Client(host, port, receiveBufferBytes)
{
    public void Send(string script) => Socket.Send(Encoding.ASCII.GetBytes(script));

    public (int Type, byte[] Body) Read()
    {
        byte[] header = ReadExactly(5);
        return (header[4], ReadExactly(BinaryPrimitives.ReadInt32BigEndian(header) - 5));
    }

    /// <summary>The next message; states are passed over.</summary>
    public PrimaryMessage Message()
    {
        while (true)
        {
            var (type, body) = Read();
            if (type == 20)
                return new(body[9], body[10..]);
        }
    }

    /// <summary>The next message of a kind; others are passed over.</summary>
    public PrimaryMessage Message(int kind)
    {
        while (true)
        {
            PrimaryMessage message = Message();
            if (message.Kind == kind)
                return message;
        }
    }

    /// <summary>Connects to the primary port and reads the version message.</summary>
    public static ScriptClient Connect(string host)
    {
        var client = new ScriptClient(host);
        Assert.Equal(3, client.Message().Kind);
        return client;
    }
}
