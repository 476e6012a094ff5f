using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.WorldModel.Data;

public enum ModalityKind
{
    /// <summary>Numbers of a table's row.</summary>
    Vector,

    /// <summary>A camera's colour picture.</summary>
    Color,

    /// <summary>A camera's depth picture.</summary>
    Depth,
}

/// <summary>Something that is observed once a step, and where an episode has it.</summary>
/// <param name="Name">As it was asked for: joint_position, task:goal_x,goal_y, wrist_rgb …</param>
/// <param name="Source">Table without .csv, or camera.</param>
/// <param name="Columns">Of the table, in order; red, green and blue, or depth, of pictures.</param>
/// <param name="Units">One for each column; - where it has none.</param>
/// <param name="Side">Width and height of pictures in pixels; 0 for vectors.</param>
public sealed record Modality(
    string Name, [property: JsonConverter(typeof(SnakeCaseEnum<ModalityKind>))] ModalityKind Kind, string Source,
    IReadOnlyList<string> Columns, IReadOnlyList<string> Units, int Side)
{
    private const string Rad = "rad", RadPerSecond = "rad/s", Metre = "m", MetrePerSecond = "m/s";

    // Name, file, columns, units: what of the standard tables is worth a name of its own.
    private static readonly (string Name, string Table, string[] Columns, string[] Units)[] s_standard =
    [
        ("joint_position", "joints", Six("q"), Repeat(Rad, 6)),
        ("joint_velocity", "joints", Six("qd"), Repeat(RadPerSecond, 6)),
        ("joint_current", "joints", Six("i"), Repeat("A", 6)),
        ("tcp_pose", "joints", ["tcp_x", "tcp_y", "tcp_z", "tcp_rx", "tcp_ry", "tcp_rz"], [.. Repeat(Metre, 3), .. Repeat(Rad, 3)]),
        ("tcp_velocity", "joints", ["tcp_vx", "tcp_vy", "tcp_vz", "tcp_wx", "tcp_wy", "tcp_wz"],
            [.. Repeat(MetrePerSecond, 3), .. Repeat(RadPerSecond, 3)]),
        ("wrench", "force", ["fx", "fy", "fz", "tx", "ty", "tz"], [.. Repeat("N", 3), .. Repeat("N·m", 3)]),
        ("gripper", "gripper", ["position", "object"], ["-", "-"]),
    ];

    /// <summary>Numbers of one frame: columns of a vector, or channels · side · side.</summary>
    [JsonIgnore]
    public int Size => Columns.Count * (Kind == ModalityKind.Vector ? 1 : Side * Side);

    /// <summary>The stream whose status says whether a frame has it; null where its table is no stream's.</summary>
    internal string? Stream(EpisodeShape shape)
    {
        string stream = Kind switch
        {
            ModalityKind.Color => EpisodeLayout.RgbStream(Source),
            ModalityKind.Depth => EpisodeLayout.DepthStream(Source),
            _ => Source == "joints" ? EpisodeLayout.RobotStream : Source,
        };
        return shape.Streams.Contains(stream) ? stream : null;
    }

    /// <summary>
    /// What a name means in an episode: joint_position, joint_velocity, joint_current, tcp_pose, tcp_velocity, wrench, gripper; a table by
    /// its name, with or without columns (task, task:goal_x,goal_y); CAMERA_rgb, CAMERA_depth. Null where the episode does not have it.
    /// </summary>
    internal static Modality? Of(string name, EpisodeReader episode, int pictureSide)
    {
        foreach (var (standard, table, columns, units) in s_standard)
            if (standard == name)
                return HasTable(episode, table) ? new(name, ModalityKind.Vector, table, columns, units, 0) : null;
        EpisodeShape shape = episode.Shape;
        foreach (string camera in shape.Cameras)
            if (name == EpisodeLayout.RgbStream(camera) && shape.Streams.Contains(name))
                return new(name, ModalityKind.Color, camera, ["red", "green", "blue"], Repeat("-", 3), pictureSide);
            else if (name == EpisodeLayout.DepthStream(camera) && shape.Streams.Contains(name))
                return new(name, ModalityKind.Depth, camera, ["depth"], [Metre], pictureSide);
        return OfTable(name, episode);
    }

    /// <summary>Names that an episode has, for messages.</summary>
    internal static IEnumerable<string> NamesIn(EpisodeReader episode) =>
        s_standard.Where(s => HasTable(episode, s.Table)).Select(s => s.Name)
            .Concat(episode.Shape.Tables.Keys)
            .Concat(episode.Shape.Streams.Where(s => s.EndsWith("_rgb", StringComparison.Ordinal)
                || s.EndsWith("_depth", StringComparison.Ordinal)));

    private static Modality? OfTable(string name, EpisodeReader episode)
    {
        string[] parts = name.Split(':', 2);
        string table = parts[0];
        if (!HasTable(episode, table))
            return null;
        (IReadOnlyList<string> columns, IReadOnlyList<string>? units) = episode.Metadata.Tables.TryGetValue(table, out var description)
            ? (description.Columns, description.Units)
            : (episode.Shape.AllTables().First(t => t.File == table + ".csv").Columns.Skip(2).ToArray(), null);
        string[] asked = parts.Length == 1 ? [.. columns] : parts[1].Split(',', StringSplitOptions.TrimEntries);
        return asked.Length > 0 && asked.All(columns.Contains)
            ? new(name, ModalityKind.Vector, table, asked, [.. asked.Select(c => UnitOf(table, c, columns, units))], 0)
            : null;
    }

    private static string UnitOf(string table, string column, IReadOnlyList<string> columns, IReadOnlyList<string>? units)
    {
        if (units is not null)
            return columns.ToList().IndexOf(column) is var at && at < units.Count ? units[at] : "-";
        foreach (var standard in s_standard)
            if (standard.Table == table && Array.IndexOf(standard.Columns, column) is >= 0 and var i)
                return standard.Units[i];
        return column switch { "width" => Metre, "force" => "N", _ => "-" };
    }

    private static bool HasTable(EpisodeReader episode, string table) =>
        episode.Shape.AllTables().Any(t => t.File == table + ".csv")
        && table + ".csv" is not (EpisodeLayout.Actions or EpisodeLayout.Rewards);

    private static string[] Six(string letter) => [.. Enumerable.Range(0, 6).Select(i => $"{letter}{i}")];

    private static string[] Repeat(string unit, int times) => [.. Enumerable.Repeat(unit, times)];
}
