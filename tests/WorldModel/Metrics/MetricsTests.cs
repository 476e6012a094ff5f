using System.Runtime.InteropServices;
using System.Text.Json;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Metrics;

namespace RobotWorldModel.WorldModel.Tests.Metrics;

public class MetricsTests
{
    private const int N = 9, C = 3, H = 17, W = 23, Plane = C * H * W;

    [SkippableFact]
    public void They_are_what_NumPy_computes_from_their_definitions()
    {
        using var folder = new TempFolder();
        var random = new Random(1);
        float[] a = Pictures(random, 0), b = Pictures(random, 0.2f);
        float[] predicted = [.. Enumerable.Range(0, 100).Select(_ => random.NextSingle() * 4 - 2)];
        float[] received = [.. predicted.Select(p => p * 0.8f + random.NextSingle())];
        foreach ((string name, float[] values) in new[] { ("a", a), ("b", b), ("p", predicted), ("r", received) })
            File.WriteAllBytes(folder[name], MemoryMarshal.AsBytes(values.AsSpan()));
        using var peer = new PythonPeer("metrics_numpy.py", folder["a"], folder["b"], $"{N},{C},{H},{W}", folder["p"], folder["r"]);
        JsonElement numpy = JsonDocument.Parse(peer.ReadToEnd()).RootElement;
        double Number(string name) => numpy.GetProperty(name).GetDouble();

        Assert.Equal(Number("mae"), Errors.MeanAbsolute(a, b), 1e-12);
        Assert.Equal(Number("rmse"), Errors.RootMeanSquare(a, b), 1e-12);
        Assert.Equal(Number("psnr"), Errors.MeanPsnr(a, b, Plane, 1), 1e-10);
        Assert.Equal(Number("psnr2"), Errors.MeanPsnr(a, b, Plane, 2), 1e-10);
        Assert.Equal(Number("temporal"), Errors.TemporalConsistency(a, b, Plane), 1e-10);
        var ssim = new Ssim();
        for (int i = 0; i < N; i++)
            Assert.Equal(numpy.GetProperty("ssim")[i].GetDouble(),
                ssim.Of(a.AsSpan(i * Plane, Plane), b.AsSpan(i * Plane, Plane), C, H, W, 1), 1e-10);

        RewardCalibration calibration = RewardCalibration.Of(predicted, received, 7);
        Assert.Equal(Number("calibration"), calibration.Error, 1e-12);
        Assert.All(calibration.Bins.Zip(numpy.GetProperty("bins").EnumerateArray()), pair =>
            Assert.Equal(new CalibrationBin(pair.Second[2].GetInt32(), Math.Round(pair.Second[0].GetDouble(), 10),
                Math.Round(pair.Second[1].GetDouble(), 10)), pair.First with
                {
                    Predicted = Math.Round(pair.First.Predicted, 10),
                    Received = Math.Round(pair.First.Received, 10),
                }));

        var open = new OpenLoopError(Plane, 1, 4);
        float[] known = [1, 1, 1, 1, 1];
        open.Add(b.AsSpan(0, 5 * Plane), known, b.AsSpan(5 * Plane), known.AsSpan(0, N - 5), a.AsSpan(5 * Plane));
        OpenLoopRow[] rows = [.. open.Result()];
        for (int k = 0; k < 2; k++)
        {
            StepError[] found = [rows[k].Model, rows[k].RepeatLast, rows[k].ConstantVelocity];
            for (int who = 0; who < 3; who++)
            {
                JsonElement expected = numpy.GetProperty("open_loop")[who][k];
                Assert.Equal(expected[0].GetDouble(), found[who].Mae, 1e-6); // a velocity is extrapolated in floats
                Assert.Equal(expected[1].GetDouble(), found[who].Rmse, 1e-6);
            }
        }
    }

    [Fact]
    public void Equal_pictures_are_perfect_and_finite()
    {
        float[] a = Pictures(new Random(2), 0)[..Plane];
        Assert.Equal(Errors.HighestPsnr, Errors.Psnr(a, a, 1));
        Assert.Equal(1, new Ssim().Of(a, a, C, H, W, 1), 1e-12);
        Assert.Throws<ArgumentException>(() => new Ssim().Of(a.AsSpan(0, 100), a.AsSpan(0, 100), 1, 10, 10, 1));
        Assert.Throws<ArgumentException>(() => Errors.MeanSquare([], []));
        Assert.Throws<ArgumentException>(() => Errors.MeanSquare(a, a.AsSpan(1)));
        Assert.Throws<ArgumentException>(() => Errors.MeanPsnr(a, a, Plane - 1, 1));
        Assert.Throws<ArgumentException>(() => Errors.TemporalConsistency(a, a, Plane));
    }

    [Fact]
    public void Baselines_extrapolate_from_the_last_frames()
    {
        float[] seen = [9, 9, 1, 10, 2, 8], predicted = new float[6];
        Baselines.RepeatLast(seen, predicted, 2);
        Assert.Equal([2, 8, 2, 8, 2, 8], predicted);
        Baselines.ConstantVelocity(seen, predicted, 2);
        Assert.Equal([3, 6, 4, 4, 5, 2], predicted);
        Assert.Throws<ArgumentException>(() => Baselines.ConstantVelocity([1, 2], new float[2], 2));
    }

    [Fact]
    public void Gaps_are_not_counted()
    {
        var error = new OpenLoopError(1, 1, 2);
        error.Add([0, 1], [1, 1], [2, 3], [1, 0], [2.5f, 99]);
        error.Add([5, 5], [1, 0], [2, 3], [1, 1], [2, 3]);
        OpenLoopRow[] rows = [.. error.Result()];
        Assert.Equal((1L, 0L, 1L), (rows[0].Windows, rows[1].Windows, error.LeftOut));
        Assert.Equal((new StepError(0.5, 0.5), new StepError(1, 1), new StepError(0, 0)),
            (rows[0].Model, rows[0].RepeatLast, rows[0].ConstantVelocity));
        Assert.True(double.IsNaN(rows[1].Model.Rmse));
        Assert.Throws<ArgumentException>(() => error.Add([0, 1], [1, 1], [2], [1], [2]));
    }

    [Fact]
    public void Rewards_that_are_fewer_than_bins_make_fewer_bins()
    {
        RewardCalibration calibration = RewardCalibration.Of([2, 1], [5, 1]);
        Assert.Equal([new(1, 1, 1), new(1, 2, 5)], calibration.Bins);
        Assert.Equal(1.5, calibration.Error);
        Assert.Throws<ArgumentException>(() => RewardCalibration.Of([1, float.NaN], [1, 1]));
        Assert.Throws<ArgumentException>(() => RewardCalibration.Of([], []));
    }

    private static float[] Pictures(Random random, float noise) =>
        [.. Enumerable.Range(0, N * Plane)
            .Select(i => (float)(0.5 + 0.4 * Math.Sin(i * 0.07)) * (1 - noise) + random.NextSingle() * noise)];
}
