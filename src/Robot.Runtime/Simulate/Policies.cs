using System.Text.Json.Nodes;
using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Simulation.Environments;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Simulate;

/// <summary>Who acts in an episode. One for each environment; one thread.</summary>
internal interface IEpisodePolicy : IDisposable
{
    /// <summary>An episode begins: what is done follows from its seed, whatever was before.</summary>
    void Begin(ulong seed);

    /// <param name="observation">Of the environment, as it gave it.</param>
    /// <param name="before">The action that led here, as it was taken; zeros at the episode's begin.</param>
    /// <param name="action">Filled, each value in -1..1.</param>
    void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> before, Span<float> action);
}

/// <summary>Makes policies, and says what they are: for metadata.</summary>
/// <param name="Source">As in an episode's action: noise, planner …</param>
/// <param name="Settings">All that decides what it does.</param>
/// <param name="Make">One for an environment.</param>
internal sealed record PolicyKind(string Source, JsonObject Settings, Func<IEnvironment, IEpisodePolicy> Make)
{
    /// <summary>
    /// Coloured noise (iCEM's, Pinneri et al. 2020) over the whole episode: with β of 1 there is something of slow swings and of fast
    /// ones, and an episode gets somewhere.
    /// </summary>
    public static PolicyKind Noise(double std, double exponent = 1) => new("noise",
        new JsonObject { ["name"] = "noise", ["std"] = std, ["exponent"] = exponent }, env => new NoisePolicy(env, std, exponent));

    /// <summary>Reach's script.</summary>
    public static PolicyKind Expert() => new("expert", new JsonObject { ["name"] = "expert" }, _ => new ReachExpertPolicy());

    /// <summary>The cross-entropy method in the environment's own dynamics.</summary>
    public static PolicyKind TruePlanner(CemOptions search) => new("planner",
        Describe("planner", search), env => new TruePlannerPolicy(env, search));

    /// <summary>The cross-entropy method in a learned model.</summary>
    public static PolicyKind Model(LearnedModel model, CemOptions search, bool value) => new("model",
        Describe("model", search, ("model", model.Sha256), ("value", value)), _ => new ModelPolicy(model, search, value));

    /// <summary>TD-MPC2's planner in its own model.</summary>
    public static PolicyKind TdMpc2(LearnedModel model, TdMpc2Options search) => new("model", new JsonObject
    {
        ["name"] = "tdmpc2",
        ["model"] = model.Sha256,
        ["horizon"] = search.Horizon,
        ["candidates"] = search.Candidates,
        ["policy_candidates"] = search.PolicyCandidates,
        ["elites"] = search.Elites,
        ["iterations"] = search.Iterations,
        ["most_std"] = search.MostStd,
        ["least_std"] = search.LeastStd,
        ["temperature"] = search.Temperature,
    }, _ => model.NewPolicy(search));

    private static JsonObject Describe(string name, CemOptions search, params ReadOnlySpan<(string Key, JsonNode Value)> more)
    {
        var settings = new JsonObject
        {
            ["name"] = name,
            ["horizon"] = search.Horizon,
            ["candidates"] = search.Candidates,
            ["elites"] = search.Elites,
            ["iterations"] = search.Iterations,
            ["std"] = search.Std,
            ["least_std"] = search.LeastStd,
            ["momentum"] = search.Momentum,
            ["warm_start"] = search.WarmStart,
            ["noise_exponent"] = search.NoiseExponent,
            ["decay"] = search.Decay,
            ["kept_elites"] = search.KeptElites,
            ["mean_last"] = search.MeanLast,
            ["return_best"] = search.ReturnBest,
        };
        foreach ((string key, JsonNode value) in more)
            settings[key] = value;
        return settings;
    }
}

/// <summary>Numbers of plans, from which their random numbers follow: an episode's seed and the decision's number.</summary>
internal struct PlanNumbers(ulong seed)
{
    private const int DecisionBits = 20;
    private ulong _decision;

    public ulong Next() => (seed << DecisionBits) + _decision++;
}

/// <summary>Draws all actions of the episode when it begins.</summary>
internal sealed class NoisePolicy(IEnvironment environment, double std, double exponent) : IEpisodePolicy
{
    private readonly ColoredNoise _colored = new(exponent, environment.Decisions, environment.ActionSize);
    private readonly float[] _actions = new float[environment.Decisions * environment.ActionSize];
    private int _at;

    public void Begin(ulong seed)
    {
        _colored.Fill(new NormalNoise(seed), _actions);
        foreach (ref float value in _actions.AsSpan())
            value = Math.Clamp((float)std * value, -1, 1);
        _at = 0;
    }

    public void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> before, Span<float> action)
    {
        _actions.AsSpan(_at, action.Length).CopyTo(action);
        _at += action.Length;
    }

    public void Dispose()
    {
    }
}

/// <summary>See <see cref="ReachExpert"/>.</summary>
internal sealed class ReachExpertPolicy : IEpisodePolicy
{
    public void Begin(ulong seed)
    {
    }

    public void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> before, Span<float> action) =>
        ReachExpert.Act(observation, action);

    public void Dispose()
    {
    }
}

/// <summary>Plans in the environment's own dynamics.</summary>
internal sealed class TruePlannerPolicy(IEnvironment environment, CemOptions search) : IEpisodePolicy
{
    private readonly TrueDynamics _imagination = new(environment);
    private readonly CemPlanner _planner = new(search, environment.ActionSize, new ControlOptions().Seed);
    private PlanNumbers _numbers;

    public void Begin(ulong seed)
    {
        _numbers = new(seed);
        _planner.Reset();
    }

    public void Act(ReadOnlySpan<float> observation, ReadOnlySpan<float> before, Span<float> action)
    {
        _planner.Plan(_imagination, new PlanRequest(_numbers.Next()));
        _planner.Actions[..action.Length].CopyTo(action);
    }

    public void Dispose()
    {
    }
}
