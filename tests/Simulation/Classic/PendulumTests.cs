using RobotWorldModel.Simulation.Classic;
using RobotWorldModel.Simulation.Environments;

namespace RobotWorldModel.Simulation.Tests.Classic;

public class PendulumTests
{
    [SkippableFact]
    public void The_swingup_moves_as_in_MuJoCo()
    {
        var random = new EpisodeRandom(5);
        double[] start = [2.5, -1];
        float[] actions = [.. Enumerable.Range(0, 300).Select(_ => (float)random.Uniform(-1, 1))];
        double[][] theirs = MujocoPeer.Run("pendulum.xml", start, actions);
        var ours = new PendulumSwingup { State = (start[0], start[1]) };
        for (int i = 0; i < actions.Length; i++)
        {
            ours.Step([actions[i]], default);
            MujocoPeer.AssertNear(theirs[i], [ours.State.Angle, ours.State.Speed], 1e-9);
        }
    }

    // Its integrator takes and gives a little energy within a swing, but none over many.
    [Fact]
    public void Without_damping_and_torque_the_swingups_energy_stays()
    {
        var environment = new PendulumSwingup { Damping = 0, State = (2, 0) };
        double energy = Energy(), furthest = 0;
        for (int i = 0; i < 1000; i++)
        {
            environment.Step([0], default);
            furthest = Math.Max(furthest, Math.Abs(Energy() - energy));
        }
        Assert.InRange(furthest, 0, 0.2); // of 4.9 J between level and hanging

        double Energy() =>
            PendulumSwingup.Inertia * environment.State.Speed * environment.State.Speed / 2
            + PendulumSwingup.Mass * PendulumSwingup.Gravity * PendulumSwingup.Length * Math.Cos(environment.State.Angle);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(7.9, 1)]
    [InlineData(-7.9, 1)]
    [InlineData(8.1, 0)]
    [InlineData(352.1, 1)]
    [InlineData(180, 0)]
    public void The_swingup_is_rewarded_within_eight_degrees_of_upright(double degrees, double reward)
    {
        var environment = new PendulumSwingup();
        double angle = degrees * Math.PI / 180;
        environment.State = (angle, 0);
        // the torque that holds it there, as far as there is so much
        float hold = (float)(-PendulumSwingup.Mass * PendulumSwingup.Gravity * PendulumSwingup.Length * Math.Sin(angle));
        Assert.Equal(reward, environment.Step([hold], default).Reward);
        Assert.Equal(angle, environment.State.Angle, 1e-3);
    }

    // Worked by hand from Gymnasium's pendulum.py.
    [Theory]
    [InlineData(0, 0, 0, 0, 0, 0)]
    [InlineData(0, 0, 1, 0.3, 0.015, -0.004)] // 3 u dt with u = 2; 0.001 u²
    [InlineData(Math.PI / 2, 1, 0, 1.75, Math.PI / 2 + 0.0875, -2.567401100272340)] // 15 dt more; (π/2)² + 0.1
    [InlineData(Math.PI / 2, 7.9, 1, 8, Math.PI / 2 + 0.4, -8.712401100272340)] // no faster than 8
    public void Pendulum_v1_steps_as_in_Gym(double angle, double speed, float action, double speedAfter, double angleAfter, double reward)
    {
        var environment = new PendulumV1 { State = (angle, speed) };
        Assert.Equal(reward, environment.Step([action], default).Reward, 1e-9);
        Assert.Equal(speedAfter, environment.State.Speed, 1e-12);
        Assert.Equal(angleAfter, environment.State.Angle, 1e-12);
    }

    [Fact]
    public void Pendulum_v1_counts_whole_turns_for_nothing()
    {
        var once = new PendulumV1 { State = (1, 0.5) };
        var twice = new PendulumV1 { State = (1 - 3 * Math.Tau, 0.5) };
        for (int i = 0; i < 10; i++)
            Assert.Equal(once.Step([0.3f], default).Reward, twice.Step([0.3f], default).Reward, 1e-9);
    }

    [Theory]
    [InlineData("Pendulum-v1", 200, 0.05)]
    [InlineData("pendulum-swingup", 1000, 0.02)]
    public void They_see_cosine_sine_and_speed(string name, int decisions, double seconds)
    {
        IEnvironment environment = name == "Pendulum-v1" ? new PendulumV1() : new PendulumSwingup();
        Assert.Equal((name, decisions, seconds), (environment.Name, environment.Decisions, environment.SecondsPerDecision));
        float[] observation = new float[3];
        double most = 0, least = 0;
        for (ulong seed = 0; seed < 200; seed++)
        {
            environment.Reset(seed, observation);
            Assert.Equal(1, Math.Pow(observation[0], 2) + Math.Pow(observation[1], 2), 1e-6);
            double angle = Math.Atan2(observation[1], observation[0]);
            (most, least) = (Math.Max(most, angle), Math.Min(least, angle));
            Assert.InRange(observation[2], -1, 1);
        }
        Assert.True(most > 3 && least < -3); // starts anywhere
    }
}
