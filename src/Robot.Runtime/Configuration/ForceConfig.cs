using System.ComponentModel.DataAnnotations;
using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Rdt;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Devices;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>The force-torque sensor. Which keys it has is its driver's: <see cref="ForceDrivers"/>.</summary>
public sealed class ForceConfig : ICheckedSection
{
    public string Driver { get; set; } = ForceDrivers.Urcap;

    [NotEmpty, Host]
    public string Host { get; set; } = "";

    /// <summary>The sensor's own serial line, its gateway, or Modbus TCP.</summary>
    [Port]
    public string Line { get; set; } = "";

    /// <summary>Its Modbus unit on that line.</summary>
    [Range(1, 247)]
    public int Unit { get; set; } = 9;

    /// <summary>The constant part of the delay from force to host; absent: what is known of the driver's wire.</summary>
    [Range(0.0, 500.0)]
    public double? LatencyMs { get; set; }

    /// <summary>UDP, of a sensor that sends RDT records.</summary>
    [Range(1, 65535)]
    public int Port { get; set; } = RdtWire.DefaultPort;

    /// <summary>Where an ATI sensor tells its calibration.</summary>
    [Range(1, 65535)]
    public int HttpPort { get; set; } = 80;

    /// <summary>Bits a second, of a Bota's line.</summary>
    [AllowedValues(9600, 57600, 115200, 230400, 460800)]
    public int Baud { get; set; } = BotaWire.DefaultBaud;

    /// <summary>Absent: what the sensor is set to; an OnRobot is told 1000, a Bota 400.</summary>
    [Range(1.0, 8000.0)]
    public double? RateHz { get; set; }

    /// <summary>An OnRobot's low pass; 0 for none.</summary>
    [AllowedValues(0.0, 1.5, 5.0, 15.0, 50.0, 150.0, 500.0)]
    public double FilterHz { get; set; }

    [Range(1.0, 1e9)]
    public double CountsPerForce { get; set; } = 10_000;

    [Range(1.0, 1e9)]
    public double CountsPerTorque { get; set; } = 100_000;

    /// <summary>Of the arm's own sensor.</summary>
    public UrForceSource Source { get; set; }

    /// <summary>
    /// The sensor's frame in the flange's, as its drawing has it: x, y, z in m, rotation vector in rad. Absent: not known before
    /// <c>calibrate wrench</c>, whose own goes before this.
    /// </summary>
    [Length(6, 6)]
    public double[]? Mounting { get; set; }

    /// <summary>The same of any sensor, without a calibration; null where it is not known.</summary>
    /// <param name="tcpInFlange">As the controller has it: where it refers what <see cref="UrForceSource.Tcp"/> sends.</param>
    internal Pose? SensorInFlange(in Pose tcpInFlange) =>
        Driver != ForceDrivers.OfTheArm ? Mounting is { } m ? Pose.FromVector(new(m)) : null
        : Source == UrForceSource.Tcp ? tcpInFlange
        : Pose.Identity;

    /// <summary>The controller takes the payload's weight away.</summary>
    internal bool IsCompensated => Driver == ForceDrivers.OfTheArm && Source == UrForceSource.Tcp;

    IEnumerable<SectionError> ICheckedSection.Check(IReadOnlySet<string> given)
    {
        foreach (SectionError error in ForceDrivers.All.Check(Driver, given))
            yield return error;
        if (Driver == ForceDrivers.Stream && PortAddress.Parse(Line) is { Kind: PortKind.ModbusTcp })
            yield return new("line", $": {Line}", $"carries no data stream; use driver: {ForceDrivers.Polled}");
        if (Driver == ForceDrivers.Bota && PortAddress.Parse(Line) is { Kind: PortKind.ModbusTcp })
            yield return new("line", $": {Line}", "is Modbus TCP, which a Bota sensor does not speak");
        if (Driver == ForceDrivers.OfTheArm && Mounting is not null)
            yield return new("mounting", "", "means nothing to ur_rtde: the arm's own sensor is where the arm has it");
        double botaHz = RateHz ?? BotaSerialOptions.DefaultRateHz;
        if (Driver == ForceDrivers.Bota && BotaSerialOptions.WhyNot(botaHz, Baud) is { } why)
            yield return new("rate_hz", $": {botaHz}", why);
        if (Driver == ForceDrivers.OnRobot && RateHz is { } rate && !OnRobotHex.HasRate(rate))
            yield return new("rate_hz", $": {rate}", $"is none that {Driver} has: {OnRobotHex.Rates}");
    }
}
