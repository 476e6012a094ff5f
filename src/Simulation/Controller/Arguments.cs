using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>What built-ins ask of their arguments; all throw <see cref="ScriptFaultException"/>, which names the argument.</summary>
internal static class Arguments
{
    public static bool IsGiven(in Value value) => value.Kind != ValueKind.None;

    public static double Positive(in Value value, string what) =>
        value.AsNumber() > 0 ? value.AsNumber() : throw new ScriptFaultException($"{what} must be above zero, not {value}");

    public static double NotNegative(in Value value, string what) =>
        value.AsNumber() >= 0 ? value.AsNumber() : throw new ScriptFaultException($"{what} must not be below zero, not {value}");

    public static double Between(in Value value, double min, double max, string what) =>
        value.AsNumber() >= min && value.AsNumber() <= max
            ? value.AsNumber()
            : throw new ScriptFaultException($"{what} must be in [{min}, {max}], not {value}");

    /// <summary>Above 0, at most 1.</summary>
    public static double Share(in Value value, string what) =>
        value.AsNumber() is > 0 and <= 1 ? value.AsNumber() : throw new ScriptFaultException($"{what} must be in (0, 1], not {value}");

    /// <summary>A whole number, be it an integer or, as what comes over a register or a socket often is, a float.</summary>
    public static int Whole(in Value value, string what)
    {
        double number = value.AsNumber();
        return number == Math.Floor(number) && Math.Abs(number) <= int.MaxValue
            ? (int)number
            : throw new ScriptFaultException($"{what} must be a whole number, not {value}");
    }

    public static int Below(in Value index, int count)
    {
        int i = index.AsInt();
        return i >= 0 && i < count ? i : throw new ScriptFaultException($"Index out of bounds: {i} is not in 0..{count - 1}");
    }

    public static Vec3 Three(in Value value, string what)
    {
        ReadOnlySpan<Value> items = value.AsItems();
        return items.Length == 3
            ? new(items[0].AsNumber(), items[1].AsNumber(), items[2].AsNumber())
            : throw new ScriptFaultException($"{what} takes three numbers");
    }

    public static Vector6 Finite(in Value value, string what)
    {
        Vector6 v = value.AsVector6();
        return v.IsFinite ? v : throw new ScriptFaultException($"{what}: the target is not finite");
    }
}
