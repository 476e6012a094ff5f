using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class VirtualMotionTests
{
    private const long PeriodNs = 2_000_000, TickNs = 33_333_333;
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly MotionLimits s_limits = new() { FlangeToTcp = new(new(0, 0, 0.145), Quat.Identity) };

    private static VirtualMotion AtHome()
    {
        var motion = new VirtualMotion(new(UrModel.Ur5e), s_limits, 500);
        motion.Seed(s_home);
        return motion;
    }

    [Fact]
    public void Commands_are_followed_as_a_lease_follows_them_and_silence_ends_in_rest()
    {
        VirtualMotion motion = AtHome();
        Assert.Equal((MotionState.Holding, s_home), (motion.State, motion.Setpoint));
        Assert.True(motion.Send(Command.TcpSpeeds(new(0, 0.1, 0, 0, 0, 0), TickNs), 0).Accepted);
        Assert.Throws<InvalidOperationException>(() => motion.Send(Command.TcpSpeeds(default, 2 * TickNs), 0));
        long now = 0;
        Step(0.08);
        Assert.Equal(MotionState.Moving, motion.State);
        Assert.NotEqual(s_home, motion.Setpoint);
        Step(0.04);
        Assert.Equal(MotionState.Stopping, motion.State); // 100 ms without a command
        SendResult refused = motion.Send(Command.TcpSpeeds(default, now + TickNs), now);
        Assert.Equal((false, motion.Setpoint), (refused.Accepted, refused.Guarded));
        Assert.Contains("no command came in time", refused.Refusal);
        Step(1);
        Assert.Equal(MotionState.Holding, motion.State);
        SendResult again = motion.Send(Command.JointSpeeds(new(0.3, 0, 0, 0, 0, 0), now + TickNs), now);
        Assert.Equal(motion.Setpoint[0] + 0.3 * TickNs * 1e-9, again.Guarded[0], 1e-12); // from where it stands

        void Step(double seconds)
        {
            for (long end = now + (long)(seconds * 1e9); now < end;)
                motion.Step(now += PeriodNs);
        }
    }

    // Through following at the limits, silences and rests.
    [Fact]
    public void A_copy_goes_on_to_the_bit()
    {
        VirtualMotion motion = AtHome(), copy = new(new(UrModel.Ur5e), s_limits, 500);
        var random = new Random(3);
        long now = 0;
        int copies = 0;
        for (int tick = 1; tick < 300; tick++)
        {
            if (tick % 7 == 0)
            {
                copy.CopyFrom(motion);
                copies++;
            }
            bool silent = tick % 100 is > 80 and < 95;
            if (!silent)
            {
                Vector6 speeds = new(Draw(), Draw(), Draw(), 0, 0, Draw());
                Command command = tick % 200 < 20
                    ? Command.Joints(s_home, tick * TickNs + TickNs)
                    : Command.TcpSpeeds(speeds, tick * TickNs + TickNs);
                SendResult result = motion.Send(command, tick * TickNs);
                if (copies > 0)
                    Assert.Equal(result, copy.Send(command, tick * TickNs));
            }
            for (; now < tick * TickNs; now += PeriodNs)
            {
                motion.Step(now + TickNs);
                if (copies == 0)
                    continue;
                copy.Step(now + TickNs);
                Assert.Equal(motion.Setpoint, copy.Setpoint);
                Assert.Equal(motion.State, copy.State);
            }
        }

        double Draw() => 0.6 * random.NextDouble() - 0.3;
    }
}
