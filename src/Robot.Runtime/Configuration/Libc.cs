using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The few calls of the C library that .NET does not offer.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15, SigKill = 9, SigInt = 2;

    public static uint UserId() => geteuid();

    /// <summary>Sends a signal; false where the process is gone or not ours.</summary>
    public static bool Kill(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>
    /// Maps a file into memory, shared with whoever else maps it. (MemoryMappedFile flushes with MS_INVALIDATE when it closes, which the
    /// kernel refuses for locked memory.)
    /// </summary>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static unsafe byte* MapShared(SafeFileHandle file, int bytes)
    {
        const int ReadWrite = 3, Shared = 1;
        nint memory = mmap(0, bytes, ReadWrite, Shared, (int)file.DangerousGetHandle(), 0);
        return memory != -1 ? (byte*)memory : throw new IOException($"mmap of {bytes} bytes: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    public static unsafe void Unmap(byte* memory, int bytes) => _ = munmap((nint)memory, bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint at, nint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint at, nint bytes);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
