using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// One arm's own geometry: the nominal one, or with deviations of the size that UR's calibration finds (tenths of a millimetre,
/// thousandths of a radian). Unlike a real calibration it leaves the offsets of the nearly parallel axes 2 to 4 near their nominal values.
/// </summary>
internal sealed class ArmCalibration
{
    private const double MaxAngle = 1e-3, MaxLength = 5e-4; // rad, m

    public ArmCalibration(UrModel model, int? seed)
    {
        Vector6 theta = default, a = model.A, d = model.D, alpha = model.Alpha;
        if (seed is { } value)
        {
            var random = new Random(value);
            for (int i = 0; i < 6; i++)
            {
                theta[i] += MaxAngle * (2 * random.NextDouble() - 1);
                a[i] += MaxLength * (2 * random.NextDouble() - 1);
                d[i] += MaxLength * (2 * random.NextDouble() - 1);
                alpha[i] += MaxAngle * (2 * random.NextDouble() - 1);
            }
        }
        (Theta, A, D, Alpha) = (theta, a, d, alpha);
        UrCalibration? calibration = seed is null ? null : new(theta, a, d, alpha, Status: 0, Hash: "");
        Kinematics = new(model, calibration);
    }

    public Vector6 Theta { get; }

    public Vector6 A { get; }

    public Vector6 D { get; }

    public Vector6 Alpha { get; }

    public UrKinematics Kinematics { get; }

    /// <summary>Changes with every value of a joint's row; the real one's algorithm is not published.</summary>
    public int Checksum(int joint)
    {
        uint hash = 2166136261; // FNV-1a
        ReadOnlySpan<double> row = [Theta[joint], A[joint], D[joint], Alpha[joint]];
        foreach (byte b in MemoryMarshal.AsBytes(row))
            hash = (hash ^ b) * 16777619;
        return unchecked((int)hash);
    }
}
