using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>force</c>.</summary>
internal static class ForceDrivers
{
    public const string Urcap = "robotiq_ft300_socket";

    public const string Stream = "robotiq_ft300_stream", Polled = "robotiq_ft300_modbus";

    /// <summary>The sensor that the arm has itself.</summary>
    public const string OfTheArm = "ur_rtde";

    public const string Ati = "ati_netft", OnRobot = "onrobot_hex";

    public const string Bota = "bota_serial";

    /// <summary>From the converter to this PC over a network of one switch. Ours; no maker says it.</summary>
    private const double RdtLatencyMs = 1;

    public static readonly DriverTable<ForceConfig, IForceTorqueSensor> All = new(
        ["latency_ms", "mounting"],
        [
            new(Urcap, ["host"], [], c => c.Host,
                c => new Ft300Socket(new() { Host = c.Host, LatencyMs = c.LatencyMs ?? 8 })),
            new(Stream, ["line"], ["unit"], c => Ports.ClaimOf(c.Line), c => new Ft300Stream(OnALine(c))),
            new(Polled, ["line"], ["unit"], c => Ports.ClaimOf(c.Line), c => new Ft300Modbus(OnALine(c))),
            new(Ati, ["host"], ["port", "http_port", "rate_hz"], c => c.Host, c => new AtiNetFt(new()
            {
                Host = c.Host,
                Port = c.Port,
                HttpPort = c.HttpPort,
                RateHz = c.RateHz,
                LatencyMs = c.LatencyMs ?? RdtLatencyMs,
            })),
            new(OnRobot, ["host"], ["port", "rate_hz", "filter_hz", "counts_per_force", "counts_per_torque"], c => c.Host,
                c => new OnRobotHex(new()
                {
                    Host = c.Host,
                    Port = c.Port,
                    RateHz = c.RateHz ?? 1000,
                    FilterHz = c.FilterHz,
                    LatencyMs = c.LatencyMs ?? RdtLatencyMs,
                    CountsPerForce = c.CountsPerForce,
                    CountsPerTorque = c.CountsPerTorque,
                })),
            new(Bota, ["line"], ["baud", "rate_hz"], c => Ports.ClaimOf(c.Line), c => new BotaSerial(new()
            {
                Port = Ports.Of(c.Line),
                Baud = c.Baud,
                RateHz = c.RateHz ?? BotaSerialOptions.DefaultRateHz,
                LatencyMs = c.LatencyMs ?? 0,
            })),
            new(OfTheArm, [], ["source"], _ => "", null),
        ]);

    private static Ft300LineOptions OnALine(ForceConfig config) =>
        new() { Port = Ports.Of(config.Line), Unit = (byte)config.Unit, LatencyMs = config.LatencyMs ?? 0 };
}
