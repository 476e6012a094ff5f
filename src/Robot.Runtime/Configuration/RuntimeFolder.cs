using System.Text;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>Where a running service leaves its socket, its lock and its address, and a simulated cell its sockets.</summary>
internal static class RuntimeFolder
{
    /// <summary>
    /// $XDG_RUNTIME_DIR/robot; for the system's service $RUNTIME_DIRECTORY (/run/robot); a 0700 folder robot-UID in the temporary folder
    /// where neither exists.
    /// </summary>
    /// <exception cref="IOException">The folder belongs to somebody else, or others may enter it.</exception>
    public static string Path
    {
        get
        {
            if (Environment.GetEnvironmentVariable("RUNTIME_DIRECTORY") is { Length: > 0 } service)
                return Made(service.Split(':')[0]);
            if (Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR") is { Length: > 0 } user && Directory.Exists(user))
                return Made(System.IO.Path.Combine(user, "robot"));
            return Private(System.IO.Path.Combine(System.IO.Path.GetTempPath(), $"robot-{Libc.UserId()}"));
        }
    }

    /// <summary>Where services may have left their addresses: our own folder, and the system service's where we may see it.</summary>
    public static IReadOnlyList<string> Known
    {
        get
        {
            string own = Path;
            return own == SystemFolder || !Directory.Exists(SystemFolder) || IsClosed(SystemFolder) ? [own] : [own, SystemFolder];
        }
    }

    public const string SystemFolder = "/run/robot"; // RuntimeDirectory= of the unit

    /// <summary>The system's service may run: its folder is there, and this user may not look into it.</summary>
    public static bool SystemFolderIsClosed => Directory.Exists(SystemFolder) && IsClosed(SystemFolder);

    private const int LongestSocketPath = 107; // sun_path less its closing zero

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>A socket's path: a bare name in this folder, a path as it is.</summary>
    /// <exception cref="ConfigException">The kernel takes no path of this length.</exception>
    public static string Resolve(string socket)
    {
        string path = socket.Contains('/') ? socket : System.IO.Path.Combine(Path, socket);
        int bytes = Encoding.UTF8.GetByteCount(path);
        return bytes <= LongestSocketPath ? path : throw new ConfigException(
            $"{path}: the path of a socket has at most {LongestSocketPath} bytes, this one {bytes}; shorten it in the config, "
            + "or set XDG_RUNTIME_DIR to a shorter folder");
    }

    public static string ServiceFile(string cell) => System.IO.Path.Combine(Path, $"{cell}.json");

    /// <exception cref="ConfigException">Its path is too long.</exception>
    public static string CoreSocket(string cell) => Resolve($"{cell}.sock");

    public static string Preview(string cell, string camera) => System.IO.Path.Combine(Path, $"{cell}-{camera}.preview");

    /// <summary>A single picture on its way to who asked for it.</summary>
    public static string Still(string cell, string camera) => System.IO.Path.Combine(Path, $"{cell}-{camera}.still");

    /// <summary>
    /// A folder where everybody may make one: somebody else could have been first, and would see and replace what we put there.
    /// </summary>
    internal static string Private(string folder)
    {
        Made(folder);
        return Libc.IsPrivateFolder(folder) ? folder : throw new IOException(
            $"{folder} is no folder of yours alone: 'chmod 700' it where it is yours, else set XDG_RUNTIME_DIR to a folder of your own");
    }

    private static bool IsClosed(string folder)
    {
        try
        {
            _ = Directory.EnumerateFileSystemEntries(folder).Any();
            return false;
        }
        catch (UnauthorizedAccessException)
        {
            return true;
        }
    }

    private static string Made(string folder)
    {
        Directory.CreateDirectory(folder, OwnerOnly);
        return folder;
    }
}
