using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Force;

/// <summary>
/// What a sensor reads of itself and of what hangs on it: its bias, and the weight of the tool. Taken away from its values, what is left
/// are the forces from outside.
/// </summary>
/// <param name="Bias">What the sensor reads with nothing on it, sensor frame, N and N·m.</param>
/// <param name="MassKg">Of all that hangs on the sensor's far side, kg.</param>
/// <param name="CentreOfMass">Of the same, sensor frame, m.</param>
/// <param name="SensorInFlange">The sensor's frame in the flange's: what it is turned by, and where it measures torque about.</param>
public sealed record WrenchCalibration(Wrench Bias, double MassKg, Vec3 CentreOfMass, Pose SensorInFlange)
{
    /// <summary>Standard gravity, m/s².</summary>
    public const double Gravity = 9.80665;

    /// <summary>The wrench from outside, at the sensor, in its frame.</summary>
    /// <param name="raw">As the sensor sends it.</param>
    /// <param name="flangeInBase">How the flange is turned; the base's z axis points up.</param>
    public Wrench Compensate(in Wrench raw, in Quat flangeInBase)
    {
        Vec3 weight = WeightInSensor(flangeInBase), torque = CentreOfMass.Cross(weight);
        return new(raw.Fx - Bias.Fx - weight.X, raw.Fy - Bias.Fy - weight.Y, raw.Fz - Bias.Fz - weight.Z,
            raw.Tx - Bias.Tx - torque.X, raw.Ty - Bias.Ty - torque.Y, raw.Tz - Bias.Tz - torque.Z);
    }

    /// <summary>The weight of what hangs on the sensor, in its frame, N.</summary>
    internal Vec3 WeightInSensor(in Quat flangeInBase) =>
        (flangeInBase * SensorInFlange.Rotation).Inverse.Rotate(new(0, 0, -MassKg * Gravity));
}
