using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class DatasetIndexTests
{
    [Fact]
    public void It_is_rebuilt_from_the_episodes()
    {
        using var folder = new MemoryFolder();
        string[] episodes = [.. Enumerable.Range(0, 3).Select(seed => SyntheticEpisode.Commit(folder.Path, seed, frames: 15 + seed))];
        EpisodeMark.Mark(episodes[1], Outcome.Success, null);
        DatasetIndex index = DatasetIndex.Refresh(folder.Path);
        Assert.Equal(["demonstrations/demo_000", "demonstrations/demo_001", "demonstrations/demo_002"],
            index.Episodes.Select(e => e.Path));
        Assert.Equal(new DatasetTotals(3, 48, 48 / 30.0, 1, 0, 2), index.Totals with { Duration = 48 / 30.0 });
        Assert.Equal(EpisodeSums.DigestOf(Path.Combine(episodes[2], EpisodeLayout.Sums)), index.Episodes[2].Digest);
        Assert.Equal([SyntheticEpisode.Height, SyntheticEpisode.Width, 3], index.Modalities["wrist_rgb"].Shape!);
        Assert.Equal(("float64", 30), (index.Modalities["joints"].Type, index.Modalities["joints"].Columns!.Length));

        File.Delete(Path.Combine(folder.Path, EpisodeLayout.Metadata));
        DatasetIndex again = DatasetIndex.Refresh(folder.Path);
        Assert.Equal(index.Episodes, again.Episodes);
        Assert.Equal(again.Episodes, DatasetIndex.TryRead(folder.Path)!.Episodes);
    }

    [Fact]
    public void Statistics_are_those_of_all_rows_together()
    {
        using var folder = new MemoryFolder();
        double[] all = [.. Enumerable.Range(20, 4).SelectMany(seed =>
            EpisodeReader.Open(SyntheticEpisode.Commit(folder.Path, seed)).ReadForce()!
                .Where(f => !double.IsNaN(f.Timestamp)).Select(f => f.Wrench.Fz))];
        ModalityStatistics force = DatasetIndex.Rebuild(folder.Path).Modalities["force"].Statistics!;
        double mean = all.Average();
        Assert.Equal(all.Length, force.Count);
        Assert.Equal(all.Min(), force.Min[2]);
        Assert.Equal(all.Max(), force.Max[2]);
        Assert.Equal(mean, force.Mean[2], 1e-12);
        Assert.Equal(Math.Sqrt(all.Select(v => (v - mean) * (v - mean)).Average()), force.Std[2], 1e-12);
    }

    [Fact]
    public void A_split_is_kept_and_what_cannot_be_read_is_named()
    {
        using var folder = new MemoryFolder();
        SyntheticEpisode.Commit(folder.Path, 0, frames: 12);
        string damaged = SyntheticEpisode.Commit(folder.Path, 1, frames: 12);
        var split = new DatasetSplit(["demonstrations/demo_000"], ["demonstrations/demo_001"], []);
        DatasetIndex index = DatasetIndex.Rebuild(folder.Path) with { Name = "lifting", Split = split };
        index.Write(folder.Path);
        File.WriteAllText(Path.Combine(damaged, EpisodeLayout.Metadata), "no json");
        DatasetIndex after = DatasetIndex.Refresh(folder.Path);
        Assert.Equal("lifting", after.Name);
        Assert.Equal(["demonstrations/demo_000"], after.Split!.Train);
        Assert.Equal(["demonstrations/demo_001"], after.Split.Val); // it may be mended
        Assert.Equal(["demonstrations/demo_001"], after.Unreadable.Keys);
        Assert.Single(after.Episodes);
    }

    [Fact]
    public void An_episodes_own_metadata_is_never_taken_for_an_index()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 0, frames: 12);
        byte[] before = File.ReadAllBytes(Path.Combine(episode, EpisodeLayout.Metadata));
        Assert.Throws<IOException>(() => DatasetIndex.Refresh(episode));
        Assert.Throws<IOException>(() => DatasetIndex.Refresh(episode + "/"));
        Assert.Equal(before, File.ReadAllBytes(Path.Combine(episode, EpisodeLayout.Metadata)));
    }

    [Fact]
    public void An_index_that_is_no_json_is_laid_aside_and_not_lost()
    {
        using var folder = new MemoryFolder();
        SyntheticEpisode.Commit(folder.Path, 0, frames: 12);
        string index = Path.Combine(folder.Path, EpisodeLayout.Metadata);
        File.WriteAllText(index, "{ \"name\": \"lifting\",, }");
        DatasetIndex.Refresh(folder.Path);
        Assert.Contains("lifting", File.ReadAllText(index + ".unreadable"), StringComparison.Ordinal);
        Assert.Single(DatasetIndex.TryRead(folder.Path)!.Episodes);
        Assert.False(DatasetIndex.IsBehind(folder.Path));
    }

    [Fact]
    public void A_mark_that_no_index_knows_is_seen_without_a_look_into_the_episode()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 0, frames: 12), index = Path.Combine(folder.Path, EpisodeLayout.Metadata);
        DatasetIndex.Refresh(folder.Path);
        Assert.Equal(2, EpisodeMark.Steps(episode, Outcome.Success, null).Take(2).Count()); // cut off
        DateTime then = DateTime.UtcNow.AddMinutes(-1);
        foreach (string touched in new[] { episode, Path.GetDirectoryName(episode)! })
            Directory.SetLastWriteTimeUtc(touched, then);
        File.SetLastWriteTimeUtc(index, then.AddSeconds(1)); // after the next commit
        Assert.False(DatasetIndex.IsBehind(folder.Path));
        Recovery.Scan(folder.Path, Assert.Fail);
        Assert.True(DatasetIndex.IsBehind(folder.Path));
        Assert.Equal(Outcome.Success, Assert.Single(DatasetIndex.Refresh(folder.Path).Episodes).Outcome);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(16)]
    [InlineData(5000)]
    [InlineData(100_000)]
    public void Picture_statistics_are_those_of_plain_sums(int pixels)
    {
        var random = new Random(pixels);
        var rgb = new byte[pixels * 3];
        random.NextBytes(rgb);
        for (int i = 0; i < rgb.Length; i += 3)
            rgb[i] = (byte)(rgb[i] / 3 + 20); // channels that differ
        var color = new ColorStatistics();
        color.Add(rgb);
        color.Add(rgb);
        ModalityStatistics found = color.Result();
        Assert.Equal(2 * pixels, found.Count);
        for (int c = 0; c < 3; c++)
        {
            double[] channel = [.. rgb.Where((_, i) => i % 3 == c).Select(b => (double)b)];
            double mean = channel.Average();
            Assert.Equal((channel.Min(), channel.Max()), (found.Min[c], found.Max[c]));
            Assert.Equal(mean, found.Mean[c], 1e-9);
            Assert.Equal(Math.Sqrt(channel.Select(v => (v - mean) * (v - mean)).Average()), found.Std[c], 1e-7);
        }

        ushort[] depth = [.. Enumerable.Range(0, pixels).Select(_ => (ushort)(random.Next(3) == 0 ? 0 : random.Next(65536)))];
        depth[0] = 700;
        var depths = new DepthStatistics(0.001);
        depths.Add(depth);
        double[] metres = [.. depth.Where(d => d > 0).Select(d => d * 0.001)];
        Assert.Equal(metres.Length, depths.Result().Count);
        Assert.Equal(metres.Average(), depths.Result().Mean[0], 1e-9);
        Assert.Equal(metres.Min(), depths.Result().Min[0], 1e-12);
    }
}
