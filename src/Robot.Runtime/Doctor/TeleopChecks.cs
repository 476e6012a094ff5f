using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What a person leads the arm with.</summary>
internal static class TeleopChecks
{
    private const string Advice = "all else works without it; docs/teleoperation.md says how it is found and who may open it";

    /// <param name="held">Its dead man's switch is held; null: not known.</param>
    public static void Judge(Section teleoperation, DeviceStatus status, bool? held)
    {
        if (!StreamChecks.Connection(teleoperation, teleoperation.Name, status, Advice))
            return;
        if (held is null)
            teleoperation.Skip("dead man's switch", "./robot teleop shows what it does");
        else
            teleoperation.Judge("dead man's switch", held.Value ? "held" : "not held", CheckState.Warning, held.Value
                ? "nobody leads the arm now: does something lie on it, or is it the wrong button (teleoperation.dead_man)?" : null);
    }
}
