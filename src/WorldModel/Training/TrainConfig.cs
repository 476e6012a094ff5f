using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.TdMpc2;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>Which model a configuration trains.</summary>
public enum ModelKind
{
    /// <summary>A recurrent state-space model.</summary>
    Rssm,

    /// <summary>TD-MPC2's latent model.</summary>
    [JsonStringEnumMemberName("tdmpc2")]
    TdMpc2,
}

/// <summary>How parameters follow their gradients.</summary>
public sealed record OptimizerConfig
{
    /// <summary>Peak learning rate of the model of the world.</summary>
    public double LearningRate { get; init; } = 3e-4;

    /// <summary>Share of it that is left at the end of the cosine.</summary>
    public double Floor { get; init; } = 0.1;

    /// <summary>Steps over which the rate rises.</summary>
    public long Warmup { get; init; } = 200;

    /// <summary>Decay of weights; biases and norms have none.</summary>
    public double WeightDecay { get; init; } = 1e-4;

    /// <summary>Norm at which the gradients of all parameters together are clipped.</summary>
    public double Clip { get; init; } = 100;

    /// <summary>Batches whose gradients are averaged for one step.</summary>
    public int Accumulate { get; init; } = 1;

    /// <summary>Learning rates of actor, or a TD-MPC2's policy, and critic.</summary>
    public double Actor { get; init; } = 1e-4;

    public double Critic { get; init; } = 1e-4;
}

/// <summary>
/// All of a training run that can be set. A preset is one; a file and --set change it; the run's folder keeps what came of it, and a
/// model's card repeats it.
/// </summary>
public sealed record TrainConfig
{
    private static readonly Dictionary<ModelKind, string[]> s_sections = new()
    {
        [ModelKind.Rssm] = ["rssm", "loss", "behaviour", "actor_critic"],
        [ModelKind.TdMpc2] = ["tdmpc2", "tdmpc2_loss"],
    };

    /// <summary>Name of the preset that it began as.</summary>
    public required string Model { get; init; }

    /// <summary>What that preset is: only its own sections below have a meaning.</summary>
    public ModelKind Kind { get; init; }

    public RssmConfig Rssm { get; init; } = new();

    public RssmLossConfig Loss { get; init; } = new();

    /// <summary>Whether an actor and a critic learn in imagination too.</summary>
    public bool Behaviour { get; init; }

    public ActorCriticConfig ActorCritic { get; init; } = new();

    [JsonPropertyName("tdmpc2")]
    public TdMpc2Config TdMpc2 { get; init; } = new();

    [JsonPropertyName("tdmpc2_loss")]
    public TdMpc2LossConfig TdMpc2Loss { get; init; } = new();

    public DataOptions Data { get; init; } = new();

    public WindowOptions Windows { get; init; } = new();

    public NormalisationOptions Normalisation { get; init; } = new() { Pictures = Scaling.MinMax };

    public OptimizerConfig Optimizer { get; init; } = new();

    /// <summary>Windows of a batch.</summary>
    public int Batch { get; init; } = 16;

    /// <summary>Steps of the optimizer in the whole run.</summary>
    public long Steps { get; init; } = 10_000;

    /// <summary>Steps between validations, each on the same batches; the best model is the one that does best there.</summary>
    public long ValidateEvery { get; init; } = 500;

    public int ValidationBatches { get; init; } = 8;

    /// <summary>Steps between checkpoints from which a killed run goes on.</summary>
    public long CheckpointEvery { get; init; } = 500;

    /// <summary>Of weights, windows and noise.</summary>
    public long Seed { get; init; } = 1;

    /// <summary>cpu, cuda or cuda:1.</summary>
    public string Device { get; init; } = "cpu";

    /// <summary>
    /// Compute the losses' products in bfloat16, on weights that stay in float32; actor, critic and policy are left in float32. Refused
    /// where the device has none.
    /// </summary>
    public bool Bf16 { get; init; }

    /// <summary>Threads that compute on the CPU; the same number gives the same bits.</summary>
    public int Threads { get; init; } = 1;

    /// <summary>Threads that decode data in the background.</summary>
    public int Workers { get; init; } = 1;

    public string ToJson() => JsonSerializer.Serialize(this, TrainJson.Readable.TrainConfig);

    /// <summary>As <see cref="ToJson"/>, without the sections of other kinds of models: what can be set.</summary>
    public string OwnJson()
    {
        JsonObject all = JsonNode.Parse(ToJson())!.AsObject();
        foreach (string name in s_sections.Where(one => one.Key != Kind).SelectMany(one => one.Value))
            all.Remove(name);
        return all.ToJsonString(TrainJson.Readable.Options);
    }

    /// <exception cref="JsonException">A name that is not known, or a value of another kind; the message has its path.</exception>
    public static TrainConfig Parse(string json) => Parse(JsonNode.Parse(json) ?? throw new JsonException("it holds nothing"));

    /// <inheritdoc cref="Parse(string)"/>
    public static TrainConfig Parse(JsonNode json) =>
        json.Deserialize(TrainJson.Readable.TrainConfig) ?? throw new JsonException("it holds nothing");

    /// <summary>This with other values where the overlay has some: objects are merged, everything else is replaced.</summary>
    /// <exception cref="JsonException">
    /// A name that is not known or belongs to another kind of model, or a value of another kind.
    /// </exception>
    public TrainConfig With(JsonNode overlay)
    {
        foreach (string name in overlay.AsObject().Select(one => one.Key))
            if (name == "kind" || s_sections.Any(one => one.Key != Kind && one.Value.Contains(name)))
                throw new JsonException($"'{name}' is not for {Model}: of its own it has {string.Join(", ", s_sections[Kind])}");
        JsonNode merged = JsonNode.Parse(ToJson())!;
        Merge(merged, overlay, "");
        return Parse(merged);
    }

    /// <summary>This with one value changed: optimizer.learning_rate=1e-4, data.modalities=[joint_position,wrench].</summary>
    /// <exception cref="JsonException">There is no such key, or the value is of another kind.</exception>
    public TrainConfig Set(string assignment)
    {
        int equals = assignment.IndexOf('=', StringComparison.Ordinal);
        if (equals <= 0)
            throw new JsonException($"'{assignment}' sets nothing: --set key=value, for example --set optimizer.learning_rate=1e-4");
        string[] path = assignment[..equals].Split('.');
        JsonNode? value = ValueOf(assignment[(equals + 1)..].Trim());
        var overlay = new JsonObject();
        JsonObject at = overlay;
        foreach (string name in path[..^1])
        {
            var next = new JsonObject();
            at[name] = next;
            at = next;
        }
        at[path[^1]] = value;
        return With(overlay);
    }

    /// <exception cref="ArgumentException">Values that cannot go together.</exception>
    public void Check()
    {
        if (Steps < 1 || Batch < 1 || ValidateEvery < 1 || CheckpointEvery < 1 || Threads < 1 || Workers < 1 || Optimizer.Accumulate < 1)
            throw new ArgumentException("steps, batch, validate_every, checkpoint_every, threads, workers and accumulate are at least 1");
        if (Optimizer.Warmup > Steps)
            throw new ArgumentException($"optimizer.warmup of {Optimizer.Warmup} steps is longer than the run of {Steps}");
        if (Bf16 && LowPrecision.Missing(Device) is { } missing)
            throw new ArgumentException($"bf16: {missing}");
        if (Kind == ModelKind.TdMpc2)
        {
            TdMpc2.Check();
            TdMpc2Loss.Check();
        }
        else if (Behaviour && Loss.Continue <= 0)
            throw new ArgumentException("behaviour needs loss.continue above 0: what follows a step counts by how likely it follows, "
                + "and of an output that learns nothing that is a half");
        else if (Loss.ConsistencySteps >= Windows.Length + Windows.Horizon)
            throw new ArgumentException(
                $"loss.consistency_steps {Loss.ConsistencySteps} needs windows longer than that; windows.length is {Windows.Length}");
    }

    private static void Merge(JsonNode into, JsonNode overlay, string path)
    {
        foreach ((string name, JsonNode? value) in overlay.AsObject())
        {
            JsonObject target = into.AsObject();
            if (!target.ContainsKey(name))
            {
                throw new JsonException($"there is no '{path}{name}'; {(path.Length == 0 ? "the run" : path.TrimEnd('.'))} has "
                    + string.Join(", ", target.Select(one => one.Key)));
            }
            if (target[name] is JsonObject inner && value is JsonObject)
                Merge(inner, value, $"{path}{name}.");
            else
                target[name] = value?.DeepClone();
        }
    }

    // As YAML reads it: numbers, true, false, null, lists in brackets, and words.
    private static JsonNode? ValueOf(string text)
    {
        if (text.StartsWith('[') && text.EndsWith(']'))
        {
            string[] parts = text[1..^1].Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
            return new JsonArray([.. parts.Select(ValueOf)]);
        }
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, RespectNullableAnnotations = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, UseStringEnumConverter = true)]
[JsonSerializable(typeof(TrainConfig))]
[JsonSerializable(typeof(ModelCard))]
[JsonSerializable(typeof(RunState))]
[JsonSerializable(typeof(RunProgress))]
internal sealed partial class TrainJson : JsonSerializerContext
{
    private static TrainJson? s_readable;

    /// <summary>Enums in the names' own form too, and letters beyond ASCII as they are.</summary>
    public static TrainJson Readable => s_readable ??= new TrainJson(new JsonSerializerOptions(Default.Options)
    {
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    });
}
