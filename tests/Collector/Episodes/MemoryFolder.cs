namespace RobotWorldModel.Collector.Tests.Episodes;

/// <summary>
/// A folder in memory where there is one: thousands of small files and their syncs, for tests that are not about the disk.
/// </summary>
internal sealed class MemoryFolder : IDisposable
{
    public MemoryFolder() => Directory.CreateDirectory(Path);

    public string Path { get; } =
        System.IO.Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : System.IO.Path.GetTempPath(), $"rwm-{Guid.NewGuid():N}"[..16]);

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
