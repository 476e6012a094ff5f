using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Cell;

/// <summary>
/// A hand on the tool, by script: what a person does in freedrive. It pulls the tool towards where it wants it, as softly as an arm of
/// flesh, and keeps it from turning; or it pushes with a constant wrench. One thread at a time.
/// </summary>
internal sealed class HandPattern
{
    private const double CircleSeconds = 4, RadiusM = 0.05;
    private const double StiffnessNPerM = 300, StiffnessNmPerRad = 20, LargestNm = 5;

    private readonly long _startNs;
    private readonly double _seconds, _largestN;
    private readonly Vector6? _constant;
    private Pose? _taken; // where it took hold of the tool

    private HandPattern(long startNs, double seconds, double largestN, Vector6? constant) =>
        (_startNs, _seconds, _largestN, _constant) = (startNs, seconds, largestN, constant);

    /// <summary>
    /// {"pattern": "circle", "seconds": s, "force": most, N}: 5 cm about a point above where the tool is, across the arm and up;
    /// {"pattern": "none"}; or {"wrench": [6], "seconds": s}.
    /// </summary>
    /// <exception cref="ArgumentException">Not a pattern known here.</exception>
    public static HandPattern Parse(JsonObject request, long nowNs)
    {
        double seconds = (double?)request["seconds"] ?? 1;
        if (request["wrench"] is JsonArray wrench)
            return new(nowNs, seconds, 0, new([.. wrench.Select(v => (double)v!)]));
        return (string?)request["pattern"] switch
        {
            "circle" => new(nowNs, seconds, (double?)request["force"] ?? 30, null),
            "none" => new(nowNs, 0, 0, null),
            var other => throw new ArgumentException(
                $"pattern '{other}' is not known; use circle or none, or give a wrench of six numbers"),
        };
    }

    /// <summary>Force (N) and torque (N·m) at the TCP, base frame.</summary>
    /// <param name="tcpInBase">Where the tool is then.</param>
    public Vector6 At(long nowNs, in Pose tcpInBase)
    {
        double t = (nowNs - _startNs) * 1e-9;
        if (t < 0 || t > _seconds)
            return default;
        if (_constant is { } constant)
            return constant;
        Pose taken = _taken ??= tcpInBase;
        (double s, double c) = Math.SinCos(2 * Math.PI * t / CircleSeconds);
        Vec3 wanted = taken.Position + new Vec3(0, RadiusM * s, RadiusM * (1 - c));
        Vec3 force = Limited((wanted - tcpInBase.Position) * StiffnessNPerM, _largestN);
        Vec3 torque = Limited((taken.Rotation * tcpInBase.Rotation.Inverse).ToRotationVector() * StiffnessNmPerRad, LargestNm);
        return new(force.X, force.Y, force.Z, torque.X, torque.Y, torque.Z);
    }

    private static Vec3 Limited(Vec3 v, double most) => v.Length <= most ? v : v * (most / v.Length);
}
