using System.Diagnostics;
using System.Text.Json;

namespace RobotWorldModel.Collector.Tests.Mcap;

/// <summary>The independent reader, tests/peers/mcap_check.py.</summary>
internal static class McapPeer
{
    private const string Python = "/usr/bin/python3";

    /// <summary>The repository's root: where the solution is.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>Reads files and fails the test where one of them is not sound. Returns a report each.</summary>
    public static IReadOnlyList<JsonElement> Check(IEnumerable<string> files, params string[] decode)
    {
        Skip.IfNot(File.Exists(Python), $"{Python} is not installed");
        List<string> args = [Path.Combine(Root, "tests/peers/mcap_check.py")];
        foreach (string topic in decode)
            args.AddRange(["--decode", topic]);
        args.AddRange(files);
        string[] lines = Run(Python, args).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var reports = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        foreach (var report in reports)
        {
            var errors = report.GetProperty("errors");
            Assert.True(errors.GetArrayLength() == 0, $"{report.GetProperty("file")}: {errors}");
        }
        return reports;
    }

    public static JsonElement Check(string file, params string[] decode) => Check([file], decode)[0];

    /// <summary>Runs a program to its end and returns what it printed.</summary>
    public static string Run(string program, IEnumerable<string> args)
    {
        var start = new ProcessStartInfo(program, args) { RedirectStandardOutput = true, RedirectStandardError = true };
        using var process = Process.Start(start)!;
        var error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"{program} ended with {process.ExitCode}: {error.Result}");
        return output;
    }

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "RobotWorldModel.sln")))
            folder = Path.GetDirectoryName(folder);
        return folder ?? throw new InvalidOperationException("the tests do not run within the repository");
    }
}
