using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Tests.Evaluation;

/// <summary>Known cases: what was imagined is given, no model is asked.</summary>
public class ScoresTests
{
    private const int Windows = 3, Context = 5, Horizon = 16, Steps = Context + Horizon, Side = 16;

    private static readonly Modality s_pose = new(
        "tcp_pose", ModalityKind.Vector, "joints", ["tcp_x", "tcp_rx", "tcp_y"], ["m", "rad", "m"], 0);

    private static readonly Modality s_color = new(
        "wrist_rgb", ModalityKind.Color, "wrist", ["red", "green", "blue"], ["-", "-", "-"], Side);

    private static readonly Modality s_depth = new("wrist_depth", ModalityKind.Depth, "wrist", ["depth"], ["m"], Side);

    private static readonly DataNormalisation s_normalisation = new(
        new Dictionary<string, Normaliser>
        {
            ["tcp_pose"] = new(Scaling.ZScore, [0.5, 0, -0.25], [10, 2, 10], [0, 0, 0], [1, 1, 1]),
            ["wrist_rgb"] = new(Scaling.MinMax, [0.5, 0.25, 0.5], [2, 4, 2], [0, 0, 0], [255, 255, 255]),
            ["wrist_depth"] = new(Scaling.MinMax, [0], [0.5], [0], [2]),
        },
        new Normaliser(Scaling.MinMax, [0], [1], [-1], [1]), null);

    [Fact]
    public void What_came_true_has_no_error()
    {
        EvaluationResult result = Score(Truth());

        Assert.All(result.Modalities, m => Assert.All(m.Normalised, row => Assert.Equal(default, row.Model)));
        Assert.All(result.Modalities.SelectMany(m => m.Units), unit => Assert.All(unit.Rows, row => Assert.Equal(default, row.Model)));
        Assert.All(result.Modalities, m => Assert.Equal((0, Windows), (m.Temporal!.Model, m.Temporal.Windows)));
        Assert.All(result.Modalities, m => Assert.True(m.Temporal!.RepeatLast > 0));
        PictureRow[] pictures = [.. result.Modalities.SelectMany(m => m.Pictures)];
        Assert.Equal(2 * Horizon, pictures.Length);
        Assert.All(pictures, row => Assert.Equal((Windows, Errors.HighestPsnr, 1), (row.Windows, row.Psnr, Math.Round(row.Ssim, 12))));
        Assert.All(pictures, row => Assert.True(row.PsnrRepeatLast < 30 && row.SsimRepeatLast < 0.9));
        Assert.All(result.Reward!.Rows, row => Assert.Equal(default, row.Model));
        Assert.Equal(0, result.Reward.Calibration.Error);
        Assert.Empty(result.Warnings);
        Assert.All(result.Actions!.Predictions, p => Assert.Null(p.Ratio)); // of an error of 0
    }

    [Fact]
    public void Errors_are_in_the_modalitys_own_units()
    {
        ImaginedBatch batch = Truth();
        for (int i = 0; i < batch.Modalities[0].Imagined.Length; i++)
            batch.Modalities[0].Imagined[i] += 1; // of what is seen normalised
        for (int i = 0; i < batch.Modalities[2].Imagined.Length; i++)
            batch.Modalities[2].Imagined[i] += 0.1f;
        EvaluationResult result = Score(batch);

        Assert.Equal(1, result.Modalities[0].Normalised[3].Model.Rmse, 1e-6);
        Assert.Equal(
            [("m", "tcp_x, tcp_y"), ("rad", "tcp_rx")], result.Modalities[0].Units.Select(u => (u.Unit, string.Join(", ", u.Columns))));
        Assert.Equal(0.1, result.Modalities[0].Units[0].Rows[3].Model.Rmse, 1e-6);
        Assert.Equal(0.5, result.Modalities[0].Units[1].Rows[3].Model.Mae, 1e-6);
        Assert.Equal(0.2, result.Modalities[2].Units.Single(u => u.Unit == "m").Rows[0].Model.Mae, 1e-6);
        Assert.Equal(0, result.Modalities[0].Temporal!.Model, 1e-5); // a constant error is none of it
        Assert.InRange(result.Modalities[2].Pictures[0].Psnr, 20, 20.5); // 0.1 of 1, less where it would be above 1
    }

    [Fact]
    public void What_is_not_there_is_not_compared()
    {
        ImaginedBatch batch = Truth();
        ImaginedModality pose = batch.Modalities[0];
        pose.Mask[Context + 3] = 0; // of the first window; of the second all that is to come
        pose.Mask.AsSpan(Steps + Context, Horizon).Clear();
        pose.Mask[2 * Steps + Context - 1] = 0; // the third has nothing to go on from
        pose.Imagined[3 * 3] = 1e6f;
        ModalityResult result = Score(batch).Modalities[0];

        Assert.Equal((1, Horizon - 1), (result.LeftOut, result.Normalised.Count));
        Assert.DoesNotContain(result.Normalised, row => row.Step == 4);
        Assert.All(result.Normalised, row => Assert.Equal((1, 0), (row.Windows, row.Model.Rmse)));
        Assert.Equal(1, result.Temporal!.Windows); // the third: its steps are all there
    }

    [Fact]
    public void How_much_is_owed_to_the_actions_is_a_ratio_of_errors()
    {
        ImaginedBatch batch = Truth();
        foreach (ImaginedModality m in batch.Modalities)
            for (int i = 0; i < m.Imagined.Length; i++)
                (m.Imagined[i], m.Other[i]) = (m.Imagined[i] + 0.1f, m.Imagined[i] - 0.3f);
        Dependence pose = Score(batch).Actions!.Predictions.Single(p => p.Name == "tcp_pose");
        Assert.Equal((3, 0.4), (Math.Round(pose.Ratio!.Value, 4), Math.Round(pose.Apart, 4)));
        Assert.Equal((0.1, 0.3), (Math.Round(pose.Rows[8].True, 5), Math.Round(pose.Rows[8].Other, 5)));

        foreach (ImaginedModality m in batch.Modalities)
            m.Imagined.CopyTo(m.Other, 0);
        for (int i = 0; i < batch.ImaginedRewards.Length; i++)
            batch.OtherRewards[i] = batch.ImaginedRewards[i] += 0.5f;
        Assert.Contains(Score(batch).Warnings, line => line.Contains("has not learned what actions do", StringComparison.Ordinal));
    }

    [Fact]
    public void Numbers_are_written_and_read_back()
    {
        EvaluationResult result = Score(Truth());
        Assert.Equal(result.ToJson(), EvaluationResult.Parse(result.ToJson()).ToJson());
        Assert.Contains("\"constant_velocity\": {", result.ToJson(), StringComparison.Ordinal);
    }

    private static EvaluationResult Score(ImaginedBatch batch)
    {
        var scores = new Scores([s_pose, s_color, s_depth], s_normalisation, Context, Horizon);
        scores.Add(batch);
        return scores.Result(new EvaluationSubject
        {
            Model = "none",
            Step = 0,
            Sha256 = "",
            Data = "none",
            DataDigest = "",
            OwnData = false,
            Part = "test",
            Episodes = Windows,
            Windows = Windows,
            WindowsThere = Windows,
            Context = Context,
            Horizon = Horizon,
            StepSeconds = 0.1,
        });
    }

    // Random frames, of which those to come are imagined as they are.
    private static ImaginedBatch Truth()
    {
        var random = new Random(5);
        float[] Draw(int count, double from = 0) =>
            [.. Enumerable.Range(0, count).Select(_ => (float)(from + (1 - from) * random.NextDouble()))];
        float[] After(float[] all, int size) => [.. Enumerable.Range(0, Windows)
            .SelectMany(w => all[((w * Steps + Context) * size)..((w + 1) * Steps * size)])];
        float[] Ones(int count) => [.. Enumerable.Repeat(1f, count)];
        float[] rewards = Draw(Windows * Steps);
        return new ImaginedBatch
        {
            Origins = [.. Enumerable.Range(0, Windows).Select(w => new WindowOrigin($"simulation/demo_00{w}", 0))],
            Context = Context,
            Horizon = Horizon,
            Modalities = [.. new[] { s_pose, s_color, s_depth }.Select(m =>
            {
                float[] frames = Draw(Windows * Steps * m.Size, m.Kind == ModalityKind.Color ? -0.75 : 0);
                return new ImaginedModality(
                    m, frames, Ones(Windows * Steps), After(frames, m.Size), new float[Windows * Horizon * m.Size]);
            })],
            Rewards = rewards,
            RewardMask = Ones(Windows * Steps),
            ImaginedRewards = After(rewards, 1),
            OtherRewards = new float[Windows * Horizon],
            OneStepKl = Draw(Windows * Steps),
            ImaginedKl = Draw(Windows * Horizon),
            ActionSquares = [1],
        };
    }
}
