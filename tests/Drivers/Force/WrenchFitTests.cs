using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Tests.Force;

public class WrenchFitTests
{
    private static readonly WrenchCalibration s_truth = new(
        new(1.2, -0.8, 2.5, 0.03, -0.02, 0.01), 0.925, new(0.004, -0.002, 0.058), new(new(0, 0, 0.01), Quat.FromRpy(0.02, -0.03, 0.7)));

    private static Quat Random(Random random) => Quat.FromRotationVector(
        new(random.NextDouble() * 4 - 2, random.NextDouble() * 4 - 2, random.NextDouble() * 4 - 2));

    /// <summary>What the sensor reads, by the physics alone: the weight acts on the mass, the sensor is turned on the flange.</summary>
    private static Wrench Reads(in Quat flangeInBase, Random? noise = null)
    {
        Quat sensorInBase = flangeInBase * s_truth.SensorInFlange.Rotation;
        Vec3 weight = sensorInBase.Inverse.Rotate(new(0, 0, -0.925 * 9.80665)), torque = s_truth.CentreOfMass.Cross(weight);
        double N(double size) => noise is null ? 0 : (noise.NextDouble() - 0.5) * 2 * size;
        return new(weight.X + 1.2 + N(0.02), weight.Y - 0.8 + N(0.02), weight.Z + 2.5 + N(0.02),
            torque.X + 0.03 + N(0.001), torque.Y - 0.02 + N(0.001), torque.Z + 0.01 + N(0.001));
    }

    private static WrenchFit Fit(int poses, bool noise)
    {
        var random = new Random(3);
        return WrenchFit.Of([.. Enumerable.Range(0, poses).Select(_ => Random(random)).Select(q =>
            new WrenchPose(q, Reads(q, noise ? random : null)))], s_truth.SensorInFlange.Position);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(12)]
    public void Bias_mass_centre_and_turn_are_found(int poses)
    {
        WrenchFit fit = Fit(poses, noise: false);
        Assert.Equal(0.925, fit.Calibration.MassKg, 9);
        Assert.True((fit.Calibration.CentreOfMass - s_truth.CentreOfMass).Length < 1e-9);
        Assert.True((fit.Calibration.SensorInFlange.Rotation.Inverse * s_truth.SensorInFlange.Rotation).ToRotationVector().Length < 1e-6);
        Assert.Equal(1.2, fit.Calibration.Bias.Fx, 9);
        Assert.Equal(-0.02, fit.Calibration.Bias.Ty, 9);
        Assert.True(fit.ResidualN < 1e-9 && fit.ResidualNm < 1e-9);
    }

    [Fact]
    public void With_noise_it_is_close_and_the_residual_tells_how_close()
    {
        WrenchFit fit = Fit(12, noise: true);
        Assert.Equal(0.925, fit.Calibration.MassKg, 0.005);
        Assert.True((fit.Calibration.CentreOfMass - s_truth.CentreOfMass).Length < 0.001);
        Assert.InRange(fit.ResidualN, 0.005, 0.035);
        Assert.InRange(fit.ResidualNm, 0.0002, 0.002);
    }

    [Fact]
    public void Compensated_a_free_tool_weighs_nothing_and_a_push_is_what_is_left()
    {
        WrenchCalibration found = Fit(12, noise: false).Calibration;
        Quat flange = Quat.FromRpy(1, 0.5, -2);
        Wrench free = found.Compensate(Reads(flange), flange);
        Assert.True(free.ForceNorm < 1e-6 && Math.Abs(free.Tx) < 1e-6 && Math.Abs(free.Ty) < 1e-6 && Math.Abs(free.Tz) < 1e-6);

        // 10 N against the tool's point, along its z axis: at the sensor it has a lever, at the point it has none.
        Pose tcp = new(new(0.03, 0, 0.16), Quat.FromRpy(0.3, 0, 0));
        Pose tcpInSensor = found.SensorInFlange.Inverse * tcp;
        Vec3 force = tcpInSensor.Rotation.Rotate(new(0, 0, -10)), torque = tcpInSensor.Position.Cross(force);
        Wrench atTool = WrenchFrames.ToTool(new(force.X, force.Y, force.Z, torque.X, torque.Y, torque.Z), found.SensorInFlange, tcp);
        Assert.Equal(-10, atTool.Fz, 9);
        Assert.True(Math.Abs(atTool.Fx) + Math.Abs(atTool.Fy) + Math.Abs(atTool.Tx) + Math.Abs(atTool.Ty) + Math.Abs(atTool.Tz) < 1e-9);
        Wrench inBase = WrenchFrames.ToBase(atTool, flange * tcp.Rotation);
        Vec3 expected = (flange * tcp.Rotation).Rotate(new(0, 0, -10));
        Assert.True((new Vec3(inBase.Fx, inBase.Fy, inBase.Fz) - expected).Length < 1e-9);
    }

    [Fact]
    public void Poses_that_cannot_tell_are_refused()
    {
        var random = new Random(1);
        Assert.Contains("too few", Assert.Throws<ArgumentException>(() => Fit(3, noise: false)).Message);
        WrenchPose[] turnedAboutGravity = [.. Enumerable.Range(0, 8).Select(i => Quat.FromRpy(Math.PI, 0, i)).Select(q =>
            new WrenchPose(q, Reads(q, random)))];
        Assert.Contains("tilt it further", Assert.Throws<ArgumentException>(() => WrenchFit.Of(turnedAboutGravity, default)).Message);
        WrenchPose[] aboutOneAxis = [.. Enumerable.Range(0, 8).Select(i => Quat.FromRpy(0.1 * i, 0, 0)).Select(q =>
            new WrenchPose(q, Reads(q, random)))];
        Assert.Contains("tilt it further", Assert.Throws<ArgumentException>(() => WrenchFit.Of(aboutOneAxis, default)).Message);
    }
}
