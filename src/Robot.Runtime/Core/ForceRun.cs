using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Means of the force sensor with the arm at rest: for a calibration's poses, and for the tare.</summary>
internal sealed class ForceRun(CellConfig config, CellDevices devices, Recorder recorder)
{
    private const double DefaultSeconds = 0.5, LongestSeconds = 60, RestRadPerS = 0.01, RestRad = 0.002;
    private const int FewestSamples = 10, QueueLength = 8192;
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    /// <summary>Null where the method is none of its own.</summary>
    public Task<object?>? TryHandle(string method, JsonElement parameters, CancellationToken cancel) => method switch
    {
        CoreMethods.ForceMeasure => MeasuredAsync(parameters, cancel),
        CoreMethods.ForceTare => TareAsync(parameters, cancel),
        _ => null,
    };

    private async Task<object?> MeasuredAsync(JsonElement parameters, CancellationToken cancel) => await MeasureAsync(parameters, cancel);

    /// <exception cref="RobotException">The arm moves, or no force is measured.</exception>
    private async Task<WrenchMeasurement> MeasureAsync(JsonElement parameters, CancellationToken cancel)
    {
        double seconds = parameters.Number("seconds", DefaultSeconds);
        if (!(seconds is >= 0.1 and <= LongestSeconds))
            throw new RobotException(ExitCode.Usage, $"{seconds} seconds are out of range; 0.1 to {LongestSeconds} are allowed");
        var force = devices.Force ?? throw new RobotException(ExitCode.Device, "this cell has no force sensor; its config names none");
        var mean = new WrenchMean();
        var queue = force.Wrenches.Subscribe(QueueLength);
        try
        {
            Vector6? began = Standing();
            for (long end = Environment.TickCount64 + (long)(seconds * 1000); Environment.TickCount64 < end;)
            {
                await Task.Delay(s_look, cancel);
                while (queue.TryDequeue(out var sample))
                    mean.Add(sample.Value);
                if (began is { } q && (Standing()!.Value - q).MaxAbs > RestRad)
                    throw Moves();
            }
        }
        finally
        {
            force.Wrenches.Unsubscribe(queue);
        }
        if (mean.Count < FewestSamples)
            throw new RobotException(ExitCode.Device, $"{mean.Count} values in {seconds} s are too few: {force.Status.Message}");
        return new(mean.Mean, mean.Deviation, mean.Count, Flange()?.ToVector().ToArray());
    }

    private async Task<object?> TareAsync(JsonElement parameters, CancellationToken cancel)
    {
        if (parameters.IsTrue("clear"))
        {
            devices.External.Tare = null;
            recorder.Event(CaptureEventKinds.Tare, "the force's tare was taken back");
            return new { };
        }
        var measured = await MeasureAsync(parameters, cancel);
        Wrench raw = measured.ToWrench();
        Wrench tare = devices.External.Untared(raw, Flange()?.Rotation ?? Quat.Identity);
        devices.External.Tare = tare;
        string values = string.Join(' ', WrenchMeasurement.Six(tare).Select(v => v.ToString("0.####", CultureInfo.InvariantCulture)));
        recorder.Event(CaptureEventKinds.Tare, $"the force was tared: {values} N, N·m count as nothing; force.csv stays as it was read");
        return measured;
    }

    /// <summary>What touches the tool now; null where nothing measures it.</summary>
    public ForceStatus? Status()
    {
        if (devices.Force is not { } force || !force.Wrenches.TryGetNewest(out var newest))
            return null;
        var external = devices.External;
        var calibration = external.Calibration;
        Pose? at = devices.Arm is { Status.Connected: true } ? Flange() : null;
        if (calibration is not null && at is null)
            return null; // where the weight pulls is not known
        Wrench atSensor = external.Of(newest.Value, at?.Rotation ?? Quat.Identity);
        var status = new ForceStatus(devices.SensorName, WrenchMeasurement.Six(atSensor), null, null, calibration is not null,
            external.Tare is { } t ? WrenchMeasurement.Six(t) : null);
        if (at is not { } flange)
            return status;
        Pose tcp = Tcp();
        if ((calibration?.SensorInFlange ?? config.Force!.SensorInFlange(tcp)) is not { } sensor)
            return status;
        Wrench tool = WrenchFrames.ToTool(atSensor, sensor, tcp);
        return status with
        {
            Tool = WrenchMeasurement.Six(tool),
            Base = WrenchMeasurement.Six(WrenchFrames.ToBase(tool, flange.Rotation * tcp.Rotation)),
        };
    }

    /// <summary>In the flange's frame: the controller's own, where it tells it.</summary>
    private Pose Tcp() => Pose.FromVector(devices.Arm!.States.TryGetNewest(out var state) && state.Value.TcpOffset.IsFinite
        ? state.Value.TcpOffset
        : new(config.Robot!.Tcp));

    private Pose? Flange() =>
        devices.Arm is { } arm && arm.States.TryGetNewest(out var state) ? arm.Kinematics.Flange(state.Value.Q) : null;

    /// <summary>Joints of an arm that stands; null in a cell without one.</summary>
    /// <exception cref="RobotException">It moves, or tells nothing.</exception>
    private Vector6? Standing()
    {
        if (devices.Arm is not { } arm)
            return null;
        if (!arm.Status.Connected || !arm.States.TryGetNewest(out var state))
            throw new RobotException(ExitCode.Device, $"robot: {arm.Status.Message}");
        return state.Value.Qd.MaxAbs < RestRadPerS ? state.Value.Q : throw Moves();
    }

    private static RobotException Moves() => new(ExitCode.Device, "the arm moves: a force is measured at rest; wait for its end");
}
