using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>gripper</c>.</summary>
internal static class GripperDrivers
{
    public const string OnALine = "robotiq_modbus";

    public static readonly DriverTable<GripperConfig, IGripper> All = new(
        ["latency_ms", "model", "stroke_m", "force_n", "speed_percent", "open_count", "closed_count"],
        [
            new("robotiq_socket", ["host"], [], c => c.Host, c => new RobotiqGripperSocket(Options(c))),
            new(OnALine, ["line"], ["unit"], c => Ports.ClaimOf(c.Line), c => new RobotiqGripperModbus(Options(c))),
        ]);

    /// <summary>What the section says, on top of what the model's manual says.</summary>
    public static RobotiqGripperOptions Options(GripperConfig config)
    {
        RobotiqGripperOptions options = RobotiqGripperOptions.ForModel(config.Model);
        (options.Host, options.Line, options.Unit) = (config.Host, Ports.Of(config.Line), (byte)config.Unit);
        (options.LatencyMs, options.StrokeM) = (config.LatencyMs, config.StrokeM ?? options.StrokeM);
        (options.ForceN, options.SpeedPercent) = (config.ForceN, config.SpeedPercent);
        (options.OpenCount, options.ClosedCount) = (config.OpenCount, config.ClosedCount);
        return options;
    }
}

/// <summary>A <c>line</c> of the config.</summary>
internal static class Ports
{
    /// <summary>A bare name lies in the runtime folder, where the simulated cell has its ports. Null where the key is absent.</summary>
    public static PortAddress? Of(string line) => PortAddress.Parse(line) is { } port
        ? port.Kind == PortKind.Serial ? port with { Path = RuntimeFolder.Resolve(port.Path) } : port
        : null;

    /// <summary>For its lock: a file's name.</summary>
    public static string ClaimOf(string line)
    {
        PortAddress port = Of(line)!;
        return port.Kind == PortKind.Serial ? DeviceFile.ClaimOf(port.Path) : port.ToString().Replace('/', '_');
    }
}
