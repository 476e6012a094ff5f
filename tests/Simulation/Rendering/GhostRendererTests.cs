using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Tests.Rendering;

public class GhostRendererTests
{
    private static readonly Vector6 s_home = new(0, -1.5708, 1.5708, -1.5708, -1.5708, 0);
    private static readonly Vec3 s_goal = new(-0.45, 0.25, 0.35);
    private readonly UrKinematics _kinematics = new(UrModel.Ur5e);

    [Fact]
    public void What_is_imagined_elsewhere_is_seen_there_and_the_arm_stays_where_it_is()
    {
        var renderer = new GhostRenderer(_kinematics, GripperGeometry.FlangeToTcp, 160);
        Vector6 turned = s_home;
        turned[0] += 0.5;
        byte[] alone = Render(s_home), both = Render(turned), again = Render(s_home);
        Assert.Equal(alone, again); // where both are the same there is no ghost

        int changed = 0, warmer = 0;
        for (int i = 0; i < both.Length; i += 3)
        {
            if (both.AsSpan(i, 3).SequenceEqual(alone.AsSpan(i, 3)))
                continue;
            changed++;
            warmer += both[i] - both[i + 2] > alone[i] - alone[i + 2] ? 1 : 0;
        }
        int pixels = both.Length / 3;
        Assert.InRange(changed, pixels / 50, pixels / 4); // an arm's worth
        Assert.True(warmer > 0.9 * changed, $"{warmer} of {changed} pixels are more orange than before");

        byte[] Render(in Vector6 imagined)
        {
            byte[] rgb = new byte[renderer.Width * renderer.Height * 3];
            renderer.Render(s_home, imagined, s_goal, [s_goal], rgb);
            return rgb;
        }
    }

    [Theory]
    [InlineData("UR3e")]
    [InlineData("UR10e")]
    public void The_goal_is_seen_whatever_arm_it_is(string model)
    {
        var renderer = new GhostRenderer(new(UrModel.ByName(model)), GripperGeometry.FlangeToTcp, 320);
        byte[] rgb = new byte[renderer.Width * renderer.Height * 3];
        renderer.Render(s_home, s_home, new(-0.6, 0.35, 0.2), [], rgb); // nearer than any arm there
        int green = 0;
        for (int i = 0; i < rgb.Length; i += 3)
            green += rgb[i + 1] > rgb[i] + 40 && rgb[i + 1] > rgb[i + 2] + 40 ? 1 : 0;
        Assert.InRange(green, 8, 400);
    }
}
