using System.Globalization;
using RobotWorldModel.Runtime.Protocol;
using Spectre.Console;
using Spectre.Console.Rendering;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>The service's status as a table for a terminal of 80 columns or more.</summary>
internal static class TerminalView
{
    /// <param name="keys">The line of keys at the bottom; null where there are none.</param>
    public static IRenderable Render(CoreStatus status, string url, string? keys)
    {
        var rows = new List<IRenderable> { Headline(status, url) };
        if (status.Recording is { } recording)
            rows.Add(RecordingLine(recording));
        foreach (var encoding in status.Encoding)
            rows.Add(new Markup($"[grey]{encoding.Id}: {Markup.Escape(encoding.Message)} {encoding.Progress:P0}[/]"));
        if (status.Replay is { } replay)
            rows.Add(new Markup(
                $"[cyan]replay {Markup.Escape(replay.Episode)}[/] {replay.State} {replay.Progress:P0} {Markup.Escape(replay.Message)}"));
        rows.Add(Streams(status));
        TickStatus tick = status.Tick;
        rows.Add(new Markup(
            $"tick {tick.RateHz:0.##} Hz, late p50 {tick.LatenessP50Us:0} p99 {tick.LatenessP99Us:0} max {tick.LatenessMaxUs:0} µs, "
            + $"{tick.Missed} missed; disk {status.Disk.FreeBytes / 1e9:0.0} GB, {Duration(status.Disk.SecondsLeft)} of recording left"));
        rows.Add(MotionLine(status));
        if (status.Teleop is { } teleop)
            rows.Add(new Markup(Markup.Escape(Teleop(teleop))));
        if (status.Mpc is { State: "easing" or "controlling" } mpc)
            rows.AddRange(Mpc(mpc).Select(line => new Markup(Markup.Escape(line))));
        if (keys is not null)
            rows.Add(new Markup($"[grey]{Markup.Escape(keys)}[/]"));
        return new Rows(rows);
    }

    /// <summary>Seconds as a person says them.</summary>
    public static string Duration(double seconds) =>
        seconds >= 7200 ? $"{seconds / 3600:0} h" : seconds >= 120 ? $"{seconds / 60:0} min" : $"{seconds:0} s";

    /// <summary>What leads the arm, and what a person should do with it.</summary>
    public static string Teleop(TeleopStatus teleop)
    {
        string say = teleop.Say.Length > 0 ? $": {teleop.Say}" : teleop.State is "off" or "released" ? $" ({teleop.Message})" : "";
        string gripper = teleop.Gripper is { } asked ? $", gripper {(asked > 0.5 ? "closes" : "opens")}" : "";
        return $"{teleop.Driver} {teleop.State}{(teleop.Slow ? ", slow" : "")}{gripper}{say}";
    }

    /// <summary>How control by a model goes.</summary>
    public static IEnumerable<string> Mpc(MpcStatus mpc)
    {
        static string Number(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "-";
        yield return string.Create(CultureInfo.InvariantCulture,
            $"{mpc.Task}: {mpc.State}, goal {Math.Min(mpc.Outcomes.Count + 1, mpc.Goals)} of {mpc.Goals}, "
            + $"{mpc.Outcomes.Count(o => o.Reached)} reached, {mpc.DistanceM * 1000:0.0} mm off");
        string[] plan = [Number(mpc.PlanP50Ms, "0.0"), Number(mpc.PlanP99Ms, "0.0"), Number(mpc.PlanMaxMs, "0.0")];
        yield return $"plan {string.Join(" / ", plan)} ms (p50, p99, max), "
            + $"{mpc.Late} late, {mpc.Held} held, {mpc.Clamped} shortened, {mpc.Stale} stale of {mpc.Ticks} ticks";
        yield return $"return expected {Number(mpc.ExpectedReturn, "0.00")}, received {Number(mpc.ReceivedReturn, "0.00")}; "
            + $"one step off by {Number(mpc.OneStepError, "0.00")} (limit {Number(mpc.OneStepLimit, "0.00")})"
            + (mpc.PicturesMissing is { } missing ? $"; {missing} pictures were not there" : "");
    }

    private static Markup Headline(CoreStatus status, string url)
    {
        string color = status.Mode switch { "recording" => "red", "fault" => "red", "idle" => "green", _ => "cyan" };
        string kind = status.Simulated ? " (simulated)" : "";
        string page = status.Dashboard is { Up: false, Message.Length: > 0 } away
            ? $"[yellow]the dashboard {Markup.Escape(away.Message)}[/]"
            : $"[grey]{Markup.Escape(url)}[/]";
        return new(
            $"[bold]{Markup.Escape(status.Cell)}[/]{kind}  [{color}]{status.Mode}[/]  {Markup.Escape(status.Message)}  {page}");
    }

    private static Markup RecordingLine(RecordingStatus recording) => new(
        $"[red]●[/] [bold]{recording.Id}[/] {Markup.Escape(recording.Task)} ({recording.Source})  {recording.Seconds:0.0} s  "
        + $"{recording.Frames} frames  {recording.Bytes / 1e6:0} MB  "
        + $"{(recording.Dropped == 0 ? "0 dropped" : $"[red]{recording.Dropped} dropped[/]")}  {recording.Stale} stale");

    private static Table Streams(CoreStatus status)
    {
        var table = new Table().Border(TableBorder.Simple).AddColumns("stream", "rate Hz", "age ms", "state", "lost", "received");
        foreach (var stream in status.Streams)
        {
            string state = stream.Fresh ? "[green]fresh[/]"
                : stream.Connected ? "[yellow]stale[/]"
                : $"[red]{Markup.Escape(stream.Message)}[/]";
            table.AddRow(stream.Name, $"{stream.MeasuredHz:0.0} / {stream.RateHz:0}", stream.AgeMs is { } age ? $"{age:0.0}" : "-", state,
                stream.Lost + stream.Overrun == 0 ? "0" : $"[yellow]{stream.Lost + stream.Overrun}[/]", $"{stream.Received}");
        }
        return table;
    }

    private static Markup MotionLine(CoreStatus status)
    {
        string robot = status.Robot is { } r ? $"{Markup.Escape(r.Model)} {r.Mode}, safety {r.Safety}; " : "";
        string reason = status.Motion.Reason.Length > 0 ? $" - {Markup.Escape(status.Motion.Reason)}" : "";
        string by = status.Motion.Owner is { } owner ? $" by {Markup.Escape(owner)}" : "";
        string next = status.Motion.Next.Length > 0 ? $"\nnext: {Markup.Escape(status.Motion.Next)}" : "";
        return new($"{robot}motion {status.Motion.State}{by}{reason}{next}");
    }
}
