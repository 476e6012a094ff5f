using System.Diagnostics;
using System.Globalization;
using System.Text.Json;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>What a run is about, at the time that its progress was written.</summary>
public enum RunPhase
{
    /// <summary>It learns, unless its process has died since: <see cref="RunProgress.IsAlive"/>.</summary>
    Running,

    /// <summary>By a person; it goes on with --resume.</summary>
    Stopped,

    /// <summary>All steps are done.</summary>
    Done,

    /// <summary>See <see cref="RunProgress.Message"/>.</summary>
    Failed,
}

/// <summary>How a run is doing: progress.json in its folder, every second or so, for whoever looks on.</summary>
public sealed record RunProgress
{
    public required RunPhase Phase { get; init; }

    public required long Step { get; init; }

    public required long Steps { get; init; }

    /// <summary>Of late; 0 before the first.</summary>
    public required double StepsPerSecond { get; init; }

    /// <summary>UTC; of this start, not of the ones before.</summary>
    public required DateTime Started { get; init; }

    /// <summary>UTC.</summary>
    public required DateTime Updated { get; init; }

    /// <summary>The process that learns, and the kernel's time of its start: another process may have the number later.</summary>
    public required int Process { get; init; }

    public required long ProcessStart { get; init; }

    /// <summary>Why it failed; else empty.</summary>
    public string Message { get; init; } = "";

    /// <summary>Whether the process that wrote it, on this machine, is still there.</summary>
    public bool IsAlive => ProcessStart > 0 && StartOf(Process) == ProcessStart;

    /// <exception cref="JsonException">It is none.</exception>
    public static RunProgress Parse(string json) =>
        JsonSerializer.Deserialize(json, TrainJson.Readable.RunProgress) ?? throw new JsonException("it holds nothing");

    public string ToJson() => JsonSerializer.Serialize(this, TrainJson.Readable.RunProgress);

    /// <summary>In clock ticks since the machine started (proc(5), field 22 of stat); 0 where there is no such process.</summary>
    public static long StartOf(int process)
    {
        try
        {
            string stat = File.ReadAllText($"/proc/{process}/stat");
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' '); // from field 3 on: a program's name may hold spaces
            return long.Parse(fields[22 - 3], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }
}

/// <summary>Writes a run's progress while it learns.</summary>
internal sealed class ProgressWriter(RunFolder run, long steps)
{
    private static readonly TimeSpan s_period = TimeSpan.FromSeconds(1);
    private readonly DateTime _started = DateTime.UtcNow;
    private readonly long _processStart = RunProgress.StartOf(Environment.ProcessId);
    private long _written;

    /// <summary>After each step; written once a second.</summary>
    public void Learns(long step, double stepsPerSecond)
    {
        if (_written != 0 && Stopwatch.GetElapsedTime(_written) < s_period)
            return;
        Write(RunPhase.Running, step, stepsPerSecond, "");
        _written = Stopwatch.GetTimestamp();
    }

    /// <exception cref="IOException">The disk.</exception>
    public void Write(RunPhase phase, long step, double stepsPerSecond, string message) => run.SaveProgress(new RunProgress
    {
        Phase = phase,
        Step = step,
        Steps = steps,
        StepsPerSecond = stepsPerSecond,
        Started = _started,
        Updated = DateTime.UtcNow,
        Process = Environment.ProcessId,
        ProcessStart = _processStart,
        Message = message,
    });
}
