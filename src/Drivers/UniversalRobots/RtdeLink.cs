using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>The software of a UR controller, as RTDE's 'v' package tells it.</summary>
internal sealed record ControllerVersion(int Major, int Minor, int Bugfix, int Build)
{
    /// <summary>PolyScope X has no dashboard server.</summary>
    public bool IsPolyScopeX => Major >= 10;

    /// <summary>The control cycle: 2 ms since the e-Series (PolyScope 5), 8 ms on CB3.</summary>
    public double RateHz => Major >= 5 ? 500 : 125;

    public override string ToString() => $"{Major}.{Minor}.{Bugfix}.{Build}";
}

/// <summary>
/// The RTDE connection on a thread of its own: connects, again after every loss, reads at the controller's rate, stamps and publishes.
/// After the handshake nothing is allocated for a package.
/// </summary>
internal sealed class RtdeLink : IDisposable
{
    private const int ConnectTimeoutMs = 400, SilenceMs = 500, FirstWaitMs = 50;
    private readonly UrArmOptions _options;
    private readonly SampleStream<RobotState> _states;
    private readonly DeviceThread _thread;
    private readonly RtdeClock _clock;
    private readonly ManualResetEventSlim _inputsReplied = new();
    private RtdeSession? _session; // while data flows; read by any thread
    private RtdeSession? _connecting; // from the first byte on, to be closed on dispose
    private RtdeInputs? _inputs;
    private byte[]? _inputsReply;
    private bool _inputsAsked;
    private readonly Lock _oneAsks = new();
    private Setting _setting = new(0, default);
    private RobotState _state;
    private int _counter, _connections;
    private long _allocated;

    public RtdeLink(UrArmOptions options, SampleStream<RobotState> states)
    {
        (_options, _states) = (options, states);
        _clock = new RtdeClock((long)(options.LatencyMs * 1e6));
        _thread = new DeviceThread($"{options.Name} rtde", Run);
        Message = "not started";
    }

    /// <summary>What the connection is doing, or what is wrong with it and what to do.</summary>
    public string Message { get; private set; }

    /// <summary>Why data ceased to flow the last time; empty where it never did.</summary>
    public string LastLoss { get; private set; } = "";

    /// <summary>What the controller last said over RTDE by itself, e.g. that its safety setup is not confirmed; else empty.</summary>
    public string ControllerText { get; private set; } = "";

    /// <summary>Why the input registers could not be claimed at the last try; null where they were, or were not asked for.</summary>
    public string? InputsProblem { get; private set; }

    public bool Connected => Session is not null;

    /// <summary>While data flows; else null.</summary>
    public RtdeSession? Session => Volatile.Read(ref _session);

    /// <summary>The controller has taken the connection; its data may not flow yet.</summary>
    public bool Reached => Volatile.Read(ref _connecting) is not null;

    /// <summary>Counts connections on which data has flowed.</summary>
    public int Connections => Volatile.Read(ref _connections);

    public ControllerVersion? Version { get; private set; }

    public double RateHz => Version?.RateHz ?? 0;

    /// <summary>The fields of a data package as this controller has them, in their order; empty before it has been asked.</summary>
    public IReadOnlyList<string> OutputNames { get; private set; } = [];

    public RtdeClock Clock => _clock;

    public RoundTrips RoundTrips { get; } = new();

    /// <summary>Gets its part of each package; set before the start.</summary>
    public UrForceSensor? Force { get; set; }

    /// <summary>Managed bytes that the reader thread has allocated so far.</summary>
    public long AllocatedBytes => Interlocked.Read(ref _allocated);

    public void Start() => _thread.Start();

    public void Dispose()
    {
        using (_thread.Stopping.Register(() => Volatile.Read(ref _connecting)?.Close()))
            _thread.Dispose();
        _inputsReplied.Dispose();
    }

    /// <summary>
    /// Gets the input registers for this connection, again where a crashed client may still hold them. Blocks for seconds.
    /// </summary>
    /// <returns>Null when they are ours, else what is in the way.</returns>
    public string? ClaimInputs(CancellationToken cancel)
    {
        const int Tries = 5, WaitBetweenMs = 300;
        for (int tries = 1; ; tries++)
        {
            if (Volatile.Read(ref _session) is not { } session)
                return $"not connected: {Message}";
            if (Volatile.Read(ref _inputs) is { } inputs && inputs.BelongsTo(session))
                return null;
            string? problem = ClaimInputs(session, cancel);
            InputsProblem = problem;
            if (problem is null || tries == Tries || cancel.WaitHandle.WaitOne(WaitBetweenMs))
                return problem;
        }
    }

    /// <summary>
    /// Writes one set-point under the next counter. No lock: the reader thread never writes once data flows, and the few packages that
    /// others write are single writes of some bytes, as this is.
    /// </summary>
    public bool Send(ArmMode mode, in Vector6 q, in Vector6 qd)
    {
        if (Volatile.Read(ref _inputs) is not { } inputs || !q.IsFinite || !qd.IsFinite)
            return false;
        _counter = _counter == int.MaxValue ? 1 : _counter + 1;
        Setting setting = Volatile.Read(ref _setting);
        RoundTrips.Sent(_counter, HostClock.NowNs);
        return inputs.Send(mode, q, qd, _counter, setting.Number, setting.Make);
    }

    /// <summary>Goes out with every set-point from now on; the program makes it once, and says so.</summary>
    /// <returns>The number by which it says so.</returns>
    public int Set(in ArmSetting make)
    {
        // Another number than any that the program may have seen from here or from the service before.
        int number = Random.Shared.Next(1, int.MaxValue - 1);
        if (number == Volatile.Read(ref _setting).Number)
            number++;
        Volatile.Write(ref _setting, new(number, make));
        return number;
    }

    /// <summary>Sends the request for an input recipe while data flows, and waits for its reply.</summary>
    /// <returns>The reply's payload, or why there is none.</returns>
    public (byte[]? Reply, string? Problem) AskForInputs(RtdeSession session, byte[] request, CancellationToken cancel)
    {
        lock (_oneAsks)
        {
            _inputsReplied.Reset();
            Volatile.Write(ref _inputsAsked, true);
            try
            {
                return session.TryWrite(request) && _inputsReplied.Wait(_options.ReplyTimeoutMs, cancel)
                    ? (_inputsReply, null)
                    : (null, $"{session.Host} did not answer the request for RTDE inputs within {_options.ReplyTimeoutMs} ms: try again");
            }
            catch (OperationCanceledException)
            {
                return (null, "interrupted");
            }
            finally
            {
                Volatile.Write(ref _inputsAsked, false);
            }
        }
    }

    private void Run(CancellationToken stop)
    {
        int waitMs = FirstWaitMs;
        Message = $"connecting to {_options.Host}";
        while (!stop.IsCancellationRequested)
        {
            try
            {
                using var session = RtdeSession.Connect(_options.Host, _options.RtdePort, ConnectTimeoutMs);
                Volatile.Write(ref _connecting, session);
                if (stop.IsCancellationRequested)
                    break;
                RtdeOutputs outputs = Handshake(session);
                Receive(session, outputs);
            }
            catch (Exception e) when (e is DeviceFaultException or InvalidDataException or SocketException or ObjectDisposedException)
            {
                Message = e is InvalidDataException ? $"{_options.Host} port {_options.RtdePort}: {e.Message}" : e.Message;
                if (Connected)
                    LastLoss = Message;
            }
            waitMs = Connected ? FirstWaitMs : Math.Min(2 * waitMs, _options.LongestWaitMs);
            Volatile.Write(ref _inputs, null);
            Volatile.Write(ref _session, null);
            Volatile.Write(ref _connecting, null);
            stop.WaitHandle.WaitOne(waitMs);
        }
        Message = "stopped";
    }

    private RtdeOutputs Handshake(RtdeSession session)
    {
        byte[] version2 = RtdeWire.Package(RtdePackage.RequestProtocolVersion, [0, 2]);
        ReadOnlySpan<byte> reply = Ask(session, RtdePackage.RequestProtocolVersion, version2);
        if (reply.Length < 1 || reply[0] != 1)
            throw new DeviceFaultException($"{session.Host} refused RTDE protocol version 2: update its PolyScope to 3.9 or 5.3 at least");

        reply = Ask(session, RtdePackage.GetControllerVersion, RtdeWire.Package(RtdePackage.GetControllerVersion, []));
        if (reply.Length < 16)
            throw new InvalidDataException($"the controller's version has {reply.Length} bytes, 16 were expected");
        Version = new(Number(reply, 0), Number(reply, 4), Number(reply, 8), Number(reply, 12));
        _states.RateHz = RateHz;

        RtdeOutputs outputs = SetUpOutputs(session);
        RtdeInputs? inputs = null;
        if (_options.ClaimInputs)
        {
            reply = Ask(session, RtdePackage.SetupInputs, RtdeInputs.Request);
            (inputs, InputsProblem) = RtdeInputs.FromReply(session, reply);
        }
        reply = Ask(session, RtdePackage.Start, RtdeWire.Package(RtdePackage.Start, []));
        if (reply.Length < 1 || reply[0] != 1)
            throw new DeviceFaultException($"{session.Host} refused to start RTDE data: restart the controller if it stays so");
        Volatile.Write(ref _inputs, inputs); // from here on only who sends set-points writes
        return outputs;

        static int Number(ReadOnlySpan<byte> at, int offset) => BinaryPrimitives.ReadInt32BigEndian(at[offset..]);
    }

    // Asks for the whole wish list, then again without what this controller does not know.
    private RtdeOutputs SetUpOutputs(RtdeSession session)
    {
        string[] names = RtdeOutputs.WishedNames(rawWrench: Force?.Field == RtdeOutputs.RawWrench);
        byte[] rate = new byte[8];
        BinaryPrimitives.WriteDoubleBigEndian(rate, RateHz);
        while (true)
        {
            var reply = Ask(session, RtdePackage.SetupOutputs, RtdeWire.Package(RtdePackage.SetupOutputs, rate, string.Join(',', names)));
            if (reply.IsEmpty)
                throw new InvalidDataException("the answer to the output recipe is empty");
            byte recipe = reply[0];
            string[] types = RtdeWire.SplitList(reply[1..]);
            if (types.Length != names.Length)
                throw new InvalidDataException(
                    $"the output recipe has {names.Length} fields, the controller answered with {types.Length} types");
            RtdeType[] known = [.. types.Select(RtdeWire.ParseType)];
            if (!known.Contains(RtdeType.NotFound))
            {
                OutputNames = names;
                return new RtdeOutputs(recipe, names, known);
            }
            foreach (string missing in names.Where((n, i) => known[i] == RtdeType.NotFound && RtdeOutputs.IsRequired(n)))
                throw new DeviceFaultException($"{session.Host} does not send RTDE field '{missing}' (NOT_FOUND): update its PolyScope");
            names = [.. names.Where((_, i) => known[i] != RtdeType.NotFound)];
        }
    }

    // Writes a request and reads up to its reply; text messages and data may come between.
    private ReadOnlySpan<byte> Ask(RtdeSession session, RtdePackage type, byte[] request)
    {
        session.DeadlineNs = HostClock.NowNs + _options.ReplyTimeoutMs * 1_000_000L;
        if (!session.TryWrite(request))
            throw new DeviceFaultException($"{session.Host} dropped the connection while RTDE was being set up");
        try
        {
            while (true)
            {
                RtdePackage got = session.Read(out var payload);
                if (got == type)
                    return payload;
                if (got == RtdePackage.TextMessage)
                    KeepText(payload);
                else if (got != RtdePackage.Data)
                    throw new InvalidDataException($"package type {(byte)got} came instead of an answer");
            }
        }
        catch (Exception e) when (e is InvalidDataException || (e is DeviceFaultException && HostClock.NowNs > session.DeadlineNs))
        {
            throw new DeviceFaultException(e is InvalidDataException
                ? $"{session.Host} port {_options.RtdePort} does not speak RTDE ({e.Message}): is this a UR controller? RTDE is on 30004"
                : $"{session.Host} port {_options.RtdePort} takes connections and does not answer ('{(char)type}' within "
                    + $"{_options.ReplyTimeoutMs} ms): look at the cable and at the pendant; is this a UR controller? RTDE is on 30004");
        }
    }

    private void Receive(RtdeSession session, RtdeOutputs outputs)
    {
        _state = RtdeOutputs.Initial();
        _clock.BeginConnection(RateHz);
        Force?.Begin(outputs, RateHz);
        while (true)
        {
            switch (session.Read(out var payload))
            {
                case RtdePackage.Data:
                    if (payload.Length == 0 || payload[0] != outputs.Recipe)
                        break; // of a recipe that is no longer ours
                    if (payload.Length != outputs.Bytes + 1)
                        throw new InvalidDataException($"a data package has {payload.Length} bytes, {outputs.Bytes + 1} were agreed");
                    session.DeadlineNs = session.ArrivalNs + SilenceMs * 1_000_000L;
                    Publish(outputs.Decode(payload[1..], ref _state), session.ArrivalNs);
                    if (_session is null)
                        Flowing(session);
                    break;
                case RtdePackage.TextMessage:
                    KeepText(payload);
                    break;
                case RtdePackage.SetupInputs when Volatile.Read(ref _inputsAsked):
                    _inputsReply = payload.ToArray();
                    _inputsReplied.Set();
                    break;
            }
            Volatile.Write(ref _allocated, GC.GetAllocatedBytesForCurrentThread());
        }
    }

    private void Publish(double timestamp, long arrivalNs)
    {
        if (!(timestamp >= 0 && timestamp < 1e9))
            throw new InvalidDataException($"the controller's timestamp is {timestamp} s, which no controller's clock shows");
        RoundTrips.Echoed(_state.EchoedCounter, arrivalNs);
        RtdeTimes times = _clock.Stamp(timestamp, arrivalNs);
        if (times.Lost > 0)
            _states.CountLost(times.Lost);
        _states.Publish(new(_state, times.OriginatingNs, times.DeviceNs, arrivalNs, times.Sequence));
        Force?.Publish(_state, times, arrivalNs);
    }

    private void Flowing(RtdeSession session)
    {
        Message = $"RTDE at {RateHz:0} Hz from {_options.Host}, PolyScope {Version}";
        Interlocked.Increment(ref _connections); // first: what was known of the connection before must not pass for this one's
        Volatile.Write(ref _session, session);
    }

    private string? ClaimInputs(RtdeSession session, CancellationToken cancel)
    {
        (byte[]? reply, string? problem) = AskForInputs(session, RtdeInputs.Request, cancel);
        if (problem is not null)
            return problem;
        (RtdeInputs? inputs, problem) = RtdeInputs.FromReply(session, reply);
        if (inputs is not null)
            Volatile.Write(ref _inputs, inputs);
        return problem;
    }

    private sealed record Setting(int Number, ArmSetting Make);

    // Length, message, length, source, level (RTDE guide, text message of protocol 2).
    private void KeepText(ReadOnlySpan<byte> payload)
    {
        if (payload.Length > 1 && payload[0] > 0 && payload.Length > payload[0])
            ControllerText = Encoding.ASCII.GetString(payload.Slice(1, payload[0]));
    }
}
