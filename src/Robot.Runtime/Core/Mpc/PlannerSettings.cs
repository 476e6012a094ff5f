using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Planner.Planners;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>All that decides what a live planner plans, as an episode's metadata has it.</summary>
/// <param name="Seed">Of its random numbers.</param>
/// <param name="DelayTicks">See <see cref="PlanningLoop"/>.</param>
/// <param name="Vectors">That it computed with: others give other roundings.</param>
internal sealed record PlannerSettings(CemOptions Search, Objective Objective, ulong Seed, int DelayTicks, VectorWidth Vectors)
{
    private const string Cem = "cem";

    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals, // a limit that is none
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, // of a version that knows more: it would plan otherwise
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    [JsonIgnore]
    public ControlOptions Options => new() { Planner = Search, Objective = Objective, Seed = Seed, Vectors = Vectors };

    public PlannerDescription Describe(string model, ModelCard card, ModelController controller)
    {
        int latent = card.Config.Rssm.Deterministic + card.Config.Rssm.StochasticWidth, sequence = Search.Horizon * controller.ActionSize;
        int carried = (controller.PlannerMemory.Length - 1) / sequence - 1; // the first one is the plan
        return new(Cem, model, card.Sha256, JsonSerializer.SerializeToElement(this, s_json),
            new PlanShape(latent, Search.Horizon, controller.ActionSize, carried, Search.Elites, ReachTask.ObservationSize));
    }

    /// <exception cref="RobotException">They are not such as this version plans with.</exception>
    public static PlannerSettings Of(PlannerDescription planner)
    {
        if (planner.Name != Cem)
            throw new RobotException(
                ExitCode.Config, $"it was planned by '{planner.Name}', which this version cannot do again; it knows {Cem}");
        try
        {
            return planner.Settings.Deserialize<PlannerSettings>(s_json) ?? throw new JsonException("they are empty");
        }
        catch (JsonException e)
        {
            throw new RobotException(ExitCode.Config, $"its planner's settings are not such as this version plans with: {e.Message}");
        }
    }
}
