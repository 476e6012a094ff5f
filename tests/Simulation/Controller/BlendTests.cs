using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>Moves that are rounded into one another: never at rest, and off their lines only inside the radius.</summary>
public class BlendTests
{
    private const double Dt = 0.002;
    private static readonly UrKinematics s_arm = new(UrModel.Ur5e);
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);

    [Theory]
    [InlineData(0.05, 0.25)] // the radius leaves room to keep the speed
    [InlineData(0.01, 0.25)] // it does not: the corner is taken slower
    [InlineData(0.05, 0.05)]
    public void Lines_are_rounded_inside_the_radius_and_the_tool_never_stops(double radius, double speed)
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Pose start = s_arm.Flange(s_home) * s_tool;
        Pose corner = start with { Position = start.Position + new Vec3(0, 0.2, 0) };
        Pose end = corner with { Position = corner.Position + new Vec3(0, 0, 0.2) };
        var run = new Run(motion);
        run.Move(new(PathKind.Line, s_tool, 1.2, speed) { ToPose = corner, BlendRadius = radius });
        int before = run.Points.Count;
        run.Move(new(PathKind.Line, s_tool, 1.2, speed) { ToPose = end });
        Assert.InRange((run.Points[before] - corner.Position).Length, radius * 0.7, radius * 1.001); // where the program went on

        double slowest = Math.Min(speed, Math.Sqrt(2 * 1.2 * radius)) / Math.Sqrt(2) * 0.95;
        double nearest = double.MaxValue;
        for (int i = 1; i < run.Points.Count; i++)
        {
            Vec3 at = run.Points[i];
            double toCorner = (at - corner.Position).Length;
            nearest = Math.Min(nearest, toCorner);
            double off = Math.Min(OffLine(at, start.Position, corner.Position), OffLine(at, corner.Position, end.Position));
            Assert.True(off < 1e-5 || toCorner <= radius * 1.001, $"{off} m off its line at {toCorner} m from the corner");
            double v = (at - run.Points[i - 1]).Length / Dt;
            Assert.InRange(v, 0, speed * 1.01);
            Assert.True(toCorner > radius || v > slowest, $"{v} m/s in the corner");
        }
        Assert.InRange(nearest, radius * 0.15, radius); // the corner is cut
        Assert.Equal(0, (run.Points[^1] - end.Position).Length, 1e-6);
    }

    [Fact]
    public void Joint_moves_are_rounded_and_keep_their_acceleration()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 first = s_home + new Vector6(0.5, 0, 0, 0, 0, 0), second = first + new Vector6(0, 0.3, 0, 0, 0, 0);
        Vector6 last = second + new Vector6(0, 0, -0.5, 0, 0, 0);
        Vec3 corner = (s_arm.Flange(first) * s_tool).Position;
        var run = new Run(motion);
        run.Move(new(PathKind.Joints, s_tool, 2, 0.8) { ToQ = first, BlendRadius = 0.08 });
        run.Move(new(PathKind.Joints, s_tool, 2, 0.8) { ToQ = second, BlendRadius = 0.05 });
        run.Move(new(PathKind.Joints, s_tool, 2, 0.8) { ToQ = last });
        Assert.Equal(last, motion.Q);
        Assert.InRange(run.Fastest, 0.79, 0.82);
        Assert.InRange(run.Hardest, 0, 2 * 1.01);
        Assert.InRange(run.SlowestBetween(20, 40), 0.3, 0.82); // never at rest on the way
        Assert.InRange(run.Points.Min(p => (p - corner).Length), 0.01, 0.08);
    }

    [Fact]
    public void A_joint_move_flows_into_a_line_and_a_line_into_an_arc()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 first = s_home + new Vector6(0.3, 0, 0, 0, 0, 0);
        Pose a = s_arm.Flange(first) * s_tool;
        Pose b = a with { Position = a.Position + new Vec3(0.15, 0, 0) };
        Pose c = b with { Position = b.Position + new Vec3(0, 0, 0.2) };
        var run = new Run(motion);
        run.Move(new(PathKind.Joints, s_tool, 2, 0.5) { ToQ = first, BlendRadius = 0.04 });
        run.Move(new(PathKind.Line, s_tool, 1.2, 0.25) { ToPose = b, BlendRadius = 0.04 });
        run.Move(new(PathKind.Arc, s_tool, 1.2, 0.25) { Via = b.Position + new Vec3(0.1, 0, 0.1), ToPose = c });
        Assert.InRange(run.SlowestBetween(20, 40), 0.05, 1);
        Assert.True(UrKinematics.Difference(c, s_arm.Flange(motion.Q) * s_tool).Norm < 1e-6);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_arc_leads_through_its_via_point_at_its_speed(bool turnsWithArc)
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Pose start = s_arm.Flange(s_home) * s_tool;
        Vec3 centre = start.Position + new Vec3(0, 0.1, 0);
        Pose end = start with { Position = start.Position + new Vec3(0, 0.2, 0) };
        var run = new Run(motion);
        run.Move(new(PathKind.Arc, s_tool, 1.2, 0.2) { Via = centre + new Vec3(0, 0, 0.1), ToPose = end, TurnsWithArc = turnsWithArc });
        Assert.All(run.Points, p => Assert.Equal(0.1, (p - centre).Length, 1e-6));
        Assert.Contains(run.Points, p => (p - centre - new Vec3(0, 0, 0.1)).Length < 1e-3);
        Pose reached = s_arm.Flange(motion.Q) * s_tool;
        Assert.Equal(0, (reached.Position - end.Position).Length, 1e-6);
        double turned = (reached.Rotation * start.Rotation.Inverse).ToRotationVector().Length;
        Assert.Equal(turnsWithArc ? Math.PI : 0, turned, 1e-5);
        Assert.Equal(Math.PI * 0.1 / 0.2 + 0.2 / 1.2, run.Points.Count * Dt, 0.01);
    }

    [Fact]
    public void A_blend_that_no_move_follows_ends_at_rest_where_it_leads()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        Vector6 to = s_home + new Vector6(0.5, 0, 0, 0, 0, 0);
        motion.Follow(new(PathKind.Joints, s_tool, 2, 0.8) { ToQ = to, BlendRadius = 0.05 });
        while (!motion.IsDone)
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
        Assert.Equal((to, 0), (motion.Q, motion.Qd.MaxAbs));
    }

    [Fact]
    public void Speedl_leads_the_tool_with_the_speed_and_the_accelerations_that_it_is_given()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.Step(Dt, 1, s_tool, default);
        motion.SpeedL(new(0.1, 0, -0.05, 0, 0, 0.2), 0.5, 0.8, 0.6);
        for (int i = 0; i < 300; i++)
        {
            Assert.Null(motion.Step(Dt, 1, s_tool, default));
            Vector6 v = s_arm.TcpVelocity(motion.Q, motion.Qd, s_tool);
            double share = Math.Min(1, (i + 1) * Dt * Math.Min(0.5 / new Vec3(0.1, 0, 0.05).Length, 0.8 / 0.2));
            Assert.InRange((v - new Vector6(0.1, 0, -0.05, 0, 0, 0.2) * share).MaxAbs, 0, 2e-3);
        }
        for (int i = 0; i < 200 && !motion.IsSteady; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.True(motion.IsSteady);
    }

    [Fact]
    public void Paused_motion_slows_down_on_its_path_and_goes_on_to_its_end()
    {
        var motion = new MotionGenerator(s_arm, s_home);
        motion.Follow(new(PathKind.Joints, s_tool, 2, 0.8) { ToQ = s_home + new Vector6(1, -0.5, 0, 0, 0, 0) });
        for (int i = 0; i < 300; i++)
            motion.Step(Dt, 1, s_tool, default);
        motion.Paused = true;
        for (int i = 0; i < 200; i++)
        {
            motion.Step(Dt, 1, s_tool, default);
            Assert.InRange(motion.Qdd.MaxAbs, 0, 4);
        }
        Assert.Equal((0, 0), (motion.Qd.MaxAbs, motion.Pace));
        Vector6 way = motion.Q - s_home;
        Assert.Equal(-0.5 * way[0], way[1], 1e-9);
        motion.Paused = false;
        for (int i = 0; i < 2000 && !motion.IsDone; i++)
            motion.Step(Dt, 1, s_tool, default);
        Assert.Equal(s_home + new Vector6(1, -0.5, 0, 0, 0, 0), motion.Q);
    }

    private static double OffLine(Vec3 at, Vec3 from, Vec3 to)
    {
        Vec3 way = to - from;
        double along = Math.Clamp((at - from).Dot(way) / way.Dot(way), 0, 1);
        return (at - from - along * way).Length;
    }

    /// <summary>Moves one after the other, each begun when the one before lets it, and what the arm did.</summary>
    private sealed class Run(MotionGenerator motion)
    {
        private readonly List<double> _speeds = [];

        public List<Vec3> Points { get; } = [];

        public double Fastest => _speeds.Max();

        public double Hardest { get; private set; }

        public void Move(in Move move)
        {
            motion.Follow(move);
            do
            {
                Assert.Null(motion.Step(Dt, 1, s_tool, default));
                Points.Add((s_arm.Flange(motion.Q) * s_tool).Position);
                _speeds.Add(motion.Qd.MaxAbs);
                Hardest = Math.Max(Hardest, motion.Qdd.MaxAbs);
            }
            while (!motion.MayMoveOn);
        }

        /// <summary>Without so many per cent of the cycles at the start and at the end.</summary>
        public double SlowestBetween(int percent, int percentOfEnd) =>
            _speeds.Skip(_speeds.Count * percent / 100).SkipLast(_speeds.Count * percentOfEnd / 100).Min();
    }
}
