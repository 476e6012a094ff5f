using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Evaluation.Report;

/// <summary>The report's plots, each from the numbers that it shows.</summary>
internal static class ReportPlots
{
    private const string Step = "step after the last one seen", Model = "model", Repeat = "repeat last", Velocity = "constant velocity";

    public static SvgPlot Errors(string title, string unit, IReadOnlyList<OpenLoopRow> rows)
    {
        double highest = rows.Max(row => Math.Max(row.Model.Rmse, row.RepeatLast.Rmse));
        return new(title, Step, unit is "-" ? "RMSE" : $"RMSE, {unit}")
        {
            Lines =
            [
                Line(Model, "model", rows, row => row.Step, row => row.Model.Rmse, dots: true),
                Line(Repeat, "repeat", rows, row => row.Step, row => row.RepeatLast.Rmse),
                // It leaves the scale soon where something turns back: what is above is not drawn.
                Line(Velocity, "velocity", rows, row => row.Step,
                    row => row.ConstantVelocity.Rmse <= 1.5 * highest ? row.ConstantVelocity.Rmse : double.NaN),
            ],
        };
    }

    public static SvgPlot Psnr(ModalityResult m) => new($"{ShortName.OfModality(m.Name)}: PSNR", Step, "dB, MAX = 1")
    {
        FromZero = false,
        Lines =
        [
            Line(Model, "model", m.Pictures, row => row.Step, row => row.Psnr, dots: true),
            Line(Repeat, "repeat", m.Pictures, row => row.Step, row => row.PsnrRepeatLast),
        ],
    };

    public static SvgPlot Ssim(ModalityResult m) => new($"{ShortName.OfModality(m.Name)}: SSIM", Step, "1 = equal")
    {
        FromZero = false,
        Lines =
        [
            Line(Model, "model", m.Pictures, row => row.Step, row => row.Ssim, dots: true),
            Line(Repeat, "repeat", m.Pictures, row => row.Step, row => row.SsimRepeatLast),
        ],
    };

    public static SvgPlot Dependence(Dependence one) => new(
        ShortName.OfModality(one.Name), Step, one.Name == "reward" ? "RMSE" : "RMSE, normalised")
    {
        Lines =
        [
            Line("the actions taken", "model", one.Rows, row => row.Step, row => row.True, dots: true),
            Line("another window's", "other", one.Rows, row => row.Step, row => row.Other),
        ],
    };

    public static SvgPlot Kl(KlResult kl, int context) => new("KL(posterior ‖ prior)", Step, "nats")
    {
        Lines =
        [
            // At the first step of a window everything is news; it would hide the rest.
            new("one step ahead", "real", [.. kl.OneStep.Select((nats, t) => (t - context + 1.0, nats)).Skip(1)]),
            new("imagined all the way", "model", [.. kl.Imagined.Select((nats, k) => (k + 1.0, nats))], Dots: true),
        ],
        Mark = 0,
    };

    public static SvgPlot Calibration(RewardCalibration calibration) => new("reward: predicted and received", "predicted", "received")
    {
        FromZero = false,
        Diagonal = true,
        Legend = false,
        Height = 330,
        Lines = [new("bins", "model", [.. calibration.Bins.Select(bin => (bin.Predicted, bin.Received))], Dots: true)],
    };

    /// <summary>One number of a vector over a window: real all the way, imagined from the mark on.</summary>
    public static SvgPlot Trace(Example example, ExampleModality vector, int column, double stepSeconds)
    {
        Modality m = vector.Modality;
        double Seconds(int step) => (step - example.Context + 1) * stepSeconds;
        int steps = example.Context + example.Horizon;
        return new(m.Columns[column], "s", m.Units[column] is "-" ? "" : m.Units[column])
        {
            Width = 320,
            Height = 170,
            FromZero = false,
            Legend = false,
            Mark = 0,
            Lines =
            [
                new("real", "real", [.. Enumerable.Range(0, steps).Select(t =>
                    (Seconds(t), vector.Mask[t] == 0 ? double.NaN : vector.Frames[t * m.Size + column]))]),
                new("imagined", "model", [.. Enumerable.Range(0, example.Horizon).Select(k =>
                    (Seconds(example.Context + k), (double)vector.Imagined[k * m.Size + column]))]),
            ],
        };
    }

    private static PlotLine Line<T>(
        string name, string style, IReadOnlyList<T> rows, Func<T, double> x, Func<T, double> y, bool dots = false) =>
        new(name, style, [.. rows.Select(row => (x(row), y(row)))], dots);
}
