using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Serial;

/// <summary>
/// A serial line of 8 data bits, no parity and 1 stop bit at any baud rate, by itself (flock and TIOCEXCL), through termios2 and poll.
/// Every wait ends at once with the stop; an unplugged adapter is seen at once, for the kernel hangs the line up.
/// </summary>
internal sealed unsafe class SerialPort : BytePort
{
    private const double BaudTolerance = 0.02; // what two ends of a line may differ in before bits are misread
    private readonly string _path;
    private readonly CancellationToken _stop;
    private readonly int _baud;
    private int _port = -1, _wake = -1;
    private CancellationTokenRegistration _onStop;

    private SerialPort(string path, int baud, CancellationToken stop) => (_path, _baud, _stop) = (path, baud, stop);

    public override int Baud => _baud;

    /// <summary>Whether the adapter hands bytes over at once: an FTDI's then wait 1 ms instead of 16. Others have no such timer.</summary>
    public bool IsLowLatency { get; private set; }

    /// <param name="path">Better a stable name below /dev/serial/by-id than ttyUSB0, which is given anew at each plugging.</param>
    /// <param name="stop">Ends every wait with OperationCanceledException.</param>
    /// <exception cref="DeviceLostException">Not there, not this user's, another program's, or no serial port; says which.</exception>
    public static SerialPort Open(string path, int baud, CancellationToken stop)
    {
        var port = new SerialPort(path, baud, stop);
        try
        {
            port.Open();
            return port;
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    public override int Receive(Span<byte> into, int waitMs)
    {
        long deadline = HostClock.NowNs + waitMs * 1_000_000L;
        while (true)
        {
            _stop.ThrowIfCancellationRequested();
            nint read;
            fixed (byte* bytes = into)
                read = Tty.Read(_port, bytes, into.Length);
            if (read > 0)
                return (int)read;
            if (read == 0)
                throw Unplugged();
            if (Tty.Error is not (Tty.WouldBlock or Tty.Interrupted))
                throw new DeviceLostException($"{_path} broke off ({Tty.ErrorText}): was it unplugged?");
            if (!Wait(Tty.PollIn, deadline))
                return 0;
        }
    }

    public override void Send(ReadOnlySpan<byte> bytes, int waitMs)
    {
        long deadline = HostClock.NowNs + waitMs * 1_000_000L;
        while (bytes.Length > 0)
        {
            _stop.ThrowIfCancellationRequested();
            nint sent;
            fixed (byte* from = bytes)
                sent = Tty.Write(_port, from, bytes.Length);
            if (sent > 0)
                bytes = bytes[(int)sent..];
            else if (sent < 0 && Tty.Error is not (Tty.WouldBlock or Tty.Interrupted))
                throw new DeviceLostException($"{_path} broke off ({Tty.ErrorText}): was it unplugged?");
            else if (!Wait(Tty.PollOut, deadline))
                throw new DeviceLostException($"{_path} took no bytes for {waitMs} ms");
        }
    }

    public override void SendLast(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
            Tty.Write(_port, from, bytes.Length);
    }

    public override void Discard() => Tty.Control(_port, Tty.Flush, (void*)Tty.FlushInput);

    public override void Dispose()
    {
        _onStop.Dispose();
        if (_port >= 0)
        {
            // The kernel forgets it only when the other end of a pseudo-terminal is closed too.
            Tty.Control(_port, Tty.ClearExclusive, null);
            Tty.Close(_port); // at once: while it is held, the adapter comes back under another name
        }
        if (_wake >= 0)
            Tty.Close(_wake);
        (_port, _wake) = (-1, -1);
    }

    private void Open()
    {
        // Without NoControllingTerminal an unplug would send SIGHUP to a service, which is a session's leader, and end it.
        _port = Tty.Open(_path, Tty.ReadWrite | Tty.NoControllingTerminal | Tty.NonBlocking | Tty.CloseOnExec);
        if (_port < 0)
            throw new DeviceLostException(Tty.Error switch
            {
                Tty.NoEntry => $"there is no {_path}: is it plugged in? (ls -l /dev/serial/by-id)",
                Tty.NoSuchDevice => $"{_path} has no device behind it: plug it in",
                Tty.AccessDenied => $"{_path} may not be opened by this user: sudo usermod -aG dialout $USER, and log in anew",
                Tty.Busy => InUse(),
                _ => $"{_path} cannot be opened ({Tty.ErrorText})",
            });
        if (Tty.Lock(_port, Tty.LockExclusive | Tty.LockNow) != 0)
            throw new DeviceLostException(InUse());
        Configure();
        Tty.Control(_port, Tty.SetExclusive, null);
        SetLowLatency();
        Tty.Control(_port, Tty.Flush, (void*)Tty.FlushBoth);
        _wake = Tty.Event(0, Tty.CloseOnExec | Tty.NonBlocking);
        _onStop = _stop.UnsafeRegister(static port => ((SerialPort)port!).Wake(), this);
    }

    private string InUse() => $"another program uses {_path}: end it (sudo fuser -v {_path} says which)";

    private void Configure()
    {
        Tty.Termios settings;
        if (Tty.Control(_port, Tty.GetTermios, &settings) != 0)
            throw new DeviceLostException($"{_path} is no serial port ({Tty.ErrorText}): check its name in the config");
        (settings.Input, settings.Output, settings.Local) = (0, 0, 0); // raw
        settings.Control = Tty.Bits8 | Tty.Receiver | Tty.IgnoreModemLines | Tty.OtherBaud;
        settings.InputBaud = settings.OutputBaud = (uint)_baud;
        // Without a minimum of one, a read of 0 bytes would not tell a hang-up from silence.
        (settings.Characters[Tty.ReadMinimum], settings.Characters[Tty.ReadTime]) = (1, 0);
        if (Tty.Control(_port, Tty.SetTermios, &settings) != 0 || Tty.Control(_port, Tty.GetTermios, &settings) != 0)
            throw new DeviceLostException($"{_path} cannot be set up ({Tty.ErrorText})");
        if (Math.Abs(settings.OutputBaud - (double)_baud) > BaudTolerance * _baud)
            throw new DeviceLostException($"{_path} cannot do {_baud} baud, only {settings.OutputBaud}: use another adapter");
    }

    private void SetLowLatency()
    {
        Tty.SerialSettings settings;
        if (Tty.Control(_port, Tty.GetSerial, &settings) != 0)
            return; // a pseudo-terminal, or an adapter without such settings
        settings.Flags |= Tty.AsyncLowLatency;
        IsLowLatency = Tty.Control(_port, Tty.SetSerial, &settings) == 0;
    }

    /// <summary>False: the deadline has passed.</summary>
    private bool Wait(short wanted, long deadline)
    {
        long leftNs = deadline - HostClock.NowNs;
        if (leftNs <= 0)
            return false;
        Tty.PollEntry* entries = stackalloc Tty.PollEntry[2];
        entries[0] = new() { Descriptor = _port, Wanted = wanted };
        entries[1] = new() { Descriptor = _wake, Wanted = Tty.PollIn };
        if (Tty.Poll(entries, 2, (int)((leftNs + 999_999) / 1_000_000)) < 0 && Tty.Error != Tty.Interrupted)
            throw new DeviceLostException($"{_path} cannot be waited for ({Tty.ErrorText})");
        _stop.ThrowIfCancellationRequested();
        if ((entries[0].Happened & (Tty.PollHangUp | Tty.PollError | Tty.PollInvalid)) != 0)
            throw Unplugged(); // the kernel gives no more of what had arrived
        return true;
    }

    private DeviceLostException Unplugged() => new($"{_path} was unplugged, or its other end closed");

    private void Wake()
    {
        ulong one = 1;
        Tty.Write(_wake, (byte*)&one, sizeof(ulong));
    }
}
