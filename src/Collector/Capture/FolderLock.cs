using System.Text;
using Microsoft.Win32.SafeHandles;
using RobotWorldModel.Collector.Mcap;

namespace RobotWorldModel.Collector.Capture;

/// <summary>
/// A lock file in a recording's folder, held (flock) until disposed or until the process ends however it ends. The file itself stays: only
/// the lock on it counts.
/// </summary>
public sealed class FolderLock : IDisposable
{
    /// <summary>Held while samples are written to the folder's log.</summary>
    public const string Writer = "writer.lock";

    /// <summary>Held while the folder's files are made from its log.</summary>
    public const string Encoder = "encoder.lock";

    private readonly SafeFileHandle _file;

    private FolderLock(SafeFileHandle file) => _file = file;

    /// <summary>Takes a folder's lock without waiting; null: somebody holds it.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static FolderLock? TryTake(string folder, string name)
    {
        if (LinuxFile.TryOpenLocked(Path.Combine(folder, name)) is not { } file)
            return null;
        byte[] owner = Encoding.ASCII.GetBytes($"{Environment.ProcessId}\n"); // for people: who holds it
        _ = LinuxFile.Truncate(file, 0);
        _ = LinuxFile.Write(file, owner, 0);
        return new FolderLock(file);
    }

    public void Dispose() => _file.Dispose();
}
