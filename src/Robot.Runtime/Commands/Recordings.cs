using System.Text.Json;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>What commands that record have in common.</summary>
internal static class Recordings
{
    /// <summary>An option's value, which core would refuse or could not even be told (not a number).</summary>
    /// <exception cref="RobotException">It is out of range (64).</exception>
    public static double? CheckSeconds(double? seconds) => seconds is null or (>= 0.1 and <= 86_400)
        ? seconds
        : throw new RobotException(ExitCode.Usage, $"--seconds {seconds} is out of range; 0.1 to 86400 (a day) is allowed");

    /// <summary>
    /// Records one episode that ends by itself (a script's end or a time) and waits for its commit. Ctrl-C ends and saves it, then throws.
    /// </summary>
    /// <exception cref="RobotException">Core refused or failed.</exception>
    public static async Task<EpisodeSummary> RecordAsync(
        ServiceConnection service, string task, string source, double? seconds, bool terminal, CancellationToken cancel)
    {
        var started = await service.StartWhenReadyAsync(CoreMethods.RecordStart, new { task, source, seconds }, cancel);
        string id = started.GetProperty("id").GetString()!;
        var committed = WaitAsync(service, id);
        try
        {
            if (terminal)
                await ShowAsync(service, committed, cancel);
            return await committed.WaitAsync(cancel);
        }
        catch (OperationCanceledException)
        {
            await service.Core.CallAsync(CoreMethods.Stop, null, CancellationToken.None);
            var saved = await committed;
            Console.WriteLine($"{Describe(saved)} (interrupted)");
            throw;
        }
    }

    public static async Task<EpisodeSummary> WaitAsync(ServiceConnection service, string id)
    {
        var result = await service.Core.CallAsync(CoreMethods.RecordWait, new { id });
        return result.Deserialize<EpisodeSummary>(ProtocolJson.Lenient)!;
    }

    public static string Describe(EpisodeSummary e) =>
        $"{e.Path}: {e.Frames} frames, {e.Seconds:0.0} s, {e.Outcome}, {e.Dropped} dropped, {e.Stale} stale, "
        + $"late p99 {e.LatenessMs.P99:0.00} ms max {e.LatenessMs.Max:0.00} ms";

    private static async Task ShowAsync(ServiceConnection service, Task committed, CancellationToken cancel)
    {
        await AnsiConsole.Live(new Text("")).AutoClear(true).StartAsync(async live =>
        {
            while (!committed.IsCompleted && !cancel.IsCancellationRequested)
            {
                if (service.Core.Status is { } status)
                    live.UpdateTarget(TerminalView.Render(status, service.Info.Url, "Ctrl-C ends and saves"));
                await Task.WhenAny(committed, Task.Delay(200, CancellationToken.None));
            }
        });
    }
}
