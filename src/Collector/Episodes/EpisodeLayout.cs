using System.Globalization;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>
/// Names of an episode's files and folders, relative to its folder and with '/', and the columns of its tables. With one camera its
/// pictures lie in rgb/ and depth/; with more, each camera has a folder in them.
/// </summary>
/// <param name="cameras">All cameras of the episode, with or without depth.</param>
public sealed class EpisodeLayout(params IReadOnlyList<string> cameras)
{
    public const string Metadata = "metadata.json", Sums = "SHA256SUMS", CaptureLog = "capture.mcap", Plan = "plan.npz";
    public const string Joints = "joints.csv", Force = "force.csv", Gripper = "gripper.csv", Actions = "actions.csv";
    public const string Frames = "frames.csv", Rewards = "rewards.csv", Task = "task.csv";
    public const string RecordingSuffix = ".recording";

    /// <summary>What is written beside a file before it takes the file's place. Never part of an episode.</summary>
    internal const string TemporarySuffix = DurableFiles.TemporarySuffix;

    /// <summary>The pair of a marking that is under way.</summary>
    internal const string NewSums = "SHA256SUMS.new", NewMetadata = "metadata.json.new";

    /// <summary>The streams whose rows are interpolated.</summary>
    public const string RobotStream = "robot", ForceStream = "force", GripperStream = "gripper";

    public static readonly IReadOnlyList<string> JointColumns =
    [
        "frame", "timestamp", "q0", "q1", "q2", "q3", "q4", "q5",
        "qd0", "qd1", "qd2", "qd3", "qd4", "qd5", "i0", "i1", "i2", "i3", "i4", "i5",
        "tcp_x", "tcp_y", "tcp_z", "tcp_rx", "tcp_ry", "tcp_rz", "tcp_vx", "tcp_vy", "tcp_vz", "tcp_wx", "tcp_wy", "tcp_wz",
    ];

    /// <summary>Columns of joints.csv that a controller may not send, each group as a whole: currents, TCP pose, TCP velocity.</summary>
    internal static readonly IReadOnlyList<(int From, int Count)> OptionalJointColumns = [(14, 6), (20, 6), (26, 6)];

    public static readonly IReadOnlyList<string> ForceColumns = ["frame", "timestamp", "fx", "fy", "fz", "tx", "ty", "tz"];
    public static readonly IReadOnlyList<string> GripperColumns = ["frame", "timestamp", "position", "width", "force", "object"];
    public static readonly IReadOnlyList<string> RewardColumns = ["frame", "timestamp", "reward", "terminal", "success"];

    public IReadOnlyList<string> Cameras { get; } = cameras;

    public static string RgbStream(string camera) => camera + "_rgb";

    public static string DepthStream(string camera) => camera + "_depth";

    /// <summary>rgb, or rgb/wrist.</summary>
    public string RgbFolder(string camera) => Folder("rgb", camera);

    /// <summary>depth, or depth/wrist.</summary>
    public string DepthFolder(string camera) => Folder("depth", camera);

    public string Rgb(string camera, int frame) => $"{RgbFolder(camera)}/{Number(frame)}.png";

    public string Depth(string camera, int frame) => $"{DepthFolder(camera)}/{Number(frame)}.npz";

    /// <summary>Columns of actions.csv for an action of that many numbers.</summary>
    public static string[] ActionColumns(IReadOnlyList<string> names) => ["frame", "timestamp", .. names];

    /// <summary>Whether a table of that name, without .csv, has columns of its own by the format.</summary>
    internal static bool IsStandardTable(string name) => name + ".csv" is Joints or Force or Gripper or Actions or Frames;

    /// <summary>a0 … aN.</summary>
    public static string[] NumberedActionNames(int dimension) => [.. Enumerable.Range(0, dimension).Select(i => $"a{i}")];

    public static string[] FrameColumns(IEnumerable<string> streams) =>
        ["frame", "timestamp", "slot", "tick_status", "lateness_us",
            .. streams.SelectMany(s => new[] { $"{s}_seq", $"{s}_age_us", $"{s}_status" })];

    /// <summary>The order of streams in frames.csv: robot, force, gripper, then each camera's, then any further ones as given.</summary>
    public static string[] OrderStreams(IEnumerable<string> streams, IReadOnlyList<string> cameras)
    {
        string[] known = [RobotStream, ForceStream, GripperStream, .. cameras.SelectMany(c => new[] { RgbStream(c), DepthStream(c) })];
        string[] given = [.. streams];
        return [.. known.Where(given.Contains), .. given.Where(s => !known.Contains(s))];
    }

    /// <summary>The frame that a picture's name says, or null: not a picture's name.</summary>
    public static int? FrameOf(string path)
    {
        string stem = Path.GetFileNameWithoutExtension(path);
        return stem.Length >= 6 && int.TryParse(stem, NumberStyles.None, CultureInfo.InvariantCulture, out int frame)
            && Number(frame) == stem ? frame : null;
    }

    private static string Number(int frame) => frame.ToString("D6", CultureInfo.InvariantCulture);

    private string Folder(string kind, string camera) => Cameras.Count > 1 ? $"{kind}/{camera}" : kind;
}
