using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Serial;

/// <summary>
/// The far end of a serial line without hardware: what a simulated device speaks from, while a driver opens <see cref="Path"/> as it would
/// an adapter. Neither end waits for the other; disposing it is an unplug.
/// </summary>
public sealed unsafe partial class PseudoTerminal : IDisposable
{
    private readonly string _link;
    private int _terminal;

    /// <param name="link">A stable name for it, made as a symbolic link and replaced where it is an old one; empty: none.</param>
    /// <exception cref="IOException">There is none to be had, or the link cannot be made; says which.</exception>
    public PseudoTerminal(string link = "")
    {
        _link = link;
        _terminal = posix_openpt(Tty.ReadWrite | Tty.NoControllingTerminal | Tty.CloseOnExec | Tty.NonBlocking);
        byte* name = stackalloc byte[64];
        if (_terminal < 0 || grantpt(_terminal) != 0 || unlockpt(_terminal) != 0 || ptsname_r(_terminal, name, 64) != 0)
            throw new IOException($"a pseudo-terminal cannot be had: {Tty.ErrorText}");
        Device = Marshal.PtrToStringUTF8((nint)name)!;
        SetRaw();
        if (link.Length > 0)
            Link();
    }

    /// <summary>What a driver opens: the link, or else the device.</summary>
    public string Path => _link.Length > 0 ? _link : Device;

    /// <summary>/dev/pts/N.</summary>
    public string Device { get; }

    /// <summary>Reads what has arrived; 0 where nothing has, or nobody holds the other end.</summary>
    public int Read(Span<byte> into)
    {
        fixed (byte* bytes = into)
            return (int)Math.Max(0, Tty.Read(_terminal, bytes, into.Length));
    }

    /// <summary>Writes; what the other end leaves no room for is lost, as on a line. Returns the bytes taken.</summary>
    public int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* from = bytes)
            return (int)Math.Max(0, Tty.Write(_terminal, from, bytes.Length));
    }

    public void Dispose()
    {
        if (_terminal < 0)
            return;
        if (_link.Length > 0 && new FileInfo(_link).LinkTarget == Device)
            File.Delete(_link);
        Tty.Close(_terminal);
        _terminal = -1;
    }

    /// <summary>As a cooked terminal it would send back what arrives before a driver has set it up.</summary>
    private void SetRaw()
    {
        int device = Tty.Open(Device, Tty.ReadWrite | Tty.NoControllingTerminal | Tty.CloseOnExec);
        if (device < 0)
            throw new IOException($"{Device} cannot be opened: {Tty.ErrorText}");
        Tty.Termios settings;
        Tty.Control(device, Tty.GetTermios, &settings);
        (settings.Input, settings.Output, settings.Local) = (0, 0, 0);
        Tty.Control(device, Tty.SetTermios, &settings);
        Tty.Close(device);
    }

    private void Link()
    {
        try
        {
            if (new FileInfo(_link).LinkTarget is not null)
                File.Delete(_link);
            File.CreateSymbolicLink(_link, Device);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Tty.Close(_terminal);
            _terminal = -1;
            throw new IOException($"the serial port {_link} cannot be made ({e.Message}): its folder must exist and be yours", e);
        }
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int posix_openpt(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int grantpt(int terminal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int unlockpt(int terminal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int ptsname_r(int terminal, byte* name, nuint length);
}
