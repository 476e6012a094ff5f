using System.Net.Sockets;
using RobotWorldModel.Drivers.Serial;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// A simulated device's end of its port: a pseudo-terminal under the name that the config gives, or a TCP server in place of a gateway,
/// for one client at a time. Read from the cell's loop, written from any thread.
/// </summary>
internal sealed class DevicePort(string device, PortAddress address) : IDisposable
{
    private const int AcceptEvery = 5; // steps: 10 ms at 500 Hz
    private readonly Lock _lock = new();
    private PseudoTerminal? _line;
    private Socket? _listener, _client;
    private int _step;

    public PortKind Kind => address.Kind;

    /// <summary>False: the cable is out. A driver finds the port gone, or its connection broken.</summary>
    public bool Plugged => _line is not null || _listener is not null;

    /// <exception cref="IOException">The name or the address is taken; says which.</exception>
    public void Plug()
    {
        lock (_lock)
        {
            if (Plugged)
                return;
            if (address.Kind == PortKind.Serial)
                _line = new(address.Path);
            else
                _listener = Listening.Tcp(device, address.Path, address.Number);
        }
    }

    public void Unplug()
    {
        lock (_lock)
        {
            _line?.Dispose();
            _client?.Dispose();
            _listener?.Dispose();
            (_line, _client, _listener) = (null, null, null);
        }
    }

    /// <summary>Reads what has come, without waiting; 0 where nothing has.</summary>
    public int Read(Span<byte> into)
    {
        lock (_lock)
        {
            if (_line is not null)
                return _line.Read(into);
            if (_client is null && _step++ % AcceptEvery == 0 && _listener is not null)
                _client = Listening.TryAccept(_listener);
            if (_client is null)
                return 0;
            int read = _client.Receive(into, SocketFlags.None, out SocketError error);
            if (error == SocketError.Success && read > 0)
                return read;
            if (error != SocketError.WouldBlock)
                Drop();
            return 0;
        }
    }

    /// <summary>Writes; what the other side leaves no room for is lost, as on a line.</summary>
    public void Write(ReadOnlySpan<byte> bytes)
    {
        lock (_lock)
        {
            if (_line is not null)
                _line.Write(bytes);
            else if (_client is not null)
            {
                _client.Send(bytes, SocketFlags.None, out SocketError error);
                if (error is not (SocketError.Success or SocketError.WouldBlock))
                    Drop();
            }
        }
    }

    public void Dispose() => Unplug();

    private void Drop()
    {
        _client?.Dispose();
        _client = null;
    }
}
