using System.Reflection;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Which build this is, as written into every episode.</summary>
internal static class BuildInfo
{
    public static SoftwareVersion Software { get; } = Read();

    private static SoftwareVersion Read()
    {
        string informational = typeof(BuildInfo).Assembly
            .GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        string[] parts = informational.Split('+', 2);
        return new(parts[0], parts.Length > 1 ? parts[1] : "unknown");
    }
}
