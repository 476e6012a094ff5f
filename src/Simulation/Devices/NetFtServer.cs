using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>
/// An ATI Net F/T, or an OnRobot HEX, on its wire: RDT records over UDP to the one client that asked last, on the grid of the sensor's own
/// clock, and the page that tells what a count means. One record a datagram; buffered streaming, the slow TCP interface and settings over
/// HTTP are not there.
/// </summary>
public sealed class NetFtServer : ISimulatedDevice, IForceSensorFaults
{
    private const int RequestsAStep = 16, Capacity = 8192, GarbageBytes = 35;
    private const uint ErrorStatus = RdtStatus.Error | 1u << 30; // force or torque out of range
    private readonly ICellPhysics _physics;
    private readonly NetFtServerOptions _options;
    private readonly DeviceClock _clock;
    private readonly TransportDraw _transport;
    private readonly Random _random; // for what is disturbed
    private readonly NetFtPage? _page;
    private readonly TimedQueue _queue;
    private readonly SentLog _sent = new();
    private readonly Dictionary<string, SentLog> _sentByName;
    private readonly SocketAddress _from = new(AddressFamily.InterNetwork);
    private readonly double[] _zero = new double[6];
    private readonly byte[] _message = new byte[1 + RdtRecord.Bytes];
    private Socket? _socket;
    private volatile Client? _client; // who asked last; what was made for it still leaves when it has got all that it asked for
    private volatile bool _streams;
    private WrenchSampler _sampler;
    private double _rateHz, _disturbed;
    private uint _rdt, _left;
    private byte _clients;
    private RdtRecord _record, _heldBack;
    private bool _holdsBack, _off, _cableOut, _error, _garbage, _biased;

    /// <param name="Number">Goes with each message, so that none that is on its way reaches the next client.</param>
    private sealed record Client(SocketAddress Address, byte Number);

    /// <exception cref="ArgumentException">An option out of range.</exception>
    public NetFtServer(ICellPhysics physics, NetFtServerOptions options, DeviceClock clock)
    {
        options.Validate();
        (_physics, _options, _clock, _rateHz) = (physics, options, clock, options.RateHz);
        _sampler = Sampler(frozen: false);
        _transport = new(options.Transport, options.Seed);
        _random = new Random(options.Seed + 2);
        _sentByName = new() { ["force"] = _sent };
        _page = options.OnRobot || options.HttpPort == 0 ? null : new(options, () => _biased);
        _queue = new("sim-force", Capacity, Send);
    }

    /// <inheritdoc/>
    public IReadOnlyDictionary<string, SentLog> Sent => _sentByName;

    /// <summary>A client has its stream.</summary>
    public bool Streams => _streams;

    public void Start()
    {
        _socket = Listening.Udp("force", _options.Host, _options.Port);
        _page?.Start();
        _queue.Start();
    }

    public void Dispose()
    {
        _queue.Dispose();
        _page?.Dispose();
        _socket?.Dispose();
    }

    public void Step(long nowNs, double dt)
    {
        if (!_cableOut)
            _page?.Step(nowNs);
        for (int i = 0; i < RequestsAStep && ReadRequest() is var (command, data); i++)
            Obey(command, data);
        (_sampler.NoiseForceN, _sampler.NoiseTorqueNm) = (_options.NoiseForceN, _options.NoiseTorqueNm);
        _sampler.Step(nowNs);
        while (_sampler.TryNext(out long trueNs, out long deviceNs))
            Emit(trueNs, deviceNs);
    }

    void IForceSensorFaults.PullCable(bool pulled) => _cableOut = pulled;

    void IForceSensorFaults.SwitchOff(bool off)
    {
        if (off == _off)
            return;
        _off = off;
        (_client, _streams, _biased) = (null, false, false);
        _sampler.Restart();
        Array.Clear(_zero);
        if (off)
            _page?.Dispose();
        else
            _page?.Start();
    }

    void IForceSensorFaults.Freeze(bool frozen) => _sampler.Frozen = frozen;

    void IForceSensorFaults.ReportError(bool error) => _error = error;

    void IForceSensorFaults.Disturb(double share) => _disturbed = share;

    void IForceSensorFaults.SendGarbage(bool garbage) => _garbage = garbage;

    private (RdtCommand Command, uint Data)? ReadRequest()
    {
        Span<byte> request = stackalloc byte[2 * RdtWire.RequestBytes];
        while (_socket!.Poll(0, SelectMode.SelectRead))
        {
            try
            {
                int bytes = _socket.ReceiveFrom(request, SocketFlags.None, _from);
                if (!_off && !_cableOut && RdtWire.ReadRequest(request[..bytes]) is { } known)
                    return known;
            }
            catch (SocketException)
            {
                // what was sent to a client that has gone came back
            }
        }
        return null;
    }

    private void Obey(RdtCommand command, uint data)
    {
        switch (command)
        {
            case RdtCommand.Start:
                var address = new SocketAddress(_from.Family, _from.Size);
                _from.Buffer[.._from.Size].CopyTo(address.Buffer);
                (_client, _streams, _rdt, _left, _holdsBack) = (new(address, ++_clients), true, 0, data, false);
                break;
            case RdtCommand.Stop:
                (_client, _streams) = (null, false);
                break;
            case RdtCommand.Bias:
                _biased = !_options.OnRobot || data == 0xFF;
                if (_biased)
                    _sampler.Values.CopyTo(_zero);
                else
                    Array.Clear(_zero);
                break;
            case RdtCommand.Speed when _options.OnRobot && data is >= 1 and <= 254:
                _rateHz = 1000.0 / data;
                _sampler = Sampler(_sampler.Frozen);
                break;
        }
    }

    private WrenchSampler Sampler(bool frozen) =>
        new(_physics, _clock, _rateHz, _options.NewtonPerForceUnit / _options.CountsPerForce, _options.Seed + 1)
        {
            Bias = _options.Bias,
            Frozen = frozen,
        };

    private void Emit(long trueNs, long deviceNs)
    {
        if (!_sampler.Frozen)
            _record = Record((uint)(long)Math.Round(_sampler.Sample * _options.SampleRateHz / _rateHz));
        if (_client is not { } client || !_streams)
            return;
        _record = _record with { Rdt = ++_rdt, Status = _error ? ErrorStatus : 0 };
        long due = _transport.Due(trueNs, _transport.DelayNs());
        bool sent = !_transport.Drops() && !_cableOut && !Draw() && SendLater(due, client, _record);
        _sent.Add(trueNs, deviceNs, dropped: !sent);
        if (_left > 0 && --_left == 0)
            _streams = false;
    }

    private bool Draw() => _disturbed > 0 && _random.NextDouble() < _disturbed;

    /// <summary>Disturbed, a record comes after the next one now and then, or twice.</summary>
    private bool SendLater(long due, Client client, in RdtRecord record)
    {
        if (!_holdsBack && Draw())
        {
            (_heldBack, _holdsBack) = (record, true);
            return true;
        }
        bool sent = Enqueue(due, client, record);
        if (_holdsBack)
            Enqueue(due, client, _heldBack);
        _holdsBack = false;
        if (Draw())
            Enqueue(due, client, record);
        if (_garbage)
            _queue.Enqueue(due, _message.AsSpan(0, 1 + GarbageBytes));
        return sent;
    }

    private bool Enqueue(long due, Client client, in RdtRecord record)
    {
        _message[0] = client.Number;
        record.Write(_message.AsSpan(1));
        return _queue.Enqueue(due, _message);
    }

    // By the queue's thread.
    private void Send(ReadOnlySpan<byte> message)
    {
        if (_client is not { } client || client.Number != message[0])
            return;
        try
        {
            _socket!.SendTo(message[1..], SocketFlags.None, client.Address);
        }
        catch (SocketException)
        {
            // its port is closed, or its buffer full: a sensor does not care
        }
    }

    private RdtRecord Record(uint ft) => new(0, ft, 0, Counts(0), Counts(1), Counts(2), Counts(3), Counts(4), Counts(5));

    private int Counts(int axis)
    {
        double value = _sampler.Values[axis] - _zero[axis];
        double counts = axis < 3
            ? value / _options.NewtonPerForceUnit * _options.CountsPerForce
            : value / _options.NewtonMetrePerTorqueUnit * _options.CountsPerTorque;
        return (int)Math.Clamp(Math.Round(counts), int.MinValue, int.MaxValue);
    }
}
