namespace RobotWorldModel.Runtime.Doctor;

/// <summary>This computer as its files tell: /proc, /sys, /etc … below a root, which in tests is a folder made up for them.</summary>
internal sealed class Machine(string root = "/")
{
    private const string SerialFolder = "/dev/serial/by-id";

    /// <summary>A file's text without blanks around it; null where it is not there or may not be read.</summary>
    public string? Read(string path)
    {
        try
        {
            return File.ReadAllText(At(path)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public string[] Lines(string path) => Read(path)?.Split('\n') ?? [];

    public bool Has(string path) => File.Exists(At(path)) || Directory.Exists(At(path));

    /// <summary>Files and folders in a folder, as paths of this machine, in order; none where it is not there.</summary>
    public string[] Entries(string folder)
    {
        try
        {
            return [.. Directory.EnumerateFileSystemEntries(At(folder)).Select(e => $"{folder}/{Path.GetFileName(e)}")
                .Order(StringComparer.Ordinal)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    /// <summary>The name of the file that a link leads to, e.g. ttyUSB0; of a path that is no link its own.</summary>
    public string NodeOf(string device) => Path.GetFileName(TargetOf(device) ?? device);

    /// <summary>The stable name of a serial port; null where it has none.</summary>
    public string? StableNameOf(string port) =>
        Entries(SerialFolder).FirstOrDefault(link => NodeOf(link) == NodeOf(port));

    /// <summary>
    /// Of the USB device behind a video node, in Mbit/s as sysfs has it: 12, 480, 5000 …; null where it is not on USB.
    /// </summary>
    public double? UsbSpeedOf(string videoDevice)
    {
        // By its true place: "device/.." would be taken out of the path as text, before the link is followed.
        string? usbInterface = TargetOf($"/sys/class/video4linux/{NodeOf(videoDevice)}/device");
        return usbInterface is not null
            && double.TryParse(ReadTrue(Path.Combine(Path.GetDirectoryName(usbInterface)!, "speed")), out double mbit) ? mbit : null;
    }

    private static string? ReadTrue(string path) => File.Exists(path) ? File.ReadAllText(path).Trim() : null;

    private string At(string path) => Path.Join(root, path);

    private string? TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(At(path), returnFinalTarget: true)?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
