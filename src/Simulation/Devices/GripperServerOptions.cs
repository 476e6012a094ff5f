using RobotWorldModel.Drivers.Serial;

namespace RobotWorldModel.Simulation.Devices;

public sealed class GripperServerOptions
{
    public string Host { get; set; } = "127.0.1.1";

    public int Port { get; set; } = 63352;

    /// <summary>Its own serial line, that line's gateway, or Modbus TCP; null: it hangs on the URCap.</summary>
    public PortAddress? Line { get; set; }

    /// <summary>Its Modbus unit on that line.</summary>
    public byte Unit { get; set; } = 9;

    public double StrokeM { get; set; } = 0.085;

    /// <summary>What POS reads when fully open and fully closed.</summary>
    public int OpenCount { get; set; } = 3;

    public int ClosedCount { get; set; } = 230;

    /// <summary>Finger speed at SPE 0 and 255, m/s.</summary>
    public double SlowestMps { get; set; } = 0.020;

    public double FastestMps { get; set; } = 0.150;

    /// <summary>How long the gripper takes to take a request over, ms: PRE shows it then, and OBJ speaks of it.</summary>
    public double RefreshMs { get; set; } = 10;

    /// <summary>Powered on and activated before the first client, as after a program that did so.</summary>
    public bool ActivatedAtStart { get; set; }

    public TransportOptions Transport { get; set; } = new();

    public int Seed { get; set; } = 1;
}
