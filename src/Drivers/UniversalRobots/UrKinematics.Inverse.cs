using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.UniversalRobots;

// All the ways to reach a pose: shoulder left or right, wrist up or down, elbow up or down. For the nominal geometry in closed form
// (K. P. Hawkins, "Analytic Inverse Kinematics for the Universal Robots UR-5/UR-10 Arms", 2013); a calibrated arm's are found from there
// by damped least squares.
public sealed partial class UrKinematics
{
    /// <summary>Shoulder, wrist and elbow each have two.</summary>
    public const int MaxBranches = 8;

    private const double Solved = 1e-6; // m and rad in one norm
    private const double EdgeOfReach = 1e-2; // how far beyond 1 a cosine may be: an own geometry reaches a little further than the nominal
    private const double MeetingBranches = 0.05; // rad
    private const double WristSingularity = 1e-5; // |sin q4| below which q3 and q5 turn about one line; rounding alone gives 1e-7

    /// <summary>
    /// Every set of joint angles that brings the TCP to a pose, each of the six turned by whole turns to where it is nearest to
    /// <paramref name="near"/> within the joints' range. Where the wrist is singular joint 5 stays where <paramref name="near"/> has it.
    /// </summary>
    /// <param name="tcpInBase">The pose sought.</param>
    /// <param name="flangeToTcp">The tool.</param>
    /// <param name="near">Joint angles, rad, |q| at most 2π.</param>
    /// <param name="solutions">Takes up to <see cref="MaxBranches"/>; rad.</param>
    /// <returns>How many there are; 0 where the pose is out of reach.</returns>
    /// <exception cref="ArgumentException">There is room for fewer than eight.</exception>
    public int Branches(in Pose tcpInBase, in Pose flangeToTcp, in Vector6 near, Span<Vector6> solutions)
    {
        if (solutions.Length < MaxBranches)
            throw new ArgumentException($"room for {MaxBranches} solutions is needed", nameof(solutions));
        Pose flange = tcpInBase * flangeToTcp.Inverse;
        Span<Vector6> nominal = stackalloc Vector6[MaxBranches];
        int candidates = NominalBranches(flange, near[5], nominal), count = 0;
        for (int i = 0; i < candidates; i++)
        {
            Vector6 q = nominal[i];
            if (!(Inverse(ref q, flange, Pose.Identity) < Solved))
                continue; // at the edge of the nominal reach, and beyond the arm's own
            q = TurnedTowards(near, q);
            if (!Contains(solutions[..count], q))
                solutions[count++] = q;
        }
        return count;
    }

    /// <summary>Of all joint angles that bring the TCP to a pose, those whose distance to <paramref name="near"/> is the least.</summary>
    /// <param name="tcpInBase">The pose sought.</param>
    /// <param name="flangeToTcp">The tool.</param>
    /// <param name="near">Joint angles, rad.</param>
    /// <param name="q">The solution, rad; <paramref name="near"/> where there is none.</param>
    /// <returns>False where the pose is out of reach.</returns>
    public bool TryInverse(in Pose tcpInBase, in Pose flangeToTcp, in Vector6 near, out Vector6 q)
    {
        Span<Vector6> solutions = stackalloc Vector6[MaxBranches];
        int count = Branches(tcpInBase, flangeToTcp, near, solutions);
        q = near;
        double least = double.MaxValue;
        foreach (ref readonly Vector6 solution in solutions[..count])
        {
            double distance = (solution - near).Norm;
            if (distance < least)
                (least, q) = (distance, solution);
        }
        return count > 0;
    }

    private int NominalBranches(in Pose flange, double freeQ5, Span<Vector6> solutions)
    {
        UrModel m = Model;
        Vec3 wrist = flange.Position - flange.Rotation.Rotate(Vec3.UnitZ) * m.D[5]; // frame 5's origin
        double radius = Math.Sqrt(wrist.X * wrist.X + wrist.Y * wrist.Y);
        if (!TryAcos(m.D[3] / radius, out double shoulder))
            return 0; // the wrist is closer to the base's axis than the shoulder's offset
        int count = 0;
        for (int side = -1; side <= 1; side += 2)
        {
            double q0 = Math.Atan2(wrist.Y, wrist.X) + side * shoulder + Math.PI / 2;
            double cosine = (flange.Position.X * Math.Sin(q0) - flange.Position.Y * Math.Cos(q0) - m.D[3]) / m.D[5];
            if (!TryAcos(cosine, out double bend))
                continue;
            for (int sign = -1; sign <= 1; sign += 2)
                count += ElbowBranches(flange, q0, sign * bend, freeQ5, solutions[count..]);
        }
        return count;
    }

    // The two ways of the elbow for a shoulder and a wrist: upper arm and forearm make a triangle in the x-y plane of frame 1.
    private int ElbowBranches(in Pose flange, double q0, double q4, double freeQ5, Span<Vector6> solutions)
    {
        UrModel m = Model;
        double q5 = WristTurn(flange.Rotation, q0, q4, freeQ5);
        Pose frame4 = NominalLink(0, q0).Inverse * flange * (NominalLink(4, q4) * NominalLink(5, q5)).Inverse;
        Vec3 to = frame4.Position, x = frame4.Rotation.Rotate(Vec3.UnitX);
        double upper = m.A[1], fore = m.A[2];
        if (!TryAcos((to.X * to.X + to.Y * to.Y - upper * upper - fore * fore) / (2 * upper * fore), out double elbow))
            return 0; // too far, or too near, for the two of them
        for (int i = 0; i < 2; i++)
        {
            double q2 = i == 0 ? elbow : -elbow;
            double q1 = Math.Atan2(to.Y, to.X) - Math.Atan2(fore * Math.Sin(q2), upper + fore * Math.Cos(q2));
            solutions[i] = new(q0, q1, q2, Math.Atan2(x.Y, x.X) - q1 - q2, q4, q5);
        }
        return 2;
    }

    private static double WristTurn(in Quat flange, double q0, double q4, double freeQ5)
    {
        double sign = Math.Sin(q4);
        if (Math.Abs(sign) < WristSingularity)
            return freeQ5;
        Vec3 x = flange.Rotate(Vec3.UnitX), y = flange.Rotate(Vec3.UnitY);
        var (sin, cos) = Math.SinCos(q0);
        return Math.Atan2((y.Y * cos - y.X * sin) / sign, (x.X * sin - x.Y * cos) / sign);
    }

    private Pose NominalLink(int i, double angle) => Link(angle, Model.A[i], Model.D[i], Model.Alpha[i]);

    // By whole turns, as the joints' range allows.
    private static Vector6 TurnedTowards(in Vector6 near, Vector6 q)
    {
        for (int i = 0; i < 6; i++)
        {
            q[i] += Math.Tau * Math.Round((near[i] - q[i]) / Math.Tau);
            if (Math.Abs(q[i]) > UrModel.JointRange)
                q[i] -= Math.CopySign(Math.Tau, q[i]);
        }
        return q;
    }

    // Where two branches of the nominal geometry meet, those of an arm's own may still be apart: the search for them starts on both sides.
    private bool TryAcos(double cosine, out double angle)
    {
        bool inReach = Math.Abs(cosine) <= 1 + EdgeOfReach; // not a number is out of it
        angle = Math.Acos(Math.Clamp(cosine, -1, 1));
        if (IsCalibrated)
            angle = Math.Clamp(angle, MeetingBranches, Math.PI - MeetingBranches);
        return inReach;
    }

    private static bool Contains(ReadOnlySpan<Vector6> solutions, in Vector6 q)
    {
        foreach (ref readonly Vector6 other in solutions)
            if ((other - q).MaxAbs < 1e-4)
                return true;
        return false;
    }
}
