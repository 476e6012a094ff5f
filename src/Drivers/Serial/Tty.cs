using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Serial;

/// <summary>What a serial port needs of libc and the kernel; numbers and layouts are those of x86-64 and arm64.</summary>
internal static unsafe partial class Tty
{
    public const int ReadWrite = 2, NoControllingTerminal = 0x100, NonBlocking = 0x800, CloseOnExec = 0x80000;
    public const int LockExclusive = 2, LockNow = 4;
    public const int NoEntry = 2, Interrupted = 4, NoSuchDevice = 6, WouldBlock = 11, AccessDenied = 13, Busy = 16, NotATerminal = 25;
    public const short PollIn = 1, PollOut = 4, PollError = 8, PollHangUp = 16, PollInvalid = 32;
    public const nuint GetTermios = 0x802C542A, SetTermios = 0x402C542B;
    public const nuint SetExclusive = 0x540C, ClearExclusive = 0x540D, Flush = 0x540B, GetSerial = 0x541E, SetSerial = 0x541F;
    public const nint FlushInput = 0, FlushBoth = 2;
    public const uint Bits8 = 0x30, Receiver = 0x80, IgnoreModemLines = 0x800, OtherBaud = 0x1000;
    public const int ReadTime = 5, ReadMinimum = 6; // indices of termios' control characters
    public const int AsyncLowLatency = 1 << 13;

    /// <summary>The kernel's struct termios2.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct Termios
    {
        public uint Input, Output, Control, Local;
        public byte Line;
        public fixed byte Characters[19];
        public uint InputBaud, OutputBaud;
    }

    /// <summary>struct serial_struct; only its flags are of use.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 72)]
    public struct SerialSettings
    {
        [FieldOffset(16)]
        public int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    public struct PollEntry
    {
        public int Descriptor;
        public short Wanted, Happened;
    }

    public static int Error => Marshal.GetLastPInvokeError();

    public static string ErrorText => Marshal.GetLastPInvokeErrorMessage();

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close", SetLastError = true)]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, byte* into, nint length);

    [LibraryImport("libc", EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, byte* from, nint length);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    public static partial int Poll(PollEntry* entries, nint count, int waitMs);

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int descriptor, nuint request, void* argument);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    public static partial int Lock(int descriptor, int operation);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    public static partial int Event(uint start, int flags);
}
