using System.Buffers.Binary;
using System.Text;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>One RTDE client: its protocol version, recipes and data packages on their way.</summary>
internal sealed class RtdeSession(
    ClientConnection connection, RtdeServer server, ControllerVersion version, double baseRateHz) : IDisposable
{
    private const int MaxNamesBytes = 2048, MaxInputRecipes = 255, PackagesOnTheWay = 2048; // 4 s: more than any delay of a config

    private readonly byte[] _received = new byte[2 * RtdeWire.MaxPackageBytes];
    private readonly List<RtdeInput[]> _inputRecipes = [];
    private int _receivedBytes, _version = 1;

    // The output side is shared with the sender's thread.
    private readonly Lock _lock = new();
    private RtdeOutput[]? _outputs;
    private int _divisor = 1, _packageBytes;
    private bool _started;
    private byte[] _ring = [];
    private long[] _dueNs = [];
    private long _queued, _sent;
    private byte[] _package = [];

    public ClientConnection Connection { get; } = connection;

    /// <summary>Data packages that the client was too slow for.</summary>
    public long Skipped { get; private set; }

    public void Dispose() => Connection.Dispose();

    /// <summary>Takes in what has arrived; inputs are in force afterwards.</summary>
    /// <param name="cyclesBehind">
    /// Cycles that the cell has yet to make up for after this one. The newest data packages are theirs and wait: all taken at once, the
    /// arm would jump to the set-points of the last of these cycles in the first.
    /// </param>
    public void Receive(ControllerState state, long nowNs, long cyclesBehind)
    {
        for (int n = 0; n < 4; n++) // a flood must not hold the cycle
        {
            int read = _receivedBytes < RtdeWire.MaxPackageBytes ? Connection.Receive(_received.AsSpan(_receivedBytes)) : 0;
            _receivedBytes += read;
            long spare = cyclesBehind == 0 ? long.MaxValue : DataPackages() - cyclesBehind;
            int at = 0;
            while (!Connection.Closed && (spare > 0 || !IsData(at)) && TryTake(ref at, out RtdePackage type, out var payload))
            {
                Handle(type, payload, state, nowNs);
                if (type == RtdePackage.Data)
                    spare--;
            }
            _received.AsSpan(at, _receivedBytes - at).CopyTo(_received);
            _receivedBytes -= at;
            if (read == 0)
                return;
        }
    }

    /// <summary>Packs this cycle's values for sending at a later time, where the client's rate wants this cycle.</summary>
    public void Queue(ControllerState state, long cycle, long dueNs)
    {
        lock (_lock)
        {
            if (!_started || _outputs == null || cycle % _divisor != 0)
                return;
            if (_queued - _sent == PackagesOnTheWay)
            {
                Skipped++;
                return;
            }
            int slot = (int)(_queued % PackagesOnTheWay);
            Span<byte> package = _ring.AsSpan(slot * _packageBytes, _packageBytes);
            BinaryPrimitives.WriteUInt16BigEndian(package, (ushort)_packageBytes);
            package[2] = (byte)RtdePackage.Data;
            int at = 3;
            if (_version == 2)
                package[at++] = 1; // the recipe; there is one a connection
            foreach (RtdeOutput output in _outputs)
            {
                output.Write(state, package[at..]);
                at += RtdeWire.Size(output.Type);
            }
            _dueNs[slot] = dueNs;
            _queued++;
        }
    }

    /// <summary>Sends what is due; called by the sender's thread.</summary>
    public void SendDue(long nowNs)
    {
        lock (_lock)
        {
            for (; _sent < _queued && _dueNs[_sent % PackagesOnTheWay] <= nowNs; _sent++)
            {
                int slot = (int)(_sent % PackagesOnTheWay);
                if (!Connection.Send(_ring.AsSpan(slot * _packageBytes, _packageBytes), nowNs))
                    Skipped++;
            }
        }
    }

    /// <summary>A line for the client's log.</summary>
    public void SendText(string message, byte level, long nowNs)
    {
        byte[] text = Encoding.ASCII.GetBytes(message), source = "RTDE"u8.ToArray();
        byte[] payload = _version == 1 ? [level, .. text] : [(byte)text.Length, .. text, (byte)source.Length, .. source, level];
        Reply(RtdePackage.TextMessage, payload, nowNs);
    }

    private bool IsData(int at) => _receivedBytes - at >= RtdeWire.HeaderBytes && _received[at + 2] == (byte)RtdePackage.Data;

    // Whole ones that wait.
    private int DataPackages()
    {
        int count = 0;
        for (int at = 0; _receivedBytes - at >= RtdeWire.HeaderBytes;)
        {
            int size = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(at));
            if (size < RtdeWire.HeaderBytes || _receivedBytes - at < size)
                break;
            count += IsData(at) ? 1 : 0;
            at += size;
        }
        return count;
    }

    private bool TryTake(ref int at, out RtdePackage type, out ReadOnlySpan<byte> payload)
    {
        type = default;
        payload = default;
        if (_receivedBytes - at < RtdeWire.HeaderBytes)
            return false;
        int size = BinaryPrimitives.ReadUInt16BigEndian(_received.AsSpan(at));
        if (size < RtdeWire.HeaderBytes) // nothing after it can be trusted
        {
            Connection.Dispose();
            return false;
        }
        if (_receivedBytes - at < size)
            return false;
        type = (RtdePackage)_received[at + 2];
        payload = _received.AsSpan(at + RtdeWire.HeaderBytes, size - RtdeWire.HeaderBytes);
        at += size;
        return true;
    }

    private void Handle(RtdePackage type, ReadOnlySpan<byte> payload, ControllerState state, long nowNs)
    {
        switch (type)
        {
            case RtdePackage.Data:
                ApplyInputs(payload, state, nowNs);
                break;
            case RtdePackage.RequestProtocolVersion:
                int wanted = payload.Length == 2 ? BinaryPrimitives.ReadUInt16BigEndian(payload) : 0;
                bool known = wanted is 1 or 2;
                if (known && wanted != _version)
                    lock (_lock) // packages of the other version are of another length: outputs must be set up anew
                        (_version, _started, _outputs, _sent) = (wanted, false, null, _queued);
                Reply(type, [known ? (byte)1 : (byte)0], nowNs);
                break;
            case RtdePackage.GetControllerVersion:
                Span<byte> numbers = stackalloc byte[16];
                version.Write(numbers);
                Reply(type, numbers, nowNs);
                break;
            case RtdePackage.SetupOutputs:
                SetupOutputs(payload, nowNs);
                break;
            case RtdePackage.SetupInputs:
                SetupInputs(payload, nowNs);
                break;
            case RtdePackage.Start:
                Reply(type, [_outputs != null ? (byte)1 : (byte)0], nowNs);
                lock (_lock)
                    _started = _outputs != null;
                break;
            case RtdePackage.Pause:
                lock (_lock)
                {
                    _started = false;
                    _sent = _queued;
                }
                Reply(type, [1], nowNs);
                break;
            case RtdePackage.TextMessage:
                break; // for the controller's own log, which nobody reads here
            default:
                SendText($"package type {(int)type} is not known", 2, nowNs);
                break;
        }
    }

    private void SetupOutputs(ReadOnlySpan<byte> payload, long nowNs)
    {
        double rate = baseRateHz;
        if (_version == 2)
        {
            if (payload.Length < 8)
            {
                SendText("the output setup has no frequency", 1, nowNs);
                return;
            }
            rate = RtdeWire.ReadDouble(payload);
            payload = payload[8..];
        }
        if (!NamesFit(payload, nowNs))
            return;
        string[] names = RtdeWire.SplitList(payload);
        var outputs = Array.ConvertAll(names, name => RtdeOutputs.Find(name, version));
        string types = string.Join(',', outputs.Select(static o => RtdeWire.Name(o?.Type ?? RtdeType.NotFound)));
        bool valid = outputs.Length > 0 && Array.TrueForAll(outputs, static o => o != null);
        lock (_lock)
        {
            _started = false;
            _sent = _queued;
            _outputs = valid ? Array.ConvertAll(outputs, static o => o!) : null;
            _divisor = Math.Max(1, (int)Math.Floor(baseRateHz / (rate > 0 ? rate : baseRateHz)));
            _packageBytes = RtdeWire.HeaderBytes + (_version == 2 ? 1 : 0) + (valid ? outputs.Sum(static o => RtdeWire.Size(o!.Type)) : 0);
            _ring = new byte[PackagesOnTheWay * _packageBytes];
            _dueNs = new long[PackagesOnTheWay];
        }
        Connection.Send(RtdeWire.Package(RtdePackage.SetupOutputs, _version == 2 ? [valid ? (byte)1 : (byte)0] : [], types), nowNs);
    }

    private void SetupInputs(ReadOnlySpan<byte> payload, long nowNs)
    {
        if (!NamesFit(payload, nowNs))
            return;
        string[] names = RtdeWire.SplitList(payload);
        var inputs = Array.ConvertAll(names, name => RtdeInputs.Find(name, version));
        string types = string.Join(',', inputs.Select(i => RtdeWire.Name(
            i == null ? RtdeType.NotFound : server.IsTaken(i, this) ? RtdeType.InUse : i.Type)));
        bool valid = inputs.Length > 0 && _inputRecipes.Count < MaxInputRecipes
            && Array.TrueForAll(inputs, i => i != null && !server.IsTaken(i, this));
        if (valid)
        {
            RtdeInput[] recipe = Array.ConvertAll(inputs, static i => i!);
            _inputRecipes.Add(recipe);
            server.Take(recipe, this);
        }
        Connection.Send(RtdeWire.Package(RtdePackage.SetupInputs, [valid ? (byte)_inputRecipes.Count : (byte)0], types), nowNs);
    }

    private void ApplyInputs(ReadOnlySpan<byte> payload, ControllerState state, long nowNs)
    {
        int recipe = payload.Length > 0 ? payload[0] : 0;
        if (recipe < 1 || recipe > _inputRecipes.Count)
        {
            SendText($"input recipe {recipe} was not set up", 1, nowNs);
            return;
        }
        RtdeInput[] inputs = _inputRecipes[recipe - 1];
        int bytes = 1;
        foreach (RtdeInput input in inputs)
            bytes += RtdeWire.Size(input.Type);
        if (payload.Length != bytes)
        {
            SendText($"a package of input recipe {recipe} has {payload.Length} bytes, not {bytes}", 1, nowNs);
            return;
        }
        var masked = default(MaskedInputs);
        payload = payload[1..];
        foreach (RtdeInput input in inputs)
        {
            input.Read(state, ref masked, payload);
            server.Touched(input);
            payload = payload[RtdeWire.Size(input.Type)..];
        }
        masked.ApplyTo(state);
    }

    private bool NamesFit(ReadOnlySpan<byte> names, long nowNs)
    {
        if (names.Length <= MaxNamesBytes)
            return true;
        SendText($"the list of names is {names.Length} bytes, over {MaxNamesBytes}", 0, nowNs);
        Connection.Dispose();
        return false;
    }

    private void Reply(RtdePackage type, ReadOnlySpan<byte> payload, long nowNs)
    {
        if (_package.Length < RtdeWire.HeaderBytes + payload.Length)
            _package = new byte[RtdeWire.HeaderBytes + payload.Length];
        int size = RtdeWire.Write(_package, type, payload);
        Connection.Send(_package.AsSpan(0, size), nowNs);
    }
}
