using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Protocol;

/// <summary>How a calibration's log begins.</summary>
/// <param name="LatencyMs">Of each camera, as it is taken out of the times in the log.</param>
public sealed record CalibrationLog(string Cell, DateTimeOffset Started, IReadOnlyDictionary<string, double> LatencyMs)
{
    public string ToJson() => JsonSerializer.Serialize(this, ProtocolJson.Lenient);

    /// <exception cref="JsonException">It is the log of something else.</exception>
    public static CalibrationLog Parse(string json)
    {
        var log = JsonSerializer.Deserialize<CalibrationLog>(json, ProtocolJson.Lenient);
        return log is { Cell: not null, LatencyMs: not null } ? log : throw new JsonException("it is no calibration's log");
    }
}

/// <summary>A picture, and where the arm was.</summary>
/// <param name="Path">Raw RGB8 pixels, rows from the top; whoever asked deletes it.</param>
/// <param name="Camera">What the camera says of itself.</param>
/// <param name="Tcp">In the base: m, rotation vector rad.</param>
/// <param name="TcpOffset">TCP in the flange.</param>
/// <param name="MovedM">How far the tool has moved between the question and the picture's arrival, m.</param>
/// <param name="MovedRad">And turned, rad.</param>
public sealed record CameraStill(
    string Path, int Width, int Height, long OriginatingNs, CameraDescription Camera, double[] Q, double[] Tcp, double[] TcpOffset,
    double MovedM, double MovedRad);

/// <summary>ROOT/calibrations/KIND-DATE-TIME: what a calibration was made from, so that it can be looked at and made again.</summary>
public static class CalibrationFolder
{
    public const string Name = "calibrations";

    /// <summary>It belongs to whom the root belongs, whoever makes it: beside the system's service that is another user.</summary>
    /// <exception cref="IOException">It cannot be made.</exception>
    public static string Create(string dataRoot, string kind)
    {
        string wanted = Path.Combine(dataRoot, Name, $"{kind}-{DateTime.UtcNow:yyyyMMdd-HHmmss}"), folder = wanted;
        for (int i = 2; Directory.Exists(folder); i++)
            folder = $"{wanted}-{i}";
        folder = Directory.CreateDirectory(folder).FullName;
        Libc.GiveToOwnerOf(dataRoot, Path.GetDirectoryName(folder)!);
        Libc.GiveToOwnerOf(dataRoot, folder);
        return folder;
    }
}
