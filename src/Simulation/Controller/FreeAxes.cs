using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>Along and about which axes freedrive lets the tool go, and in whose frame.</summary>
/// <param name="Axes">1: free; else held.</param>
/// <param name="Frame">In the base frame; null: the tool's own.</param>
internal readonly record struct FreeAxes(Vector6 Axes, Pose? Frame)
{
    public static readonly FreeAxes All = new(new(1, 1, 1, 1, 1, 1), Pose.Identity);

    public bool IsAll => Axes == All.Axes;

    /// <summary>The part of a force or a velocity (base frame) along what is free.</summary>
    public Vector6 Along(in Vector6 v, in Pose tcp)
    {
        Quat axes = (Frame ?? tcp).Rotation;
        Vector6 inFrame = ToolMotion.Rotate(axes.Inverse, v);
        for (int i = 0; i < 6; i++)
            inFrame[i] = Axes[i] == 1 ? inFrame[i] : 0;
        return ToolMotion.Rotate(axes, inFrame);
    }
}
