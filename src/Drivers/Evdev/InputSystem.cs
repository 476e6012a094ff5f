using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Evdev;

/// <summary>Where input devices are found: the kernel's, or scripted ones, which tests hold up to the same driver.</summary>
internal interface IInputSystem
{
    /// <returns>Paths of all there are, in no order.</returns>
    IReadOnlyList<string> List();

    /// <returns>0 and the device, or errno.</returns>
    int Open(string path, out IInputDevice? device);
}

/// <summary>The system calls on one open input device. Each returns 0 or errno.</summary>
internal unsafe interface IInputDevice : IDisposable
{
    /// <summary>ioctl(2).</summary>
    int Call(uint request, void* argument);

    /// <summary>As many events as there are, of <see cref="InputEvent.Bytes"/> each; EAGAIN where there are none.</summary>
    int Read(Span<byte> into, out int bytes);

    /// <summary>Waits for events, the device's end, or <see cref="Wake"/>.</summary>
    int Wait(int timeoutMs);

    /// <summary>Ends the wait at present and every later one, at once. From any thread.</summary>
    void Wake();
}

/// <summary>The kernel's struct input_event where a long has 64 bits.</summary>
/// <param name="StampNs">On the clock that was asked for; microseconds are what it counts.</param>
internal readonly record struct InputEvent(long StampNs, ushort Type, ushort Code, int Value)
{
    public const int Bytes = 24;

    public static InputEvent Parse(ReadOnlySpan<byte> bytes) => new(
        MemoryMarshal.Read<long>(bytes) * 1_000_000_000 + MemoryMarshal.Read<long>(bytes[8..]) * 1000,
        MemoryMarshal.Read<ushort>(bytes[16..]), MemoryMarshal.Read<ushort>(bytes[18..]), MemoryMarshal.Read<int>(bytes[20..]));
}

/// <summary>struct input_id.</summary>
internal struct InputId
{
    public ushort Bus, Vendor, Product, Version;
}

/// <summary>struct input_absinfo: what an axis reads, in the device's own counts.</summary>
internal struct InputAxis
{
    public int Value, Minimum, Maximum, Fuzz, Flat, Resolution;
}

/// <summary>Numbers of ioctls (linux/input.h).</summary>
internal static class InputCalls
{
    public const uint GetId = 0x80084502, Grab = 0x40044590, SetClock = 0x400445A0;
    public const int ClockMonotonic = 1;

    public static uint GetName(int bytes) => Read(0x06, bytes);

    public static uint GetKeys(int bytes) => Read(0x18, bytes);

    public static uint GetBits(int type, int bytes) => Read(0x20 + type, bytes);

    public static uint GetAxis(int code) => Read(0x40 + code, 24);

    private static uint Read(int number, int bytes) => 0x8000_4500u | ((uint)bytes << 16) | (uint)number;
}

internal sealed class LinuxInput : IInputSystem
{
    private const string Folder = "/dev/input";

    public IReadOnlyList<string> List() => Directory.Exists(Folder) ? Directory.GetFiles(Folder, "event*") : [];

    public int Open(string path, out IInputDevice? device)
    {
        device = null;
        int file = Tty.Open(path, Tty.NonBlocking | Tty.CloseOnExec);
        if (file < 0)
            return Tty.Error;
        int wake = Tty.Event(0, Tty.CloseOnExec | Tty.NonBlocking);
        if (wake < 0)
        {
            int error = Tty.Error;
            _ = Tty.Close(file);
            return error;
        }
        device = new LinuxInputDevice(file, wake);
        return 0;
    }
}

internal sealed unsafe class LinuxInputDevice(int file, int wake) : IInputDevice
{
    private bool _disposed;

    public int Call(uint request, void* argument) => Tty.Control(file, request, argument) >= 0 ? 0 : Tty.Error;

    public int Read(Span<byte> into, out int bytes)
    {
        nint read;
        fixed (byte* buffer = into)
            read = Tty.Read(file, buffer, into.Length);
        bytes = (int)Math.Max(0, read);
        return read > 0 ? 0 : read == 0 ? InputErrors.NoDevice : Tty.Error; // an end of file: a pipe whose writer is gone
    }

    public int Wait(int timeoutMs)
    {
        Tty.PollEntry* entries = stackalloc Tty.PollEntry[2];
        entries[0] = new() { Descriptor = file, Wanted = Tty.PollIn };
        entries[1] = new() { Descriptor = wake, Wanted = Tty.PollIn };
        long deadline = HostClock.NowNs + timeoutMs * 1_000_000L;
        for (int leftMs = timeoutMs; Tty.Poll(entries, 2, leftMs) < 0;)
        {
            if (Tty.Error != Tty.Interrupted)
                return Tty.Error;
            leftMs = (int)Math.Max(0, (deadline - HostClock.NowNs + 999_999) / 1_000_000); // a signal is no silence
        }
        return 0; // what has become of the device the next read tells
    }

    public void Wake()
    {
        ulong one = 1;
        _ = Tty.Write(wake, (byte*)&one, sizeof(ulong)); // cannot fail but by overflow, and then it is set anyway
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _ = Tty.Close(file);
        _ = Tty.Close(wake);
    }
}

/// <summary>errno.</summary>
internal static class InputErrors
{
    public const int NoEntry = 2, Interrupted = 4, NoAddress = 6, TryAgain = 11, AccessDenied = 13, Busy = 16, NoDevice = 19, Invalid = 22;
    public const int NotADevice = 25;

    /// <summary>Why a device cannot be opened, and what to do.</summary>
    public static string WhyNotOpen(string path, int error) => error switch
    {
        NoEntry => $"there is no {path}: is it plugged in, and switched on? (ls -l /dev/input/by-id)",
        NoDevice or NoAddress => $"{path} has no device behind it: plug it in",
        AccessDenied => $"this user may not open {path}: copy systemd/60-robot-input.rules to /etc/udev/rules.d and plug it in again",
        _ => $"{path} cannot be opened ({Marshal.GetPInvokeErrorMessage(error)})",
    };
}
