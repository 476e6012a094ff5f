using System.Diagnostics;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>A person records: with the keys of a terminal, by jog steps, by leading the arm.</summary>
[Collection(RunningCellCollection.Name)]
public class LedTests(RunningCell running)
{
    private const string Up = "\e[A", PageUp = "\e[5~", PageDown = "\e[6~", Escape = "\e";
    private readonly TestCell _cell = running.Cell;

    [Fact]
    public void Keys_start_end_repeat_and_discard_episodes()
    {
        string[] before = _cell.Episodes;
        var terminal = _cell.RecordInTerminal();
        terminal.MustSay("space starts recording");
        terminal.Press(" ");
        _cell.WaitForRecording(0.5);
        terminal.Press("s");
        string success = WaitForEpisode(before);
        terminal.Press(" ");
        _cell.WaitForRecording(0.5);
        string again = _cell.Status().Recording!.Id;
        terminal.Press("r");
        Eventually.True(() => _cell.Status().Recording is { } r && r.Id != again, "it starts again", 30);
        terminal.Press("f");
        string failure = WaitForEpisode([.. before, success]);
        terminal.Press(" ");
        _cell.WaitForRecording(0.5);
        terminal.Press("d");
        Eventually.True(() => _cell.Status().Recording is null, "the running one is discarded", 30);
        terminal.Press("d"); // nothing more: only what was recorded last goes, and it went
        terminal.Press(" ");
        _cell.WaitForRecording(0.5);
        terminal.Press(" ");
        string unknown = WaitForEpisode([.. before, success, failure]);
        terminal.Press("d");
        Eventually.True(() => !Directory.Exists(unknown), "the last one is discarded", 30);
        terminal.Press("q");
        var end = terminal.WaitForEnd().MustEndWith(ExitCode.Done);

        Assert.Equal([success, failure], _cell.Episodes.Except(before));
        Assert.Equal(Outcome.Success, EpisodeMetadata.Read(success).Outcome);
        Assert.Equal(Outcome.Failure, EpisodeMetadata.Read(failure).Outcome);
        Assert.Contains($"{failure}: ", end.Out, StringComparison.Ordinal);
        Assert.DoesNotContain($"{unknown}: ", end.Out, StringComparison.Ordinal);
        _cell.MustVerify(success);
        DatasetIndex index = DatasetIndex.TryRead(_cell.Data)!;
        Eventually.True(() => (index = DatasetIndex.TryRead(_cell.Data)!).Episodes.All(e => e.Id != Path.GetFileName(unknown)),
            "the dataset's index lets go of it", 30);
        Assert.Contains(Path.GetFileName(failure), index.Episodes.Select(e => e.Id));
    }

    [Fact]
    public void Jog_steps_are_5_mm_at_most_20_mm_per_second_and_recorded_as_actions()
    {
        string[] before = _cell.Episodes;
        var terminal = _cell.RecordInTerminal("--source", "jog", "--episodes", "1");
        terminal.MustSay("space starts recording");
        terminal.Press(" ");
        _cell.WaitForRecording(0.5);
        double z = _cell.Status().Robot!.Tcp[2], x = _cell.Status().Robot!.Tcp[0];
        terminal.Press(PageUp);
        Eventually.True(() => Math.Abs(_cell.Status().Robot!.Tcp[2] - z - 0.005) < 0.0005, "one step up", 30);
        terminal.Press(Up);
        terminal.Press(Up);
        Eventually.True(() => Math.Abs(_cell.Status().Robot!.Tcp[0] - x - 0.01) < 0.0005, "two steps forward", 30);
        terminal.Press("s");
        terminal.WaitForEnd().MustEndWith(ExitCode.Done);

        string episode = _cell.Episodes.Except(before).Single();
        EpisodeReader read = EpisodeReader.Open(episode);
        Assert.Equal("jog", read.Metadata.Action!.Source);
        Assert.InRange(FastestCommanded(read), 0.010, 0.020); // what is measured depends on how punctual this machine's ticks are
        _cell.MustVerify(episode);
    }

    [Fact]
    public void A_key_that_is_held_through_a_stop_moves_the_arm_again_only_after_it_was_let_go()
    {
        var terminal = _cell.RecordInTerminal("--source", "jog");
        terminal.MustSay("space starts recording");
        double height = Height();
        using (var held = new HeldKey(terminal, PageUp))
        {
            Eventually.True(() => Height() > height + 0.005, "the arm goes up", 30);
            _cell.Run("stop", "--config", _cell.Config).MustEndWith(ExitCode.Done);
            terminal.MustSay("let the key go");
            Eventually.True(
                () => _cell.Status() is { Motion.Owner: null } s && s.Robot!.Qd.All(q => Math.Abs(q) < 0.001), "it stands", 30);
            height = Height();
            int pressed = held.Count;
            Eventually.True(() => held.Count > pressed + 20, "the key goes on", 30);
            Assert.Equal(height, Height(), 4);
        }
        var released = Stopwatch.StartNew();
        Eventually.True(() => released.Elapsed.TotalSeconds > 1, "the key is let go");
        terminal.Press(PageDown);
        Eventually.True(() => Height() < height - 0.003, "the arm goes down", 30);
        terminal.Press(Escape + PageDown); // pressed together: it stops
        terminal.MustSay("the arm was stopped");
        terminal.Press("q");
        terminal.WaitForEnd().MustEndWith(ExitCode.Done);

        double Height() => _cell.Status().Robot!.Tcp[2];
    }

    [Fact]
    public void Esc_stops_the_arm_and_keeps_what_was_recorded()
    {
        string[] before = _cell.Episodes;
        var terminal = _cell.RecordInTerminal("--source", "scripted");
        _cell.WaitForRecording();
        terminal.Press(Escape);
        terminal.WaitForEnd().MustEndWith(ExitCode.Done);
        EpisodeMetadata metadata = EpisodeMetadata.Read(_cell.Episodes.Except(before).Single());
        Assert.Equal(Outcome.Unknown, metadata.Outcome);
        Assert.Equal("idle", _cell.Status().Mode);
        Assert.All(_cell.Status().Robot!.Qd, speed => Assert.InRange(speed, -0.01, 0.01));
        _cell.Run("acknowledge", "--config", _cell.Config).MustEndWith(ExitCode.Done);
    }

    [Fact]
    public void A_hand_leads_the_arm_in_freedrive_and_lets_go_with_the_episode()
    {
        string[] before = _cell.Episodes;
        _cell.Record("--source", "freedrive", "--seconds", "4").MustEndWith(ExitCode.Done);
        string episode = _cell.Episodes.Except(before).Single();
        EpisodeReader read = EpisodeReader.Open(episode);
        Assert.Equal(ActionDescription.Demonstrated, read.Metadata.Action!.Source);
        JointsRow[] joints = read.ReadJoints()!;
        double[] y = [.. joints.Select(j => j.TcpPose[1])];
        Assert.True(y.Max() - y.Min() > 0.02, $"the hand moved the tool {1000 * (y.Max() - y.Min()):0} mm");
        var actions = read.ReadActions()!; // the action is where the arm was led to by the next frame
        for (int k = 0; k + 1 < actions.Length; k++)
            for (int i = 0; i < 6; i++)
                Assert.Equal(joints[k + 1].Q[i], actions[k].Action[i], 6);
        _cell.MustVerify(episode);

        Eventually.True(() => _cell.Status().Robot!.Qd.All(q => Math.Abs(q) < 0.001), "the arm stands", 30);
        CoreStatus status = _cell.Status();
        Assert.Null(status.Motion.Owner);
        Assert.NotEqual("freedrive", status.Motion.State);
    }

    /// <summary>Repeats a key as a keyboard does, 30 times a second, until it is disposed.</summary>
    private sealed class HeldKey : IDisposable
    {
        private readonly Timer _repeat;
        private int _count;

        public HeldKey(RobotProcess terminal, string key) => _repeat = new(
            _ =>
            {
                terminal.Press(key);
                Interlocked.Increment(ref _count);
            },
            null, 0, 33);

        public int Count => Volatile.Read(ref _count);

        public void Dispose()
        {
            using var ended = new ManualResetEvent(false);
            _repeat.Dispose(ended);
            ended.WaitOne();
        }
    }

    /// <summary>Of the tool along the recorded targets, m/s.</summary>
    private static double FastestCommanded(EpisodeReader episode)
    {
        var kinematics = new UrKinematics(UrModel.Ur5e);
        double fastest = 0;
        (int Row, Vec3 At)? before = null;
        var actions = episode.ReadActions()!;
        for (int k = 0; k < actions.Length; k++)
        {
            if (!actions[k].Action.All(double.IsFinite))
                continue; // its tick was skipped
            Vec3 at = kinematics.Flange(new(actions[k].Action.AsSpan(0, 6))).Position; // the tool does not turn
            if (before is { } b)
                fastest = Math.Max(fastest, (at - b.At).Length * episode.Metadata.RateHz / (k - b.Row));
            before = (k, at);
        }
        return fastest;
    }

    /// <summary>The next committed episode.</summary>
    private string WaitForEpisode(string[] before)
    {
        Eventually.True(() => _cell.Episodes.Except(before).Any(), "it is committed", 60);
        return _cell.Episodes.Except(before).Single();
    }
}
