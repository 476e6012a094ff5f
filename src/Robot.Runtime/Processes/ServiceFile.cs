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
/// The service's claim on its cell: a locked file in the runtime folder, with the service's address in it. The lock, not the file, says that
/// the service lives: it goes with the process, however that ends.
/// </summary>
internal sealed class ServiceFile : IDisposable
{
    private readonly FileStream _file;

    private ServiceFile(FileStream file) => _file = file;

    /// <exception cref="RobotException">Another service has the cell (75).</exception>
    public static ServiceFile Claim(ServiceInfo info)
    {
        string path = RuntimeFolder.ServiceFile(info.Cell);
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (!Libc.TryLock(file))
        {
            file.Dispose();
            var other = TryRead(path);
            throw new RobotException(ExitCode.Busy,
                $"{info.Cell}: a service runs already (pid {other?.Pid}, {other?.Url}); './robot shutdown' ends it");
        }
        file.SetLength(0);
        JsonSerializer.Serialize(file, info, ServiceJson.Default.ServiceInfo);
        file.Flush();
        return new(file);
    }

    /// <summary>The services that run on this machine for this user.</summary>
    public static IReadOnlyList<ServiceInfo> Running() =>
        [.. Directory.EnumerateFiles(RuntimeFolder.Path, "*.json").Select(FindAlive).OfType<ServiceInfo>()];

    /// <summary>The service of a cell, or null where none runs.</summary>
    public static ServiceInfo? Find(string cell) => FindAlive(RuntimeFolder.ServiceFile(cell));

    public void Dispose()
    {
        File.Delete(_file.Name);
        _file.Dispose();
    }

    private static ServiceInfo? FindAlive(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return Libc.TryLock(file) ? null : TryRead(path);
        }
        catch (IOException)
        {
            return null; // none has run since boot
        }
    }

    private static ServiceInfo? TryRead(string path)
    {
        try
        {
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return JsonSerializer.Deserialize(file, ServiceJson.Default.ServiceInfo);
        }
        catch (Exception e) when (e is IOException or JsonException)
        {
            return null; // it is being written just now
        }
    }
}

/// <summary>A claim on something that two processes must not use at once: a device's address, a data root.</summary>
internal sealed class Claim : IDisposable
{
    private readonly FileStream _file;

    private Claim(FileStream file) => _file = file;

    /// <param name="path">The lock file; made where it is not there.</param>
    /// <param name="what">For the message: "robot 127.0.1.1".</param>
    /// <exception cref="RobotException">Somebody else holds it (75).</exception>
    public static Claim Take(string path, string what)
    {
        var file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.ReadWrite);
        if (!Libc.TryLock(file))
        {
            using var reader = new StreamReader(file);
            string holder = reader.ReadToEnd().Trim();
            throw new RobotException(ExitCode.Busy, $"{what} is in use by another process ({holder}); end that one first");
        }
        file.SetLength(0);
        using (var writer = new StreamWriter(file, leaveOpen: true))
            writer.Write($"pid {Environment.ProcessId}");
        return new(file);
    }

    public void Dispose() => _file.Dispose();
}
