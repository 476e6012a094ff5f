using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Core.Mpc;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Tests.Core.Mpc;

public class WayBackTests
{
    private const long TickNs = 33_333_333;

    [Fact]
    public void A_way_is_gone_back_to_its_start_and_again_from_its_end_for_another_goal()
    {
        var back = new WayBack(40);
        Vector6[] way = [.. Enumerable.Range(0, 40).Select(i => new Vector6(0.01 * i, 0, 0, 0, 0, -0.02 * i))];
        Go(back, way);
        Assert.Equal(way[^1], back.Next(TickNs).Arm);
        double before = way[^1][0], most = 0;
        for (long tick = 2; !back.Done; tick++)
        {
            Command command = back.Next(tick * TickNs);
            Assert.Equal((CommandKind.JointPosition, tick * TickNs), (command.Kind, command.DueNs));
            Assert.Equal(-2 * command.Arm[0], command.Arm[5], 1e-9); // on the way
            Assert.InRange(before - command.Arm[0], 0, 0.005 + 1e-6); // half as fast at most
            (before, most) = (command.Arm[0], Math.Max(most, before - command.Arm[0]));
        }
        Assert.Equal(way[0][0], before, 1e-9);
        Assert.Equal(0.005, most, 1e-6);
        Go(back, way.AsSpan(3, 2));
        Assert.False(back.Done);
        Assert.Equal(way[4], back.Next(TickNs).Arm);
    }

    [Fact]
    public void Where_the_way_there_met_no_limit_the_way_back_meets_none()
    {
        var limits = ReachTask.CellLimits();
        var environment = new ReachEnvironment();
        var back = new WayBack(environment.Decisions + 1);
        environment.Reset(4, new float[environment.ObservationSize]);
        back.Begin(environment.Q);
        for (int t = 0; t < 60; t++)
        {
            environment.Step([-0.9f, 0.3f * MathF.Sin(t), -0.2f], []);
            back.Keep(environment.Sent.Guarded);
        }
        var filter = new SafetyFilter(new UrKinematics(UrModel.Ur5e), limits);
        filter.Seed(environment.Sent.Guarded);
        for (long tick = 1; !back.Done; tick++)
        {
            SendResult sent = filter.Check(back.Next((tick + 1) * TickNs), tick * TickNs);
            Assert.Equal((true, Clamp.None), (sent.Accepted, sent.Clamped));
        }
    }

    private static void Go(WayBack back, ReadOnlySpan<Vector6> way)
    {
        back.Begin(way[0]);
        foreach (ref readonly Vector6 q in way[1..])
            back.Keep(q);
    }
}
