using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Core;

/// <summary>How many bytes a second of recording takes, estimated: what a picture shows decides how small its file gets.</summary>
internal static class RecordingRate
{
    /// <summary>Of a picture's bytes in its file, seen on pictures of colour and depth.</summary>
    private const double FileShare = 0.4;

    /// <summary>Everything that is no picture, bytes a second.</summary>
    private const double Numbers = 1_000_000;

    /// <summary>Bytes a second of a camera's pictures as they come; 0 before the camera has said what it makes.</summary>
    public static double Pictures(ICamera camera) => camera.Info is { } info ? camera.Color.RateHz
        * (info.Color.Width * info.Color.Height * 3.0 + (info.Depth is { } depth ? depth.Width * depth.Height * 2.0 : 0)) : 0;

    /// <summary>While it is recorded: raw pictures in the log, and their files beside them.</summary>
    public static double WhileRecording(double pictures) => pictures * (1 + FileShare) + Numbers;

    /// <summary>What stays of it.</summary>
    public static double Kept(double pictures, KeepLog keep) => pictures * (keep == KeepLog.All ? 1 + FileShare : FileShare) + Numbers;
}
