using System.Globalization;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>Our program on the controller (<c>control.script</c>), its registers and what it says about itself.</summary>
internal static class ControlProgram
{
    public const int TargetRegister = 24, SpeedRegister = 30, ValuesRegister = 36, CounterRegister = 24, ModeRegister = 25;

    /// <summary>Double and integer registers of the input recipe, each in a row.</summary>
    public const int Doubles = 18, Integers = 6;

    /// <summary>What output integer register 25 says besides an <see cref="Samples.ArmMode"/>.</summary>
    public const int Waiting = -1, EndedSilent = -2, EndedFar = -3;

    /// <summary>Without a first counter for this long the program ends, s: time enough for whoever started it.</summary>
    public const double FirstCounterS = 5;

    /// <summary>Each start counts its heartbeat in a range of its own: an old program's is never taken for the new one's.</summary>
    public const int HeartbeatRange = 1_000_000;

    /// <summary>One UR input recipe holds the whole set-point, so that it is taken in one cycle.</summary>
    public static string InputNames { get; } = string.Join(',',
        Enumerable.Range(TargetRegister, Doubles).Select(i => $"input_double_register_{i}")
            .Concat(Enumerable.Range(CounterRegister, Integers).Select(i => $"input_int_register_{i}")));

    /// <summary>A heartbeat to start from, in another range than the one that is still to be seen.</summary>
    public static int NewHeartbeat(int seen)
    {
        int range = Random.Shared.Next(1, 1999);
        return (range < seen / HeartbeatRange ? range : range + 1) * HeartbeatRange;
    }

    /// <summary>e-Series arms have one in the flange; on CB3 the program may not even name it.</summary>
    public static bool HasForceSensor(UrArmOptions options) => UrModel.ByName(options.Model).BaseRateHz > 125;

    /// <summary>The program's text, ready to be sent.</summary>
    /// <param name="version">Of the controller; null: not known, so only what every version has is used.</param>
    public static string Text(UrArmOptions options, int firstHeartbeat, ControllerVersion? version = null)
    {
        var speeds = UrModel.ByName(options.Model).MaxJointSpeed.ToArray().Select(s => Number(Math.Min(s, options.JointSpeedLimit)));
        return Template()
            .Replace("{{MAX_SPEED}}", $"[{string.Join(", ", speeds)}]")
            .Replace("{{ZERO_FORCE_SENSOR}}", HasForceSensor(options) ? "zero_ftsensor()" : "textmsg(\"this arm has no force sensor\")")
            .Replace("{{SET_PAYLOAD}}", HasTargetPayload(version) ? "set_target_payload" : "set_payload")
            .Replace("{{WATCHDOG_S}}", Number(options.WatchdogMs * 1e-3))
            .Replace("{{STOP_DECELERATION}}", Number(options.StopDeceleration))
            .Replace("{{HEARTBEAT_LAST}}", (firstHeartbeat + HeartbeatRange - 1).ToString(CultureInfo.InvariantCulture))
            .Replace("{{HEARTBEAT}}", firstHeartbeat.ToString(CultureInfo.InvariantCulture))
            .Replace("{{FIRST_COUNTER_S}}", Number(FirstCounterS))
            .Replace("{{FIRST_TARGET_LIMIT}}", Number(options.FirstTargetLimit))
            .Replace("{{LOOKAHEAD_S}}", Number(options.ServojLookaheadS))
            .Replace("{{GAIN}}", options.ServojGain.ToString(CultureInfo.InvariantCulture));
    }

    // It came with PolyScope 5.10; CB3 keeps the older name.
    private static bool HasTargetPayload(ControllerVersion? version) => version is { Major: 5, Minor: >= 10 } or { IsPolyScopeX: true };

    /// <summary>Why a program that is no longer running ended, by output register 25; null where the register does not say.</summary>
    public static string? WhyEnded(int status) => status switch
    {
        (int)Samples.ArmMode.Stop => "it was asked to stop",
        EndedSilent => "no new set-point reached the controller within the watchdog's time",
        EndedFar => "the first set-point was too far from where the arm stands",
        _ => null,
    };

    private static string Number(double value) => value.ToString("0.0#########", CultureInfo.InvariantCulture);

    private static string Template()
    {
        var assembly = typeof(ControlProgram).Assembly;
        string name = assembly.GetManifestResourceNames().Single(n => n.EndsWith("control.script", StringComparison.Ordinal));
        using var reader = new StreamReader(assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
