namespace RobotWorldModel.Collector.Episodes;

/// <summary>What metadata.json says about itself. What it says about rows and pictures is checked where those are.</summary>
internal static class MetadataRules
{
    private const string File = EpisodeLayout.Metadata;

    public static void Check(EpisodeMetadata m, string folder, Findings findings)
    {
        string id = folder.EndsWith(EpisodeLayout.RecordingSuffix, StringComparison.Ordinal)
            ? folder[..^EpisodeLayout.RecordingSuffix.Length] : folder;
        if (EpisodeNaming.IsEpisodeName(id) && m.Id != id)
            Wrong($"id is {m.Id}, the folder {id}");
        if (!(m.RateHz > 0))
            Wrong($"rate_hz is {m.RateHz}");
        if (!(Math.Abs(m.Duration - m.Frames / m.RateHz) <= 1e-9))
            Wrong($"duration is {m.Duration}; {m.Frames} frames at {m.RateHz} Hz are {m.Frames / m.RateHz}");
        CheckStart(m, Wrong);
        CheckAction(m, Wrong);
        CheckStreams(m, Wrong);
        if (m.CaptureLog is not ("numbers" or "all" or "none"))
            Wrong($"capture_log is '{m.CaptureLog}'; it is numbers, all or none");
        foreach ((string name, TableDescription table) in m.Tables)
        {
            if (table.Columns.Count != table.Units.Count)
                Wrong($"tables.{name} has {table.Columns.Count} columns and {table.Units.Count} units");
            if (name + ".csv" == EpisodeLayout.Rewards && !EpisodeLayout.RewardColumns.Skip(2).SequenceEqual(table.Columns))
                Wrong($"tables.rewards has the columns {string.Join(", ", table.Columns)}");
        }

        void Wrong(string what) => findings.Add(File, null, what);
    }

    private static void CheckStart(EpisodeMetadata m, Action<string> wrong)
    {
        if (m.Clock == EpisodeClock.Simulated)
        {
            if (EpisodeNaming.NumberOf(m.Id) is { } number && m.Start != DateTimeOffset.UnixEpoch.AddSeconds(number))
                wrong($"start of a simulated episode {number} is {DateTimeOffset.UnixEpoch.AddSeconds(number):O}, not {m.Start:O}");
            return;
        }
        if (m.StartMonotonicNs is not { } monotonic || m.Anchor is not { } anchor)
            wrong("an episode on the host's clock has start_monotonic_ns and anchor");
        else if ((m.Start - DateTimeOffset.UnixEpoch).Ticks * 100 - anchor.ToUnixNs(monotonic) is > 1000 or < -1000)
            wrong("start is not what start_monotonic_ns and anchor give");
    }

    private static void CheckAction(EpisodeMetadata m, Action<string> wrong)
    {
        if (m.ActionSource != m.Action?.Source)
            wrong($"action_source is '{m.ActionSource}', the action's source '{m.Action?.Source}'");
        if (m.Action is not { } action)
            return;
        if (action.Names.Count != action.Dimension)
            wrong($"action has dimension {action.Dimension} and {action.Names.Count} names");
        if ((action.Lower?.Length ?? action.Dimension) != action.Dimension
            || (action.Upper?.Length ?? action.Dimension) != action.Dimension)
            wrong("action's bounds are not one for each number");
    }

    private static void CheckStreams(EpisodeMetadata m, Action<string> wrong)
    {
        HashSet<string> known = [EpisodeLayout.RobotStream, EpisodeLayout.ForceStream, EpisodeLayout.GripperStream];
        foreach (CameraDescription camera in m.Cameras)
        {
            known.Add(EpisodeLayout.RgbStream(camera.Name));
            known.Add(EpisodeLayout.DepthStream(camera.Name));
            if (m.Streams.ContainsKey(EpisodeLayout.DepthStream(camera.Name)) && camera.DepthScale is not > 0)
                wrong($"camera {camera.Name} has depth and no depth_scale");
        }
        foreach ((string name, StreamReport stream) in m.Streams)
        {
            if (!known.Contains(name) && !m.Tables.ContainsKey(name))
                wrong($"streams.{name} is neither a camera's nor a table's");
            if (!(stream.RateHz > 0))
                wrong($"streams.{name}.rate_hz is {stream.RateHz}");
            StreamCounts c = stream.Counts;
            if (c.Used > c.Received || c.Dropped < 0)
                wrong($"streams.{name}: used {c.Used} of {c.Received} received, {c.Dropped} dropped");
        }
    }
}
