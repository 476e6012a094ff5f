using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Tests.Scene;

public class CellSceneTests
{
    private static readonly Quat s_down = Quat.FromAxisAngle(Vec3.UnitX, Math.PI);

    [Theory]
    [InlineData("UR3e")]
    [InlineData("UR5e")]
    [InlineData("UR10e")]
    public void Link_bodies_stand_in_the_frames_of_the_kinematics(string model)
    {
        var scene = new CellScene(UrModel.ByName(model), 1);
        var physics = new KinematicPhysics(scene, default);
        var kinematics = new UrKinematics(scene.Model);
        var random = new Random(3);
        string[] names = ["shoulder", "upper_arm", "forearm", "wrist_1", "wrist_2", "wrist_3"];
        Pose[] frames = new Pose[6];
        for (int n = 0; n < 100; n++)
        {
            Vector6 q = default;
            for (int i = 0; i < 6; i++)
                q[i] = (random.NextDouble() - 0.5) * 6;
            physics.Step(0.002, q, default);
            kinematics.Frames(q, frames);
            for (int i = 0; i < 6; i++)
            {
                SceneBody body = scene.Bodies.Single(b => b.Name == names[i]);
                Assert.True(UrKinematics.Difference(body.PoseInBase, frames[i]).Norm < 1e-12, $"{names[i]} at {q}");
            }
            Assert.True((scene.Gripper.PoseInBase.Position - kinematics.Flange(q).Position).Length < 1e-12);
        }
    }

    // Whatever the angles, each link's shapes reach into the next one's: nothing floats.
    [Theory]
    [InlineData("UR3e")]
    [InlineData("UR5e")]
    [InlineData("UR10e")]
    public void Links_hang_together_in_every_pose(string model)
    {
        var scene = new CellScene(UrModel.ByName(model), 1);
        var physics = new KinematicPhysics(scene, default);
        string[] chain = ["base", "shoulder", "upper_arm", "forearm", "wrist_1", "wrist_2", "wrist_3", "gripper"];
        SceneBody[] bodies = [.. chain.Select(name => scene.Bodies.Single(b => b.Name == name))];
        var random = new Random(4);
        for (int n = 0; n < 20; n++)
        {
            Vector6 q = default;
            for (int i = 0; i < 6; i++)
                q[i] = (random.NextDouble() - 0.5) * 6;
            physics.Step(0.002, q, default);
            for (int i = 1; i < bodies.Length; i++)
            {
                double gap = Gap(bodies[i - 1], bodies[i]);
                Assert.True(gap < 0.002, $"{model}: {chain[i - 1]} and {chain[i]} are {gap} m apart");
            }
        }
    }

    [Fact]
    public void Everything_lies_apart_and_within_reach_of_the_tool_pointing_down()
    {
        var kinematics = new UrKinematics(UrModel.Ur5e);
        var scene = new CellScene(UrModel.Ur5e, 0);
        Vector6 home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
        for (int seed = 0; seed < 100; seed++)
        {
            scene.Reset(seed);
            SceneBody[] things = [scene.Target, .. scene.Objects.Select(o => o.Body)];
            for (int i = 0; i < things.Length; i++)
            {
                Pose at = things[i].PoseInBase;
                for (int j = 0; j < i; j++)
                {
                    double apart = Horizontal(at.Position - things[j].PoseInBase.Position);
                    Assert.True(apart > 0.12, $"seed {seed}: {things[i].Name} is {apart} m from {things[j].Name}");
                }
                foreach (double height in new[] { 0.0, 0.2 })
                {
                    Vector6 q = home;
                    Pose tool = new(at.Position + height * Vec3.UnitZ, at.Rotation * s_down);
                    double error = kinematics.Inverse(ref q, tool, GripperGeometry.FlangeToTcp);
                    Assert.True(error < 1e-6, $"seed {seed}: {things[i].Name} at {at}, {height} m above: {error}");
                    Assert.True((q - home).MaxAbs < 3.0, $"seed {seed}: {things[i].Name} needs {q}");
                }
            }
        }
    }

    [Fact]
    public void The_same_seed_gives_the_same_places_and_another_seed_others()
    {
        var a = new CellScene(UrModel.Ur5e, 7);
        var b = new CellScene(UrModel.Ur5e, 8);
        Assert.NotEqual(a.Cube.Body.PoseInBase, b.Cube.Body.PoseInBase);
        b.Reset(7);
        Assert.Equal(a.Bodies.Select(x => x.PoseInBase), b.Bodies.Select(x => x.PoseInBase));
    }

    private static double Horizontal(Vec3 v) => Math.Sqrt(v.X * v.X + v.Y * v.Y);

    // The least distance from points of one body's shapes to the inside of the other's shapes.
    private static double Gap(SceneBody a, SceneBody b)
    {
        double gap = double.MaxValue;
        foreach (Shape s in a.Shapes)
            foreach (Shape t in b.Shapes)
                foreach (Vec3 p in Samples(t))
                    gap = Math.Min(gap, Outside(s, (a.PoseInBase * s.Local).Inverse.Transform((b.PoseInBase * t.Local).Transform(p))));
        return gap;
    }

    private static IEnumerable<Vec3> Samples(Shape s)
    {
        for (int i = 0; i < 9 * 24; i++)
        {
            double along = -1 + i / 24 / 4.0, angle = i % 12 * Math.PI / 6, share = i / 12 % 2 == 0 ? 1 : 0.5;
            (double x, double y) = (share * Math.Cos(angle), share * Math.Sin(angle));
            yield return s.Kind == ShapeKind.Box
                ? new(s.Size.X * x, s.Size.Y * y, s.Size.Z * along)
                : new(s.Size.X * x, s.Size.X * y, s.Size.Y * along);
        }
    }

    private static double Outside(Shape s, Vec3 p)
    {
        (double radial, double axial) = s.Kind == ShapeKind.Box
            ? (Math.Max(Math.Abs(p.X) - s.Size.X, Math.Abs(p.Y) - s.Size.Y), Math.Abs(p.Z) - s.Size.Z)
            : (Horizontal(p) - s.Size.X, Math.Abs(p.Z) - s.Size.Y);
        return Math.Max(0, Math.Max(radial, axial));
    }
}
