using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>An encoded episode in a line.</summary>
internal static class Summaries
{
    public static EpisodeSummary Of(EncodedEpisode episode)
    {
        if (episode.Metadata is not { } m)
            return new(Path.GetFileName(episode.Path), episode.Path, "", "empty", 0, 0, 0, 0,
                episode.Received, episode.FirstNs, episode.LastNs, new(0, 0, 0));
        return new(m.Id, episode.Path, m.Task, m.Outcome.ToString().ToLowerInvariant(), m.Frames, m.Duration,
            m.Streams.Values.Sum(s => s.Counts.Dropped),
            episode.StaleRows, episode.Received, episode.FirstNs, episode.LastNs,
            new((m.Tick?.P50Us ?? 0) / 1e3, (m.Tick?.P99Us ?? 0) / 1e3, (m.Tick?.MaxUs ?? 0) / 1e3));
    }
}
