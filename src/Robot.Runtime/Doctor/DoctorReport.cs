using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What was found, for people and for machines.</summary>
/// <param name="Time">When it was looked, UTC.</param>
/// <param name="Program">Version and commit.</param>
/// <param name="System">Distribution, kernel and .NET.</param>
/// <param name="Cell">Null without a config that can be used.</param>
internal sealed record DoctorReport(
    DateTimeOffset Time, string Program, string System, string? Cell, int Right, int Warnings, int Faults, int Skipped,
    IReadOnlyList<Check> Checks)
{
    private const int NameWidth = 22;

    private static readonly JsonSerializerOptions s_json = new(ProtocolJson.Lenient)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower) },
        WriteIndented = true,
    };

    public static DoctorReport Of(CellConfig? config, Machine machine, IReadOnlyList<Check> checks)
    {
        string distribution = machine.Lines("/etc/os-release").FirstOrDefault(l => l.StartsWith("PRETTY_NAME=", StringComparison.Ordinal))
            ?["PRETTY_NAME=".Length..].Trim('"') ?? "Linux";
        return new(DateTimeOffset.UtcNow, $"RobotWorldModel {BuildInfo.Software.Version} ({BuildInfo.Software.Commit})",
            $"{distribution}, kernel {machine.Read("/proc/sys/kernel/osrelease")}, {RuntimeInformation.FrameworkDescription}, "
                + RuntimeInformation.ProcessArchitecture.ToString().ToLowerInvariant(), config?.Cell,
            Count(CheckState.Ok), Count(CheckState.Warning), Count(CheckState.Fault), Count(CheckState.Skipped), checks);

        int Count(CheckState state) => checks.Count(c => c.State == state);
    }

    public int ExitCode => Faults == 0 ? Protocol.ExitCode.Done : Protocol.ExitCode.FaultsFound;

    public string ToJson() => JsonSerializer.Serialize(this, s_json);

    /// <param name="color">The output is a terminal that shows colours.</param>
    public void Write(TextWriter to, bool color)
    {
        to.WriteLine(Program);
        to.WriteLine(System);
        foreach (var section in Checks.GroupBy(c => c.Section))
        {
            to.WriteLine();
            to.WriteLine(Paint(section.Key, "1", color));
            foreach (var check in section)
                Write(to, check, color);
        }
        to.WriteLine();
        to.WriteLine(Paint($"{Right} right, {Warnings} {(Warnings == 1 ? "warning" : "warnings")}, {Faults} "
            + $"{(Faults == 1 ? "fault" : "faults")}", Faults > 0 ? "1;31" : Warnings > 0 ? "1;33" : "1;32", color));
    }

    private static void Write(TextWriter to, Check check, bool color)
    {
        var (mark, paint) = check.State switch
        {
            CheckState.Ok => ("ok", "32"),
            CheckState.Warning => ("! ", "33"),
            CheckState.Fault => ("!!", "1;31"),
            _ => ("- ", "2"),
        };
        string found = Paint(check.Found, check.State == CheckState.Skipped ? "2" : "0", color);
        to.WriteLine($"  {Paint(mark, paint, color)}  {check.Name,-NameWidth} {found}");
        if (check.Advice.Length > 0)
            to.WriteLine($"      {"",-NameWidth} {Paint("→ " + check.Advice, paint, color)}");
    }

    private static string Paint(string text, string code, bool color) => color ? $"\e[{code}m{text}\e[0m" : text;
}
