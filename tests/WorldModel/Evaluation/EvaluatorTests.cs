using System.Text.RegularExpressions;
using System.Xml.Linq;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Tests.Episodes;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Evaluation;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Tests.Data;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Tests.Evaluation;

public sealed class EvaluatorTests : NoLeaks, IDisposable
{
    private readonly MemoryFolder _folder = new();

    private static TrainConfig Config => Presets.Named("rssm-small").Config with
    {
        Rssm = new RssmConfig
        {
            Deterministic = 24,
            Stochastic = 4,
            Hidden = 24,
            Heads = [24],
            Vectors = [24],
            VectorEmbedding = 8,
            ImageDepth = 2,
        },
        Data = new DataOptions { Modalities = ["task"], PictureSide = 16, Validation = 0.3 },
        Windows = new WindowOptions { Length = 12, Stride = 4 },
        Batch = 16,
        Steps = 1,
        ValidationBatches = 1,
        Optimizer = new OptimizerConfig { LearningRate = 1e-2, Warmup = 1 },
    };

    void IDisposable.Dispose()
    {
        _folder.Dispose();
        Dispose();
    }

    [Fact]
    public void A_model_that_learned_beats_both_baselines_and_owes_it_to_the_actions()
    {
        Episodes("driven", new TinyEpisode { Driven = true, Frames = 60 }, 12);
        string run = Train("run", "driven", Config with { Steps = 150 });
        EvaluationResult result = Evaluate(run, "driven").Result;

        ModalityResult task = Assert.Single(result.Modalities);
        foreach (int step in (int[])[4, 8, 16])
        {
            var row = task.Normalised.Single(r => r.Step == step);
            Assert.True(row.Model.Rmse < 0.8 * row.RepeatLast.Rmse, $"{step}: {row}");
            Assert.True(row.Model.Rmse < 0.8 * row.ConstantVelocity.Rmse, $"{step}: {row}");
        }
        Assert.True(result.Actions!.Predictions[0].Ratio > 1.3, $"{result.Actions.Predictions[0].Ratio}");
        Assert.DoesNotContain(result.Warnings, line => line.Contains("what actions do", StringComparison.Ordinal));
        Assert.True(result.Subject.OwnData);
        Assert.Equal(16, result.Kl.Imagined.Count);
        Assert.Equal(22, result.Kl.OneStep.Count);
        Assert.Equal(result.ToJson(), Evaluate(run, "driven").Result.ToJson());

        EvaluationResult few = Evaluate(run, "driven", new EvaluationOptions { Part = null, Windows = 5 }).Result;
        Assert.Equal((5, "all"), (few.Subject.Windows, few.Subject.Part));
        Assert.True(few.Subject.WindowsThere > 12);
    }

    [Fact]
    public void A_model_that_learned_nothing_is_called_that_and_a_line_is_the_baselines_own()
    {
        Episodes("lines", new TinyEpisode { Frames = 40 }, 4);
        string run = Train("run", "lines", Config);
        EvaluationResult result = Evaluate(run, "lines").Result;

        UnitErrors[] units = [.. result.Modalities.Single().Units];
        Assert.Equal(["rad", "rad/s"], units.Select(u => u.Unit));
        foreach ((UnitErrors unit, double slope) in units.Zip((double[])[0.125, 0.5]))
            foreach (var row in unit.Rows)
            {
                Assert.Equal(0, row.ConstantVelocity.Rmse, 1e-4); // floats, normalised and back
                Assert.Equal(slope * row.Step, row.RepeatLast.Rmse, 1e-4);
            }
        Assert.Equal(1, result.Reward!.Rows[0].RepeatLast.Mae, 1e-6);
        Assert.Contains("task: a prediction without a model is better at 1, 4, 8, 16 steps", result.Warnings);
    }

    [Fact]
    public void Other_robots_rates_actions_and_columns_are_refused_by_name()
    {
        Episodes("own", new TinyEpisode { Frames = 40, Robot = "UR5e" }, 4);
        string run = Train("run", "own", Config);
        var like = new TinyEpisode { Frames = 40, Robot = "UR5e" };
        void Refused(TinyEpisode other, string line)
        {
            string root = Guid.NewGuid().ToString("N");
            Episodes(root, other, 3);
            Assert.Equal(line, Assert.Throws<InvalidDataException>(() => Evaluate(run, root)).Message);
        }
        Refused(like with { Robot = "UR3e" }, "the model's robot is not the data's: it learned from UR5e, the data has UR3e");
        Refused(like with { RateHz = 20 }, "the model's rate is not the data's: it learned from 30 Hz, the data has 20 Hz");
        Refused(like with { Upper = 3 }, "the model's action space is not the data's: it learned from Environment of 2 "
            + "(a0 -2…2 -, a1 ?…? -), the data has Environment of 2 (a0 -3…3 -, a1 ?…? -)");
        Refused(like with { Columns = ["angle", "velocity"] }, "the model's task is not the data's: it learned from "
            + "angle rad, speed rad/s, the data has angle rad, velocity rad/s");

        Episodes("short", like with { Frames = 20 }, 3);
        Assert.Equal(
            $"the validation part of {Root("short")} has no window of 6 steps to see and 16 to imagine: 1 episodes are shorter than a "
                + "window of 22 frames, and 0 windows lack an action. Give longer episodes, or --part all.",
            Assert.Throws<InvalidDataException>(() => Evaluate(run, "short")).Message);
        Episodes("others", like, 6);
        Assert.False(Evaluate(run, "others").Result.Subject.OwnData);
    }

    [Fact]
    public void The_report_is_one_file_with_every_plot_and_picture()
    {
        string root = Root("pictures");
        for (int i = 0; i < 3; i++)
            SyntheticEpisode.Commit(root, seed: i, frames: 60);
        TrainConfig config = Config;
        string run = Train("run", "pictures", config with
        {
            Data = config.Data with { Modalities = ["joint_position", "wrench", "wrist_rgb", "wrist_depth"] },
            Windows = config.Windows with { RequireActions = false },
            Steps = 2,
        });
        EvaluationReport report = Evaluate(run, "pictures", new EvaluationOptions { Part = null });
        string folder = Path.Combine(_folder.Path, "evaluation");
        report.Save(folder);
        string page = File.ReadAllText(Path.Combine(folder, EvaluationReport.ReportFile));
        Assert.Equal(report.Result.ToJson(), File.ReadAllText(Path.Combine(folder, EvaluationReport.NumbersFile)));

        Assert.DoesNotContain("http", page, StringComparison.Ordinal);
        Assert.DoesNotMatch("(src|href)=\"(?!data:image/png)", page);
        // Errors by unit (rad, N, N·m, colour, depth, reward), PSNR and SSIM of two, dependence of five, calibration, KL; six traces of
        // each vector and example; the key's two.
        Assert.Equal(6 + 4 + 5 + 2 + 3 * 12 + 2, Regex.Count(page, "<svg"));
        Assert.Equal(3, Regex.Count(page, "<h3>wrench, demonstrations/demo_00[0-2] from frame"));
        Assert.Equal(6, Regex.Count(page, "<figure>"));
        Assert.Equal(6 * 10, Regex.Count(page, "imagined, step \\d+\" src=\"data:image/png;base64,"));
        int real = Regex.Count(page, ", real, step \\d+\""), missing = Regex.Count(page, "no picture");
        Assert.Equal(6 * 21, real + Regex.Count(page, "difference, step") + missing);
        string png = Regex.Match(page, "wrist_rgb[^\"]+imagined, step 1\" src=\"data:image/png;base64,([^\"]+)").Groups[1].Value;
        RgbPicture picture = new PngDecoder().Decode(Convert.FromBase64String(png));
        Assert.Equal((16, 16), (picture.Width, picture.Height));
        foreach (string promised in (string[])["Open-loop error", "Temporal consistency", "KL(posterior", "Model and data", "UR5e"])
            Assert.Contains(promised, page, StringComparison.Ordinal);
        foreach (Match svg in Regex.Matches(page, "<svg.*?</svg>", RegexOptions.Singleline))
            Assert.All(XElement.Parse(svg.Value).Descendants("path"), path =>
                Assert.Matches("^[ML0-9. -]+$", path.Attribute("d")!.Value)); // all of them numbers
    }

    private string Root(string name) => Path.Combine(_folder.Path, name);

    private void Episodes(string root, TinyEpisode like, int count)
    {
        for (int i = 0; i < count; i++)
            (like with { Number = i }).Commit(Root(root));
    }

    private string Train(string run, string root, TrainConfig config)
    {
        var folder = new RunFolder(Path.Combine(_folder.Path, run));
        using var trainer = new Trainer(config, Dataset.Open(Root(root), config.Data, Assert.Fail), folder, goOn: false);
        trainer.Run(_ => { }, CancellationToken.None);
        return folder.Path;
    }

    private EvaluationReport Evaluate(string run, string root, EvaluationOptions? options = null)
    {
        (ModelCard card, string weights) = ModelCard.Open(run);
        int last = 0, total = 0;
        EvaluationReport report = Evaluator.Run(
            card, weights, Root(root), options ?? new(), Assert.Fail, (done, all) => (last, total) = (done, all), CancellationToken.None);
        Assert.Equal((report.Result.Subject.Windows, report.Result.Subject.Windows), (last, total));
        return report;
    }
}
