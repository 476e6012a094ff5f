using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The few calls of the C library that .NET does not offer.</summary>
internal static partial class Libc
{
    public const int SigTerm = 15, SigKill = 9, SigStop = 19;

    public static uint UserId() => geteuid();

    /// <summary>Sends a signal; false where the process is gone or not ours.</summary>
    public static bool Kill(int pid, int signal) => kill(pid, signal) == 0;

    /// <summary>
    /// Makes this process the leader of a process group of its own: the terminal's Ctrl-C no longer reaches it. False where it leads one
    /// already.
    /// </summary>
    public static bool LeaveProcessGroup() => setpgid(0, 0) == 0;

    /// <summary>Whether a path is a folder, and no link to one, that belongs to this user and that nobody else may enter.</summary>
    public static bool IsPrivateFolder(string path)
    {
        const int TypeMask = 0xF000, Folder = 0x4000, OthersMask = 0x3F;
        return TryStat(path, out uint user, out _, out int mode)
            && user == geteuid() && (mode & TypeMask) == Folder && (mode & OthersMask) == 0;
    }

    /// <summary>
    /// Where this runs as root: what it has made, a file, a folder or a link itself, goes to whom the model belongs. Anybody else's stays
    /// as it is.
    /// </summary>
    /// <param name="model">Whose owner and group it gets.</param>
    /// <exception cref="IOException">The kernel refused.</exception>
    public static void GiveToOwnerOf(string model, string made)
    {
        if (geteuid() != 0 || !TryStat(model, out uint user, out uint group, out _) || !TryStat(made, out uint ours, out uint our, out _)
            || (user, group) == (ours, our))
            return;
        if (lchown(made, user, group) != 0)
            throw new IOException($"{made} could not be given to whom {model} belongs, who could not write there "
                + $"({Marshal.GetLastPInvokeErrorMessage()}): run this as that user");
    }

    private static unsafe bool TryStat(string path, out uint user, out uint group, out int mode)
    {
        const int WorkingFolder = -100, NoFollow = 0x100, BasicStats = 0x7FF, StatxBytes = 256, UserAt = 20, GroupAt = 24, ModeAt = 28;
        byte* stat = stackalloc byte[StatxBytes];
        bool there = statx(WorkingFolder, path, NoFollow, BasicStats, stat) == 0;
        (user, group, mode) = there ? (*(uint*)(stat + UserAt), *(uint*)(stat + GroupAt), *(ushort*)(stat + ModeAt)) : default;
        return there;
    }

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

    /// <summary>Something keeps the wall clock right, as the kernel has been told (adjtimex(2), which changes nothing here).</summary>
    public static unsafe bool IsClockSynchronized()
    {
        const int TimexBytes = 208, Unsynchronized = 5;
        byte* timex = stackalloc byte[TimexBytes];
        new Span<byte>(timex, TimexBytes).Clear();
        return adjtimex(timex) is >= 0 and not Unsynchronized;
    }

    [LibraryImport("libc")]
    private static unsafe partial int adjtimex(byte* timex);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint mmap(nint at, nint bytes, int protection, int flags, int file, nint offset);

    [LibraryImport("libc")]
    private static partial int munmap(nint at, nint bytes);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int statx(int folder, string path, int flags, uint mask, byte* stat);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int lchown(string path, uint user, uint group);

    [LibraryImport("libc")]
    private static partial int setpgid(int pid, int group);

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
