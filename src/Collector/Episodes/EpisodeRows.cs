using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>A row of joints.csv. Timestamp in s since t0; rad, rad/s, A; m and rotation vector rad; m/s and rad/s, in the robot's base frame.</summary>
public readonly record struct JointsRow(double Timestamp, Vector6 Q, Vector6 Qd, Vector6 Current, Vector6 TcpPose, Vector6 TcpVelocity)
{
    public static JointsRow From(double timestamp, in RobotState state) => new(timestamp, state.Q, state.Qd, state.Current, state.TcpPose, state.TcpSpeed);
}

/// <summary>A row of force.csv: N, N·m, in the sensor's frame.</summary>
public readonly record struct ForceRow(double Timestamp, Wrench Wrench);

/// <summary>A row of gripper.csv.</summary>
/// <param name="Position">0 open … 1 closed.</param>
public readonly record struct GripperRow(double Timestamp, double Position, double WidthM, double ForceN, bool ObjectDetected)
{
    public static GripperRow From(double timestamp, in GripperState state) =>
        new(timestamp, state.Position, state.WidthM, state.ForceN, state.ObjectDetected);
}

/// <summary>One stream's part of a row of frames.csv. Sequence and age say nothing where the status is missing.</summary>
/// <param name="AgeNs">Slot minus originating time; 0 for an interpolated value, which is that of the slot.</param>
public readonly record struct StreamCell(long Sequence, long AgeNs, StreamStatus Status)
{
    public static readonly StreamCell Missing = new(0, 0, StreamStatus.Missing);
}

/// <summary>Which files an episode has and which columns.</summary>
/// <param name="Cameras">All, with or without depth, by name.</param>
/// <param name="Streams">robot, force, gripper, wrist_rgb, wrist_depth …; each has its file or pictures.</param>
/// <param name="ActionNames">Null: no actions.csv.</param>
/// <param name="Tables">Further tables by name without .csv, rewards and task among them: the columns after frame and timestamp.</param>
/// <param name="DepthScales">Metres per unit, by camera with depth.</param>
public sealed record EpisodeShape(
    double RateHz, IReadOnlyList<string> Cameras, IReadOnlyList<string> Streams, IReadOnlyList<string>? ActionNames,
    IReadOnlyDictionary<string, IReadOnlyList<string>> Tables, IReadOnlyDictionary<string, double> DepthScales)
{
    public static EpisodeShape Of(EpisodeMetadata m) => new(
        m.RateHz, [.. m.Cameras.Select(c => c.Name)], EpisodeLayout.OrderStreams(m.Streams.Keys, [.. m.Cameras.Select(c => c.Name)]), m.Action?.Names,
        m.Tables.ToDictionary(t => t.Key, t => t.Value.Columns), m.Cameras.Where(c => c.DepthScale is not null).ToDictionary(c => c.Name, c => c.DepthScale!.Value));

    /// <summary>All tables but frames.csv: file name and whole header.</summary>
    public IEnumerable<(string File, IReadOnlyList<string> Columns)> AllTables()
    {
        if (Streams.Contains(EpisodeLayout.RobotStream))
            yield return (EpisodeLayout.Joints, EpisodeLayout.JointColumns);
        if (Streams.Contains(EpisodeLayout.ForceStream))
            yield return (EpisodeLayout.Force, EpisodeLayout.ForceColumns);
        if (Streams.Contains(EpisodeLayout.GripperStream))
            yield return (EpisodeLayout.Gripper, EpisodeLayout.GripperColumns);
        if (ActionNames is not null)
            yield return (EpisodeLayout.Actions, EpisodeLayout.ActionColumns(ActionNames));
        foreach ((string name, IReadOnlyList<string> columns) in Tables)
            yield return (name + ".csv", ["frame", "timestamp", .. columns]);
    }
}
