using System.Globalization;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

public class UrInverseTests
{
    private static readonly Pose s_tool = new(new(0.01, -0.02, 0.145), Quat.FromRotationVector(new(0.1, 0.2, -0.3)));

    public static TheoryData<string> Models => [.. UrModel.All.Select(m => m.Name)];

    [Theory]
    [MemberData(nameof(Models))]
    public void Every_branch_reaches_the_pose_and_one_of_them_is_where_it_came_from(string name)
    {
        var kinematics = new UrKinematics(UrModel.ByName(name));
        var random = new Random(3);
        var branches = new Vector6[UrKinematics.MaxBranches];
        int most = 0;
        for (int n = 0; n < 1000; n++)
        {
            Vector6 q = RandomJoints(random, Math.PI);
            Pose tcp = kinematics.Flange(q) * s_tool;
            int count = kinematics.Branches(tcp, s_tool, q, branches);
            most = Math.Max(most, count);
            Assert.All(branches[..count], b => AssertReaches(kinematics, b, tcp));
            Assert.All(branches[..count], b => Assert.True(b.MaxAbs <= UrModel.JointRange));
            if (IsNearSingularity(kinematics, q))
                continue; // two branches meet there
            Assert.True(branches[..count].Min(b => (b - q).MaxAbs) < 1e-5, $"none of the {count} branches is {q}");
            Assert.True(count % 2 == 0, $"{count} branches at {q}");
        }
        Assert.Equal(8, most);
    }

    [Theory]
    [MemberData(nameof(Models))]
    public void The_nearest_is_chosen_also_a_whole_turn_away(string name)
    {
        var kinematics = new UrKinematics(UrModel.ByName(name));
        var random = new Random(4);
        var branches = new Vector6[UrKinematics.MaxBranches];
        for (int n = 0; n < 500; n++)
        {
            Vector6 q = RandomJoints(random, UrModel.JointRange - 0.1), near = q + RandomJoints(random, 0.01);
            Pose tcp = kinematics.Flange(q) * s_tool;
            Assert.True(kinematics.TryInverse(tcp, s_tool, near, out Vector6 found));
            AssertReaches(kinematics, found, tcp);
            if (!IsNearSingularity(kinematics, q))
                Assert.Equal(0, (found - q).MaxAbs, 1e-5);
            int count = kinematics.Branches(tcp, s_tool, near, branches);
            Assert.All(branches[..count], b => Assert.True((b - near).Norm >= (found - near).Norm));
        }
    }

    [Fact]
    public void With_a_straight_wrist_the_last_joint_stays_where_it_is()
    {
        var kinematics = new UrKinematics(UrModel.Ur5e);
        Vector6 q = new(0.3, -1.2, 1.4, -0.6, 0, 0.7);
        Pose tcp = kinematics.Flange(q) * s_tool;
        Assert.True(kinematics.TryInverse(tcp, s_tool, q, out Vector6 found));
        AssertReaches(kinematics, found, tcp);
        Assert.Equal(0.7, found[5], 1e-3);
    }

    [Theory]
    [InlineData(1.2, 0, 0.2)]
    [InlineData(0.01, 0.01, 0.5)] // closer to the base's axis than the shoulder's offset
    [InlineData(double.NaN, 0, 0)]
    public void Out_of_reach_there_is_none(double x, double y, double z)
    {
        Vector6 near = new(0, -1.5, 1.5, -1.5, -1.5, 0);
        var pose = new Pose(new(x, y, z), Quat.FromRotationVector(new(3, 0, 0)));
        // The second one's wrist, 0.1 m above the flange, is as close to the axis as the flange is.
        Assert.False(new UrKinematics(UrModel.Ur5e).TryInverse(pose, Pose.Identity, near, out Vector6 q));
        Assert.Equal(near, q);
    }

    [Fact]
    public void An_arm_with_a_calibration_of_its_own_has_its_branches_too()
    {
        UrModel m = UrModel.Ur10e;
        var random = new Random(5);
        var kinematics = new UrKinematics(m, new(
            RandomJoints(random, 2e-3), m.A + RandomJoints(random, 5e-4), m.D + RandomJoints(random, 5e-4),
            m.Alpha + RandomJoints(random, 1e-3), 2, ""));
        var branches = new Vector6[UrKinematics.MaxBranches];
        for (int n = 0; n < 500; n++)
        {
            Vector6 q = RandomJoints(random, Math.PI);
            if (IsNearSingularity(kinematics, q))
                continue;
            Pose tcp = kinematics.Flange(q) * s_tool;
            Assert.InRange(kinematics.Branches(tcp, s_tool, q, branches), 2, 8);
            Assert.True(kinematics.TryInverse(tcp, s_tool, q, out Vector6 found));
            Assert.Equal(0, (found - q).MaxAbs, 1e-4);
        }
    }

    [Fact]
    public void Nothing_is_allocated()
    {
        var kinematics = new UrKinematics(UrModel.Ur5e);
        Vector6 q = new(0.3, -1.2, 1.4, -0.6, -1.5, 0.7);
        Pose tcp = kinematics.Flange(q);
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 1000; i++)
                kinematics.TryInverse(tcp, Pose.Identity, q, out _);
        }));
    }

    [SkippableFact]
    public void Forward_kinematics_of_all_models_are_those_of_an_independent_implementation()
    {
        var random = new Random(6);
        (UrModel Model, Vector6 Q)[] poses =
            [.. UrModel.All.SelectMany(m => Enumerable.Repeat(m, 20)).Select(m => (m, RandomJoints(random, UrModel.JointRange)))];
        using var folder = new TempFolder();
        File.WriteAllLines(folder["joints"], poses.Select(p => string.Join(' ',
            p.Q.ToArray().Select(v => v.ToString("r", CultureInfo.InvariantCulture)).Prepend(p.Model.Name))));
        using var peer = new PythonPeer("ur_forward.py", folder["joints"]);
        string[] lines = peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(poses.Length, lines.Length);
        for (int i = 0; i < lines.Length; i++)
        {
            double[] m = [.. lines[i].Split(' ').Select(v => double.Parse(v, CultureInfo.InvariantCulture))];
            Pose flange = new UrKinematics(poses[i].Model).Flange(poses[i].Q);
            Assert.Equal(0, (flange.Position - new Vec3(m[3], m[7], m[11])).Length, 1e-9);
            Assert.Equal(0, (flange.Rotation.Rotate(Vec3.UnitX) - new Vec3(m[0], m[4], m[8])).Length, 1e-9);
            Assert.Equal(0, (flange.Rotation.Rotate(Vec3.UnitY) - new Vec3(m[1], m[5], m[9])).Length, 1e-9);
        }
    }

    private static Vector6 RandomJoints(Random random, double most)
    {
        Vector6 q = default;
        for (int i = 0; i < 6; i++)
            q[i] = (2 * random.NextDouble() - 1) * most;
        return q;
    }

    // Where two branches meet, and the joints that reach a pose are not well defined: wrist or elbow straight, or the wrist as close to the
    // base's axis as it gets.
    private static bool IsNearSingularity(UrKinematics kinematics, in Vector6 q)
    {
        Span<double> jacobian = stackalloc double[36];
        kinematics.Jacobian(q, kinematics.Flange(q).Position, jacobian);
        return Math.Abs(Determinant(jacobian) / (kinematics.Model.A[1] * kinematics.Model.A[2])) < 0.01; // m
    }

    private static double Determinant(ReadOnlySpan<double> matrix)
    {
        double[] m = matrix.ToArray();
        double product = 1;
        for (int p = 0; p < 6; p++)
        {
            int best = Enumerable.Range(p, 6 - p).MaxBy(r => Math.Abs(m[r * 6 + p]));
            for (int c = 0; c < 6; c++)
                (m[p * 6 + c], m[best * 6 + c]) = (m[best * 6 + c], m[p * 6 + c]);
            product *= m[p * 6 + p];
            for (int r = p + 1; r < 6; r++)
                for (int c = 5; c >= p; c--)
                    m[r * 6 + c] -= m[p * 6 + c] * m[r * 6 + p] / m[p * 6 + p];
        }
        return product;
    }

    private static void AssertReaches(UrKinematics kinematics, in Vector6 q, in Pose tcp) =>
        Assert.Equal(0, UrKinematics.Difference(tcp, kinematics.Flange(q) * s_tool).Norm, 2e-6);
}
