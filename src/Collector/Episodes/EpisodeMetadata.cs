using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Episodes;

public enum Outcome { Unknown, Success, Failure }

public enum EpisodeEnd { Terminal, Timeout, Operator }

public enum EpisodeClock { Host, Simulated }

public enum ActionKind { JointPosition, JointVelocity, TcpPose, TcpVelocity, Environment }

public enum QualityVerdict { NotJudged, Good, Poor }

/// <summary>
/// metadata.json of an episode. Times in s since t0 unless a name says otherwise. A part that an episode does not have is null.
/// </summary>
public sealed record EpisodeMetadata
{
    public const int CurrentSchema = 1;

    public required int SchemaVersion { get; init; }

    /// <summary>The folder's name: demo_007.</summary>
    public required string Id { get; init; }

    public required string Task { get; init; }

    public required Outcome Outcome { get; init; }

    /// <summary>Null where the recording was cut off.</summary>
    public required EpisodeEnd? End { get; init; }

    /// <summary>Sum of rewards; null where the task defines none.</summary>
    public required double? Return { get; init; }

    /// <summary>The operator's.</summary>
    public required string? Note { get; init; }

    /// <summary>Wall clock (UTC) at t0; simulated episodes: 1970-01-01 plus the episode's number in seconds.</summary>
    public required DateTimeOffset Start { get; init; }

    /// <summary>t0 on the host's monotonic clock, ns; null for simulated episodes.</summary>
    public required long? StartMonotonicNs { get; init; }

    /// <summary>Ties the monotonic to the wall clock; null for simulated episodes.</summary>
    public required WallClockAnchor? Anchor { get; init; }

    public required EpisodeClock Clock { get; init; }

    public required double RateHz { get; init; }

    /// <summary>Rows of every table.</summary>
    public required int Frames { get; init; }

    /// <summary>frames / rate_hz, s.</summary>
    public required double Duration { get; init; }

    /// <summary>The cell's configuration in force.</summary>
    public required JsonElement? Configuration { get; init; }

    public required RobotDescription? Robot { get; init; }

    public required IReadOnlyList<CameraDescription> Cameras { get; init; }

    public required ForceSensorDescription? ForceSensor { get; init; }

    public required ActionDescription? Action { get; init; }

    /// <summary>Who moved the arm, where readers of the format look for it: the action's source. Null without actions.</summary>
    public string? ActionSource
    {
        get => field ?? Action?.Source; // files of before have it in the action alone
        init;
    }

    /// <summary>
    /// How far behind its set-points the arm was; null where it had not been commanded, and in a recording that was cut off.
    /// </summary>
    public MotionTiming? Motion { get; init; }

    /// <summary>By stream: robot, force, gripper, wrist_rgb, wrist_depth … What is not here was not recorded and has no file.</summary>
    public required IReadOnlyDictionary<string, StreamReport> Streams { get; init; }

    /// <summary>Tables beyond the standard ones, and rewards and task, by name without .csv.</summary>
    public required IReadOnlyDictionary<string, TableDescription> Tables { get; init; }

    public required TickReport? Tick { get; init; }

    public required SoftwareVersion Software { get; init; }

    /// <summary>The recording was cut off and finished later.</summary>
    public required bool Recovered { get; init; }

    /// <summary>No slot had every stream fresh: t0 is the first slot recorded, and in row 0 streams may be stale or missing.</summary>
    public bool NeverAllFresh { get; init; }

    public required Quality Quality { get; init; }

    /// <summary>What stayed of capture.mcap: numbers, all or none.</summary>
    public required string CaptureLog { get; init; }

    /// <summary>Where a planner acted: plan.npz is then there.</summary>
    public required PlannerDescription? Planner { get; init; }

    /// <summary>
    /// Seed and every randomised value of a simulated episode; of one recorded in the simulated cell, where its objects lay at the start
    /// (<c>scene</c>: by name p[m, rotation vector rad], base frame).
    /// </summary>
    public required JsonElement? Simulation { get; init; }

    /// <summary>By modality: joints, force, gripper, actions, rewards, wrist_rgb (0-255), wrist_depth (m, of what returned) …</summary>
    public required IReadOnlyDictionary<string, ModalityStatistics> Statistics { get; init; }

    [JsonIgnore]
    public EpisodeLayout Layout => new([.. Cameras.Select(c => c.Name)]);

    /// <exception cref="InvalidDataException">It is not there, or is not such metadata; names the file.</exception>
    public static EpisodeMetadata Read(string episodeFolder)
    {
        string path = Path.Combine(episodeFolder, EpisodeLayout.Metadata);
        try
        {
            return Parse(File.ReadAllBytes(path));
        }
        catch (Exception e) when (e is JsonException or FileNotFoundException or DirectoryNotFoundException)
        {
            throw new InvalidDataException($"{path}: {e.Message}", e);
        }
    }

    /// <exception cref="JsonException">Not an episode's metadata of this schema.</exception>
    public static EpisodeMetadata Parse(ReadOnlySpan<byte> json)
    {
        EpisodeMetadata metadata = JsonSerializer.Deserialize(json, EpisodeJson.Readable.EpisodeMetadata)
            ?? throw new JsonException("it holds nothing");
        if (metadata.SchemaVersion != CurrentSchema)
            throw new JsonException($"schema version {metadata.SchemaVersion}; this program knows {CurrentSchema}");
        return metadata.Contradiction() is { } what ? throw new JsonException(what) : metadata;
    }

    /// <summary>What no reader can work with, though each property by itself is of its type.</summary>
    private string? Contradiction()
    {
        if (Cameras.Contains(null!) || Streams.Values.Contains(null!) || Statistics.Values.Contains(null!)
            || Tables.Values.Any(t => t is null || t.Columns.Contains(null!) || t.Units.Contains(null!))
            || Action?.Names.Contains(null!) == true || Quality.Reasons.Contains(null!))
            return "a part of a list is null";
        if (Cameras.GroupBy(c => c.Name).FirstOrDefault(g => g.Count() > 1) is { } twice)
            return $"two cameras are named '{twice.Key}'";
        if (Planner?.Shape.Damage() is { } plans)
            return plans;
        if (Robot is { Tcp.Length: not 6 })
            return $"robot.tcp has {Robot.Tcp.Length} numbers; it is x, y, z and a rotation vector";
        if (Tables.Keys.FirstOrDefault(EpisodeLayout.IsStandardTable) is { } standard)
            return $"tables.{standard} has the name of another table";
        return Statistics.Values.Any(s => s.Min.Length != s.Max.Length || s.Min.Length != s.Mean.Length || s.Min.Length != s.Std.Length)
            ? "statistics of a modality are not of one length"
            : null;
    }

    public byte[] ToJson() => [.. JsonSerializer.SerializeToUtf8Bytes(this, EpisodeJson.Readable.EpisodeMetadata), (byte)'\n'];
}

/// <param name="Model">UR5e …</param>
/// <param name="Tcp">Flange to TCP: m, rotation vector rad.</param>
public sealed record RobotDescription(string Model, string Serial, string ControllerVersion, double[] Tcp, double PayloadKg);

/// <param name="Color">Null without colour.</param>
/// <param name="Depth">Null without depth.</param>
/// <param name="DepthScale">Metres per unit of depth/; null without depth.</param>
/// <param name="Extrinsics">The optical frame in the robot's base or flange; null where nobody has measured it.</param>
public sealed record CameraDescription(
    string Name, string Model, string Serial, CameraIntrinsics? Color, CameraIntrinsics? Depth, double? DepthScale,
    CameraExtrinsics? Extrinsics)
{
    /// <summary>
    /// Depth's optical frame in colour's: what laying depth over colour needs. Null where the camera does not say, as all that follow.
    /// </summary>
    public CameraExtrinsics? DepthInColor { get; init; }

    /// <summary>Version of the camera's own software.</summary>
    public string? Firmware { get; init; }

    /// <summary>Kind of its connection: 3.2, 2.1 …</summary>
    public string? Usb { get; init; }

    /// <summary>Where it was plugged in.</summary>
    public string? Port { get; init; }

    /// <summary>What spoke to the camera: librealsense 2.58.2 …</summary>
    public string? Library { get; init; }

    /// <summary>False: its pictures were stamped by the host, because the kernel passes the camera's stamps on no further.</summary>
    public bool? HardwareStamps { get; init; }

    /// <summary>Whose clock its pictures were stamped on when the recording began: camera, host (on arrival), wall …</summary>
    public string? ClockDomain { get; init; }

    /// <summary>What was measured of it in the cell; null where nothing was.</summary>
    public CameraCalibrationDescription? Calibration { get; init; }

    /// <summary>As a camera describes itself. A camera without colour pictures in the episode: <c>with { Color = null }</c>.</summary>
    public static CameraDescription From(CameraInfo info)
    {
        return new CameraDescription(
            info.Name, info.Model, info.Serial, info.Color, info.Depth, info.Depth is null ? null : info.DepthScale,
            Place(info.MountedOn, info.Extrinsics))
        {
            DepthInColor = Place("color", info.DepthInColor),
            Firmware = Known(info.Firmware),
            Usb = Known(info.Usb),
            Port = Known(info.Port),
            Library = Known(info.Library),
            HardwareStamps = info.HasMetadata,
            ClockDomain = Known(info.ClockDomain),
        };

        static string? Known(string text) => text.Length > 0 ? text : null;
    }

    private static CameraExtrinsics? Place(string frame, Pose? pose)
    {
        if (pose is not { } p)
            return null;
        double[] v = p.ToVector().ToArray();
        return new(frame, v[..3], v[3..]);
    }
}

/// <param name="Frame">In which: base or flange, color.</param>
/// <param name="Translation">m.</param>
/// <param name="Rotation">Rotation vector, rad.</param>
public sealed record CameraExtrinsics(string Frame, double[] Translation, double[] Rotation);

/// <summary>How well it is known when a camera's pictures were taken, and where it is.</summary>
/// <param name="Latency">Null where it was not measured; the times are as the config says.</param>
/// <param name="Extrinsics">Null where they were not measured.</param>
public sealed record CameraCalibrationDescription(LatencyCalibration? Latency, ExtrinsicsCalibration? Extrinsics);

/// <param name="Measured">UTC.</param>
/// <param name="LatencyMs">From the middle of the exposure to the host, what stamps cannot show. It is taken out of the times.</param>
/// <param name="ErrorMs">Its standard error.</param>
/// <param name="Motions">That it was found from.</param>
public sealed record LatencyCalibration(DateTimeOffset Measured, double LatencyMs, double ErrorMs, int Motions);

/// <param name="Measured">UTC.</param>
/// <param name="ResidualPx">Root mean square distance of the board's corners from where they should have been seen.</param>
/// <param name="ErrorMm">Standard error of the translation.</param>
/// <param name="ErrorDeg">Standard error of the rotation.</param>
public sealed record ExtrinsicsCalibration(
    DateTimeOffset Measured, int Views, double ResidualPx, double ErrorMm, double ErrorDeg);

/// <param name="Bias">What was subtracted from the values in force.csv: N, N·m, in the sensor's frame. Here nothing is.</param>
/// <param name="Calibration">What the values contain besides what touches the tool; null where it was not measured.</param>
/// <param name="Tare">What a person had tared when the recording began: N, N·m, sensor frame, after bias and weight. Not subtracted.
/// </param>
public sealed record ForceSensorDescription(
    string Model, string Serial, double[] Bias, ForceCalibrationDescription? Calibration = null, double[]? Tare = null);

/// <summary>
/// Bias, and the weight that hangs on the sensor: w = R⁻¹·(0, 0, -9.80665·mass) with R the sensor's turn in the base frame.
/// </summary>
/// <param name="Measured">UTC.</param>
/// <param name="Bias">What it reads with nothing on it: N, N·m, sensor frame.</param>
/// <param name="CentreOfMass">Sensor frame, m.</param>
/// <param name="SensorInFlange">p[m, rotation vector rad].</param>
/// <param name="ResidualN">Root mean square of what the poses left over, N.</param>
/// <param name="ResidualNm">The same of the torques, N·m.</param>
public sealed record ForceCalibrationDescription(
    DateTimeOffset Measured, double[] Bias, double MassKg, double[] CentreOfMass, double[] SensorInFlange, double ResidualN,
    double ResidualNm);

/// <param name="Names">Columns of actions.csv.</param>
/// <param name="Lower">By number; null where no bounds are promised, or one by one where a number has none.</param>
/// <param name="Source">scripted, freedrive, jog, replay, mpc, demonstrated, planner …</param>
public sealed record ActionDescription(
    ActionKind Kind, int Dimension, IReadOnlyList<string> Names, double?[]? Lower, double?[]? Upper, string Source)
{
    /// <summary>A person led the arm: the action is the measured position of the next frame.</summary>
    public const string Demonstrated = "demonstrated";

    /// <summary>So the source begins where a person led the arm from afar; what follows is the device.</summary>
    public const string Teleoperated = "teleop_";
}

/// <summary>Who planned, in what: with plan.npz enough to plan again.</summary>
/// <param name="Name">cem …</param>
/// <param name="Model">Where the model lay.</param>
/// <param name="ModelSha256">Of its weights, lower-case hex.</param>
/// <param name="Settings">All that decides what it plans: search, objective, seed, delay …</param>
/// <param name="Shape">Sizes of the arrays of plan.npz.</param>
public sealed record PlannerDescription(string Name, string Model, string ModelSha256, JsonElement Settings, PlanShape Shape);

/// <param name="RateHz">Native.</param>
/// <param name="Clock">The fitted map to the host's clock; its domain is host where the stream has no clock of its own. Null where the
/// recording was cut off and nobody knows it.</param>
public sealed record StreamReport(double RateHz, double LatencyMs, ClockMapReport? Clock, StreamCounts Counts);

/// <summary>
/// Received and dropped count samples over the recording; used counts those that fill at least one row (interpolated: that are the last
/// before a slot), and stale, repeated and missing count rows.
/// </summary>
public sealed record StreamCounts(long Received, long Used, long Dropped, int Stale, int Repeated, int Missing);

/// <param name="Columns">After frame and timestamp.</param>
/// <param name="Units">One for each column; - where it has none.</param>
/// <param name="Rule">What computed it: the task's rule for rewards; else null.</param>
public sealed record TableDescription(IReadOnlyList<string> Columns, IReadOnlyList<string> Units, string? Rule);

/// <summary>How far behind its set-points an arm was, as estimated while it moved.</summary>
/// <param name="DelayMs">From a set-point to the arm's being there: the controller's own smoothing and the transport together.</param>
/// <param name="RoundTripMs">From a set-point's sending to the first state that shows that the controller has it; null: not known.</param>
public sealed record MotionTiming(double DelayMs, double? RoundTripMs);

/// <summary>Lateness of the ticks that ran, µs, and the slots that were skipped. All over the rows of frames.csv.</summary>
public sealed record TickReport(double P50Us, double P99Us, double MaxUs, int SkippedSlots)
{
    /// <param name="latenessUs">One for each row; NaN for a skipped slot.</param>
    public static TickReport From(IReadOnlyCollection<double> latenessUs)
    {
        double[] ran = [.. latenessUs.Where(double.IsFinite).Order()];
        double At(double share) => ran.Length == 0 ? 0 : ran[Math.Clamp((int)Math.Ceiling(share * ran.Length) - 1, 0, ran.Length - 1)];
        return new TickReport(At(0.5), At(0.99), At(1), latenessUs.Count - ran.Length);
    }
}

public sealed record SoftwareVersion(string Version, string Commit);

public sealed record Quality(QualityVerdict Verdict, IReadOnlyList<string> Reasons)
{
    public static readonly Quality NotJudged = new(QualityVerdict.NotJudged, []);
}
