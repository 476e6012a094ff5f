using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Force;

/// <summary>A sensor's wrench, N and N·m, where it is of use: at the tool's centre point.</summary>
public static class WrenchFrames
{
    /// <summary>In the tool's axes.</summary>
    /// <param name="atSensor">At the sensor, in its frame.</param>
    /// <param name="sensorInFlange">How the sensor is turned on the flange, and where it measures torque about.</param>
    /// <param name="tcpInFlange">The tool's frame in the flange's.</param>
    public static Wrench ToTool(in Wrench atSensor, in Pose sensorInFlange, in Pose tcpInFlange) =>
        Moved(atSensor, tcpInFlange.Inverse * sensorInFlange);

    /// <summary>In the base's axes, as a UR's actual_TCP_force is written.</summary>
    /// <param name="inTool">At the TCP, in the tool's axes.</param>
    /// <param name="toolInBase">How the tool is turned.</param>
    public static Wrench ToBase(in Wrench inTool, in Quat toolInBase) => Moved(inTool, new(default, toolInBase));

    /// <summary>A wrench seen from another frame, in which its own stands at this pose: forces turn, torques gain their levers.</summary>
    private static Wrench Moved(in Wrench wrench, in Pose pose)
    {
        Vec3 force = pose.Rotation.Rotate(new(wrench.Fx, wrench.Fy, wrench.Fz));
        Vec3 torque = pose.Rotation.Rotate(new(wrench.Tx, wrench.Ty, wrench.Tz)) + pose.Position.Cross(force);
        return new(force.X, force.Y, force.Z, torque.X, torque.Y, torque.Z);
    }
}
