using System.Runtime.InteropServices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The few calls of the C library that .NET does not offer.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15, SigKill = 9, SigInt = 2;

    public static uint UserId() => geteuid();

    /// <summary>Sends a signal; false where the process is gone or not ours.</summary>
    public static bool Kill(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>This process gets the signal when its parent ends: no child outlives its service.</summary>
    public static void DieWithParent(int signal) => _ = prctl(1, signal, 0, 0, 0);

    /// <summary>Takes the file's lock without waiting; it goes with the process.</summary>
    public static bool TryLock(FileStream file) => flock((int)file.SafeFileHandle.DangerousGetHandle(), 2 | 4) == 0;

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc")]
    private static partial int prctl(int option, nint a, nint b, nint c, nint d);

    [LibraryImport("libc")]
    private static partial int flock(int fd, int operation);
}
