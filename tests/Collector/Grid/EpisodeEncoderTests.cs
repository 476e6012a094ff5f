using System.Globalization;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Grid;

public sealed class EpisodeEncoderTests : IDisposable
{
    private readonly TempFolder _folder = new();

    [Fact]
    public async Task Rows_are_the_samples_at_their_slots_and_nothing_is_found_wrong()
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync();
        var episode = recording.Encode();
        Assert.Equal((1, SyntheticRecording.Slots), (FirstSlot(recording, episode), episode.Metadata!.Frames));
        Assert.Equal((Outcome.Success, "a note", false), (episode.Metadata.Outcome, episode.Metadata.Note, episode.Metadata.Recovered));
        var joints = EpisodeReader.Open(episode.Path).ReadJoints()!;
        for (int k = 0; k < joints.Length; k++)
        {
            double t = (recording.Grid.TimeOf(k + 1) - recording.OriginNs) * 1e-9;
            for (int i = 0; i < 6; i++)
                Assert.Equal((i + 1) * t, joints[k].Q[i], 1e-9);
        }
        Assert.All(Column(episode.Path, "robot_status").Concat(Column(episode.Path, "force_status")),
            s => Assert.Equal("interpolated", s));
        Assert.All(Column(episode.Path, "tick_status"), s => Assert.Equal("ok", s));
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Fact]
    public async Task A_tick_that_never_ran_is_skipped_and_has_no_action()
    {
        var recording = new SyntheticRecording(_folder.Path) { SkippedSlot = 11 };
        await recording.RecordAsync();
        var episode = recording.Encode();
        string[] ticks = Column(episode.Path, "tick_status");
        Assert.Equal([10], Enumerable.Range(0, ticks.Length).Where(k => ticks[k] == "skipped"));
        var actions = EpisodeReader.Open(episode.Path).ReadActions()!;
        Assert.Equal([10], Enumerable.Range(0, actions.Length).Where(k => actions[k].Action.All(double.IsNaN)));
        Assert.Equal(13, actions[12].Action[0]);
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Fact]
    public async Task A_gap_is_stale_then_missing_and_then_data_flow_again()
    {
        var recording = new SyntheticRecording(_folder.Path) { RobotGapMs = (400, 1100) };
        await recording.RecordAsync();
        var episode = recording.Encode();
        string[] status = Column(episode.Path, "robot_status");
        string[] kinds = [.. status.Where((s, k) => k == 0 || s != status[k - 1])];
        Assert.Equal(["interpolated", "stale", "missing", "interpolated"], kinds);
        Assert.Equal(status.Length, episode.Metadata!.Frames);
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Fact]
    public async Task A_log_that_was_cut_off_becomes_a_recovered_episode()
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync(cutOff: true);
        Assert.Equal("demo_000", Assert.Single(Recovery.Scan(_folder.Path, _ => { })).Id);
        var episode = recording.Encode();
        Assert.True(episode.Metadata!.Recovered);
        Assert.InRange(episode.Metadata.Frames, 10, SyntheticRecording.Slots - 1);
        Assert.Equal(Outcome.Unknown, episode.Metadata.Outcome);
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
        Assert.Empty(Recovery.Scan(_folder.Path, _ => { }));
    }

    [Fact]
    public async Task A_demonstration_that_loses_the_arm_ends_without_actions_and_none_may_be_invented()
    {
        var recording = new SyntheticRecording(_folder.Path, ActionDescription.Demonstrated) { RobotGapMs = (700, int.MaxValue) };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
        Assert.All(EpisodeReader.Open(episode).ReadActions()![^2..], a => Assert.All(a.Action, v => Assert.Equal(double.NaN, v)));

        string table = Path.Combine(episode, EpisodeLayout.Actions);
        string[] lines = File.ReadAllLines(table);
        lines[^1] = $"{lines.Length - 2},{lines.Last(l => !l.EndsWith(','))[2..].Split(',', 2)[1]}";
        File.WriteAllText(table, string.Join("\r\n", lines) + "\r\n");
        Assert.Contains(EpisodeVerifier.VerifyContent(episode), f => f.File == EpisodeLayout.Actions && f.Row == lines.Length - 2);
    }

    [Fact]
    public async Task A_tick_that_was_very_late_has_its_command_and_nothing_is_found_wrong()
    {
        var recording = new SyntheticRecording(_folder.Path) { LateTick = (11, 120) };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Assert.Equal(["ok", "skipped", "skipped", "skipped", "ok"], Column(episode, "tick_status")[10..15]);
        Assert.Equal(10 / 30.0 + 0.12, EpisodeReader.Open(episode).ReadActions()![10].Timestamp, 1e-3);
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
    }

    [Fact]
    public async Task A_camera_that_numbers_its_pictures_anew_repeats_no_old_one()
    {
        var recording = new SyntheticRecording(_folder.Path)
        {
            Cameras = [new("wrist") { Number = Restarted }],
        };
        static long? Restarted(int ms) =>
            ms % SyntheticCamera.PeriodMs != 0 ? null : ms / SyntheticCamera.PeriodMs is var n && n > 20 ? n - 1 : n;

        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
        var reader = EpisodeReader.Open(episode);
        var cells = reader.ReadStream("wrist_rgb")!;
        int again = Enumerable.Range(1, cells.Length - 1).First(k => cells[k].Sequence == 20 && cells[k - 1].Sequence == 20
            && cells[k].Status == StreamStatus.Ok);
        Assert.NotEqual(File.ReadAllBytes(reader.ColorPath("wrist", again - 1)!), File.ReadAllBytes(reader.ColorPath("wrist", again)!));
    }

    [Fact]
    public async Task A_camera_as_slow_as_it_is_configured_to_be_is_waited_for()
    {
        var recording = new SyntheticRecording(_folder.Path)
        {
            LastSlot = 20,
            Cameras = [new("wrist", latencyMs: 1000) { DelayMs = 1360 }],
        };
        await recording.RecordAsync();
        var episode = recording.Encode();
        Assert.Equal(20, episode.Metadata!.Frames);
        Assert.All(Column(episode.Path, "wrist_depth_status"), s => Assert.True(s is "ok" or "repeated", s));
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Fact]
    public async Task Where_no_slot_has_every_stream_fresh_rows_begin_at_the_first_and_metadata_says_so()
    {
        var recording = new SyntheticRecording(_folder.Path) { SilentGripper = true, Cameras = [new("wrist")] };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        var metadata = EpisodeMetadata.Read(episode);
        Assert.Equal((true, SyntheticRecording.Slots, recording.Grid.TimeOf(1)),
            (metadata.NeverAllFresh, metadata.Frames, metadata.StartMonotonicNs));
        Assert.All(Column(episode, "gripper_status"), s => Assert.Equal("missing", s));
        Assert.All(Column(episode, "wrist_rgb_status"), s => Assert.NotEqual("missing", s));
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));

        Change(episode, "\"never_all_fresh\": true", "\"never_all_fresh\": false");
        Assert.Contains(EpisodeVerifier.VerifyContent(episode), f => f is { File: EpisodeLayout.Frames, Row: 0 });
    }

    [Fact]
    public async Task An_episode_that_has_a_fresh_slot_cannot_say_that_it_has_none()
    {
        var recording = new SyntheticRecording(_folder.Path) { LastSlot = 5 };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Change(episode, "\"never_all_fresh\": false", "\"never_all_fresh\": true");
        Assert.Contains(EpisodeVerifier.VerifyContent(episode), f => f is { File: EpisodeLayout.Frames, Row: 0 });
    }

    [Fact]
    public async Task Until_t0_is_found_only_the_newest_pictures_are_kept()
    {
        var recording = new SyntheticRecording(_folder.Path) { SilentGripper = true, LastSlot = 80, Cameras = [new("wrist")] };
        await recording.RecordAsync();
        using var log = new CaptureReader(Path.Combine(recording.Folder, EpisodeLayout.CaptureLog));
        RowWriter? rows = null;
        int most = 0, all = 0;
        while (log.TryRead(out var message))
        {
            rows ??= new(_folder.Path, RecordingHeader.Parse(log.Start!.Json));
            rows.Add(message);
            most = Math.Max(most, rows.Streams.PicturesHeld);
            all += message.Kind == CaptureKind.Image ? 1 : 0;
        }
        rows!.Dispose();
        Assert.InRange(most, 1, 80); // those of the second in which the gripper is waited for
        Assert.InRange(all, 150, 200);
    }

    [Fact]
    public async Task Zeros_after_a_power_cut_are_no_damage()
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync(cutOff: true, zeros: true);
        var episode = recording.Encode();
        Assert.Equal((true, "numbers"), (episode.Metadata!.Recovered, episode.Metadata.CaptureLog));
        Assert.Empty(episode.Metadata.Quality.Reasons);
        Assert.InRange(episode.Metadata.Frames, 10, SyntheticRecording.Slots - 1);
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Clock_maps_are_those_of_the_end_or_else_of_the_start_and_none_is_invented(bool cutOff)
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync(cutOff);
        string episode = recording.Encode().Path;
        var streams = EpisodeMetadata.Read(episode).Streams;
        Assert.Equal(cutOff ? SyntheticRecording.ClockAtStart : SyntheticRecording.ClockAtEnd, streams["robot"].Clock);
        Assert.Null(streams["force"].Clock);
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
    }

    [Fact]
    public void A_head_of_before_clock_maps_stood_in_it_is_read()
    {
        string head = new SyntheticRecording(_folder.Path).Head();
        string before = head[..head.IndexOf(",\"clocks\":", StringComparison.Ordinal)] + "}";
        Assert.Null(RecordingHeader.Parse(before).Clocks);
        Assert.NotNull(RecordingHeader.Parse(head).Clocks);
    }

    [Fact]
    public async Task Losses_that_a_device_took_back_are_no_less_than_none()
    {
        var recording = new SyntheticRecording(_folder.Path) { Lost = -3 };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Assert.All(EpisodeMetadata.Read(episode).Streams.Values, s => Assert.Equal(0, s.Counts.Dropped));
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
    }

    [Theory]
    [InlineData("first chunk")]
    [InlineData("head")]
    public async Task A_log_that_is_damaged_from_its_start_stays_where_it_is_and_says_what_to_do(string what)
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync();
        string log = Path.Combine(recording.Folder, EpisodeLayout.CaptureLog);
        byte[] bytes = File.ReadAllBytes(log);
        bytes[what == "head" ? bytes.AsSpan().IndexOf("rate_hz"u8) : SyntheticRecording.HeadBytes(bytes) + 100] ^= 1;
        File.WriteAllBytes(log, bytes);
        for (int start = 0; start < 2; start++)
        {
            Assert.Equal(recording.Folder, Assert.Single(Recovery.Scan(_folder.Path, Assert.Fail)).Folder);
            string line = Assert.Throws<DamagedLogException>(recording.Encode).Message;
            Assert.Contains(log, line, StringComparison.Ordinal);
            Assert.Contains("stays as it is", line, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', line);
            Assert.Equal(bytes, File.ReadAllBytes(log));
        }
        Assert.False(Directory.Exists(_folder[EpisodeCatalog.Trash]));
    }

    [Fact]
    public async Task An_end_that_is_damaged_costs_the_outcome_and_no_row()
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync();
        string log = Path.Combine(recording.Folder, EpisodeLayout.CaptureLog);
        byte[] bytes = File.ReadAllBytes(log);
        bytes[bytes.AsSpan().IndexOf("last_slot"u8)] ^= 1;
        File.WriteAllBytes(log, bytes);
        var episode = recording.Encode();
        Assert.Equal(Outcome.Unknown, episode.Metadata!.Outcome);
        Assert.Equal(SyntheticRecording.Slots + 1, episode.Metadata.Frames); // to the last tick: the end said that one was under way
        Assert.Contains("the log's end", Assert.Single(episode.Metadata.Quality.Reasons), StringComparison.Ordinal);
        Assert.Empty(EpisodeVerifier.Verify(episode.Path, LogReference.For(episode.Path)));
    }

    [Fact]
    public async Task What_a_controller_does_not_send_is_empty_and_has_no_statistics()
    {
        var recording = new SyntheticRecording(_folder.Path) { JointsOnly = true };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
        Assert.EndsWith(",,,,,,,,,,,,,,,,,,", File.ReadAllLines(Path.Combine(episode, EpisodeLayout.Joints))[5], StringComparison.Ordinal);
        JointsRow row = EpisodeReader.Open(episode).ReadJoints()![5];
        Assert.True(row.Q.IsFinite && double.IsNaN(row.TcpPose[0]) && double.IsNaN(row.Current[5]));
        var statistics = EpisodeMetadata.Read(episode).Statistics["joints"];
        Assert.Equal((SyntheticRecording.Slots, true, double.NaN), (statistics.Count, statistics.Max[0] > 1, statistics.Max[12]));
        Assert.Equal(statistics.Max[0], DatasetIndex.Refresh(_folder.Path).Modalities["joints"].Statistics!.Max[0]);

        string table = Path.Combine(episode, EpisodeLayout.Joints);
        string[] lines = File.ReadAllLines(table);
        lines[8] = lines[8][..^1] + "0"; // a single one of them
        File.WriteAllText(table, string.Join("\r\n", lines) + "\r\n");
        Assert.Contains(EpisodeVerifier.VerifyContent(episode), f => f.File == EpisodeLayout.Joints);
    }

    [Theory]
    [InlineData("joints.csv", 7, 4)]
    [InlineData("force.csv", 20, 2)]
    [InlineData("gripper.csv", 30, 2)]
    [InlineData("actions.csv", 5, 2)]
    [InlineData("frames.csv", 12, 4)]
    [InlineData("frames.csv", 17, 6)]
    public async Task A_changed_digit_is_found_by_the_log_and_named_with_file_and_row(string file, int row, int column)
    {
        var recording = new SyntheticRecording(_folder.Path);
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        string table = Path.Combine(episode, file);
        string[] lines = File.ReadAllLines(table), cells = lines[row + 1].Split(',');
        cells[column] = OtherDigit(cells[column]);
        lines[row + 1] = string.Join(',', cells);
        File.WriteAllText(table, string.Join("\r\n", lines) + "\r\n");
        var findings = EpisodeVerifier.VerifyContent(episode, LogReference.For(episode));
        Assert.Contains(findings, f => f.File == file && f.Row == row);
        // A slot's age in frames.csv is its timestamp in another table: that row may be named there too.
        Assert.All(findings, f => Assert.True(f.File == file || f.File == EpisodeLayout.Metadata || f.Row == row, $"{f}"));
    }

    public void Dispose() => _folder.Dispose();

    private static int FirstSlot(SyntheticRecording recording, EncodedEpisode episode) =>
        (int)recording.Grid.SlotAt(episode.Metadata!.StartMonotonicNs!.Value);

    private static string[] Column(string episode, string name)
    {
        string[] lines = File.ReadAllLines(Path.Combine(episode, EpisodeLayout.Frames));
        int column = Array.IndexOf(lines[0].Split(','), name);
        Assert.True(column >= 0, $"frames.csv has no {name}");
        return [.. lines.Skip(1).Select(l => l.Split(',')[column])];
    }

    private static void Change(string episode, string before, string after)
    {
        string path = Path.Combine(episode, EpisodeLayout.Metadata), text = File.ReadAllText(path);
        Assert.Contains(before, text, StringComparison.Ordinal);
        File.WriteAllText(path, text.Replace(before, after, StringComparison.Ordinal));
    }

    /// <summary>The same number with its last digit changed.</summary>
    private static string OtherDigit(string number)
    {
        Assert.True(double.TryParse(number, CultureInfo.InvariantCulture, out _), number);
        return number[..^1] + (number[^1] == '1' ? '2' : '1');
    }
}
