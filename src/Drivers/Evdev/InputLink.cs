using System.Runtime.InteropServices;
using System.Text;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Evdev;

/// <summary>
/// One open input device: who it is, what it has, and what is held and deflected now. The kernel tells changes alone; what they add up to
/// is asked for anew wherever some were lost. One thread.
/// </summary>
internal sealed unsafe class InputLink : IDisposable
{
    private const int EventsARead = 64;

    /// <summary>Of a device that tells only that it moves: its axis is at rest when it has said nothing for so long.</summary>
    private const long RelativeRestNs = 60_000_000;

    private readonly IInputDevice _device;
    private readonly string _path;
    private readonly byte[] _buffer = new byte[EventsARead * InputEvent.Bytes];
    private readonly byte[] _held = new byte[InputCodes.Keys / 8], _hasKey = new byte[InputCodes.Keys / 8];
    private readonly byte[] _hasAxis = new byte[InputCodes.Axes / 8], _hasRelative = new byte[InputCodes.Relatives / 8];
    private readonly InputAxis[] _axes = new InputAxis[InputCodes.Axes];
    private readonly (int Value, long SeenNs)[] _relatives = new (int, long)[InputCodes.Relatives];
    private InputId _id;

    private InputLink(IInputDevice device, string path) => (_device, _path) = (device, path);

    /// <summary>As the device calls itself.</summary>
    public string Name { get; private set; } = "";

    public ushort Vendor => _id.Vendor;

    public ushort Product => _id.Product;

    public string Path => _path;

    /// <summary>Events that found the kernel's queue full: this thread had not read them in time.</summary>
    public long Overruns { get; private set; }

    /// <summary>The kernel's stamp of the newest event, host ns; when it was opened where there was none.</summary>
    public long StampNs { get; private set; } = HostClock.NowNs;

    /// <exception cref="DeviceLostException">Not there, not this user's, or no input device; says which.</exception>
    public static InputLink Open(IInputSystem system, string path)
    {
        int error = system.Open(path, out IInputDevice? device);
        if (error != 0)
            throw new DeviceLostException(InputErrors.WhyNotOpen(path, error));
        var link = new InputLink(device!, path);
        try
        {
            link.Identify();
            return link;
        }
        catch
        {
            link.Dispose();
            throw;
        }
    }

    /// <summary>
    /// Takes the device for this program where <paramref name="grab"/>, and its stamps by the host's clock; reads what is held now.
    /// </summary>
    /// <exception cref="DeviceLostException">Another program has taken it, or it is gone.</exception>
    public void Begin(bool grab)
    {
        int error = grab ? _device.Call(InputCalls.Grab, (void*)1) : 0;
        if (error == InputErrors.Busy)
            throw new DeviceLostException($"another program has taken {_path} for itself: end it (sudo fuser -v {_path} says which)");
        Check(error, "cannot be taken");
        int clock = InputCalls.ClockMonotonic;
        Check(_device.Call(InputCalls.SetClock, &clock), "does not stamp by the monotonic clock"); // empties the kernel's queue, too
        Synchronise();
    }

    public bool HasKey(int code) => Bit(_hasKey, code);

    public bool HasAxis(int code) => Bit(_hasAxis, code);

    public bool HasRelative(int code) => code < InputCodes.Relatives && Bit(_hasRelative, code);

    public bool IsHeld(int code) => Bit(_held, code);

    /// <summary>An absolute axis' range and value in the device's counts.</summary>
    public InputAxis Axis(int code) => _axes[code];

    /// <summary>What a relative axis said last, in counts; 0 where that is over.</summary>
    public int Relative(int code, long nowNs) =>
        nowNs - _relatives[code].SeenNs < RelativeRestNs ? _relatives[code].Value : 0;

    /// <summary>Buttons, by name.</summary>
    public string KeyNames => Names(_hasKey, InputCodes.KeyName);

    public string AxisNames => Names(_hasAxis, InputCodes.AxisName);

    /// <summary>Waits for events. True: there may be some.</summary>
    /// <exception cref="DeviceLostException">It is gone.</exception>
    public void Wait(int timeoutMs) => Check(_device.Wait(timeoutMs), "cannot be waited for");

    public void Wake() => _device.Wake();

    /// <summary>Takes in what has come, event by event.</summary>
    /// <param name="seen">After each report of the device; true: events were lost before it.</param>
    /// <exception cref="DeviceLostException">It is gone.</exception>
    public void Read(Action<bool> seen)
    {
        while (true)
        {
            int error = _device.Read(_buffer, out int bytes);
            if (error == InputErrors.TryAgain || error == InputErrors.Interrupted)
                return;
            Check(error, "cannot be read");
            if (bytes % InputEvent.Bytes != 0)
                throw new DeviceLostException($"{_path} gave {bytes} bytes, which is no number of events: is it an input device?");
            for (int at = 0; at < bytes; at += InputEvent.Bytes)
                if (!Take(InputEvent.Parse(_buffer.AsSpan(at, InputEvent.Bytes)), seen))
                    break;
            if (bytes < _buffer.Length)
                return;
        }
    }

    public void Dispose() => _device.Dispose();

    /// <returns>False: what was read after this is older than what the device was asked for now, and must not count.</returns>
    private bool Take(in InputEvent e, Action<bool> seen)
    {
        StampNs = e.StampNs;
        switch (e.Type)
        {
            case InputCodes.TypeKey when e.Code < InputCodes.Keys:
                SetBit(_held, e.Code, e.Value != 0);
                break;
            case InputCodes.TypeAbsolute when e.Code < InputCodes.Axes:
                _axes[e.Code].Value = e.Value;
                break;
            case InputCodes.TypeRelative when e.Code < InputCodes.Relatives:
                _relatives[e.Code] = (e.Value, HostClock.NowNs); // a stamp that lies ahead would keep the arm going
                break;
            case InputCodes.TypeSync when e.Code == InputCodes.SyncReport:
                seen(false);
                break;
            case InputCodes.TypeSync when e.Code == InputCodes.SyncDropped:
                // The kernel takes the keys' events off its queue when it is asked for their state: a press that was read before, and
                // whose release went that way, would be held for ever.
                Overruns++;
                Synchronise();
                seen(true);
                return false;
        }
        return true;
    }

    private void Identify()
    {
        InputId id;
        int error = _device.Call(InputCalls.GetId, &id);
        if (error is InputErrors.NotADevice or InputErrors.Invalid)
            throw new DeviceLostException($"{_path} is no input device: use a path below /dev/input/by-id with -event- in it");
        Check(error, "does not say who it is");
        _id = id;
        byte* name = stackalloc byte[256];
        new Span<byte>(name, 256).Clear();
        Check(_device.Call(InputCalls.GetName(255), name), "does not say its name");
        Name = Encoding.UTF8.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(name)).Trim();
        Ask(InputCalls.GetBits(InputCodes.TypeKey, _hasKey.Length), _hasKey);
        Ask(InputCalls.GetBits(InputCodes.TypeAbsolute, _hasAxis.Length), _hasAxis);
        Ask(InputCalls.GetBits(InputCodes.TypeRelative, _hasRelative.Length), _hasRelative);
    }

    private void Synchronise()
    {
        Ask(InputCalls.GetKeys(_held.Length), _held);
        for (int code = 0; code < InputCodes.Axes; code++)
        {
            if (!HasAxis(code))
                continue;
            InputAxis axis;
            Check(_device.Call(InputCalls.GetAxis(code), &axis), "does not say where its axes are");
            _axes[code] = axis;
        }
        Array.Clear(_relatives);
    }

    private void Ask(uint request, byte[] into)
    {
        Array.Clear(into);
        fixed (byte* bytes = into)
            Check(_device.Call(request, bytes), "does not say what it has");
    }

    private void Check(int error, string what)
    {
        if (error is InputErrors.NoDevice)
            throw new DeviceLostException($"{_path} was unplugged, or switched off");
        if (error != 0)
            throw new DeviceLostException($"{_path} {what} ({Marshal.GetPInvokeErrorMessage(error)}): unplug it and plug it in again");
    }

    private static bool Bit(byte[] bits, int at) => (bits[at >> 3] & (1 << (at & 7))) != 0;

    private static void SetBit(byte[] bits, int at, bool on) =>
        bits[at >> 3] = (byte)(on ? bits[at >> 3] | (1 << (at & 7)) : bits[at >> 3] & ~(1 << (at & 7)));

    private static string Names(byte[] bits, Func<int, string> name)
    {
        string[] has = [.. Enumerable.Range(0, bits.Length * 8).Where(i => Bit(bits, i)).Select(name)];
        return has.Length == 0 ? "none" : string.Join(", ", has);
    }
}
