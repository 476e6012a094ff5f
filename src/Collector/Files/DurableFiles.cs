using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Collector.Files;

/// <summary>What .NET's file classes leave out: exclusive creation, renames that never replace, and syncs that reach the disk.</summary>
public static partial class DurableFiles
{
    /// <summary>Of files that are not whole yet.</summary>
    public const string TemporarySuffix = ".tmp";

    private const int Exists = 17, Invalid = 22, NotImplemented = 38, NotSupported = 95;

    /// <summary>Writes a file whole and synced before it takes the place of the one that was there. The folder is not synced.</summary>
    public static void Replace(string path, ReadOnlySpan<byte> content)
    {
        string temporary = path + TemporarySuffix;
        WriteSynced(temporary, content);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Writes a file whole, and waits until the disk has it.</summary>
    public static void WriteSynced(string path, ReadOnlySpan<byte> content)
    {
        using SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete);
        RandomAccess.Write(file, content, 0);
        RandomAccess.FlushToDisk(file);
    }

    /// <summary>Makes creations, renames and removals in a folder outlive a power cut.</summary>
    public static void SyncFolder(string folder)
    {
        using SafeFileHandle handle = OpenFolder(folder);
        if (fsync(handle) != 0)
            throw Failed($"could not sync the folder {folder}");
    }

    /// <summary>
    /// Everything written so far to the file system that holds the folder. One call for an episode's thousands of files: a sync of each
    /// costs a journal commit of each.
    /// </summary>
    public static void SyncFileSystem(string folder)
    {
        using SafeFileHandle handle = OpenFolder(folder);
        if (syncfs(handle) != 0)
            throw Failed($"could not sync the disk of {folder}");
    }

    /// <summary>Begins to write the file to the disk without waiting; only a hint, so a file system that cannot is no error.</summary>
    public static void StartWriteback(SafeFileHandle file)
    {
        const uint Write = 2;
        _ = sync_file_range(file, 0, 0, Write);
    }

    /// <summary>Creates a folder, and what is missing above it, so that it outlives a power cut.</summary>
    public static void MakeFolder(string folder)
    {
        folder = Path.GetFullPath(folder);
        if (Directory.Exists(folder))
            return;
        string? above = Path.GetDirectoryName(folder);
        if (above is not null)
            MakeFolder(above);
        Directory.CreateDirectory(folder);
        if (above is not null)
            SyncFolder(above);
    }

    /// <summary>False: there is something of that name already.</summary>
    public static bool TryCreateFolder(string folder)
    {
        if (mkdir(folder, 0b111_111_111) == 0)
            return true;
        return Marshal.GetLastPInvokeError() == Exists ? false : throw Failed($"could not create the folder {folder}");
    }

    /// <summary>Renames unless something of that name is there already: then false.</summary>
    public static bool TryRename(string from, string to)
    {
        const int CurrentFolder = -100;
        const uint NoReplace = 1;
        if (renameat2(CurrentFolder, from, CurrentFolder, to, NoReplace) == 0)
            return true;
        int error = Marshal.GetLastPInvokeError();
        if (error == Exists)
            return false;
        if (error is not (Invalid or NotImplemented or NotSupported))
            throw Failed($"could not rename {from} to {to}");
        // A file system without that flag (NFS, old FUSE): rename replaces an empty folder at most, and here not even that.
        if (Path.Exists(to))
            return false;
        return rename(from, to) == 0 ? true : throw Failed($"could not rename {from} to {to}");
    }

    private static SafeFileHandle OpenFolder(string folder)
    {
        const int ReadOnlyCloseOnExec = 0x80000;
        SafeFileHandle handle = open(folder, ReadOnlyCloseOnExec);
        if (!handle.IsInvalid)
            return handle;
        IOException failed = Failed($"could not open {folder}");
        handle.Dispose();
        throw failed;
    }

    private static IOException Failed(string what) => new($"{what}: {Marshal.GetLastPInvokeErrorMessage()}");

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial SafeFileHandle open(string path, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int fsync(SafeFileHandle file);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int syncfs(SafeFileHandle file);

    [LibraryImport("libc")]
    private static partial int sync_file_range(SafeFileHandle file, long offset, long bytes, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int mkdir(string path, uint mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int renameat2(int fromFolder, string from, int toFolder, string to, uint flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int rename(string from, string to);
}
