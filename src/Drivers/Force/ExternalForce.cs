using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Force;

/// <summary>
/// What touches the tool, from what the sensor reads: its bias and the tool's weight are taken away where they have been measured, and
/// what a person has tared. The sensor's own stream, and with it every recording, keeps the values as they were read. From any thread.
/// </summary>
/// <param name="calibration">Null: nothing has been measured; all that is taken away is the tare.</param>
/// <param name="sensor">What it was measured on; it holds from when that sensor has said who it is. Null: for whatever is there.</param>
public sealed class ExternalForce(WrenchCalibration? calibration, string? sensor = null)
{
    private sealed record Offset(Wrench Value);

    private volatile Offset? _tare;

    private volatile bool _fits = sensor is null;

    /// <summary>Null also while another sensor is there, or none has said who it is.</summary>
    public WrenchCalibration? Calibration => _fits ? calibration : null;

    /// <summary>Model and serial number of what is there.</summary>
    public void SensorIs(string name) => _fits = sensor is null || name == sensor;

    /// <summary>What counts as nothing, at the sensor and in its frame, after bias and weight: N, N·m. Null: nothing was tared.</summary>
    public Wrench? Tare
    {
        get => _tare?.Value;
        set => _tare = value is { } offset ? new(offset) : null;
    }

    /// <summary>The wrench from outside, at the sensor, in its frame: N, N·m.</summary>
    /// <param name="raw">As the sensor sends it.</param>
    /// <param name="flangeInBase">How the flange is turned.</param>
    public Wrench Of(in Wrench raw, in Quat flangeInBase)
    {
        Wrench untared = Untared(raw, flangeInBase);
        return _tare is { Value: var o }
            ? new(untared.Fx - o.Fx, untared.Fy - o.Fy, untared.Fz - o.Fz, untared.Tx - o.Tx, untared.Ty - o.Ty, untared.Tz - o.Tz)
            : untared;
    }

    /// <summary>The same before the tare.</summary>
    public Wrench Untared(in Wrench raw, in Quat flangeInBase) => Calibration?.Compensate(raw, flangeInBase) ?? raw;
}
