using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Collector.Files;

/// <summary>The few system calls whose exact error or exact kind matters here: .NET flushes with fsync and hides errno.</summary>
internal static unsafe partial class LinuxFile
{
    public const int EINTR = 4, EIO = 5, EFBIG = 27, ENOSPC = 28, EROFS = 30, EDQUOT = 122;

    /// <summary>
    /// At most so many bytes in one call, here and where large blocks are read: a kernel without preemption lets nobody else have the core
    /// until a call is done, and 8 MB in one have held up real-time threads by 30 ms.
    /// </summary>
    public const int MaxPiece = 256 << 10;

    /// <summary>
    /// Writes all bytes at an offset, and between the pieces lets those go on that wait for the core. Returns 0 or errno.
    /// </summary>
    public static int Write(SafeFileHandle file, ReadOnlySpan<byte> bytes, long offset)
    {
        fixed (byte* start = bytes)
        {
            byte* p = start;
            nint left = bytes.Length;
            while (left > 0)
            {
                nint n = pwrite(file, p, Math.Min(left, MaxPiece), offset);
                if (n < 0)
                {
                    int error = Marshal.GetLastPInvokeError();
                    if (error == EINTR)
                        continue;
                    return error;
                }
                p += n;
                left -= n;
                offset += n;
                if (left > 0)
                    Thread.Yield();
            }
        }
        return 0;
    }

    /// <summary>Data, and as much of the file's size and map as is needed to read it back, onto the disk. Returns 0 or errno.</summary>
    public static int SyncData(SafeFileHandle file)
    {
        while (fdatasync(file) != 0)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != EINTR)
                return error;
        }
        return 0;
    }

    public static int Truncate(SafeFileHandle file, long length) => ftruncate(file, length) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Makes the names in a folder last over a power cut. Returns 0 or errno.</summary>
    public static int SyncFolder(string folder)
    {
        const int ReadOnlyDirectoryCloseOnExec = 0x10000 | 0x80000;
        int fd = open(folder, ReadOnlyDirectoryCloseOnExec, 0);
        if (fd < 0)
            return Marshal.GetLastPInvokeError();
        using var handle = new SafeFileHandle(fd, ownsHandle: true);
        return fsync(handle) == 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    public static string Describe(int error) => Marshal.GetPInvokeErrorMessage(error);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint pwrite(SafeFileHandle file, byte* bytes, nint count, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fdatasync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ftruncate(SafeFileHandle file, long length);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);
}
