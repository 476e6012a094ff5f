using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Configuration;

/// <summary>
/// What <c>robot calibrate</c> measured of a cell. It lies beside the config as NAME.calibration.json, goes before what the config says,
/// and into every recording's metadata.
/// </summary>
public sealed record CellCalibration
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectRequiredConstructorParameters = true,
        RespectNullableAnnotations = true,
        WriteIndented = true,
    };

    public WrenchSection? Wrench { get; init; }

    public GripperSection? Gripper { get; init; }

    /// <summary>By the camera's name.</summary>
    public SortedDictionary<string, CameraSection> Cameras { get; init; } = [];

    /// <param name="Measured">UTC.</param>
    /// <param name="Sensor">Model and serial number of what it was measured on.</param>
    /// <param name="Bias">What the sensor reads with nothing on it: N, N·m, sensor frame.</param>
    /// <param name="CentreOfMass">Of the tool, sensor frame, m.</param>
    /// <param name="SensorInFlange">p[m, rotation vector rad].</param>
    /// <param name="ResidualN">Root mean square over the poses, N.</param>
    /// <param name="ResidualNm">The same of the torques, N·m.</param>
    public sealed record WrenchSection(
        DateTimeOffset Measured, string Sensor, double[] Bias, double MassKg, double[] CentreOfMass, double[] SensorInFlange, int Poses,
        double ResidualN, double ResidualNm)
    {
        public WrenchCalibration ToCalibration() => new(
            new(Bias[0], Bias[1], Bias[2], Bias[3], Bias[4], Bias[5]), MassKg, new(CentreOfMass[0], CentreOfMass[1], CentreOfMass[2]),
            Pose.FromVector(new(SensorInFlange)));

        internal bool IsWhole => Bias.Length == 6 && CentreOfMass.Length == 3 && SensorInFlange.Length == 6;
    }

    /// <param name="OpenCount">What the gripper's position reads when open.</param>
    /// <param name="ClosedCount">And when closed.</param>
    public sealed record GripperSection(DateTimeOffset Measured, int OpenCount, int ClosedCount);

    public sealed record CameraSection(LatencySection? Latency = null, ExtrinsicsSection? Extrinsics = null);

    /// <param name="LatencyMs">From exposure to host, what stamps cannot show.</param>
    /// <param name="ErrorMs">Its standard error.</param>
    public sealed record LatencySection(DateTimeOffset Measured, double LatencyMs, double ErrorMs, int Motions);

    /// <param name="MountedOn">base or flange.</param>
    /// <param name="OpticalFrame">In what it is mounted on: p[m, rotation vector rad].</param>
    /// <param name="ResidualPx">Root mean square distance of the board's corners from where they should be seen.</param>
    /// <param name="ResidualMm">Root mean square over the views, of where a view alone sees the board from where it should be.</param>
    /// <param name="ResidualDeg">The same of how it is turned.</param>
    /// <param name="ErrorMm">Standard error of the position.</param>
    /// <param name="ErrorDeg">Standard error of the turn.</param>
    public sealed record ExtrinsicsSection(
        DateTimeOffset Measured, string MountedOn, double[] OpticalFrame, int Views, double ResidualPx, double ResidualMm,
        double ResidualDeg, double ErrorMm, double ErrorDeg);

    /// <summary>my-cell.yaml → my-cell.calibration.json.</summary>
    public static string FileOf(string configFile) => Path.ChangeExtension(configFile, ".calibration.json");

    /// <summary>What is there; an empty one where nothing was ever measured.</summary>
    /// <exception cref="ConfigException">The file is there and cannot be read.</exception>
    public static CellCalibration Load(string configFile)
    {
        string file = FileOf(configFile);
        if (!File.Exists(file))
            return new();
        try
        {
            var calibration = JsonSerializer.Deserialize<CellCalibration>(File.ReadAllBytes(file), s_json) ?? new();
            return calibration.Wrong is { } wrong ? throw new JsonException(wrong) : calibration;
        }
        catch (Exception e) when (e is JsonException or IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"{file}: cannot be used ({e.Message.TrimEnd('.')}); measure anew with ./robot calibrate, "
                + "or move the file away");
        }
    }

    private string? Wrong =>
        Wrench is { IsWhole: false } || Cameras.Values.Any(c => c.Extrinsics is { OpticalFrame.Length: not 6 })
            ? "a list of numbers has not the length it must have"
        : Gripper is { } g && !(g.OpenCount >= 0 && g.OpenCount < g.ClosedCount && g.ClosedCount <= 255)
            ? "open_count and closed_count are 0 to 255, open below closed"
        : null;

    /// <summary>Replaces the file at once or not at all.</summary>
    /// <exception cref="IOException">It cannot be written; says why.</exception>
    public void Save(string configFile)
    {
        string file = FileOf(configFile);
        try
        {
            DurableFiles.Replace(file, [.. JsonSerializer.SerializeToUtf8Bytes(this, s_json), (byte)'\n']);
            DurableFiles.SyncFolder(Path.GetDirectoryName(Path.GetFullPath(file))!);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new IOException($"{file} cannot be written ({e.Message.TrimEnd('.')}): what was measured is not kept; run this as "
                + "a user who may write beside the config", e);
        }
    }

    /// <summary>Puts what was measured in the place of what the config says.</summary>
    internal void ApplyTo(CellConfig config)
    {
        if (Gripper is { } gripper && config.Gripper is { } g)
            (g.OpenCount, g.ClosedCount) = (gripper.OpenCount, gripper.ClosedCount);
        foreach (CameraConfig camera in config.Cameras)
        {
            if (!Cameras.TryGetValue(camera.Name, out CameraSection? measured))
                continue;
            if (measured.Latency is { } latency)
                camera.LatencyMs = latency.LatencyMs;
            if (measured.Extrinsics is { } extrinsics)
                (camera.MountedOn, camera.Extrinsics) = (extrinsics.MountedOn, extrinsics.OpticalFrame);
        }
    }
}
