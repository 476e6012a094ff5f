using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Tests.Force;

public class ExternalForceTests
{
    private static readonly WrenchCalibration s_calibration = new(new(1, 2, 3, 0.1, 0.2, 0.3), 2, new(0, 0, 0.05), Pose.Identity);
    private static readonly Quat s_toolDown = Quat.FromRotationVector(new(Math.PI, 0, 0));

    [Fact]
    public void A_free_tool_reads_as_nothing_however_it_is_turned()
    {
        var external = new ExternalForce(s_calibration);
        foreach (Quat turn in (Quat[])[Quat.Identity, s_toolDown, Quat.FromRotationVector(new(0.3, -1.1, 0.7))])
        {
            Vec3 weight = turn.Inverse.Rotate(new(0, 0, -2 * WrenchCalibration.Gravity)), torque = new Vec3(0, 0, 0.05).Cross(weight);
            Wrench raw = new(1 + weight.X, 2 + weight.Y, 3 + weight.Z, 0.1 + torque.X, 0.2 + torque.Y, 0.3 + torque.Z);
            Assert.All(Six(external.Of(raw, turn)), v => Assert.Equal(0, v, 1e-12));
        }
    }

    [Fact]
    public void A_tare_takes_away_what_touches_the_tool_and_can_be_taken_back()
    {
        var external = new ExternalForce(s_calibration);
        Wrench raw = new(5, 2, 3, 0.1, 0.2, 0.3);
        Wrench before = external.Of(raw, s_toolDown);
        external.Tare = before;
        Assert.All(Six(external.Of(raw, s_toolDown)), v => Assert.Equal(0, v, 1e-12));
        Assert.Equal(2, external.Of(raw with { Fy = 4 }, s_toolDown).Fy, 12);
        Assert.Equal(before, external.Untared(raw, s_toolDown));
        external.Tare = null;
        Assert.Equal(before, external.Of(raw, s_toolDown));
    }

    [Fact]
    public void What_was_measured_on_one_sensor_is_not_used_for_another_nor_before_it_has_said_who_it_is()
    {
        var external = new ExternalForce(s_calibration, "FT 300 7");
        Wrench raw = new(5, 2, 3, 0.1, 0.2, 0.3);
        Assert.Equal(raw, external.Of(raw, s_toolDown));
        external.SensorIs("FT 300 8");
        Assert.Null(external.Calibration);
        external.SensorIs("FT 300 7");
        Assert.Equal(s_calibration.Compensate(raw, s_toolDown), external.Of(raw, s_toolDown));
    }

    [Fact]
    public void Without_a_calibration_the_raw_values_are_tared()
    {
        var external = new ExternalForce(null);
        Wrench raw = new(5, 2, 3, 0.1, 0.2, 0.3);
        Assert.Equal(raw, external.Of(raw, s_toolDown));
        external.Tare = new(5, 0, 0, 0, 0, 0);
        Assert.Equal(raw with { Fx = 0 }, external.Of(raw, s_toolDown));
    }

    private static double[] Six(in Wrench w) => [w.Fx, w.Fy, w.Fz, w.Tx, w.Ty, w.Tz];
}
