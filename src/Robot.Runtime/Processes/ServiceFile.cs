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
public sealed record ServiceInfo(string Cell, int Pid, string Url, string ConfigHash, string Data, string Socket)
{
    /// <summary>A data root as <see cref="Data"/> has it: absolute, and the same however it was written.</summary>
    public static string RootOf(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
}

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
    /// <exception cref="IOException">The runtime folder cannot be written.</exception>
    public static ServiceFile Claim(ServiceInfo info)
    {
        string path = RuntimeFolder.ServiceFile(info.Cell);
        if (Find(info.Cell) is { } other)
            throw new RobotException(ExitCode.Busy,
                $"{info.Cell}: a service runs already (pid {other.Pid}, {other.Url}); './robot shutdown' ends it");
        var claim = Processes.Claim.Take(LockOf(path), $"cell {info.Cell}");
        try
        {
            string fresh = path + ".new";
            File.WriteAllText(fresh, JsonSerializer.Serialize(info, ServiceJson.Default.ServiceInfo));
            File.Move(fresh, path, overwrite: true);
            return new(claim, path);
        }
        catch
        {
            claim.Dispose();
            throw;
        }
    }

    /// <summary>The services that run on this machine for this user, and the system's where this user may talk to it.</summary>
    public static IReadOnlyList<ServiceInfo> Running() =>
        [.. RuntimeFolder.Known.SelectMany(f => Directory.EnumerateFiles(f, "*.json")).Select(FindAlive).OfType<ServiceInfo>()];

    /// <summary>The service of a cell, or null where none runs.</summary>
    public static ServiceInfo? Find(string cell) =>
        RuntimeFolder.Known.Select(f => FindAlive(Path.Combine(f, $"{cell}.json"))).FirstOrDefault(s => s is not null);

    /// <summary>Whether a service still has its cell; with the cell it lets go of its devices and its data root.</summary>
    public static bool IsHeldBy(ServiceInfo service)
    {
        string taken = LockOf(service.Socket);
        return Processes.Claim.IsTaken(taken) && (Processes.Claim.HolderOf(taken) ?? service.Pid) == service.Pid;
    }

    public void Dispose()
    {
        File.Delete(_path);
        _claim.Dispose();
    }

    /// <param name="path">Of the service's file or socket, which lie side by side.</param>
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
    /// <exception cref="RobotException">Somebody else holds it (75), or this process itself (78).</exception>
    /// <exception cref="IOException">The lock file cannot be made.</exception>
    public static Claim Take(string path, string what)
    {
        for (int tries = 0; ; tries++)
        {
            try
            {
                // FileShare.None is an exclusive flock on Linux. The file stays behind: only the lock on it counts.
                var claim = new Claim(new(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
                NoteHolder(path);
                return claim;
            }
            catch (IOException) when (tries < 10)
            {
                Thread.Sleep(5); // somebody may only have looked whether it is taken
            }
            catch (IOException) when (IsTaken(path))
            {
                string holder = HolderOf(path)?.ToString() ?? "?";
                throw HolderOf(path) == Environment.ProcessId
                    ? new RobotException(ExitCode.Config, $"{what} is named twice in this config; each device has an address of its own")
                    : new RobotException(ExitCode.Busy, $"{what} is in use by another process (pid {holder}); end that one first");
            }
        }
    }

    /// <summary>Whether somebody holds it.</summary>
    public static bool IsTaken(string path)
    {
        try
        {
            // A shared lock: two who look at the same moment do not take each other for a holder.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read);
            return false;
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    /// <summary>The process that took it last; null where that is not known.</summary>
    public static int? HolderOf(string path)
    {
        try
        {
            return int.TryParse(File.ReadAllText(NoteOf(path)), out int pid) ? pid : null;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    private static void NoteHolder(string path)
    {
        try
        {
            File.WriteAllText(NoteOf(path), $"{Environment.ProcessId}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // only messages name the holder, and a full disk is for somebody else to report
        }
    }

    private static string NoteOf(string path) => path + ".pid";
}
