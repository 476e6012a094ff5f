using System.Net.Sockets;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.Serial;

/// <summary>Bytes to and from a device: a serial line, or a gateway that carries one over TCP. For the device's thread alone.</summary>
internal abstract class BytePort : IDisposable
{
    /// <summary>Bits a second on a line of its own; 0 where the bytes travel as packets.</summary>
    public abstract int Baud { get; }

    /// <summary>Reads what there is, waiting for it where there is nothing. Allocates nothing.</summary>
    /// <returns>Bytes read, or 0 after <paramref name="waitMs"/> of silence.</returns>
    /// <exception cref="DeviceLostException">Unplugged, closed by the other side, or broken.</exception>
    /// <exception cref="OperationCanceledException">The device stops.</exception>
    public abstract int Receive(Span<byte> into, int waitMs);

    /// <summary>Writes all of a short request.</summary>
    /// <exception cref="DeviceLostException">Unplugged, closed by the other side, or it takes nothing.</exception>
    /// <exception cref="OperationCanceledException">The device stops.</exception>
    public abstract void Send(ReadOnlySpan<byte> bytes, int waitMs);

    /// <summary>A farewell: sent if it goes at once, also when the device stops; not waited for.</summary>
    public abstract void SendLast(ReadOnlySpan<byte> bytes);

    /// <summary>Throws away what has arrived.</summary>
    public abstract void Discard();

    public abstract void Dispose();
}

/// <summary>A serial-to-Ethernet gateway in raw mode, or any device that speaks over TCP.</summary>
internal sealed class SocketPort(Socket socket, CancellationToken stop) : BytePort
{
    private readonly byte[] _away = new byte[256];

    public override int Baud => 0;

    public override int Receive(Span<byte> into, int waitMs) => SocketDevice.Receive(socket, into, waitMs, stop);

    public override void Send(ReadOnlySpan<byte> bytes, int waitMs) => SocketDevice.Send(socket, bytes, waitMs, stop);

    public override void SendLast(ReadOnlySpan<byte> bytes) => socket.Send(bytes, SocketFlags.None, out _);

    public override void Discard()
    {
        while (socket.Available > 0)
            _ = SocketDevice.Receive(socket, _away, 0, stop);
    }

    public override void Dispose() => socket.Dispose();
}
