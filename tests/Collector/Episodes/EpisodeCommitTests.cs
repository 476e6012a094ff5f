using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Tests.Codecs;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class EpisodeCommitTests
{
    [Fact]
    public void Sha256sum_finds_every_file_as_it_says()
    {
        using var folder = new TempFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 1);
        Assert.EndsWith("demonstrations/demo_000", episode, StringComparison.Ordinal);
        string said = Peer.Run("/usr/bin/sha256sum", episode, "--check", "--strict", EpisodeLayout.Sums);
        int files = Directory.GetFiles(episode, "*", SearchOption.AllDirectories).Length - 1;
        Assert.Equal(files, said.Split('\n').Count(l => l.EndsWith(": OK", StringComparison.Ordinal)));
    }

    [SkippableFact]
    public void Training_code_reads_it()
    {
        using var folder = new MemoryFolder();
        for (int seed = 0; seed < 4; seed++)
        {
            string episode = SyntheticEpisode.Commit(folder.Path, seed, demonstrated: seed % 2 == 1);
            Assert.StartsWith($"demo_00{seed} 40 unknown für später",
                Peer.RunPython("episode_read.py", episode), StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Cut_off_after_any_step_it_is_finished_by_running_again()
    {
        int steps = int.MaxValue;
        for (int stop = 0; stop < steps; stop++)
        {
            using var folder = new MemoryFolder();
            string recording = SyntheticEpisode.Record(folder.Path, 2);
            string[] done = [.. EpisodeCommit.Steps(recording, null).Take(stop + 1)];
            steps = done.Length == stop + 1 ? int.MaxValue : stop; // fewer than asked for: that was the last
            string episode = EpisodeCommit.Commit(recording);
            Assert.False(Directory.Exists(recording));
            Assert.Empty(EpisodeVerifier.Verify(episode));
            Assert.Equal(episode, EpisodeCommit.Commit(recording)); // once more changes nothing
        }
        Assert.Equal(6, steps);
    }

    [Fact]
    public void An_episode_of_that_name_is_never_replaced()
    {
        using var folder = new MemoryFolder();
        string recording = SyntheticEpisode.Record(folder.Path, 3), taken = recording[..^EpisodeLayout.RecordingSuffix.Length];
        Directory.CreateDirectory(taken); // even an empty one, which rename(2) alone would replace
        var error = Assert.Throws<IOException>(() => EpisodeCommit.Commit(recording));
        Assert.Contains("exists already", error.Message, StringComparison.Ordinal);
        Assert.True(Directory.Exists(recording));
        Assert.Empty(Directory.GetFileSystemEntries(taken));
        Directory.Delete(taken);
        Assert.Empty(EpisodeVerifier.Verify(EpisodeCommit.Commit(recording)));
    }

    [Fact]
    public void What_was_written_half_is_removed_and_metadata_is_needed()
    {
        using var folder = new MemoryFolder();
        string recording = SyntheticEpisode.Record(folder.Path, 4), metadata = Path.Combine(recording, EpisodeLayout.Metadata);
        File.WriteAllText(Path.Combine(recording, "rgb/wrist/000003.png.tmp"), "half");
        byte[] kept = File.ReadAllBytes(metadata);
        File.Delete(metadata);
        Assert.Contains(metadata, Assert.Throws<InvalidDataException>(() => EpisodeCommit.Commit(recording)).Message,
            StringComparison.Ordinal);
        File.WriteAllBytes(metadata, kept);
        Assert.Empty(EpisodeVerifier.Verify(EpisodeCommit.Commit(recording)));
    }

    [Fact]
    public void Writing_again_over_what_an_earlier_run_left_gives_the_same_bytes()
    {
        using var first = new MemoryFolder();
        using var second = new MemoryFolder();
        Dictionary<string, string> once = DigestsOf(SyntheticEpisode.Record(first.Path, 7));
        string recording = SyntheticEpisode.Record(second.Path, 8, frames: 60);
        Assert.NotEqual(once, DigestsOf(recording));
        SyntheticEpisode.Write(recording, 7);
        Assert.Equal(once, DigestsOf(recording));
    }

    private static Dictionary<string, string> DigestsOf(string folder) =>
        EpisodeSums.Files(folder).ToDictionary(f => f, f => EpisodeSums.DigestOf(Path.Combine(folder, f)));
}
