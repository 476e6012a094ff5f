using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>
/// What calibrations take from the running cell: a log of arm and cameras while something moves, and single pictures at rest. They lie
/// in ROOT/calibrations, which is no dataset: nothing trains on them, and every other command leaves them alone.
/// </summary>
internal sealed class CalibrationRun(CellConfig config, CellDevices devices, Recorder recorder)
{
    private const double LeastSeconds = 60;

    /// <summary>Twice what the longest takes: nobody forgets one that fills the disk.</summary>
    private const long LongestNs = 300_000_000_000;

    /// <summary>A picture may be older than its times say until its latency has been measured: it is taken so much after the question.
    /// </summary>
    private const long MarginNs = 250_000_000;

    private const long OldestStateNs = 100_000_000;
    private const long LateSampleNs = 500_000_000;
    private static readonly TimeSpan s_pictureDeadline = TimeSpan.FromSeconds(5);
    private readonly Lock _lock = new();
    private (CaptureLog Log, object Connection, long StartedNs)? _running;
    private string? _endedBecause; // the last one, by itself

    /// <summary>Null where the method is none of these.</summary>
    /// <exception cref="RobotException">It is refused.</exception>
    public Task<object?>? TryHandle(string method, JsonElement parameters, object connection, CancellationToken cancel) => method switch
    {
        CoreMethods.CalibrationStart => Task.FromResult<object?>(Start(connection)),
        CoreMethods.CalibrationStop => StopAsync(connection),
        CoreMethods.CameraStill => StillAsync(parameters.Text("camera"), cancel),
        _ => null,
    };

    /// <summary>Who began a log is gone, or the service ends: what is there stays.</summary>
    public void Closed(object? connection)
    {
        lock (_lock)
        {
            if (_running is not { } running || (connection is not null && running.Connection != connection))
                return;
            _running = null;
            running.Log.Dispose();
        }
    }

    /// <exception cref="RobotException">A calibration is being recorded: its pictures take what room and time the disk has.</exception>
    public void MustNotRun()
    {
        lock (_lock)
            if (_running is not null)
                throw new RobotException(ExitCode.Busy, "a calibration is being recorded; wait for its end");
    }

    /// <summary>Called some times a second: ends a log that has failed, or that nobody ends.</summary>
    /// <returns>Why it was ended; null where nothing was.</returns>
    public string? Supervise()
    {
        CaptureLog log;
        lock (_lock)
        {
            if (_running is not { } running)
                return null;
            bool forgotten = HostClock.NowNs - running.StartedNs > LongestNs;
            string? why = running.Log.Failure ?? (forgotten ? $"a calibration is recorded for {LongestNs * 1e-9:0} s at most" : null);
            if (why is null)
                return null;
            (_running, _endedBecause, log) = (null, why, running.Log);
        }
        _ = Task.Run(log.Dispose); // the disk may take its time
        return $"the calibration's recording was ended: {_endedBecause}";
    }

    private object Start(object connection)
    {
        lock (_lock)
        {
            if (_running is not null)
                throw new RobotException(ExitCode.Busy, "another calibration is being recorded");
            if (recorder.RunningId is { } running)
                throw new RobotException(ExitCode.Busy, $"{running} is being recorded; end it first");
            CheckDevices();
            var disk = recorder.Disk;
            if (disk.SecondsLeft < LeastSeconds)
                throw new RobotException(ExitCode.Disk, $"{recorder.DataRoot}: {disk.FreeBytes / 1e6:0} MB are free, too few for "
                    + "a calibration's pictures; make room or name another folder with --data");
            var header = new CalibrationLog(
                config.Cell, DateTimeOffset.UtcNow, devices.Cameras.ToDictionary(c => c.Name, c => c.Color.LatencyMs));
            try
            {
                string folder = CalibrationFolder.Create(recorder.DataRoot, "latency");
                var streams = CaptureStreams.Of(devices.Arm, null, null, []) with
                {
                    Cameras = [.. devices.Cameras.Select(c => CaptureCamera.Of(c) with { Depth = null })],
                };
                _running = (CaptureLog.Start(folder, streams, header.ToJson(), WallClockAnchor.Now()), connection, HostClock.NowNs);
                _endedBecause = null;
                return new { folder };
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new RobotException(ExitCode.Disk, $"{recorder.DataRoot}: {e.Message}");
            }
        }
    }

    private async Task<object?> StopAsync(object connection)
    {
        CaptureLog log;
        lock (_lock)
        {
            if (_running is not { } running || running.Connection != connection)
                throw _endedBecause is { } why ? new RobotException(ExitCode.Disk, why)
                    : new RobotException(ExitCode.Usage, "no calibration is being recorded from here");
            (_running, log) = (null, running.Log);
        }
        var written = await log.Stop("{}", HostClock.NowNs + LateSampleNs);
        log.Dispose();
        return written.Failure is { } failure
            ? throw new RobotException(ExitCode.Disk, failure)
            : new { path = written.Path, bytes = written.Bytes };
    }

    private async Task<object?> StillAsync(string name, CancellationToken cancel)
    {
        ICamera camera = devices.Cameras.Find(c => c.Name == name)
            ?? throw new RobotException(ExitCode.Usage, $"this cell has no camera '{name}'; it has "
                + string.Join(", ", devices.Cameras.Select(c => c.Name).DefaultIfEmpty("none")));
        CheckArm();
        RobotState before = NewestState();
        long from = HostClock.NowNs, deadline = from + (long)(s_pictureDeadline.TotalMilliseconds * 1e6);
        while (HostClock.NowNs < deadline)
        {
            if (camera.Color.TryGetNewest(out var picture))
            {
                try
                {
                    if (picture.OriginatingNs >= from + MarginNs)
                        return Reply(camera, picture, before, NewestState());
                }
                finally
                {
                    picture.Value.Release();
                }
            }
            await Task.Delay(5, cancel);
        }
        throw new RobotException(ExitCode.Device, $"{name}: no new picture came within {s_pictureDeadline.TotalSeconds} s "
            + $"({camera.Status.Message})");
    }

    private CameraStill Reply(ICamera camera, in Sample<ImageFrame> picture, in RobotState before, in RobotState after)
    {
        string path = RuntimeFolder.Still(config.Cell, camera.Name);
        ImageFrame frame = picture.Value;
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.Write))
            RandomAccess.Write(file, frame.Pixels, 0);
        Pose a = Pose.FromVector(before.TcpPose), b = Pose.FromVector(after.TcpPose);
        return new(path, frame.Width, frame.Height, picture.OriginatingNs, CameraDescription.From(camera.Info!),
            after.Q.ToArray(), after.TcpPose.ToArray(), after.TcpOffset.IsFinite ? after.TcpOffset.ToArray() : config.Robot!.Tcp,
            (b.Position - a.Position).Length, (a.Rotation.Inverse * b.Rotation).ToRotationVector().Length);
    }

    /// <exception cref="RobotException">The arm's data have stopped: where it was when a picture was taken is not known.</exception>
    private RobotState NewestState() => devices.Arm!.States.TryGetNewest(out var state)
        && HostClock.NowNs - state.ArrivalNs < OldestStateNs
        ? state.Value
        : throw new RobotException(ExitCode.Device, $"robot: {devices.Arm.Status.Message}");

    private void CheckArm()
    {
        if (devices.Arm is null)
            throw new RobotException(ExitCode.Config, $"{config.File}: a camera is calibrated against the arm, and this cell has none");
    }

    private void CheckDevices()
    {
        CheckArm();
        if (devices.Cameras.Count == 0)
            throw new RobotException(ExitCode.Config, $"{config.File}: this cell has no camera");
        foreach (ISampleStream stream in (ISampleStream[])[devices.Arm!.States, .. devices.Cameras.Select(c => c.Color)])
            if (RecordingDescription.Obstacle(stream, devices.DeviceOf(stream).Status, HostClock.NowNs) is { } obstacle)
                throw new RobotException(ExitCode.Device, obstacle
                    + (config.Simulation is null ? "" : $" (start the cell: ./robot sim --config {config.File})"));
    }
}
