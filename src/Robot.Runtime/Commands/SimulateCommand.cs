using System.CommandLine;
using System.Globalization;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.WorldModel.Training;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot simulate: episodes of a task, faster than real time.</summary>
internal static class SimulateCommand
{
    private const string Noise = "noise", Planner = "planner", Teacher = "teacher", Expert = "expert";

    private sealed record Asked(
        string Task, int Episodes, long Seed, string Policy, double? NoiseStd, string? Data, int Workers, int? Horizon, int? Candidates,
        int? Iterations, bool Value, int? Pictures);

    public static Command Create()
    {
        var task = new Option<string>("--task")
        {
            Description = "One of " + string.Join(", ", SimulatedTask.All.Select(t => t.Name)),
            Required = true,
            HelpName = "TASK",
        };
        var episodes = new Option<int>("--episodes") { Description = "How many", DefaultValueFactory = _ => 10 };
        var seed = new Option<long>("--seed") { Description = "Of the first; each next one has the next", DefaultValueFactory = _ => 0 };
        var policy = new Option<string>("--policy")
        {
            Description = "Who acts: noise (coloured), planner (CEM in the true dynamics), teacher (the same with what it takes to make "
                + "episodes to learn from), expert (reach's script), or a run's folder, whose model plans",
            DefaultValueFactory = _ => Noise,
            HelpName = "noise|planner|teacher|expert|RUN",
        };
        var noise = new Option<double?>("--noise")
        {
            Description = "Standard deviation of the noise on each action, whose range is -1 to 1 (of --policy noise: 1, else 0)",
            HelpName = "SIGMA",
        };
        var data = new Option<string?>("--data")
        {
            Description = "Keep the episodes in ROOT/simulation; those that are there from a run before are not played again",
            HelpName = "ROOT",
        };
        var workers = new Option<int>("--workers") { Description = "Threads", DefaultValueFactory = _ => Environment.ProcessorCount };
        var horizon = new Option<int?>("--horizon") { Description = "Actions that a plan looks ahead" };
        var candidates = new Option<int?>("--candidates")
        {
            Description = "Sequences that a round imagines; a tenth is elite, of a TD-MPC2 an eighth",
        };
        var iterations = new Option<int?>("--iterations") { Description = "Rounds of planning" };
        var value = new Option<bool>("--value") { Description = "End imagined sequences in the model's value; a TD-MPC2's always do" };
        var pictures = new Option<int?>("--pictures")
        {
            Description = "Of reach: draw what the cell's two cameras see too, so many pixels wide and high (32, 64, 96 …)",
            HelpName = "SIDE",
        };
        var command = new Command("simulate",
            "Plays episodes of a task faster than real time, and keeps them with --data for './robot train'.\n"
                + "Example:  robot simulate --task pendulum-v1 --episodes 100 --policy planner --noise 0.3 --data data/pendulum")
        {
            task, episodes, seed, policy, noise, data, workers, horizon, candidates, iterations, value, pictures,
        };
        command.SetAction((parsed, cancel) => Task.Run(() => Run(
            new(parsed.GetValue(task)!, parsed.GetValue(episodes), parsed.GetValue(seed), parsed.GetValue(policy)!, parsed.GetValue(noise),
                parsed.GetValue(data), parsed.GetValue(workers), parsed.GetValue(horizon), parsed.GetValue(candidates),
                parsed.GetValue(iterations), parsed.GetValue(value), parsed.GetValue(pictures)), cancel)));
        return command;
    }

    private static int Run(Asked asked, CancellationToken cancel)
    {
        if (asked.Episodes < 1 || asked.Workers < 1 || asked.Seed < 0 || asked.NoiseStd < 0)
            throw new RobotException(ExitCode.Usage, "--episodes and --workers are at least 1, --seed and --noise at least 0");
        SimulatedTask task = SimulatedTask.Named(asked.Task);
        if (asked.Pictures is { } side && (task.Name != "reach" || asked.Data is null || side is < 32 or > 640 || side % 32 != 0))
            throw new RobotException(ExitCode.Usage, "--pictures is for reach, with --data, and a multiple of 32 up to 640");
        SimulationPlan plan = new(task, PolicyOf(asked, task), asked.Episodes, (ulong)asked.Seed,
            asked.Policy == Noise ? 0 : asked.NoiseStd ?? 0, asked.Data, asked.Workers, asked.Pictures);
        SimulationReport report;
        try
        {
            report = Play(plan, cancel);
        }
        catch (OperationCanceledException) when (asked.Data is not null)
        {
            Console.Error.WriteLine($"robot: stopped; what was whole is in {asked.Data}. The same command goes on.");
            return ExitCode.Interrupted;
        }
        Tell(plan, report);
        return ExitCode.Done;
    }

    private static PolicyKind PolicyOf(Asked asked, SimulatedTask task)
    {
        CemOptions own = asked.Policy == Teacher ? task.Teacher : task.Search;
        CemOptions search = own with
        {
            Horizon = asked.Horizon ?? own.Horizon,
            Candidates = asked.Candidates ?? own.Candidates,
            Elites = asked.Candidates is { } n ? Math.Max(1, n / 10) : own.Elites,
            Iterations = asked.Iterations ?? own.Iterations,
        };
        if (search.Horizon < 1 || search.Candidates < 2 || search.Iterations < 1)
            throw new RobotException(ExitCode.Usage, "--horizon and --iterations are at least 1, --candidates at least 2");
        return asked.Policy switch
        {
            Noise => PolicyKind.Noise(asked.NoiseStd ?? 1),
            Planner or Teacher => PolicyKind.TruePlanner(search),
            Expert when task.Name == "reach" => PolicyKind.Expert(),
            Expert => throw new RobotException(ExitCode.Usage, $"{task.Name} has no expert; reach has one"),
            var run => Learned(LearnedModel.Open(run, task, task.Make()), search, asked),
        };
    }

    /// <summary>An RSSM is planned in as the true dynamics are, a TD-MPC2 by its own planner, whose horizon ends in its values.</summary>
    private static PolicyKind Learned(LearnedModel model, CemOptions search, Asked asked)
    {
        if (model.Kind != ModelKind.TdMpc2)
            return PolicyKind.Model(model, search, asked.Value);
        var own = new TdMpc2Options();
        int candidates = asked.Candidates ?? own.Candidates;
        return PolicyKind.TdMpc2(model, own with
        {
            Horizon = asked.Horizon ?? own.Horizon,
            Candidates = candidates,
            PolicyCandidates = Math.Min(own.PolicyCandidates, candidates / 2),
            Elites = asked.Candidates is null ? own.Elites : Math.Max(1, candidates / 8),
            Iterations = asked.Iterations,
        });
    }

    private static SimulationReport Play(SimulationPlan plan, CancellationToken cancel)
    {
        if (Console.IsOutputRedirected)
        {
            DateTime next = DateTime.UtcNow.AddSeconds(10);
            return SimulationRun.Play(plan, progress =>
            {
                if (DateTime.UtcNow < next)
                    return;
                Console.WriteLine(Line(progress));
                next = DateTime.UtcNow.AddSeconds(10);
            }, cancel);
        }
        return AnsiConsole.Progress().Columns(
            new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn())
            .Start(bars =>
            {
                ProgressTask bar = bars.AddTask(plan.Task.Name, maxValue: plan.Episodes);
                return SimulationRun.Play(plan, progress =>
                {
                    bar.Value = progress.Done;
                    bar.Description = Markup.Escape(Line(progress));
                }, cancel);
            });
    }

    private static string Line(SimulationProgress p) =>
        string.Create(CultureInfo.InvariantCulture, $"{p.Done} of {p.Episodes} episodes, return {p.Mean:0.#} so far");

    private static void Tell(SimulationPlan plan, SimulationReport r)
    {
        IEnvironment environment = plan.Task.Make();
        double simulated = r.Decisions * environment.SecondsPerDecision;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{plan.Task.Name}, {plan.Policy.Source}: return {r.Mean:0.0} ± {r.Std:0.0} ({r.Returns.Count} episodes, "
            + $"seeds {plan.FirstSeed} to {plan.FirstSeed + (ulong)plan.Episodes - 1}; {r.Returns.Min():0.0} to {r.Returns.Max():0.0})"));
        if (r.Successes.All(s => s is not null))
            Console.WriteLine($"success: {r.Successes.Count(s => s == true)} of {r.Successes.Count}");
        if (r.Kept < r.Returns.Count)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"{r.Returns.Count - r.Kept} played in {r.Elapsed.TotalSeconds:0.0} s, "
                + $"{simulated / r.Elapsed.TotalSeconds:0} times real time{(r.Kept > 0 ? $"; {r.Kept} were there" : "")}"));
        if (plan.Root is not null)
            Console.WriteLine($"kept in {Path.Combine(plan.Root, "simulation")}. Next: robot train MODEL --data {plan.Root} --out RUN "
                + "--set data.modalities=[task]");
    }
}
