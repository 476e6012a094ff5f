using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Classic;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>A task that runs faster than real time, as commands name it.</summary>
/// <param name="Name">pendulum-v1 …: also the episodes' task.</param>
/// <param name="Make">Another environment of it.</param>
/// <param name="Columns">Of an observation: those of task.csv.</param>
/// <param name="Units">One for each column.</param>
/// <param name="Reward">The rule, in words.</param>
/// <param name="Robot">Model of the arm; null without one.</param>
/// <param name="Search">How it is planned where nothing else is said, in the true dynamics and in a learned model alike.</param>
internal sealed record SimulatedTask(
    string Name, Func<IEnvironment> Make, IReadOnlyList<string> Columns, IReadOnlyList<string> Units, string Reward, string? Robot,
    CemOptions Search)
{
    /// <summary>How the true dynamics are planned in for episodes to learn from.</summary>
    public CemOptions Teacher { get; init; } = Search;

    // PlaNet's planner with a warm start, which reaches with a fifth of its budget what it reaches without.
    private static readonly CemOptions s_warm = new() { Candidates = 200, Elites = 20, WarmStart = true, LeastStd = 1e-3 };

    public static IReadOnlyList<SimulatedTask> All { get; } =
    [
        new("pendulum-v1", () => new PendulumV1(), ["cos", "sin", "speed"], ["-", "-", "rad/s"],
            "-(angle^2 + 0.1 speed^2 + 0.001 torque^2) before the step", null, s_warm with { Horizon = 20, Iterations = 5 }),
        new("cartpole-swingup", () => new CartpoleSwingup(), ["x", "cos", "sin", "x_speed", "speed"], ["m", "-", "-", "m/s", "rad/s"],
            "upright · centred · small control · small velocity, summed over 8 steps", null,
            s_warm with { Horizon = 12, Iterations = 4 }),
        new("pendulum-swingup", () => new PendulumSwingup(2), ["cos", "sin", "speed"], ["-", "-", "rad/s"],
            "1 within 8 degrees of upright, summed over 2 steps", null,
            s_warm with { Horizon = 10, Candidates = 100, Elites = 10, Iterations = 3 })
        {
            // No reward is in sight from below, and the mean of ways up is none: torques that switch slowly from end to end, over the
            // three seconds that the last swings take, and the best of them as it is.
            Teacher = s_warm with
            {
                Horizon = 80, Iterations = 3, Std = 3, NoiseExponent = 2, KeptElites = 0.3, ReturnBest = true,
            },
        },
        new("reach", () => new ReachEnvironment(), ReachTask.ObservationNames, [.. ReachTask.ObservationNames.Select(UnitOfReach)],
            "1 - tanh(5 distance)", "UR5e", ReachPlanning.Search),
    ];

    /// <exception cref="RobotException">There is none of that name; the message has those that there are.</exception>
    public static SimulatedTask Named(string name) => All.FirstOrDefault(one => one.Name == name) ?? throw new RobotException(
        ExitCode.Usage, $"there is no task '{name}'; there are {string.Join(", ", All.Select(one => one.Name))}");

    private static string UnitOfReach(string column) => column switch
    {
        _ when column.StartsWith("qd", StringComparison.Ordinal) => "rad/s",
        _ when column.StartsWith('q') => "rad",
        _ when column.Contains("speed", StringComparison.Ordinal) => "m/s",
        _ => "m",
    };
}
