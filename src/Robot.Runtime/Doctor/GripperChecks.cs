using System.Globalization;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Doctor;

internal static class GripperChecks
{
    /// <param name="active">It obeys at once; looking never activates it.</param>
    /// <param name="state">The newest; null where none came.</param>
    /// <param name="message">The driver's own line, which has faults in words.</param>
    public static void Judge(Section gripper, bool active, GripperState? state, string message)
    {
        if (state is not { } s)
            return; // the rate says it
        if (s.Fault != 0)
            gripper.Fault("activation", message, "it does not obey before that is cleared");
        else
            gripper.Judge("activation", active ? "active: it obeys at once" : "not activated", CheckState.Warning,
                active ? null
                : "./robot gripper activate, or at the pendant, where you see that nothing is between the fingers; else the first motion "
                    + "runs them through their whole stroke");
        string fingers = string.Create(CultureInfo.InvariantCulture, $"{s.WidthM * 1e3:0.0} mm open");
        gripper.Judge("fingers", s.ObjectDetected ? $"{fingers}, holding something" : fingers, CheckState.Warning, s.Moving
            ? "they move, though nobody here asked for it: does a program on the pendant, or another client?" : null);
    }
}
