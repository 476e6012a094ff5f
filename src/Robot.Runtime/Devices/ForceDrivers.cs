using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>force</c>.</summary>
internal static class ForceDrivers
{
    public const string Stream = "robotiq_ft300_stream", Polled = "robotiq_ft300_modbus";

    public static readonly DriverTable<ForceConfig, IForceTorqueSensor> All = new(
        ["latency_ms", "origin_in_flange"],
        [
            new("robotiq_ft300_socket", ["host"], [], c => c.Host,
                c => new Ft300Socket(new() { Host = c.Host, LatencyMs = c.LatencyMs ?? 8 })),
            new(Stream, ["line"], ["unit"], c => Ports.ClaimOf(c.Line), c => new Ft300Stream(OnALine(c))),
            new(Polled, ["line"], ["unit"], c => Ports.ClaimOf(c.Line), c => new Ft300Modbus(OnALine(c))),
        ]);

    private static Ft300LineOptions OnALine(ForceConfig config) =>
        new() { Port = Ports.Of(config.Line), Unit = (byte)config.Unit, LatencyMs = config.LatencyMs ?? 0 };
}
