using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What a recording says of its cell when it starts, and whether it may.</summary>
internal static class RecordingDescription
{
    // Enums as words: who reads metadata has no list of our numbers.
    private static readonly JsonSerializerOptions s_configuration = new(ProtocolJson.Lenient)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
    };

    public static JsonElement Configuration(CellConfig config) => JsonSerializer.SerializeToElement(config, s_configuration);

    /// <param name="identity">Null: the controller has not been asked yet.</param>
    /// <param name="state">The newest. TCP and payload are the controller's, which tell where the pose was measured; the config's are
    /// what they should be, and stand where the controller does not send them.</param>
    public static RobotDescription Robot(RobotConfig config, RobotIdentity? identity, in RobotState? state) => new(
        identity?.Model ?? config.Model,
        identity?.Serial ?? "",
        identity?.ControllerVersion ?? "",
        state is { TcpOffset.IsFinite: true } ? state.Value.TcpOffset.ToArray() : config.Tcp,
        state is { Payload: var payload } && double.IsFinite(payload) ? payload : config.PayloadKg);

    /// <summary>As the camera describes itself, with what was measured of it.</summary>
    public static CameraDescription Camera(CameraInfo camera, CellCalibration calibration)
    {
        var description = CameraDescription.From(camera);
        return !calibration.Cameras.TryGetValue(camera.Name, out var m) ? description : description with
        {
            Calibration = new(
                m.Latency is { } l ? new(l.Measured, l.LatencyMs, l.ErrorMs, l.Motions) : null,
                m.Extrinsics is { } e ? new(e.Measured, e.Views, e.ResidualPx, e.ErrorMm, e.ErrorDeg) : null),
        };
    }

    /// <param name="measured">By <c>calibrate wrench</c>; null: never.</param>
    public static ForceSensorDescription? Force(
        ForceSensorInfo? sensor, CellCalibration.WrenchSection? measured, Wrench? tare) => sensor is null ? null : new(
            sensor.Model, sensor.Serial, new double[6],
            measured is { } m ? new(m.Measured, m.Bias, m.MassKg, m.CentreOfMass, m.SensorInFlange, m.ResidualN, m.ResidualNm) : null,
            tare is { } t ? WrenchMeasurement.Six(t) : null);

    /// <param name="source">Who moves the arm: scripted, jog, replay, mpc, teleop_…; anything else: a person, if anybody.</param>
    /// <param name="limits">What commanded targets are kept within.</param>
    public static ActionDescription Action(string source, bool withGripper, MotionLimits limits)
    {
        bool commanded = source is "scripted" or "jog" or "replay" or "mpc"
            || source.StartsWith(ActionDescription.Teleoperated, StringComparison.Ordinal);
        // A person who leads the arm is not kept within our limits, and a UR's own end a little beyond a whole turn: no bounds are known.
        double?[] lower = [.. limits.JointMin.ToArray().Select(v => commanded ? v : (double?)null)];
        double?[] upper = [.. limits.JointMax.ToArray().Select(v => commanded ? v : (double?)null)];
        if (withGripper)
            (lower, upper) = ([.. lower, 0], [.. upper, 1]);
        return new(ActionKind.JointPosition, lower.Length, EpisodeLayout.NumberedActionNames(lower.Length), lower, upper,
            commanded ? source : ActionDescription.Demonstrated);
    }

    /// <summary>Why a stream cannot be recorded: it has no sample, or none that a row could be made of. Null where it can.</summary>
    public static string? Obstacle(ISampleStream stream, DeviceStatus device, long nowNs)
    {
        if (!device.Connected || stream.NewestOriginatingNs is not { } newest)
            return $"{stream.Name}: {device.Message}";
        long age = nowNs - newest - (long)(stream.LatencyMs * 1e6);
        return age <= StreamRules.MissingAfterNs ? null
            : $"{stream.Name}: its newest sample is {age * 1e-9:0.0} s old ({device.Message}); look at the device and its cable";
    }
}
