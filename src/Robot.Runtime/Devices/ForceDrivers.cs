using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>force</c>.</summary>
internal static class ForceDrivers
{
    public static readonly DriverTable<ForceConfig, IForceTorqueSensor> All = new(
        ["latency_ms"],
        [
            new("robotiq_ft300_socket", ["host"], [], c => c.Host,
                c => new Ft300Socket(new() { Host = c.Host, LatencyMs = c.LatencyMs ?? 8 })),
        ]);
}
