using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;

namespace RobotWorldModel.Drivers.Tests.FrameSocket;

/// <summary>A camera process in the test's own hands, written from docs/frame-socket.md: it can also say what no camera should.</summary>
internal sealed class HandMadeCamera : IDisposable
{
    public const int Width = 32, Height = 8;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private Socket? _client;

    public HandMadeCamera(string path)
    {
        File.Delete(path);
        _listener.Bind(new UnixDomainSocketEndPoint(path));
        _listener.Listen(4);
    }

    public static string Lens =>
        $$"""{"width":{{Width}},"height":{{Height}},"fx":30.5,"fy":31.5,"cx":16,"cy":4,"distortion":[0.1,0.2,0,0,0.3]}""";

    public static string HelloJson(string session = "", bool depth = true) =>
        $$"""{"model":"HM","serial":"7","rate_hz":30,"clock_domain":"camera","session":"{{session}}","color":{{Lens}}"""
        + (depth ? $$""","depth":{{Lens}},"depth_scale":0.0001}""" : "}");

    /// <summary>Takes the driver's next connection; one that it gave up while this machine was busy elsewhere is passed over.</summary>
    public void Accept()
    {
        do
        {
            _client?.Dispose();
            Assert.True(_listener.Poll(60_000_000, SelectMode.SelectRead), "the driver did not come");
            _client = _listener.Accept();
        }
        while (_client.Poll(0, SelectMode.SelectRead));
    }

    public void HangUp() => _client!.Dispose();

    public void AcceptAndGreet(string session = "", bool depth = true)
    {
        Accept();
        Hello(HelloJson(session, depth));
    }

    public void Hello(string json) => Send(Message(0, 0, 0, 0, 0, Encoding.UTF8.GetBytes(json)));

    public void Color(ulong sequence, long stampNs) => Send(Message(1, sequence, stampNs, Width, Height, Pixels(sequence, 3)));

    public void Depth(ulong sequence, long stampNs) => Send(Message(2, sequence, stampNs, Width, Height, Pixels(sequence, 2)));

    public static byte[] Pixels(ulong sequence, int bytesPerPixel)
    {
        byte[] pixels = new byte[Width * Height * bytesPerPixel];
        for (int i = 0; i < pixels.Length; i++)
            pixels[i] = (byte)(i * 7 + (int)(sequence % 1000) * 13 + bytesPerPixel);
        return pixels;
    }

    public static byte[] Message(ushort kind, ulong sequence, long stampNs, uint width, uint height, byte[] payload)
    {
        byte[] message = new byte[40 + payload.Length];
        "RWMF"u8.CopyTo(message);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(4), 1);
        BinaryPrimitives.WriteUInt16LittleEndian(message.AsSpan(6), kind);
        BinaryPrimitives.WriteUInt64LittleEndian(message.AsSpan(8), sequence);
        BinaryPrimitives.WriteInt64LittleEndian(message.AsSpan(16), stampNs);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(24), width);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(28), height);
        BinaryPrimitives.WriteUInt32LittleEndian(message.AsSpan(32), (uint)payload.Length);
        payload.CopyTo(message, 40);
        return message;
    }

    /// <summary>Sends what the reader still takes; whether it hangs up is for the test to see.</summary>
    public void Send(ReadOnlySpan<byte> bytes)
    {
        try
        {
            while (bytes.Length > 0)
                bytes = bytes[_client!.Send(bytes)..];
        }
        catch (SocketException)
        {
            // the reader has hung up
        }
    }

    public void Dispose()
    {
        _client?.Dispose();
        _listener.Dispose();
    }
}
