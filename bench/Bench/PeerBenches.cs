using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>bench/Encoding and bench/Rendering, each some times in a process of its own, with their numbers to beat.</summary>
internal static partial class PeerBenches
{
    public static void Encoding(Results results, int runs)
    {
        results.Note("processor time of one thread for one 640x480 picture; each run's own median and p99; bytes of the largest picture");
        for (int run = 0; run < runs; run++)
        {
            string file = Path.GetTempFileName();
            try
            {
                Output("bench/Encoding", "RobotWorldModel.Encoding.Bench", "--json", file);
                using var json = JsonDocument.Parse(File.ReadAllText(file));
                foreach (var result in json.RootElement.GetProperty("results").EnumerateArray())
                    Add(results, result);
            }
            finally
            {
                File.Delete(file);
            }
        }
    }

    public static void Rendering(Results results, int runs, int frames)
    {
        results.Note("processor time of one thread for one 640x480 picture with depth");
        for (int run = 0; run < runs; run++)
        {
            string said = Output("bench/Rendering", "RobotWorldModel.RenderingBench", frames.ToString(CultureInfo.InvariantCulture));
            var cameras = CameraLine().Matches(said);
            if (cameras.Count == 0)
                throw new InvalidDataException($"RenderingBench said nothing of its cameras: {said}");
            foreach (Match camera in cameras)
                foreach (string part in (string[])["p50", "p99", "max"])
                    results.Add($"{camera.Groups["name"].Value} camera {part}", "ms",
                        double.Parse(camera.Groups[part].Value, CultureInfo.InvariantCulture), part == "max" ? null : Goal.AtMost(10));
        }
    }

    private static void Add(Results results, JsonElement result)
    {
        string what = result.GetProperty("what").GetString()!, with = result.GetProperty("with").GetString()!;
        var (ms, kilobytes) = (what, with) switch
        {
            ("colour PNG", "ours") => (Goal.AtMost(2.0), Goal.AtMost(410)),
            ("depth NPZ", "ours") => (Goal.AtMost(4.5), Goal.AtMost(165)),
            _ => ((Goal?)null, (Goal?)null),
        };
        results.Add($"{what}, {with}: median", "ms", result.GetProperty("median_ms").GetDouble(), ms);
        results.Add($"{what}, {with}: p99", "ms", result.GetProperty("p99_ms").GetDouble());
        results.Add($"{what}, {with}: size", "KB", result.GetProperty("bytes").GetInt32() / 1e3, kilobytes);
    }

    private static string Output(string project, string assembly, params string[] arguments)
    {
        using var process = Process.Start(
            new ProcessStartInfo(Checkout.Program(project, assembly), arguments) { RedirectStandardOutput = true })!;
        string said = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? said : throw new RobotException(ExitCode.FaultsFound, $"{assembly} ended with {process.ExitCode}");
    }

    [GeneratedRegex(
        @"^(?<name>\w+): \d+ frames;.*processor ms p50 (?<p50>[\d.]+) p99 (?<p99>[\d.]+) max (?<max>[\d.]+)", RegexOptions.Multiline)]
    private static partial Regex CameraLine();
}
