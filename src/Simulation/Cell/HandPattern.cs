using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Cell;

/// <summary>A hand on the tool, by script: what a person does in freedrive.</summary>
/// <param name="StartNs">Host time.</param>
/// <param name="Seconds">How long it holds on.</param>
/// <param name="ForceN">Of its pull.</param>
internal sealed record HandPattern(long StartNs, double Seconds, double ForceN, Vector6? Constant)
{
    private const double CircleSeconds = 4;

    /// <exception cref="ArgumentException">Not a pattern known here.</exception>
    public static HandPattern Parse(JsonObject request, long nowNs)
    {
        double seconds = (double?)request["seconds"] ?? 1;
        if (request["wrench"] is JsonArray wrench)
            return new(nowNs, seconds, 0, new([.. wrench.Select(v => (double)v!)]));
        return (string?)request["pattern"] switch
        {
            "circle" => new(nowNs, seconds, (double?)request["force"] ?? 8, null),
            "none" => new(nowNs, 0, 0, null),
            var other => throw new ArgumentException(
                $"pattern '{other}' is not known; use circle or none, or give a wrench of six numbers"),
        };
    }

    /// <summary>Force (N) and torque (N·m) at the TCP, base frame.</summary>
    public Vector6 At(long nowNs)
    {
        double t = (nowNs - StartNs) * 1e-9;
        if (t < 0 || t > Seconds)
            return default;
        if (Constant is { } constant)
            return constant;
        (double s, double c) = Math.SinCos(2 * Math.PI * t / CircleSeconds);
        return new(0, ForceN * c, ForceN * s, 0, 0, 0);
    }
}
