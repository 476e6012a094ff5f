using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Simulation.Controller;

namespace RobotWorldModel.Simulation.Tests.Cell;

public class HandPatternTests
{
    private const double Dt = 0.002;
    private static readonly UrKinematics s_arm = new(UrModel.Ur5e);
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);

    [Theory]
    [InlineData(0, -1.5708, 1.5708, -1.5708, -1.5708, 0)]
    [InlineData(0.4, -1.9, 2.2, -1.87, -1.5708, 0.3)]
    public void A_hand_that_leads_in_a_circle_stays_where_it_began_and_does_not_turn_the_tool(
        double q0, double q1, double q2, double q3, double q4, double q5)
    {
        var motion = new MotionGenerator(s_arm, new(q0, q1, q2, q3, q4, q5));
        var hand = Parse("""{"pattern": "circle", "seconds": 3600}""");
        Pose start = Tcp(motion);
        motion.Freedrive(FreeAxes.All);
        double across = 0, up = 0, away = 0, lowest = 0, turned = 0;
        for (int i = 0; i < 60 / Dt; i++)
        {
            Pose tcp = Tcp(motion);
            Vec3 moved = tcp.Position - start.Position;
            across = Math.Max(across, Math.Abs(moved.Y));
            up = Math.Max(up, moved.Z);
            lowest = Math.Min(lowest, moved.Z);
            away = Math.Max(away, Math.Abs(moved.X));
            turned = Math.Max(turned, (tcp.Rotation * start.Rotation.Inverse).ToRotationVector().Length);
            Assert.Null(motion.Step(Dt, 1, s_tool, hand.At((long)(i * Dt * 1e9), tcp)));
        }
        Assert.InRange(across, 0.03, 0.07);
        Assert.InRange(up, 0.07, 0.13);
        Assert.InRange(lowest, -0.01, 0);
        Assert.InRange(away, 0, 0.03);
        Assert.InRange(turned, 0, 0.15);
    }

    [Fact]
    public void A_hand_pulls_no_more_than_it_may_and_lets_go_in_time()
    {
        var hand = Parse("""{"pattern": "circle", "seconds": 2, "force": 5}""");
        Assert.Equal(default, hand.At(0, Pose.Identity));
        Vector6 pull = hand.At(1_000_000_000, new(new(3, 0, 0), Quat.Identity));
        Assert.Equal(5, new Vec3(pull[0], pull[1], pull[2]).Length, 9);
        Assert.Equal(default, hand.At(2_000_000_001, new(new(3, 0, 0), Quat.Identity)));
    }

    [Fact]
    public void A_wrench_is_what_was_asked_for()
    {
        var hand = Parse("""{"wrench": [1, 2, 3, 4, 5, 6], "seconds": 1}""");
        Assert.Equal(new Vector6(1, 2, 3, 4, 5, 6), hand.At(0, Pose.Identity));
        Assert.Throws<ArgumentException>(() => Parse("""{"pattern": "square"}"""));
    }

    private static HandPattern Parse(string request) => HandPattern.Parse(JsonNode.Parse(request)!.AsObject(), 0);

    private static Pose Tcp(MotionGenerator motion) => s_arm.Flange(motion.Q) * s_tool;
}
