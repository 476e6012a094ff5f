using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// A recorded episode as a camera: the simulated cell records a few seconds, whose wrist camera (colour and depth, 640x480) is then played
/// over and over by a driver in a process of its own.
/// </summary>
internal static class EpisodeCameraBench
{
    private const string Name = "episode";
    private static readonly TimeSpan s_recorded = TimeSpan.FromSeconds(5);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note($"an episode of {s_recorded.TotalSeconds:0} s of the simulated cell, played in its own time over and over; a pair is "
            + "a colour and a depth picture, read from its files and decoded");
        using var cell = new BenchCell();
        string episode = await RecordAsync(cell, cancel);
        double pairHz = RecordedHz(EpisodeReader.Open(episode));
        results.Add("recorded: pictures of each kind a second", "Hz", pairHz);
        for (int run = 0; run < runs; run++)
        {
            var ours = await CameraDriver.MeasureAsync(results, Name, CameraDriver.Episode, episode, pairHz, seconds, cancel);
            results.Add($"{Name}: allocated a picture, whole process", "bytes", (double)ours.AllocatedBytes / ours.Pictures);
            var late = new Distribution(ours.AgesNs.Select(ns => ns * 1e-6), "pictures of the episode");
            results.Add($"{Name}: after a picture's own time p50", "ms", late.Median);
            results.Add($"{Name}: after a picture's own time p99", "ms", late.P99);
            results.Add($"{Name}: after a picture's own time max", "ms", late.Max);
        }
    }

    /// <returns>The episode's folder; cell and service have ended.</returns>
    private static async Task<string> RecordAsync(BenchCell cell, CancellationToken cancel)
    {
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        var (service, _) = await cell.StartServiceAsync(cancel);
        using var running = service;
        await using var core = await cell.ConnectAsync(cancel);
        await BenchCell.AllFreshAsync(core, cancel);
        string id = (await core.CallAsync(CoreMethods.RecordStart, new { task = "bench", source = "none" }, cancel))
            .GetProperty("id").GetString()!;
        await Task.Delay(s_recorded, cancel);
        await core.CallAsync(CoreMethods.RecordStop, new { outcome = "unknown" }, cancel);
        return (await core.CallAsync(CoreMethods.RecordWait, new { id }, cancel))
            .Deserialize<EpisodeSummary>(ProtocolJson.Lenient)!.Path;
    }

    /// <summary>A machine that is too slow for the cell's cameras records fewer than 30.</summary>
    private static double RecordedHz(EpisodeReader episode)
    {
        int Pictures(string stream) => episode.ReadStream(stream)!.Where(c => c.Status != Collector.Episodes.StreamStatus.Missing)
            .Select(c => c.Sequence).Distinct().Count();
        int pairs = Math.Min(Pictures(EpisodeLayout.RgbStream(CameraDriver.EpisodesCamera)),
            Pictures(EpisodeLayout.DepthStream(CameraDriver.EpisodesCamera)));
        return pairs * episode.Metadata.RateHz / episode.Frames;
    }
}
