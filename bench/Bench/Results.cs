using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RobotWorldModel.Bench;

/// <summary>The number to beat.</summary>
/// <param name="Rule">at most, at least, above, exactly.</param>
internal sealed record Goal(string Rule, double Value)
{
    public static Goal AtMost(double value) => new("at most", value);

    public static Goal AtLeast(double value) => new("at least", value);

    public static Goal Above(double value) => new("above", value);

    public static Goal Exactly(double value) => new("exactly", value);

    public bool Met(double value) => Rule switch
    {
        "exactly" => value == Value,
        "at least" => value >= Value,
        "above" => value > Value,
        _ => value <= Value,
    };

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Rule} {Value:0.###}");
}

/// <summary>
/// What one benchmark has found: each quantity with its value in every run, beside the number to beat; shown and kept as a file.
/// </summary>
internal sealed class Results(string name)
{
    private static readonly JsonSerializerOptions s_indented = new() { WriteIndented = true };
    private readonly List<Quantity> _quantities = [];
    private readonly List<string> _notes = [];
    private readonly string _load = File.ReadAllText("/proc/loadavg").Trim();

    private sealed record Quantity(string What, string Unit, Goal? Goal, List<double> Values)
    {
        public Distribution Of { get => new(Values, What); }

        public int Met => Goal is null ? Values.Count : Values.Count(Goal.Met);
    }

    /// <summary>Adds one run's value.</summary>
    public void Add(string what, string unit, double value, Goal? goal = null)
    {
        var quantity = _quantities.Find(q => q.What == what);
        if (quantity is null)
            _quantities.Add(quantity = new(what, unit, goal, []));
        quantity.Values.Add(value);
    }

    /// <summary>Something that a reader of the numbers must know, once.</summary>
    public void Note(string note)
    {
        if (!_notes.Contains(note))
            _notes.Add(note);
    }

    /// <summary>Prints a table and keeps the file DIR/DATE-NAME.json.</summary>
    /// <returns>Whether every run reached every number.</returns>
    public bool Finish(string? folder)
    {
        Console.WriteLine($"{name}: {_notes.Count switch { 0 => "no notes", _ => string.Join("; ", _notes) }}");
        Console.WriteLine($"  {"",-58} {"median",10} {"p99",10} {"unit",-8} {"runs",4}  number to beat");
        foreach (var q in _quantities)
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
                $"  {q.What,-58} {q.Of.Median,10:0.###} {q.Of.P99,10:0.###} {q.Unit,-8} {q.Values.Count,4}  {Verdict(q)}"));
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
            string path = Path.Combine(folder, string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-dd}-{name}.json"));
            File.WriteAllText(path, ToJson().ToJsonString(s_indented) + "\n");
            Console.WriteLine($"  kept in {path}");
        }
        return _quantities.TrueForAll(q => q.Met == q.Values.Count);
    }

    private static string Verdict(Quantity q) => q.Goal is null ? ""
        : q.Met == q.Values.Count ? $"{q.Goal}" : $"{q.Goal}: MISSED in {q.Values.Count - q.Met} of {q.Values.Count}";

    private JsonObject ToJson() => new()
    {
        ["schema"] = 1,
        ["name"] = name,
        ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
        ["commit"] = Commit(),
        ["machine"] = Machine(),
        ["notes"] = new JsonArray([.. _notes.Select(n => (JsonNode)n)]),
        ["results"] = new JsonArray([.. _quantities.Select(q => (JsonNode)new JsonObject
        {
            ["what"] = q.What,
            ["unit"] = q.Unit,
            ["median"] = Rounded(q.Of.Median),
            ["p99"] = Rounded(q.Of.P99),
            ["runs"] = new JsonArray([.. q.Values.Select(v => (JsonNode)Rounded(v))]),
            ["number_to_beat"] = q.Goal?.ToString(),
            ["runs_that_beat_it"] = q.Goal is null ? null : q.Met,
        })]),
    };

    private JsonObject Machine() => new()
    {
        ["cpu"] = File.ReadLines("/proc/cpuinfo")
            .FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "unknown",
        ["cores"] = Environment.ProcessorCount,
        ["os"] = RuntimeInformation.OSDescription,
        ["kernel"] = File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        ["dotnet"] = Environment.Version.ToString(),
        ["load_before"] = _load,
    };

    private static string Commit()
    {
        var start = new ProcessStartInfo("git", ["-C", Checkout.Root, "describe", "--always", "--dirty", "--exclude=*"])
        {
            RedirectStandardOutput = true,
        };
        try
        {
            using var git = Process.Start(start)!;
            string said = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            return git.ExitCode == 0 ? said : "unknown";
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "unknown (git is not installed)";
        }
    }

    private static double Rounded(double value) => double.IsFinite(value) ? Math.Round(value, 4) : -1;
}
