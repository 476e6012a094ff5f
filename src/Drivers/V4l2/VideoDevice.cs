using System.Runtime.InteropServices;
using System.Text;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>Where video devices are opened: the kernel's, or scripted ones, which tests hold up to the same driver.</summary>
internal interface IVideoSystem
{
    /// <returns>0 and the device, or errno.</returns>
    int Open(string path, out IVideoDevice? device);
}

/// <summary>The system calls on one open video device. Each returns 0 or errno.</summary>
internal unsafe interface IVideoDevice : IDisposable
{
    /// <summary>The USB device's; empty where it has none.</summary>
    string Serial { get; }

    /// <summary>ioctl(2), begun anew where a signal broke it off.</summary>
    int Call(uint request, void* argument);

    int Map(uint bytes, uint offset, out byte* address);

    void Unmap(byte* address, uint bytes);

    /// <summary>Waits for a picture, an error of the device, or <see cref="Wake"/>.</summary>
    /// <param name="ready">There is something to dequeue, be it an error; false after the time or a wake.</param>
    int Wait(int timeoutMs, out bool ready);

    /// <summary>Ends the wait at present and every later one, at once. From any thread.</summary>
    void Wake();
}

internal sealed class LinuxVideo : IVideoSystem
{
    private const int ReadWriteNonBlockingCloseOnExec = 0x2 | 0x800 | 0x80000;

    public int Open(string path, out IVideoDevice? device)
    {
        device = null;
        int file = LinuxVideoDevice.open(path, ReadWriteNonBlockingCloseOnExec);
        if (file < 0)
            return Marshal.GetLastPInvokeError();
        int wake = LinuxVideoDevice.eventfd(0, ReadWriteNonBlockingCloseOnExec & ~0x2);
        int error = Marshal.GetLastPInvokeError();
        if (wake < 0)
        {
            _ = LinuxVideoDevice.close(file);
            return error;
        }
        device = new LinuxVideoDevice(file, wake, SerialOf(path));
        return 0;
    }

    /// <summary>V4L2 does not tell it; sysfs has the USB device's above the video node's interface.</summary>
    internal static string SerialOf(string path, string sysfs = "/sys")
    {
        try
        {
            string node = File.ResolveLinkTarget(path, returnFinalTarget: true)?.Name ?? Path.GetFileName(path);
            // By its true place: "device/.." would be taken out of the path as text, before the link is followed.
            FileSystemInfo? usbInterface = Directory.ResolveLinkTarget($"{sysfs}/class/video4linux/{node}/device", returnFinalTarget: true);
            return usbInterface is null
                ? ""
                : File.ReadAllText(Path.Combine(Path.GetDirectoryName(usbInterface.FullName)!, "serial"), Encoding.UTF8).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException) // a camera without, or one that is not on USB
        {
            return "";
        }
    }
}

internal sealed unsafe partial class LinuxVideoDevice(int file, int wake, string serial) : IVideoDevice
{
    private const int Interrupted = 4;
    private const short PollIn = 0x1;
    private bool _disposed;

    [StructLayout(LayoutKind.Sequential)]
    private struct PollFile
    {
        public int File;
        public short Events, Returned;
    }

    public string Serial => serial;

    public int Call(uint request, void* argument)
    {
        while (true)
        {
            if (ioctl(file, request, argument) >= 0)
                return 0;
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                return error;
        }
    }

    public int Map(uint bytes, uint offset, out byte* address)
    {
        const int ReadWrite = 0x3, Shared = 0x1;
        address = mmap(null, bytes, ReadWrite, Shared, file, offset);
        if (address != (byte*)-1)
            return 0;
        address = null;
        return Marshal.GetLastPInvokeError();
    }

    public void Unmap(byte* address, uint bytes) => _ = munmap(address, bytes);

    public int Wait(int timeoutMs, out bool ready)
    {
        PollFile* files = stackalloc PollFile[2];
        files[0] = new() { File = file, Events = PollIn };
        files[1] = new() { File = wake, Events = PollIn };
        ready = false;
        long deadline = HostClock.NowNs + timeoutMs * 1_000_000L;
        for (int leftMs = timeoutMs; poll(files, 2, leftMs) < 0;)
        {
            int error = Marshal.GetLastPInvokeError();
            if (error != Interrupted)
                return error;
            leftMs = (int)Math.Max(0, (deadline - HostClock.NowNs + 999_999) / 1_000_000); // a signal is no silence
        }
        ready = files[0].Returned != 0 && files[1].Returned == 0;
        return 0;
    }

    public void Wake()
    {
        ulong one = 1;
        _ = write(wake, &one, sizeof(ulong)); // cannot fail but by overflow, and then it is set anyway
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _ = close(file);
        _ = close(wake);
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int open(string path, int flags);

    [LibraryImport("libc")]
    internal static partial int close(int file);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int eventfd(uint value, int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ioctl(int file, nuint request, void* argument);

    [LibraryImport("libc", SetLastError = true)]
    private static partial byte* mmap(void* address, nuint bytes, int protection, int flags, int file, long offset);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int munmap(void* address, nuint bytes);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(PollFile* files, nuint count, int timeoutMs);

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int file, void* bytes, nuint count);
}
