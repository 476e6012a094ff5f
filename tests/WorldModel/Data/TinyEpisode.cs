using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Tests.Data;

/// <summary>
/// A simulated episode without devices, as an environment's: task.csv, actions.csv and rewards.csv, every number a simple function of
/// episode and frame.
/// </summary>
internal sealed record TinyEpisode
{
    public int Number { get; init; }

    public int Frames { get; init; } = 20;

    public double RateHz { get; init; } = 30;

    public string? Robot { get; init; }

    public ActionKind Kind { get; init; } = ActionKind.Environment;

    public double Upper { get; init; } = 2;

    public string[] Columns { get; init; } = ["angle", "speed"];

    /// <summary>A table that not all episodes have.</summary>
    public bool Extra { get; init; }

    public bool Rewards { get; init; } = true;

    /// <summary>Ends by the task's rule at the last frame.</summary>
    public bool Terminal { get; init; }

    /// <summary>
    /// Whether actions are drawn at random and move it: speed' = 0.8 speed + a0, angle' = angle + 0.1 speed, from rest; the reward is
    /// 1 − angle².
    /// </summary>
    public bool Driven { get; init; }

    /// <summary>Rows without an action.</summary>
    public int[] NoAction { get; init; } = [];

    public static float Angle(int number, int frame) => number + frame * 0.125f;

    public static float Speed(int number, int frame) => 10 * number - frame * 0.5f;

    public static float Action(int number, int frame, int i) => (number + frame + i) % 5 * 0.5f - 1;

    public static float Reward(int number, int frame) => frame - number * 0.25f;

    /// <summary>Writes and commits it, and returns its folder.</summary>
    public string Commit(string root)
    {
        string recording = Path.Combine(root, EpisodeCatalog.Simulation, EpisodeNaming.Name(Number) + EpisodeLayout.RecordingSuffix);
        Directory.CreateDirectory(recording);
        EpisodeMetadata draft = Draft();
        using (var writer = new EpisodeWriter(recording, EpisodeShape.Of(draft)))
        {
            var random = new Random(Number);
            (double angle, double speed) = (0, 0);
            for (int k = 0; k < Frames; k++)
            {
                double slot = StreamRules.Slot(k, RateHz), push = 2 * random.NextDouble() - 1;
                writer.Frame(TickStatus.Ok, 0, []);
                writer.Table("task", slot, Driven ? [angle, speed] : [Angle(Number, k), Speed(Number, k)]);
                if (Extra)
                    writer.Table("extra", slot, k % 3 == 1 ? [] : [k]);
                if (Rewards)
                    writer.Table(
                        "rewards", slot, [Driven ? 1 - angle * angle : Reward(Number, k), Terminal && k == Frames - 1 ? 1 : 0, 0]);
                writer.Action(
                    slot, NoAction.Contains(k) ? [] : [Driven ? push : Action(Number, k, 0), Action(Number, k, 1)]);
                (angle, speed) = (angle + 0.1 * speed, 0.8 * speed + push);
            }
            writer.Complete(draft);
        }
        return EpisodeCommit.Commit(recording);
    }

    private EpisodeMetadata Draft()
    {
        var tables = new Dictionary<string, TableDescription> { ["task"] = new(Columns, ["rad", "rad/s"], null) };
        if (Extra)
            tables["extra"] = new(["count"], ["-"], null);
        if (Rewards)
            tables["rewards"] = new(["reward", "terminal", "success"], ["-", "-", "-"], "frame");
        return new()
        {
            SchemaVersion = EpisodeMetadata.CurrentSchema,
            Id = EpisodeNaming.Name(Number),
            Task = "swing",
            Outcome = Outcome.Unknown,
            End = Terminal ? EpisodeEnd.Terminal : EpisodeEnd.Timeout,
            Return = null,
            Note = null,
            Start = DateTimeOffset.UnixEpoch.AddSeconds(Number),
            StartMonotonicNs = null,
            Anchor = null,
            Clock = EpisodeClock.Simulated,
            RateHz = RateHz,
            Frames = 0,
            Duration = 0,
            Configuration = null,
            Robot = Robot is null ? null : new(Robot, "1", "5.12.0", [0, 0, 0, 0, 0, 0], 0),
            Cameras = [],
            ForceSensor = null,
            Action = new(Kind, 2, EpisodeLayout.NumberedActionNames(2), [-Upper, null], [Upper, null], "scripted"),
            Streams = new Dictionary<string, StreamReport>(),
            Tables = tables,
            Tick = null,
            Software = new("0.1.0", "0123456789"),
            Recovered = false,
            Quality = Quality.NotJudged,
            CaptureLog = "none",
            Planner = null,
            Simulation = null,
            Statistics = new Dictionary<string, ModalityStatistics>(),
        };
    }
}
