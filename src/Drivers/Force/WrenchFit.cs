using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Force;

/// <summary>What was measured with the arm at rest and the tool free.</summary>
/// <param name="FlangeInBase">How the flange was turned.</param>
/// <param name="Raw">The mean of what the sensor read.</param>
public readonly record struct WrenchPose(Quat FlangeInBase, Wrench Raw);

/// <summary>A calibration, and how well it explains what it was made from.</summary>
/// <param name="ResidualN">Root mean square of what is left of the forces, N.</param>
/// <param name="ResidualNm">The same of the torques, N·m.</param>
public sealed record WrenchFit(WrenchCalibration Calibration, double ResidualN, double ResidualNm)
{
    public const int FewestPoses = 4;

    // Of the gravity directions about their mean, on the second of their main axes: some 20 degrees to each side.
    private const double LeastSpread = 0.1;

    /// <summary>
    /// Bias, mass, centre of mass and the turn of the sensor on the flange, by least squares: the forces are the gravity's directions
    /// turned, scaled and shifted (Umeyama 1991, with Horn's quaternion for the turn), the torques what the mass makes of them.
    /// </summary>
    /// <param name="originInFlange">Where the sensor measures torque about, flange frame, m; the poses cannot tell it.</param>
    /// <exception cref="ArgumentException">Too few poses, or they differ too little; says which.</exception>
    public static WrenchFit Of(IReadOnlyList<WrenchPose> poses, Vec3 originInFlange)
    {
        if (poses.Count < FewestPoses)
            throw new ArgumentException($"{poses.Count} poses are too few; {FewestPoses} are needed");
        Vec3[] down = [.. poses.Select(p => p.FlangeInBase.Inverse.Rotate(new(0, 0, -1)))];
        Vec3[] forces = [.. poses.Select(p => new Vec3(p.Raw.Fx, p.Raw.Fy, p.Raw.Fz))];
        Vec3[] torques = [.. poses.Select(p => new Vec3(p.Raw.Tx, p.Raw.Ty, p.Raw.Tz))];
        CheckSpread(down);

        Quat turn = Turn(Centred(down), Centred(forces)); // from flange axes to sensor axes
        Vec3[] turned = [.. down.Select(turn.Rotate)];
        double weight = Centred(turned).Zip(Centred(forces)).Sum(p => p.First.Dot(p.Second)) / Centred(turned).Sum(u => u.Dot(u));
        Vec3 forceBias = Mean(forces) - weight * Mean(turned);
        Vec3[] weights = [.. turned.Select(u => weight * u)];
        Vec3 centre = Math.Abs(weight) < 1e-9 ? default : Lever(Centred(weights), Centred(torques));
        Vec3 torqueBias = Mean(torques) - centre.Cross(Mean(weights));

        var calibration = new WrenchCalibration(
            new(forceBias.X, forceBias.Y, forceBias.Z, torqueBias.X, torqueBias.Y, torqueBias.Z),
            weight / WrenchCalibration.Gravity, centre, new(originInFlange, turn.Inverse));
        double n = poses.Count;
        double force2 = poses.Select((_, i) => (forces[i] - forceBias - weights[i]).Length).Sum(e => e * e) / n;
        double torque2 = poses.Select((_, i) => (torques[i] - torqueBias - centre.Cross(weights[i])).Length).Sum(e => e * e) / n;
        return new(calibration, Math.Sqrt(force2), Math.Sqrt(torque2));
    }

    private static void CheckSpread(Vec3[] down)
    {
        double[,] spread = new double[3, 3];
        foreach (Vec3 d in Centred(down))
            Add(spread, d, d);
        double second = Math.Sqrt(SymmetricEigen.Of(spread).Values[1] / down.Length);
        if (second < LeastSpread)
            throw new ArgumentException("the poses turn the tool too little against gravity; tilt it further, about two axes");
    }

    /// <summary>The rotation that brings the first closest to a multiple of the second (Horn 1987).</summary>
    private static Quat Turn(Vec3[] from, Vec3[] to)
    {
        double[,] m = new double[3, 3];
        for (int i = 0; i < from.Length; i++)
            Add(m, from[i], to[i]);
        double[,] n =
        {
            { m[0, 0] + m[1, 1] + m[2, 2], m[1, 2] - m[2, 1], m[2, 0] - m[0, 2], m[0, 1] - m[1, 0] },
            { m[1, 2] - m[2, 1], m[0, 0] - m[1, 1] - m[2, 2], m[0, 1] + m[1, 0], m[2, 0] + m[0, 2] },
            { m[2, 0] - m[0, 2], m[0, 1] + m[1, 0], m[1, 1] - m[0, 0] - m[2, 2], m[1, 2] + m[2, 1] },
            { m[0, 1] - m[1, 0], m[2, 0] + m[0, 2], m[1, 2] + m[2, 1], m[2, 2] - m[0, 0] - m[1, 1] },
        };
        double[] best = SymmetricEigen.Of(n).Vectors[0];
        return new Quat(best[1], best[2], best[3], best[0]).Normalized;
    }

    /// <summary>The lever c with torque = c × weight, by least squares.</summary>
    private static Vec3 Lever(Vec3[] weights, Vec3[] torques)
    {
        double[,] normal = new double[3, 3];
        Vec3 right = default;
        for (int i = 0; i < weights.Length; i++)
        {
            Add(normal, weights[i], -weights[i]);
            double square = weights[i].Dot(weights[i]);
            for (int k = 0; k < 3; k++)
                normal[k, k] += square;
            right += weights[i].Cross(torques[i]);
        }
        Vec3 a = new(normal[0, 0], normal[1, 0], normal[2, 0]), b = new(normal[0, 1], normal[1, 1], normal[2, 1]),
            c = new(normal[0, 2], normal[1, 2], normal[2, 2]);
        double determinant = a.Dot(b.Cross(c));
        return new(right.Dot(b.Cross(c)) / determinant, a.Dot(right.Cross(c)) / determinant, a.Dot(b.Cross(right)) / determinant);
    }

    private static void Add(double[,] matrix, Vec3 a, Vec3 b)
    {
        ReadOnlySpan<double> left = [a.X, a.Y, a.Z], right = [b.X, b.Y, b.Z];
        for (int i = 0; i < 3; i++)
            for (int j = 0; j < 3; j++)
                matrix[i, j] += left[i] * right[j];
    }

    private static Vec3 Mean(Vec3[] vectors) => vectors.Aggregate((a, b) => a + b) * (1.0 / vectors.Length);

    private static Vec3[] Centred(Vec3[] vectors)
    {
        Vec3 mean = Mean(vectors);
        return [.. vectors.Select(v => v - mean)];
    }
}
