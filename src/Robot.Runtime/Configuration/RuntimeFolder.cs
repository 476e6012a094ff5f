namespace RobotWorldModel.Runtime.Configuration;

/// <summary>Where a running service leaves its socket, its lock and its address, and a simulated cell its sockets.</summary>
internal static class RuntimeFolder
{
    /// <summary>
    /// $XDG_RUNTIME_DIR/robot; for the system's service $RUNTIME_DIRECTORY (/run/robot); a 0700 folder robot-UID in the temporary folder
    /// where neither exists.
    /// </summary>
    /// <exception cref="IOException">The folder belongs to somebody else.</exception>
    public static string Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") is { Length: > 0 } service)
                return Made(service.Split(':')[0]);
            if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } user && Directory.Exists(user))
                return Made(System.IO.Path.Combine(user, "robot"));
            string folder = System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"robot-{Libc.UserId()}");
            Made(folder);
            try
            {
                File.SetUnixFileMode(folder, OwnerOnly); // only its owner may: the folder is ours, and nobody else's
            }
            catch (UnauthorizedAccessException)
            {
                throw new IOException($"{folder} belongs to another user; set XDG_RUNTIME_DIR to a folder of your own");
            }
            return folder;
        }
    }

    /// <summary>Where services may have left their addresses: our own folder, and the system service's where we may see it.</summary>
    public static IReadOnlyList<string> Known
    {
        get
        {
            string own = Path;
            return own == SystemFolder || !IsReadable(SystemFolder) ? [own] : [own, SystemFolder];
        }
    }

    private const string SystemFolder = "/run/robot"; // RuntimeDirectory= of the unit

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A bare name in this folder, a path as it is.</summary>
    public static string Resolve(string socket) => socket.Contains('/') ? socket : System.IO.Path.Combine(Path, socket);

    public static string ServiceFile(string cell) => System.IO.Path.Combine(Path, $"{cell}.json");

    public static string CoreSocket(string cell) => System.IO.Path.Combine(Path, $"{cell}.sock");

    public static string Preview(string cell, string camera) => System.IO.Path.Combine(Path, $"{cell}-{camera}.preview");

    private static bool IsReadable(string folder)
    {
        try
        {
            return Directory.Exists(folder) && Directory.EnumerateFileSystemEntries(folder).Any();
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static string Made(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        return folder;
    }
}
