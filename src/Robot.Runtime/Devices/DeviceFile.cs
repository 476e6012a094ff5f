namespace RobotWorldModel.Runtime.Devices;

/// <summary>A device's file under whatever name the config gives it.</summary>
internal static class DeviceFile
{
    /// <summary>
    /// For its lock: a file's name, the same for all of the device's names. One that is not plugged in has the name given; so has a
    /// pseudo-terminal, whose number is another at each start of who made it.
    /// </summary>
    public static string ClaimOf(string device)
    {
        string path = Path.GetFullPath(device), file = TargetOf(path) ?? path;
        return (file.StartsWith("/dev/pts/", StringComparison.Ordinal) ? path : file).Replace('/', '_');
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: true)?.FullName;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
