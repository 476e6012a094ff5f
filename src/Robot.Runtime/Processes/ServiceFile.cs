using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Processes;

/// <summary>What a running service writes for commands to find it.</summary>
/// <param name="Url">Of the dashboard.</param>
/// <param name="ConfigHash">SHA-256 of the config file's text.</param>
/// <param name="Data">The data root, absolute.</param>
/// <param name="Socket">Core's Unix socket.</param>
public sealed record ServiceInfo(string Cell, int Pid, string Url, string ConfigHash, string Data, string Socket);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(ServiceInfo))]
internal sealed partial class ServiceJson : JsonSerializerContext;

/// <summary>
/// The service's claim on its cell: a locked file in the runtime folder, and beside it the service's address. The lock, not the file,
/// says that the service lives: it goes with the process, however that ends.
/// </summary>
internal sealed class ServiceFile : IDisposable
{
    private readonly Claim _claim;
    private readonly string _path;

    private ServiceFile(Claim claim, string path) => (_claim, _path) = (claim, path);

    /// <exception cref="RobotException">Another service has the cell (75).</exception>
    public static ServiceFile Claim(ServiceInfo info)
    {
        string path = RuntimeFolder.ServiceFile(info.Cell);
        if (Find(info.Cell) is { } other)
            throw new RobotException(ExitCode.Busy,
                $"{info.Cell}: a service runs already (pid {other.Pid}, {other.Url}); './robot shutdown' ends it");
        var claim = Processes.Claim.Take(LockOf(path), $"cell {info.Cell}");
        string fresh = path + ".new";
        File.WriteAllText(fresh, JsonSerializer.Serialize(info, ServiceJson.Default.ServiceInfo));
        File.Move(fresh, path, overwrite: true);
        return new(claim, path);
    }

    /// <summary>The services that run on this machine for this user, and the system's where this user may talk to it.</summary>
    public static IReadOnlyList<ServiceInfo> Running() =>
        [.. RuntimeFolder.Known.SelectMany(f => Directory.EnumerateFiles(f, "*.json")).Select(FindAlive).OfType<ServiceInfo>()];

    /// <summary>The service of a cell, or null where none runs.</summary>
    public static ServiceInfo? Find(string cell) =>
        RuntimeFolder.Known.Select(f => FindAlive(Path.Combine(f, $"{cell}.json"))).FirstOrDefault(s => s is not null);

    public void Dispose()
    {
        File.Delete(_path);
        _claim.Dispose();
    }

    private static string LockOf(string path) => Path.ChangeExtension(path, ".lock");

    private static ServiceInfo? FindAlive(string path)
    {
        if (!Processes.Claim.IsTaken(LockOf(path)))
            return null;
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllText(path), ServiceJson.Default.ServiceInfo);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null; // it has only just claimed the cell, or is about to leave
        }
    }
}

/// <summary>
/// A claim on something that two processes must not use at once: a device's address, a data root. It goes with the process.
/// </summary>
internal sealed class Claim : IDisposable
{
    private readonly FileStream _file;

    private Claim(FileStream file) => _file = file;

    /// <param name="path">The lock file; made where it is not there.</param>
    /// <param name="what">For the message: "robot 127.0.1.1".</param>
    /// <exception cref="RobotException">Somebody else holds it (75).</exception>
    public static Claim Take(string path, string what)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                // FileShare.None is an exclusive flock on Linux. The file stays behind: only the lock on it counts.
                var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
                File.WriteAllText(HolderOf(path), $"{Environment.ProcessId}");
                return new(file);
            }
            catch (IOException) when (tries < 10)
            {
                Thread.Sleep(5); // somebody may only have looked whether it is taken
            }
            catch (IOException) when (IsTaken(path))
            {
                throw InUse();
            }
        }

        RobotException InUse()
        {
            string holder = File.Exists(HolderOf(path)) ? File.ReadAllText(HolderOf(path)) : "?";
            return new RobotException(ExitCode.Busy, $"{what} is in use by another process (pid {holder}); end that one first");
        }
    }

    /// <summary>Whether somebody holds it.</summary>
    public static bool IsTaken(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return false;
        }
        catch (FileNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string HolderOf(string path) => path + ".pid";
}
