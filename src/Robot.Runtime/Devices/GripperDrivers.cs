using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>gripper</c>.</summary>
internal static class GripperDrivers
{
    public static readonly DriverTable<GripperConfig, IGripper> All = new(
        ["latency_ms", "stroke_m"],
        [
            new("robotiq_socket", ["host"], [], c => c.Host,
                c => new RobotiqGripperSocket(new() { Host = c.Host, LatencyMs = c.LatencyMs, StrokeM = c.StrokeM })),
        ]);
}
