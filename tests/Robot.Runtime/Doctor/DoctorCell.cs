using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Doctor;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Doctor;

/// <summary>A simulated cell in this process, with a runtime folder of its own, that several tests look at.</summary>
public sealed class DoctorCell : IDisposable
{
    private readonly string? _before = Environment.GetEnvironmentVariable("XDG_RUNTIME_DIR");
    private readonly TempFolder _folder = new();
    private readonly SimulatedCell _cell;

    public DoctorCell()
    {
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _folder.Path);
        _cell = new(SimCommand.SimulationOptionsOf(CellConfig.Load(Config())));
        _cell.Start();
    }

    public string Host { get; } = Ports.FreeLoopbackAddress();

    internal string Pictures => _folder["pictures"];

    internal string Data => _folder["data"];

    /// <summary>The cell's file, with parts of lines changed.</summary>
    public string Config(params (string Line, string Other)[] changes)
    {
        string text = File.ReadAllText(Repository.Path("hardware-configs", "sim-cell.yaml"))
            .Replace("sim-cell", "doctor", StringComparison.Ordinal)
            .Replace("127.0.1.1", Host, StringComparison.Ordinal)
            .Replace("127.0.0.1:8080", $"127.0.0.1:{Ports.FreePort()}", StringComparison.Ordinal)
            .Replace("picture_width: 640", "picture_width: 160", StringComparison.Ordinal);
        foreach (var (line, other) in changes)
        {
            Assert.Contains(line, text, StringComparison.Ordinal);
            text = text.Replace(line, other, StringComparison.Ordinal);
        }
        string path = _folder[$"{Guid.NewGuid():N}.yaml"];
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Looks for a shorter time than a person would.</summary>
    internal Task<DoctorReport> LookAsync(string? config, Machine machine, int connectingMs = 20_000) => new DoctorRun(
        new(config, Data, Pictures)
        {
            Connecting = TimeSpan.FromMilliseconds(connectingMs),
            Looking = TimeSpan.FromMilliseconds(400),
            Writing = TimeSpan.FromMilliseconds(50),
        },
        machine, new(() => null, () => null, () => true, () => null), _ => { }).LookAsync(CancellationToken.None);

    public void Dispose()
    {
        _cell.Dispose();
        Environment.SetEnvironmentVariable("XDG_RUNTIME_DIR", _before);
        _folder.Dispose();
    }
}
