using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class EpisodeMarkTests
{
    [Fact]
    public void Outcome_and_note_are_set_and_the_rest_stays()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 1);
        EpisodeMetadata before = EpisodeMetadata.Read(episode);
        EpisodeMark.Mark(episode, Outcome.Success, "griff \"gut\"");
        Assert.Empty(EpisodeVerifier.Verify(episode));
        EpisodeMetadata after = EpisodeMetadata.Read(episode);
        Assert.Equal((Outcome.Success, "griff \"gut\""), (after.Outcome, after.Note));
        Assert.Equal(before.ToJson(), (after with { Outcome = before.Outcome, Note = before.Note }).ToJson());
        EpisodeMark.Mark(episode, Outcome.Failure, null);
        Assert.Equal((Outcome.Failure, "griff \"gut\""), (EpisodeMetadata.Read(episode).Outcome, EpisodeMetadata.Read(episode).Note));
    }

    [Fact]
    public void Fields_of_a_later_version_survive()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 2), path = Path.Combine(episode, EpisodeLayout.Metadata);
        File.WriteAllText(path, File.ReadAllText(path).Replace(
            "\n  \"outcome\":", "\n  \"weather\": [1.50, \"rain\"],\n  \"outcome\":", StringComparison.Ordinal));
        Mutations.HashAgain(episode);
        EpisodeMark.Mark(episode, Outcome.Success, null);
        Assert.Contains("\"weather\": [\n    1.50,\n    \"rain\"\n  ]", File.ReadAllText(path), StringComparison.Ordinal);
        Assert.Empty(EpisodeVerifier.Verify(episode));
    }

    [Fact]
    public void Cut_off_after_any_step_it_is_old_or_new_and_can_be_verified_before_and_after_the_scan()
    {
        for (int stop = 1; stop <= 4; stop++)
        {
            using var folder = new MemoryFolder();
            string episode = SyntheticEpisode.Commit(folder.Path, 3);
            Assert.Equal(stop, EpisodeMark.Steps(episode, Outcome.Success, "marked").Take(stop).Count());
            Assert.Empty(EpisodeVerifier.Verify(episode));
            IReadOnlyList<string> finished = EpisodeMark.FinishHalfDoneMarks(folder.Path, Assert.Fail);
            Assert.Equal(stop < 4 ? [episode] : [], finished);
            Assert.Empty(EpisodeVerifier.Verify(episode));
            EpisodeMetadata metadata = EpisodeMetadata.Read(episode);
            Assert.Equal(stop == 1 ? (Outcome.Unknown, "für später") : (Outcome.Success, "marked"), (metadata.Outcome, metadata.Note!));
            Assert.DoesNotContain(Directory.GetFiles(episode), f => f.EndsWith(".new", StringComparison.Ordinal)
                || f.EndsWith(".tmp", StringComparison.Ordinal));
            Assert.Empty(EpisodeMark.FinishHalfDoneMarks(folder.Path, Assert.Fail));
            EpisodeMark.Mark(episode, Outcome.Failure, null); // and life goes on
            Assert.Empty(EpisodeVerifier.Verify(episode));
        }
    }

    [Fact]
    public void Files_cut_off_in_the_middle_are_taken_back()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 4);
        foreach ((string name, int share) in new[] { (EpisodeLayout.NewMetadata, 2), (EpisodeLayout.NewSums + ".tmp", 3),
            (EpisodeLayout.NewSums, 2) })
        {
            byte[] whole = File.ReadAllBytes(
                Path.Combine(episode, name == EpisodeLayout.NewMetadata ? EpisodeLayout.Metadata : EpisodeLayout.Sums));
            File.WriteAllBytes(Path.Combine(episode, name), whole[..(whole.Length / share)]);
            Assert.Empty(EpisodeVerifier.Verify(episode));
            Assert.Equal([episode], EpisodeMark.FinishHalfDoneMarks(episode, Assert.Fail));
            Assert.Empty(EpisodeVerifier.Verify(episode));
            Assert.False(File.Exists(Path.Combine(episode, name)));
        }
    }

    [Fact]
    public void A_damaged_episode_is_not_marked()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 5), path = Path.Combine(episode, EpisodeLayout.Metadata);
        File.AppendAllText(path, " ");
        Assert.Contains("verify", Assert.Throws<InvalidDataException>(() => EpisodeMark.Mark(episode, Outcome.Success, null)).Message,
            StringComparison.Ordinal);
        Assert.NotEmpty(EpisodeVerifier.Verify(episode));
    }

    [Fact]
    public void Two_markings_at_once_exclude_each_other()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 6);
        using (FolderLock held = FolderLock.TryTake(episode)!)
        {
            Assert.NotNull(held);
            Assert.Null(FolderLock.TryTake(episode));
            Assert.Contains(episode, Assert.Throws<IOException>(() => EpisodeMark.Mark(episode, Outcome.Success, null)).Message,
                StringComparison.Ordinal);
        }
        EpisodeMark.Mark(episode, Outcome.Success, null);
        Assert.Equal(Outcome.Success, EpisodeMetadata.Read(episode).Outcome);
    }
}
