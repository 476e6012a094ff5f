using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Collector.Files;

/// <summary>
/// An exclusive lock (flock) that ends when it is disposed or with its holder's process, however that dies. Two locks of one process
/// exclude each other too. .NET's own locks are of the same kind, so its way of opening a file, which takes a shared one, is in the way.
/// </summary>
public sealed partial class FolderLock : IDisposable
{
    /// <summary>Held while samples are written to the folder's log.</summary>
    public const string Writer = "writer.lock";

    private readonly SafeFileHandle _handle;

    private FolderLock(SafeFileHandle handle) => _handle = handle;

    /// <summary>
    /// Takes a lock file of that name in a recording's folder, without waiting; null: somebody holds it. The file stays and says who held
    /// it last: only the lock on it counts.
    /// </summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static FolderLock? TryTake(string folder, string name)
    {
        const int ReadWriteCreate = 2 | 0x40;
        if (TryTakeOf(Path.Combine(folder, name), ReadWriteCreate) is not { } taken)
            return null;
        byte[] owner = Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"); // for people: who holds it
        _ = LinuxFile.Truncate(taken._handle, 0);
        _ = LinuxFile.Write(taken._handle, owner, 0);
        return taken;
    }

    /// <summary>
    /// Takes the lock of a file or folder itself, which leaves nothing behind in it and goes with it where it is renamed; null: somebody
    /// holds it. Whoever makes, commits or marks an episode holds its folder's.
    /// </summary>
    /// <exception cref="IOException">There is no such file or folder.</exception>
    public static FolderLock? TryTake(string path) => TryTakeOf(path, flags: 0);

    /// <summary>Takes the lock of a file or folder itself, and waits for whoever holds it.</summary>
    /// <exception cref="IOException">There is no such file or folder.</exception>
    public static FolderLock Take(string path) => TryTakeOf(path, flags: 0, wait: true)!;

    public void Dispose() => _handle.Dispose();

    private static FolderLock? TryTakeOf(string path, int flags, bool wait = false)
    {
        const int CloseOnExec = 0x80000, OwnerWritesAllRead = 0x1A4, Exclusive = 2, NoWait = 4, Interrupted = 4, WouldBlock = 11;
        SafeFileHandle handle = open(path, flags | CloseOnExec, OwnerWritesAllRead);
        int error = Marshal.GetLastPInvokeError();
        while (!handle.IsInvalid)
        {
            if (flock(handle, wait ? Exclusive : Exclusive | NoWait) == 0)
                return new FolderLock(handle);
            error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                break;
        }
        bool opened = !handle.IsInvalid;
        handle.Dispose();
        return opened && error == WouldBlock
            ? null
            : throw new IOException($"could not {(opened ? "lock" : "open")} {path}: {LinuxFile.Describe(error)}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int flock(SafeFileHandle file, int operation);
}
