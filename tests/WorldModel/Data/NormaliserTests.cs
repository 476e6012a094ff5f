using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Data;

namespace RobotWorldModel.WorldModel.Tests.Data;

public class NormaliserTests
{
    private static readonly ModalityStatistics s_seen = new(4, [-1, 5, 0], [3, 5, 1e-3], [1, 5, 4e-4], [2, 0, 1e-4]);

    [Fact]
    public void Each_kind_maps_what_it_says_and_back()
    {
        float[] raw = [-1, 5, 0, 3, 5, 1e-3f], normal = new float[6], back = new float[6];
        Normaliser.For(Scaling.MinMax, s_seen).Apply(raw, normal);
        Assert.Equal([-1, 0, -1, 1, 0, 1], normal.Select(v => (float)Math.Round(v, 5)));
        Normaliser.For(Scaling.ZScore, s_seen).Apply(raw, normal);
        Assert.Equal([-1, 0, -4, 1, 0, 6], normal.Select(v => (float)Math.Round(v, 4)));
        Normaliser.For(Scaling.None, s_seen).Apply(raw, normal);
        Assert.Equal(raw, normal);
        foreach (Scaling kind in new[] { Scaling.None, Scaling.MinMax, Scaling.ZScore })
        {
            Normaliser n = Normaliser.For(kind, s_seen);
            n.Apply(raw, normal);
            n.Invert(normal, back);
            Assert.All(raw.Zip(back), p => Assert.Equal(p.First, p.Second, 1e-6f));
            Assert.Equal([-1, 5, 0], n.Min);
            Assert.Equal([3, 5, 1e-3], n.Max);
        }
        Assert.Throws<ArgumentException>(() => Normaliser.For(Scaling.ImageNet, s_seen));
        Assert.Throws<ArgumentException>(() => Normaliser.For(Scaling.MinMax, s_seen).Apply(new float[4], new float[4]));
    }

    [Fact]
    public void A_constant_column_stays_finite_in_its_own_unit()
    {
        foreach (double value in new[] { 0, 5, 1e6, -0.1 })
        {
            var seen = new ModalityStatistics(9, [value], [value + Math.Abs(value) * 1e-9], [value], [Math.Abs(value) * 1e-9]);
            foreach (Scaling kind in new[] { Scaling.MinMax, Scaling.ZScore })
            {
                var normal = new float[2];
                Normaliser.For(kind, seen).Apply([(float)value, (float)value + 0.25f], normal);
                Assert.Equal(0, normal[0], 1e-2f);
                Assert.Equal(0.25f, normal[1], 1e-2f);
            }
        }
    }

    [Fact]
    public void Pictures_go_to_numbers_and_back_to_the_same_bytes()
    {
        byte[] pixels = [.. Enumerable.Range(0, 3 * 256).Select(i => (byte)i)], back = new byte[pixels.Length];
        var normal = new float[pixels.Length];
        var seen = new ModalityStatistics(100, [0, 0, 0], [255, 255, 255], [100, 110, 120], [40, 50, 60]);
        foreach (Scaling kind in Enum.GetValues<Scaling>())
        {
            Normaliser n = Normaliser.ForColor(kind, seen);
            n.Apply(pixels, normal);
            (double lowest, double highest) = kind switch
            {
                Scaling.None => (0.0, 1.0),
                Scaling.MinMax => (-1, 1),
                Scaling.ZScore => (-100 / 40.0, 135 / 60.0),
                _ => (-0.485 / 0.229, (1 - 0.406) / 0.225),
            };
            Assert.Equal(lowest, normal[0], 1e-5);
            Assert.Equal(highest, normal[^1], 1e-5);
            n.Invert(normal, back);
            Assert.Equal(pixels, back);
        }
        Normaliser.ForColor(Scaling.None, seen).Invert([float.NaN, -3, 9], back.AsSpan(0, 3));
        Assert.Equal([0, 0, 255], back[..3]);
    }

    [Fact]
    public void Only_training_episodes_are_fitted()
    {
        using var folder = new TempFolder();
        for (int i = 0; i < 3; i++)
            new TinyEpisode { Number = i, Frames = 21 }.Commit(folder.Path);
        new TinyEpisode { Number = 500, Frames = 21 }.Commit(folder.Path);
        DatasetIndex index = DatasetIndex.Rebuild(folder.Path);
        (index with { Split = new([.. Enumerable.Range(0, 3).Select(i => $"simulation/demo_00{i}")], ["simulation/demo_500"], []) })
            .Write(folder.Path);
        Dataset data = Dataset.Open(folder.Path, new() { Modalities = ["task"] }, Assert.Fail);
        DataNormalisation n = DataNormalisation.Fit(data, new() { Vectors = Scaling.ZScore });
        double[] angles = [.. Enumerable.Range(0, 3 * 21).Select(i => (double)TinyEpisode.Angle(i / 21, i % 21))];
        double mean = angles.Average(), std = Math.Sqrt(angles.Average(a => (a - mean) * (a - mean)));
        Assert.Equal(mean, n.Modalities["task"].Offset[0], 1e-9);
        Assert.Equal(1 / std, n.Modalities["task"].Scale[0], 1e-9);
        Assert.Equal(2 + 20 * 0.125, n.Modalities["task"].Max[0]);
        Assert.Equal((-0.5, 20.0), (n.Rewards!.Min[0], n.Rewards.Max[0]));
        Assert.Equal([0.5, 1], n.Actions.Scale); // ±2 by bounds, ±1 as seen
        Assert.Equal([1, 1], DataNormalisation.Fit(data, new() { Actions = ActionRange.Seen }).Actions.Scale);

        DataNormalisation again = DataNormalisation.Parse(n.ToJson());
        Assert.Equal(n.ToJson(), again.ToJson());
        Assert.Equal(n.Modalities["task"].Scale, again.Modalities["task"].Scale); // to the bit
        Assert.Contains("\"kind\": \"z_score\"", n.ToJson(), StringComparison.Ordinal);
    }
}
