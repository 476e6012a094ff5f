using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

public sealed class Ft300SocketOptions
{
    public string Name { get; set; } = "force";

    /// <summary>The robot's controller, which runs the Robotiq URCap.</summary>
    public string Host { get; set; } = "";

    public int StreamPort { get; set; } = 63351;

    /// <summary>Answers serial number and firmware; 0 to leave it alone.</summary>
    public int CommandPort { get; set; } = 63350;

    /// <summary>The constant part of the delay from force to host, ms.</summary>
    public double LatencyMs { get; set; }

    public double NominalRateHz { get; set; } = 100;
}

/// <summary>
/// A Robotiq FT 300 through the URCap's text stream. The wire has neither stamp nor number: originating times come from the count at the
/// sensor's rate (<see cref="FixedRateClock"/>), losses from the gaps. Values are the sensor's own, not tared.
/// </summary>
public sealed class Ft300Socket : IForceTorqueSensor
{
    private const int SilenceMs = 500, SettleMs = 2;
    private const int IdentityTries = 5, IdentityPauseMs = 1000, IdentityAnswerMs = 1000;
    private const int MostPerRead = WrenchTupleReader.MostTuples, LongestBatch = 4 * MostPerRead;
    private const string Model = "Robotiq FT 300";
    private static readonly ForceSensorInfo s_unidentified = new(Model);
    private readonly Ft300SocketOptions _options;
    private readonly SocketDevice _device;
    private readonly WrenchTupleReader _reader = new();
    private readonly FixedRateWrenches _samples;
    private long _lastTupleNs;
    private int _session;
    private volatile string _identity = "";
    private volatile bool _identityIsNew;

    /// <exception cref="ArgumentException">No host, or a rate that is not above 0.</exception>
    public Ft300Socket(Ft300SocketOptions options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Host, $"{options.Name}.host");
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.NominalRateHz, $"{options.Name}.rate_hz");
        _options = options;
        Wrenches = new(options.Name, options.NominalRateHz, options.LatencyMs);
        _samples = new(Wrenches, options.NominalRateHz, options.LatencyMs, LongestBatch);
        var address = DeviceAddress.Tcp(options.Host, options.StreamPort, "the Robotiq force sensor URCap");
        _device = new(options.Name, address, Session);
    }

    public string Name => _options.Name;

    public DeviceStatus Status => _device.Status;

    public SampleStream<Wrench> Wrenches { get; }

    /// <inheritdoc/>
    public ForceSensorInfo Info { get; private set; } = s_unidentified;

    /// <inheritdoc/>
    public ClockMapReport? Clock => _samples.Clock;

    public void Start() => _device.Start();

    public void Dispose() => _device.Dispose();

    private void Session(Socket socket, CancellationToken stop)
    {
        BeginSession();
        bool found = false;
        while (true)
        {
            if (!ReadSamples(socket, stop))
                continue;
            if (!found)
                AskIdentity(stop);
            if (found && _device.Status.Connected == !_samples.IsFrozen && !_identityIsNew)
                continue;
            (found, _identityIsNew) = (true, false);
            if (_samples.IsFrozen)
                _device.Say(false, FrozenWatch.Message);
            else
                _device.Found(Describe());
        }
    }

    internal void BeginSession()
    {
        _reader.Reset();
        _samples.BeginSession();
        _lastTupleNs = HostClock.NowNs;
        _session++; // another sensor may be behind the port by now
        (Info, _identity) = (s_unidentified, "");
    }

    /// <summary>Reads once, and publishes what is whole; false where no tuple is.</summary>
    internal bool ReadSamples(Socket socket, CancellationToken stop)
    {
        long arrival = Read(socket, SilenceMs, stop);
        if (arrival == 0)
            throw new DeviceLostException($"no byte from {_options.Host}:{_options.StreamPort} for {SilenceMs} ms: "
                + "look at the sensor's cable and the URCap");
        if (_samples.Count == 0)
            return arrival - _lastTupleNs <= SilenceMs * 1_000_000L ? false : throw new DeviceLostException(
                $"bytes from {_options.Host}:{_options.StreamPort}, but no '( Fx , Fy , Fz , Mx , My , Mz )': is that the FT 300's port?");
        try
        {
            // What looks like a loss may be a read between two of a burst: give its rest a moment to come.
            while (_samples.Room > MostPerRead && _samples.WouldCountLoss(arrival)
                && Read(socket, SettleMs, stop) is > 0 and var later)
                arrival = later;
        }
        finally
        {
            _samples.Publish(arrival);
        }
        _lastTupleNs = arrival;
        return true;
    }

    /// <summary>Reads once and appends the whole tuples to the batch; the time of the read, or 0 after silence.</summary>
    private long Read(Socket socket, int waitMs, CancellationToken stop)
    {
        int read = SocketDevice.Receive(socket, _reader.Free, waitMs, stop);
        if (read == 0)
            return 0;
        long arrival = HostClock.NowNs;
        _reader.Added(read);
        while (_reader.Next(out Wrench wrench) is not TupleResult.NeedBytes and var result)
            _samples.Add(wrench, result == TupleResult.Wrench);
        return arrival;
    }

    private string Describe() => $"FT 300{_identity} at {_options.Host}:{_options.StreamPort}, {_options.NominalRateHz:0.#} Hz";

    /// <summary>
    /// Serial number and firmware, anew in each session, beside the stream. URCap versions differ in the wording and some have no such
    /// port, so whatever comes is taken as it is and silence is no fault: a port that may only be busy is asked a few times.
    /// </summary>
    private void AskIdentity(CancellationToken stop)
    {
        int session = _session;
        if (_options.CommandPort != 0)
            Task.Run(async () =>
            {
                for (int i = 0; i < IdentityTries && !TryAskIdentity(session, stop) && !stop.IsCancellationRequested; i++)
                    await Task.Delay(IdentityPauseMs, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }, CancellationToken.None);
    }

    // True: it is known, or nobody wants to know any more.
    private bool TryAskIdentity(int session, CancellationToken stop)
    {
        string? serial = null, firmware = null;
        try
        {
            var address = DeviceAddress.Tcp(_options.Host, _options.CommandPort, "the URCap's command port");
            using Socket socket = address.Connect(SocketDevice.ConnectTimeoutMs, stop);
            serial = Ask(socket, "SNU", stop);
            firmware = Ask(socket, "FMW", stop);
        }
        catch (Exception silent) when (silent is IOException or SocketException or OperationCanceledException)
        {
            if (serial is null) // an older URCap without this port: the stream is all that is needed
                return session != Volatile.Read(ref _session);
        }
        if (session != Volatile.Read(ref _session))
            return true;
        Info = new(Model, serial ?? "", firmware ?? "");
        _identity = (serial is null ? "" : $" serial {serial}") + (firmware is null ? "" : $" firmware {firmware}");
        _identityIsNew = true;
        return true;
    }

    private static string? Ask(Socket socket, string variable, CancellationToken stop)
    {
        SocketDevice.Send(socket, Encoding.ASCII.GetBytes($"GET {variable}\n"), IdentityAnswerMs, stop);
        byte[] answer = new byte[256];
        int length = SocketDevice.Receive(socket, answer, IdentityAnswerMs, stop);
        if (length == 0) // its answer, coming late, must not be taken for that to the next question
            throw new DeviceLostException($"no answer to GET {variable}");
        while (length < answer.Length && !answer.AsSpan(0, length).Contains((byte)'\n'))
        {
            int more = SocketDevice.Receive(socket, answer.AsSpan(length), 100, stop); // a line end is not promised: silence ends it too
            if (more == 0)
                break;
            length += more;
        }
        string text = Encoding.ASCII.GetString(answer, 0, length).Trim();
        if (text.StartsWith(variable, StringComparison.Ordinal))
            text = text[variable.Length..].TrimStart(' ', ':', '=');
        return text is "" or "?" ? null : new string([.. text.Where(c => c is >= ' ' and <= '~')]);
    }
}
