using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Grid;

/// <summary>What a planner leaves behind, from the log to plan.npz, task.csv and rewards.csv.</summary>
public sealed class PlanRowsTests : IDisposable
{
    private static readonly PlanShape s_shape = new(Latent: 5, Horizon: 4, Action: 3, Carried: 2, Elites: 6, Observation: 2);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public async Task Every_frame_has_its_plan_whether_it_came_in_time_late_or_not_at_all()
    {
        const int Without = 11, Late = 20;
        var recording = new SyntheticRecording(_folder.Path, "mpc") { Plans = s_shape, PlanSlots = (Without, Late) };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;

        var metadata = EpisodeMetadata.Read(episode);
        int frames = metadata.Frames;
        Assert.Equal(("cem", s_shape), (metadata.Planner!.Name, metadata.Planner.Shape));
        Assert.Equal(0.5 * (frames - 1), metadata.Return!.Value, 1e-9); // the slot without a plan saw nothing
        PlanFile plans = PlanFile.Read(Path.Combine(episode, EpisodeLayout.Plan), s_shape, frames);
        for (int k = 0; k < frames; k++)
        {
            int slot = k + 1;
            bool without = slot == Without;
            Assert.Equal(without ? PlanFile.NoPlan : 3, plans.Iterations[k]);
            Assert.Equal(without ? double.NaN : 5, plans.PlanMs[k], 1e-6);
            Assert.All(plans.Row(plans.Sequence, k).ToArray(), v => Assert.Equal(without ? float.NaN : slot * 0.25f, v));
            Assert.All(plans.Row(plans.Action, k).ToArray(), v => Assert.Equal(without ? float.NaN : slot * 0.25f, v));
            Assert.Equal((slot == Late, slot == Late || without), (plans.Late[k], plans.Fallback[k]));
            Assert.Equal(without ? 0ul : (ulong)slot, plans.Rng[2 * k + 1]);
        }
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
        string described = await Task.Run(() => Peer.RunPython("plan_npz.py", "describe", Path.Combine(episode, EpisodeLayout.Plan)));
        foreach (string line in (string[])
            [$"frame <i4 {frames} ", $"plan_ms <f8 {frames} ", $"late |b1 {frames} 1.0", $"fallback |b1 {frames} 2.0",
             $"latent <f4 {frames}x5 ", $"action <f4 {frames}x3 ", $"guarded <f4 {frames}x3 ", $"sequence <f4 {frames}x4x3 ",
             $"expected_return <f4 {frames} ", $"elite_returns <f4 {frames}x6 ", $"iterations <i4 {frames} ", $"rng <u8 {frames}x2 ",
             $"warm_start <f4 {frames}x4x3 ", $"carried <f4 {frames}x2x4x3 ", $"action_before <f4 {frames}x3 "])
            Assert.Contains(line, described, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_wrong_with_plan_npz_is_found()
    {
        var recording = new SyntheticRecording(_folder.Path, "mpc") { Plans = s_shape };
        await recording.RecordAsync();
        string episode = recording.Encode().Path, file = Path.Combine(episode, EpisodeLayout.Plan);
        byte[] whole = File.ReadAllBytes(file);
        var plans = PlanFile.Read(file, s_shape, EpisodeMetadata.Read(episode).Frames);
        plans.Late[7] = true;
        plans.Iterations[11] = -2;
        plans.Write(file);
        Assert.All((string[])["a plan that was late was followed", "-2 rounds in"], what =>
            Assert.Contains(Findings(), f => f.ToString().Contains("plan.npz", StringComparison.Ordinal)
                && f.ToString().Contains(what, StringComparison.Ordinal)));
        File.WriteAllBytes(file, whole[..^40]);
        Assert.Contains(Findings(), f => f.ToString().Contains("plan.npz", StringComparison.Ordinal));
        File.Delete(file);
        Assert.Contains(Findings(), f => f.ToString().Contains("is missing", StringComparison.Ordinal));
        File.WriteAllBytes(file, whole);
        Assert.Empty(EpisodeVerifier.Verify(episode));

        IReadOnlyList<Finding> Findings() => EpisodeVerifier.VerifyContent(episode);
    }

    [Fact]
    public async Task A_log_that_was_cut_off_keeps_its_plans()
    {
        var recording = new SyntheticRecording(_folder.Path, "mpc") { Plans = s_shape };
        await recording.RecordAsync(cutOff: true);
        var episode = recording.Encode();
        Assert.True(episode.Metadata!.Recovered);
        PlanFile plans = PlanFile.Read(Path.Combine(episode.Path, EpisodeLayout.Plan), s_shape, episode.Metadata.Frames);
        Assert.DoesNotContain(PlanFile.NoPlan, plans.Iterations);
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Fact]
    public async Task Records_that_find_no_room_are_counted_and_nothing_waits()
    {
        using var log = CaptureLog.Start(
            _folder["demo_000.recording"], new(null, null, null, []), "{}", WallClockAnchor.Now(), plans: s_shape);
        var rented = new List<PlanRecord>();
        while (log.RentPlan() is { } plan) // the log gets none back
            rented.Add(plan);
        Assert.Equal((64, 1), (rented.Count, log.Refused));
        Assert.Null(log.RentPlan());
        Assert.Equal(2, log.Refused);
        foreach (PlanRecord plan in rented)
            log.Write(plan);
        Eventually.True(() => log.RentPlan() is not null, "a record comes back");
        Assert.Null((await log.Stop("{}")).Failure);
        Assert.Null(log.RentDecision()); // it is over
    }
}
