using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Puts core's status together from what its parts say of themselves.</summary>
internal sealed class StatusReporter(
    CellConfig config, CellDevices devices, Ticker ticker, Recorder recorder, EncoderJobs encoders, ForceRun force)
{
    private readonly long _startedNs = HostClock.NowNs;
    private readonly RateMeter[] _rates = [.. devices.Streams.Select(s => new RateMeter(s))];
    private string _message = "idle";

    /// <summary>The line that people see until the next one.</summary>
    public void Say(string message) => Volatile.Write(ref _message, message);

    public CoreStatus Report(ReplayStatus? replay)
    {
        long now = HostClock.NowNs;
        var motion = Motion();
        var recording = recorder.Status;
        string mode = motion.State == "fault" ? "fault"
            : recording is not null ? "recording"
            : replay is { State: "easing" or "playing" } ? "replaying"
            : motion.Owner is not null ? "controlling"
            : "idle";
        var (p50, p99, max) = ticker.Lateness.Microseconds();
        return new(config.Cell, mode, Volatile.Read(ref _message), now, (now - _startedNs) * 1e-9, recorder.DataRoot, devices.IsSimulated,
            Streams(now), new(ticker.RateHz, ticker.Slot, ticker.Missed, p50, p99, max), Robot(), Wrench(), Gripper(), motion, recording,
            encoders.Status, replay, recorder.Disk, GC.GetTotalAllocatedBytes(), Force: force.Status());
    }

    private StreamStatus[] Streams(long now)
    {
        var reports = new StreamStatus[devices.Streams.Count];
        for (int i = 0; i < reports.Length; i++)
        {
            var stream = devices.Streams[i];
            IDevice device = devices.DeviceOf(stream);
            DeviceStatus status = device.Status;
            CameraInfo? camera = (device as ICamera)?.Info;
            var counters = stream.Counters;
            long? age = now - stream.NewestOriginatingNs;
            bool fresh = age is { } a && Observation.Judge(a, stream.RateHz, stream.LatencyMs + 5) == StreamFreshness.Fresh;
            reports[i] = new(stream.Name, stream.RateHz, _rates[i].Measure(now), age * 1e-6, fresh, counters.Received, counters.Lost,
                counters.Overrun, status.Connected, status.Message, stream.NewestDelayNs * 1e-6, device.Clock,
                camera is { Usb.Length: > 0 } ? camera.Usb : null, camera?.HasMetadata);
        }
        return reports;
    }

    private RobotStatus? Robot()
    {
        if (devices.Arm is not { } arm || !arm.States.TryGetNewest(out var sample))
            return null;
        var state = sample.Value;
        return new(arm.Identity?.Model ?? config.Robot!.Model, arm.Identity?.Serial ?? "", Words(state.Mode.ToString()),
            Safety(state.Safety), Words(state.Runtime.ToString()), state.Q.ToArray(), state.Qd.ToArray(), state.TcpPose.ToArray(),
            state.SpeedScaling * state.TargetSpeedFraction, state.DigitalInputs, state.DigitalOutputs, Tool(state, devices.Motion),
            Analog(state.Analog), state.Analog.ToolSupply >= 0 ? state.Analog.ToolSupply : null, state.TargetSpeedFraction,
            arm.Identity?.Serial is not null);
    }

    /// <summary>What the controller is set to, beside what the config says.</summary>
    public static ToolStatus Tool(in RobotState state, ArmMotion? motion) => new(
        state.TcpOffset.IsFinite ? state.TcpOffset.ToArray() : null, Known(state.Payload),
        double.IsFinite(state.PayloadCog.Length) ? [state.PayloadCog.X, state.PayloadCog.Y, state.PayloadCog.Z] : null,
        motion?.ToolDifference(state));

    private static List<AnalogStatus> Analog(in AnalogSignals signals)
    {
        var sent = new List<AnalogStatus>(6);
        Add("input:0", signals.Input0, signals.Voltages & 1);
        Add("input:1", signals.Input1, signals.Voltages & 2);
        Add("output:0", signals.Output0, signals.Voltages & 4);
        Add("output:1", signals.Output1, signals.Voltages & 8);
        Add("tool_input:0", signals.ToolInput0, signals.ToolVoltages & 1);
        Add("tool_input:1", signals.ToolInput1, signals.ToolVoltages & 2);
        return sent;

        void Add(string name, double value, uint isVoltage)
        {
            if (double.IsFinite(value))
                sent.Add(isVoltage != 0 ? new(name, value, "V") : new(name, value * 1e3, "mA"));
        }
    }

    private double[]? Wrench() =>
        devices.Force is { } sensor && sensor.Wrenches.TryGetNewest(out var s) ? WrenchMeasurement.Six(s.Value) : null;

    private GripperStatus? Gripper() =>
        devices.Gripper is { } gripper && gripper.States.TryGetNewest(out var s)
            ? new(s.Value.Position, s.Value.WidthM, s.Value.ObjectDetected, s.Value.Moving, s.Value.Fault, gripper.Active, s.Value.Count)
            : null;

    private MotionStatus Motion()
    {
        if (devices.Motion is null)
            return new(false, "off", null, "this cell has no arm", false, "none");
        var report = devices.Motion.Report();
        return new(report.Enabled, Words(report.State.ToString()), report.Owner, report.Reason, report.NeedsAcknowledge,
            Words(report.Arm.ToString()), Known(report.DelayMs), Known(report.RoundTripMs), Next(report));
    }

    private string Next(in MotionReport report)
    {
        bool any = devices.Arm!.States.TryGetNewest(out var newest);
        return WayOut.Of(report.Arm, any ? newest.Value.Safety : SafetyStatusBits.None, report.Enabled, devices.Arm.HasDashboard);
    }

    private static double? Known(double value) => double.IsNaN(value) ? null : value;

    /// <summary>The safety state in words.</summary>
    public static string Safety(SafetyStatusBits bits) =>
        bits == SafetyStatusBits.None ? "unknown" : string.Join(" ", bits.ToString().Split(", ").Select(Words));

    /// <summary>ProtectiveStop → protective_stop.</summary>
    public static string Words(string name) => YamlBinder.SnakeCase(name);

    /// <summary>Samples a second, over the last second or so.</summary>
    private sealed class RateMeter(ISampleStream stream)
    {
        private long _sinceNs, _since;
        private double _hz;

        public double Measure(long nowNs)
        {
            if (nowNs - _sinceNs < 1_000_000_000)
                return _hz;
            long received = stream.Counters.Received;
            _hz = _sinceNs == 0 ? 0 : (received - _since) * 1e9 / (nowNs - _sinceNs);
            (_sinceNs, _since) = (nowNs, received);
            return _hz;
        }
    }
}
