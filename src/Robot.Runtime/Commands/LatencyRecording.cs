using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Vision.Latency;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>How arm and pictures moved, from a calibration's log.</summary>
/// <param name="Motions">By camera.</param>
/// <param name="Head">Whose, of when, and what was taken out of each camera's times.</param>
internal sealed record LatencyRecording(ArmPath Arm, IReadOnlyDictionary<string, PictureMotion> Motions, CalibrationLog Head)
{
    /// <exception cref="RobotException">There is no such log, or it is damaged.</exception>
    public static LatencyRecording Read(string folder)
    {
        string path = Path.Combine(folder, CaptureLog.FileName);
        try
        {
            if (!File.Exists(path))
                throw new RobotException(ExitCode.Usage, $"{folder}: there is no {CaptureLog.FileName}; name a folder latency-… of "
                    + $"ROOT/{CalibrationFolder.Name}");
            using var log = new CaptureReader(path);
            var arm = new ArmPath();
            var motions = new SortedDictionary<string, PictureMotion>(StringComparer.Ordinal);
            while (log.TryRead(out var message))
                Take(message, arm, motions);
            if (log.Damage is { } damage)
                throw new RobotException(ExitCode.FaultsFound, damage);
            if (motions.Count == 0)
                throw new RobotException(ExitCode.FaultsFound, $"{path}: there is no picture in it; record anew");
            return new(arm, motions, CalibrationLog.Parse(log.Start?.Json ?? "{}"));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or JsonException or ArgumentException)
        {
            throw new RobotException(ExitCode.FaultsFound, $"{path}: cannot be used ({e.Message.TrimEnd('.')}); record anew");
        }
    }

    private static void Take(in CaptureMessage message, ArmPath arm, SortedDictionary<string, PictureMotion> motions)
    {
        if (message.Kind == CaptureKind.RobotState)
        {
            arm.Add(message.OriginatingNs, Pose.FromVector(message.RobotState().Value.TcpPose));
        }
        else if (message.Kind == CaptureKind.Image && !message.IsDepth)
        {
            if (!motions.TryGetValue(message.Camera, out var motion))
                motions[message.Camera] = motion = new();
            var image = message.Image();
            motion.Add(message.OriginatingNs, image.Pixels, image.Width, image.Height);
        }
    }
}
