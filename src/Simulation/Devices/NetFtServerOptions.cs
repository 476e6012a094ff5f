namespace RobotWorldModel.Simulation.Devices;

public sealed class NetFtServerOptions : IForceSensorNoise
{
    /// <summary>An OnRobot HEX instead of an ATI Net F/T: its commands, its bias, and no web page.</summary>
    public bool OnRobot { get; set; }

    public string Host { get; set; } = "127.0.1.1";

    /// <summary>UDP.</summary>
    public int Port { get; set; } = 49152;

    /// <summary>Of the web page; a real sensor has it on 80, which only root may open here. 0: none.</summary>
    public int HttpPort { get; set; } = 8049;

    /// <summary>Records a second; an OnRobot sensor is told it by its client.</summary>
    public double RateHz { get; set; } = 1000;

    /// <summary>What the page says of it; null: the truth.</summary>
    public double? ToldRateHz { get; set; }

    /// <summary>Of the converter, whose samples are counted besides.</summary>
    public double SampleRateHz { get; set; } = 7000;

    /// <summary>The units of the counts, as the page calls them, and how large they are.</summary>
    public string ForceUnit { get; set; } = "N";

    public string TorqueUnit { get; set; } = "Nm";

    public double NewtonPerForceUnit { get; set; } = 1;

    public double NewtonMetrePerTorqueUnit { get; set; } = 1;

    public double CountsPerForce { get; set; } = 1_000_000;

    public double CountsPerTorque { get; set; } = 1_000_000;

    /// <summary>Standard deviation of each force (N) and torque (N·m).</summary>
    public double NoiseForceN { get; set; } = 0.05;

    public double NoiseTorqueNm { get; set; } = 0.002;

    /// <summary>What an unloaded sensor reads: Fx, Fy, Fz (N), Mx, My, Mz (N·m).</summary>
    public double[] Bias { get; set; } = [1.2, -0.8, 2.5, 0.03, -0.02, 0.01];

    public string Serial { get; set; } = "FT-SIM-1";

    public string Firmware { get; set; } = "2.2.59";

    public TransportOptions Transport { get; set; } = new() { DelayMsMin = 3, DelayMsMax = 3 };

    public int Seed { get; set; } = 1;

    /// <exception cref="ArgumentException">Says which is out of range.</exception>
    internal void Validate()
    {
        TransportDraw.Validated("force", Transport);
        if (RateHz is not (>= 1 and <= 8000) || SampleRateHz < RateHz || Bias.Length != 6)
            throw new ArgumentException("simulation.force: rate_hz must be 1 to 8000 and not above the converter's, bias six values");
        if (!(CountsPerForce > 0 && CountsPerTorque > 0 && NewtonPerForceUnit > 0 && NewtonMetrePerTorqueUnit > 0))
            throw new ArgumentException("simulation.force: counts and units must be above 0");
    }
}
