using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Reads a request's parameters.</summary>
internal static class Parameters
{
    public static bool IsTrue(this JsonElement parameters, string name) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value)
        && value.ValueKind == JsonValueKind.True;

    /// <exception cref="RobotException">It is missing, and there is no fallback.</exception>
    public static string Text(this JsonElement parameters, string name, string? fallback = null) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : fallback ?? throw new RobotException(ExitCode.Usage, $"'{name}' is missing");

    public static double Number(this JsonElement parameters, string name, double fallback) =>
        parameters.ValueKind == JsonValueKind.Object && parameters.TryGetProperty(name, out var value)
            && value.ValueKind == JsonValueKind.Number
            ? value.GetDouble()
            : fallback;
}
