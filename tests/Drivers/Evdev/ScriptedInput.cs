using System.Buffers.Binary;
using System.Text;
using RobotWorldModel.Drivers.Evdev;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Tests.Evdev;

/// <summary>
/// An input device as the kernel shows it, played by a script: it writes the kernel's structures byte by byte at the offsets of input.h
/// (not through the driver's own types), keeps its queue of 64 events with its overflow, and notes in <see cref="Wrongs"/> what the driver
/// got wrong or left behind.
/// </summary>
internal sealed class ScriptedDevice(string path, string name, ushort vendor, ushort product)
{
    public const int QueueLength = 64;
    private readonly Dictionary<int, int[]> _axes = []; // value, minimum, maximum, fuzz, flat, resolution
    private readonly HashSet<int> _keys = [], _relatives = [], _held = [];
    private readonly Queue<byte[]> _queue = [];
    private Opened? _grabbed;
    private readonly List<Opened> _open = [];

    public string Path => path;

    public List<string> Wrongs { get; } = [];

    /// <summary>What an opening answers: errno.</summary>
    public int OpenError { get; set; }

    public bool Gone { get; private set; }

    /// <summary>The reading thread waits on and on, as if it were not run.</summary>
    public bool Stalled { get; set; }

    /// <summary>What the next read gives in place of events.</summary>
    public byte[]? Garbage { get; set; }

    public int OpenCount
    {
        get
        {
            lock (_queue)
                return _open.Count;
        }
    }

    /// <summary>The last value of EVIOCSCLOCKID; -1 before.</summary>
    public int ClockId { get; private set; } = -1;

    public static ScriptedDevice Gamepad(string path = "/dev/input/event7")
    {
        var pad = new ScriptedDevice(path, "Microsoft X-Box 360 pad", 0x045E, 0x028E);
        pad.Keys(0x130, 0x131, 0x133, 0x134, 0x136, 0x137, 0x13A, 0x13B, 0x13C, 0x13D, 0x13E);
        foreach (int stick in new[] { 0, 1, 3, 4 })
            pad.Axis(stick, -32768, 32767, flat: 128);
        foreach (int trigger in new[] { 2, 5 })
            pad.Axis(trigger, 0, 255);
        foreach (int hat in new[] { 16, 17 })
            pad.Axis(hat, -1, 1);
        return pad;
    }

    public static ScriptedDevice SpaceMouse(bool relative = false, string path = "/dev/input/event9")
    {
        var cap = new ScriptedDevice(path, "3Dconnexion SpaceMouse Compact", 0x256F, 0xC635);
        cap.Keys(0x100, 0x101);
        for (int i = 0; i < 6; i++)
        {
            if (relative)
                cap._relatives.Add(i);
            else
                cap.Axis(i, -350, 350);
        }
        return cap;
    }

    public void Keys(params int[] codes) => _keys.UnionWith(codes);

    public void Axis(int code, int minimum, int maximum, int flat = 0) => _axes[code] = [0, minimum, maximum, 16, flat, 0];

    /// <summary>One report: changes, then SYN_REPORT, all with one stamp. Returns the stamp, ns, cut to microseconds.</summary>
    public long Report(params (int Type, int Code, int Value)[] changes)
    {
        lock (_queue)
        {
            long us = HostClock.NowNs / 1000;
            foreach (var (type, code, value) in changes)
            {
                if (type == 1 && value != 0)
                    _held.Add(code);
                else if (type == 1)
                    _held.Remove(code);
                else if (type == 3)
                    _axes[code][0] = value;
                Post(us, type, code, value);
            }
            Post(us, 0, 0, 0);
            Monitor.PulseAll(_queue);
            return us * 1000;
        }
    }

    public long Press(int key) => Report((1, key, 1));

    public long Release(int key) => Report((1, key, 0));

    public long Move(int axis, int value) => Report((3, axis, value));

    public void Change(Action change)
    {
        lock (_queue)
        {
            change();
            Monitor.PulseAll(_queue);
        }
    }

    public void Unplug() => Change(() => (Gone, OpenError) = (true, 2));

    public void PlugIn() => Change(() =>
    {
        (Gone, OpenError) = (false, 0);
        _queue.Clear();
    });

    /// <summary>An event that no device sends.</summary>
    public void PostRaw(int type, int code, int value) => Change(() => Post(HostClock.NowNs / 1000, type, code, value));

    public int Open(out IInputDevice? device)
    {
        lock (_queue)
        {
            device = null;
            if (OpenError != 0)
                return OpenError;
            _queue.Clear(); // each opening has a queue of its own; one at a time is enough here
            var opened = new Opened(this);
            _open.Add(opened);
            device = opened;
            return 0;
        }
    }

    private void Post(long us, int type, int code, int value)
    {
        if (_open.Count == 0)
            return;
        if (_queue.Count >= QueueLength) // as evdev_pass_values: what waits is thrown away, but for the newest
        {
            _queue.Clear();
            _queue.Enqueue(Event(us, 0, 3, 0));
        }
        _queue.Enqueue(Event(us, type, code, value));
    }

    private static byte[] Event(long us, int type, int code, int value)
    {
        byte[] bytes = new byte[24];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, us / 1_000_000);
        BinaryPrimitives.WriteInt64LittleEndian(bytes.AsSpan(8), us % 1_000_000);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(16), (ushort)type);
        BinaryPrimitives.WriteUInt16LittleEndian(bytes.AsSpan(18), (ushort)code);
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(20), value);
        return bytes;
    }

    private sealed unsafe class Opened(ScriptedDevice device) : IInputDevice
    {
        private const int Again = 11, Busy = 16, NoDevice = 19, NoIoctl = 25;
        private bool _woken, _closed;

        public int Call(uint request, void* argument)
        {
            lock (device._queue)
            {
                if (_closed)
                    device.Wrongs.Add($"ioctl {request:x} on a closed device");
                if (device.Gone)
                    return NoDevice;
                var at = new Span<byte>(argument, (int)(request >> 16 & 0x3FFF));
                uint number = request & 0xFFFF;
                switch (number)
                {
                    case 0x4502:
                        BinaryPrimitives.WriteUInt16LittleEndian(at, 3);
                        BinaryPrimitives.WriteUInt16LittleEndian(at[2..], device.Vendor);
                        BinaryPrimitives.WriteUInt16LittleEndian(at[4..], device.Product);
                        return 0;
                    case 0x4506:
                        Encoding.UTF8.GetBytes(device.Name + "\0").CopyTo(at);
                        return 0;
                    case 0x4518:
                        return Bits(at, device._held);
                    case 0x4521:
                        return Bits(at, device._keys);
                    case 0x4522:
                        return Bits(at, device._relatives);
                    case 0x4523:
                        return Bits(at, device._axes.Keys);
                    case >= 0x4540 and < 0x4580 when device._axes.TryGetValue((int)number - 0x4540, out int[]? axis):
                        for (int i = 0; i < 6; i++)
                            BinaryPrimitives.WriteInt32LittleEndian(at[(4 * i)..], axis[i]);
                        return 0;
                    case 0x4590:
                        if (device._grabbed is not null && device._grabbed != this)
                            return Busy;
                        device._grabbed = argument is null ? null : this;
                        return 0;
                    case 0x45A0:
                        device.ClockId = BinaryPrimitives.ReadInt32LittleEndian(at);
                        device._queue.Clear();
                        device._queue.Enqueue(Event(HostClock.NowNs / 1000, 0, 3, 0)); // as evdev_set_clk_type
                        return 0;
                    default:
                        return NoIoctl;
                }
            }
        }

        public int Read(Span<byte> into, out int bytes)
        {
            lock (device._queue)
            {
                bytes = 0;
                Stall();
                if (device.Gone)
                    return NoDevice;
                if (device.Garbage is { } garbage)
                {
                    garbage.CopyTo(into);
                    (bytes, device.Garbage) = (garbage.Length, null);
                    return 0;
                }
                if (device._queue.Count == 0)
                    return Again;
                for (; device._queue.Count > 0 && bytes + 24 <= into.Length; bytes += 24)
                    device._queue.Dequeue().CopyTo(into[bytes..]);
                return 0;
            }
        }

        public int Wait(int timeoutMs)
        {
            lock (device._queue)
            {
                Stall();
                if (device._queue.Count == 0 && !_woken && !device.Gone && device.Garbage is null)
                    Monitor.Wait(device._queue, timeoutMs);
                return 0;
            }
        }

        private void Stall()
        {
            while (device.Stalled && !_woken)
                Monitor.Wait(device._queue);
        }

        public void Wake() => device.Change(() => _woken = true);

        public void Dispose()
        {
            lock (device._queue)
            {
                _closed = true;
                device._open.Remove(this);
                if (device._grabbed == this)
                    device._grabbed = null; // as evdev_release
            }
        }

        private static int Bits(Span<byte> at, IEnumerable<int> set)
        {
            at.Clear();
            foreach (int bit in set)
                if (bit / 8 < at.Length)
                    at[bit / 8] |= (byte)(1 << bit % 8);
            return 0;
        }
    }

    private ushort Vendor => vendor;

    private ushort Product => product;

    private string Name => name;

    /// <summary>Another program takes it for itself, as EVIOCGRAB does.</summary>
    public unsafe IDisposable GrabbedByAnother()
    {
        Open(out IInputDevice? other);
        other!.Call(0x40044590, (void*)1);
        return other;
    }
}

internal sealed class ScriptedInput(params ScriptedDevice[] devices) : IInputSystem
{
    public IReadOnlyList<string> List() => [.. devices.Select(d => d.Path)];

    public int Open(string path, out IInputDevice? device)
    {
        device = null;
        return devices.FirstOrDefault(d => d.Path == path)?.Open(out device) ?? 2;
    }
}
