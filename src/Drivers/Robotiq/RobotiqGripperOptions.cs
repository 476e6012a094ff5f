using RobotWorldModel.Drivers.Serial;

namespace RobotWorldModel.Drivers.Robotiq;

public sealed class RobotiqGripperOptions
{
    public string Name { get; set; } = "gripper";

    /// <summary>The robot's controller, which runs the Robotiq URCap; empty for a gripper on a line of its own.</summary>
    public string Host { get; set; } = "";

    public int Port { get; set; } = 63352;

    /// <summary>The gripper's own serial line, its gateway, or Modbus TCP; null for one behind the URCap.</summary>
    public PortAddress? Line { get; set; }

    /// <summary>Its Modbus unit on that line, 1 to 247.</summary>
    public byte Unit { get; set; } = 9;

    /// <summary>How long an answer on that line may take, ms; after three without one it counts as lost.</summary>
    public int AnswerMs { get; set; } = 100;

    /// <summary>Opening between the pads when open, m: 0.085 for a 2F-85, 0.140 for a 2F-140, 0.050 for a Hand-E.</summary>
    public double StrokeM { get; set; } = 0.085;

    /// <summary>10 to 100.</summary>
    public double PollHz { get; set; } = 60;

    /// <summary>Of the fastest, 0..100.</summary>
    public double SpeedPercent { get; set; } = 100;

    /// <summary>Grip force, from <see cref="MinForceN"/> to <see cref="MaxForceN"/>.</summary>
    public double ForceN { get; set; } = 40;

    /// <summary>What the force setting 0 and 255 mean, N: 20 and 235 for a 2F-85.</summary>
    public double MinForceN { get; set; } = 20;

    public double MaxForceN { get; set; } = 235;

    /// <summary>What POS reads when fully open and fully closed.</summary>
    public int OpenCount { get; set; } = 3;

    public int ClosedCount { get; set; } = 230;

    /// <summary>The constant part of the delay from fingers to answer beyond half the round trip, ms.</summary>
    public double LatencyMs { get; set; }

    /// <summary>Stroke and forces of a model, from its manual; the counts of its ends vary with the fingers.</summary>
    /// <param name="model">2F-85, 2F-140 or Hand-E.</param>
    /// <exception cref="ArgumentException">Another model.</exception>
    public static RobotiqGripperOptions ForModel(string model) => model switch
    {
        "2F-85" => new() { StrokeM = 0.085, MinForceN = 20, MaxForceN = 235 },
        "2F-140" => new() { StrokeM = 0.140, MinForceN = 10, MaxForceN = 125 },
        "Hand-E" => new() { StrokeM = 0.050, MinForceN = 20, MaxForceN = 185 },
        _ => throw new ArgumentException($"gripper.model '{model}' is not known; use 2F-85, 2F-140 or Hand-E"),
    };

    /// <exception cref="ArgumentException">Says which value is out of range.</exception>
    internal RobotiqGripperOptions Validated()
    {
        Check(Unit is > 0 and <= 247, "unit must be 1 to 247");
        Check(StrokeM is > 0 and <= 1, "stroke_m must be above 0 and at most 1 m");
        Check(PollHz is >= 10 and <= 100, "poll_hz must be 10 to 100");
        Check(SpeedPercent is >= 0 and <= 100, "speed_percent must be 0 to 100");
        Check(MinForceN < MaxForceN && ForceN >= MinForceN && ForceN <= MaxForceN, $"force_n must be {MinForceN} to {MaxForceN} N");
        Check(OpenCount is >= 0 and <= 255 && ClosedCount is >= 0 and <= 255 && OpenCount < ClosedCount,
            "open_count and closed_count must be 0 to 255, open below closed");
        return this;
    }

    private void Check(bool holds, string rule)
    {
        if (!holds)
            throw new ArgumentException($"{Name}: {rule}");
    }
}
