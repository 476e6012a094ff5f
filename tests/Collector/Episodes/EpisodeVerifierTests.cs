using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class EpisodeVerifierTests
{
    [Fact]
    public void Two_hundred_clean_episodes_give_no_finding()
    {
        var statuses = new HashSet<StreamStatus>();
        for (int seed = 0; seed < 200; seed++)
        {
            using var folder = new MemoryFolder();
            string episode = SyntheticEpisode.Commit(folder.Path, seed, frames: 12 + seed % 30, demonstrated: seed % 2 == 1);
            Assert.Empty(EpisodeVerifier.Verify(episode, new Originals(episode)));
            foreach (StreamCell cell in EpisodeReader.Open(episode).ReadStream("wrist_rgb")!)
                statuses.Add(cell.Status);
        }
        Assert.Superset(new HashSet<StreamStatus> { StreamStatus.Ok, StreamStatus.Repeated, StreamStatus.Stale, StreamStatus.Missing },
            statuses);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Every_mutation_is_found_and_named(bool hashedAgain)
    {
        for (int seed = 0; seed < 8; seed++)
        {
            using var folder = new MemoryFolder();
            string episode = SyntheticEpisode.Commit(folder.Path, seed, demonstrated: seed % 2 == 1);
            var originals = new Originals(episode);
            var mutations = new Mutations(episode, seed);
            foreach (Mutation mutation in mutations.All())
            {
                if (hashedAgain)
                    Mutations.HashAgain(episode);
                IReadOnlyList<Finding> findings = EpisodeVerifier.Verify(episode, originals);
                string context = $"seed {seed}: {mutation}; found: {string.Join(" | ", findings)}";
                if (!hashedAgain || mutation.LeavesTraces)
                    Assert.True(findings.Count > 0, context);
                if (!hashedAgain || mutation.NamesFile)
                    Assert.True(findings.Any(f => f.File == mutation.File) || mutation.File == EpisodeLayout.Sums, context);
                if (mutation.Rows.Length > 0)
                    Assert.True(findings.Any(f => f.File == mutation.File && f.Row is { } row && mutation.Rows.Contains(row)), context);
                mutations.Restore();
            }
            Assert.Empty(EpisodeVerifier.Verify(episode, originals));
        }
    }

    [Fact]
    public void Without_a_log_rows_out_of_place_are_named_all_the_same()
    {
        int shifted = 0, shiftsFound = 0;
        for (int seed = 100; seed < 105; seed++)
        {
            using var folder = new MemoryFolder();
            string episode = SyntheticEpisode.Commit(folder.Path, seed);
            var mutations = new Mutations(episode, seed);
            foreach (Mutation mutation in mutations.All())
            {
                Mutations.HashAgain(episode);
                IReadOnlyList<Finding> findings = EpisodeVerifier.Verify(episode);
                if (mutation.Kind is MutationKind.SwapRows or MutationKind.DropRow or MutationKind.DoubleRow)
                    Assert.True(findings.Any(f => f.File == mutation.File && f.Row is { } row && mutation.Rows.Contains(row)),
                        $"{mutation}; {string.Join(" | ", findings)}");
                if (mutation.Kind is MutationKind.ShiftColumn or MutationKind.ExchangeColumns)
                {
                    shifted++;
                    shiftsFound += findings.Count > 0 ? 1 : 0;
                }
                mutations.Restore();
            }
        }
        // A column whose shifted values have the same extremes, mean and deviation can be told only by the log.
        Assert.True(shiftsFound > 0.9 * shifted, $"{shiftsFound} of {shifted} shifted columns were found by the rules alone");
    }

    [Fact]
    public void A_flipped_digit_is_named_with_row_and_column_by_the_log()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 1), file = Path.Combine(episode, EpisodeLayout.Joints);
        var originals = new Originals(episode);
        string[] lines = File.ReadAllText(file).Split("\r\n");
        string[] cells = lines[8].Split(',');
        cells[4] = cells[4][..^1] + (cells[4][^1] == '7' ? '8' : '7');
        lines[8] = string.Join(',', cells);
        File.WriteAllText(file, string.Join("\r\n", lines));
        Assert.Contains(EpisodeVerifier.Verify(episode, originals), f => f is { File: EpisodeLayout.Joints, Row: 7 }
            && f.What.StartsWith("q2 is", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("""  "frames": 40,""", """  "frames": 39,""", "frames")]
    [InlineData("""  "rate_hz": 30,""", """  "rate_hz": 25,""", "duration")]
    [InlineData("""    "dimension": 7,""", """    "dimension": 6,""", "dimension")]
    [InlineData("""  "task": """, """  "tusk": """, "task")]
    [InlineData("""  "outcome": "unknown",""", """  "outcome": "unknwon",""", "outcome")]
    [InlineData("""  "capture_log": "numbers",""", """  "capture_log": "none",""", EpisodeLayout.CaptureLog)]
    public void Metadata_that_contradicts_the_episode_is_found(string original, string changed, string named)
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 3), file = Path.Combine(episode, EpisodeLayout.Metadata);
        string json = File.ReadAllText(file);
        Assert.Contains(original, json, StringComparison.Ordinal);
        File.WriteAllText(file, json.Replace(original, changed, StringComparison.Ordinal));
        Mutations.HashAgain(episode);
        Assert.Contains(EpisodeVerifier.Verify(episode), f => f.ToString().Contains(named, StringComparison.Ordinal));
    }

    [Fact]
    public void A_recording_is_verified_by_its_content()
    {
        using var folder = new MemoryFolder();
        string recording = SyntheticEpisode.Record(folder.Path, 5);
        Assert.Empty(EpisodeVerifier.VerifyContent(recording));
        string picture = Directory.GetFiles(Path.Combine(recording, "rgb", "scene")).Order().Last();
        File.Delete(picture);
        Finding finding = Assert.Single(EpisodeVerifier.VerifyContent(recording));
        Assert.Equal($"rgb/scene/{Path.GetFileName(picture)}", finding.File);
        Assert.Equal(EpisodeLayout.FrameOf(picture), finding.Row);
    }

    [Fact]
    public void A_link_and_a_stray_folder_are_found()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 6);
        Directory.CreateDirectory(Path.Combine(episode, "notes"));
        File.CreateSymbolicLink(Path.Combine(episode, "link.csv"), "joints.csv");
        Assert.Equal(["link.csv", "notes"], EpisodeVerifier.Verify(episode).Select(f => f.File));
    }
}
