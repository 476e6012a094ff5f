using RobotWorldModel.Simulation.Classic;
using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Tests.Classic;

public class CartpoleTests
{
    // Anywhere on the rail, swinging; then driven into either end of the rail.
    [SkippableTheory]
    [InlineData(1, 0.0, 0.0)]
    [InlineData(2, 0.0, 0.0)]
    [InlineData(3, 1.5, 0.5)]
    [InlineData(4, -1.5, -0.5)]
    public void It_moves_as_in_MuJoCo(ulong seed, double x, double push)
    {
        var random = new EpisodeRandom(seed);
        double[] start = [x, random.Uniform(-3, 3), random.Uniform(-0.5, 0.5), random.Uniform(-3, 3)];
        float[] actions = new float[200];
        for (int i = 0; i < actions.Length; i++)
            actions[i] = (float)Math.Clamp(push + 0.3 * random.Normal(), -1, 1);
        double[][] theirs = MujocoPeer.Run("cartpole.xml", start, actions);

        var ours = new CartpoleSwingup(actionRepeat: 1) { State = new(start[0], start[1], start[2], start[3]) };
        double furthest = 0;
        for (int i = 0; i < actions.Length; i++)
        {
            ours.Step([actions[i]], default);
            CartpoleDynamics.State s = ours.State;
            furthest = Math.Max(furthest, Math.Abs(s.X));
            MujocoPeer.AssertNear(theirs[i], [s.X, s.Angle, s.Speed, s.Turn], 1e-7);
        }
        Assert.Equal(push != 0, furthest > 1.8);
    }

    [Fact]
    public void Without_damping_and_force_its_energy_stays()
    {
        var dynamics = new CartpoleDynamics { CartDamping = 0, PoleDamping = 0 };
        CartpoleDynamics.State s = new(0, 2, 0, 1);
        double energy = CartpoleDynamics.Energy(s);
        for (int i = 0; i < 1000; i++)
        {
            dynamics.Step(ref s, 0);
            Assert.Equal(energy, CartpoleDynamics.Energy(s), 1e-5);
        }
        Assert.True(Math.Abs(s.X) < 1.8); // the rail's end would have taken some
    }

    [Theory]
    [InlineData(0)]
    [InlineData(Math.PI)]
    public void At_rest_upright_or_hanging_it_stays(double angle)
    {
        var environment = new CartpoleSwingup { State = new(0.5, angle, 0, 0) };
        environment.Step([0], default);
        CartpoleDynamics.State s = environment.State;
        MujocoPeer.AssertNear([0.5, angle, 0, 0], [s.X, s.Angle, s.Speed, s.Turn], 1e-12);
    }

    // By hand from dm_control's cartpole.py and rewards.py.
    [Theory]
    [InlineData(0, 0, 0, 0, 1)] // where it should be
    [InlineData(2, 0, 0, 0, 0.55)] // at its margin centred is (1 + 0.1) / 2
    [InlineData(0, Math.PI / 2, 0, 0, 0.5)]
    [InlineData(0, 0, 5, 0, 0.55)]
    [InlineData(0, 0, 0, 1, 0.8)] // full force
    [InlineData(0, 0, 0, 0.5, 0.95)]
    [InlineData(1, 0, 0, 0, 0.781170663)] // (1 + 0.1^(1/4)) / 2
    [InlineData(0.5, Math.PI, 0, 0, 0)]
    public void It_is_rewarded_as_in_dm_control(double x, double angle, double turn, double action, double reward) =>
        Assert.Equal(reward, CartpoleSwingup.Reward(new(x, angle, 0, turn), action), 1e-9);

    [Fact]
    public void It_starts_hanging_in_the_middle_and_sees_what_dm_control_sees()
    {
        var environment = new CartpoleSwingup();
        float[] observation = new float[5];
        environment.Reset(1, observation);
        Assert.Equal(0, observation[0], 0.06f);
        Assert.Equal(-1, observation[1], 0.002f);
        environment.State = new(0.1, 0.5, 0.2, 0.3);
        environment.Step([0], observation);
        CartpoleDynamics.State s = environment.State;
        float[] seen = [(float)s.X, (float)Math.Cos(s.Angle), (float)Math.Sin(s.Angle), (float)s.Speed, (float)s.Turn];
        Assert.Equal(seen, observation);
        Assert.Equal((125, 0.08), (environment.Decisions, environment.SecondsPerDecision));
    }
}
