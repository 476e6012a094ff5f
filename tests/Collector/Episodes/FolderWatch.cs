using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace RobotWorldModel.Collector.Tests.Episodes;

/// <summary>Sees whether a folder itself is opened (inotify): a sync of it cannot be seen, but it begins so.</summary>
internal sealed partial class FolderWatch : IDisposable
{
    private readonly SafeFileHandle _events;

    public FolderWatch(string folder)
    {
        const int NonBlocking = 0x800;
        const uint Open = 0x20;
        _events = new(inotify_init1(NonBlocking), ownsHandle: true);
        Assert.True(inotify_add_watch(_events, folder, Open) >= 0, $"{folder} is watched");
    }

    /// <summary>Since the last question.</summary>
    public bool WasOpened()
    {
        const int Head = 16;
        var buffer = new byte[65536];
        nint bytes = read(_events, buffer, buffer.Length);
        bool opened = false;
        for (int at = 0, name; at < bytes; at += Head + name)
        {
            name = BitConverter.ToInt32(buffer, at + 12);
            opened |= name == 0; // not something in it
        }
        return opened;
    }

    public void Dispose() => _events.Dispose();

    [LibraryImport("libc")]
    private static partial int inotify_init1(int flags);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int inotify_add_watch(SafeFileHandle events, string path, uint mask);

    [LibraryImport("libc")]
    private static partial nint read(SafeFileHandle file, [Out] byte[] buffer, nint count);
}
