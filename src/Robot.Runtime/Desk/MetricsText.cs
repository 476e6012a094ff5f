using System.Globalization;
using System.Text;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>The desk's knowledge in Prometheus' text format, version 0.0.4. Base units: s, bytes, Hz.</summary>
internal sealed class MetricsText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";
    private readonly StringBuilder _text = new();

    public static string Write(DeskStatus desk)
    {
        var metrics = new MetricsText();
        metrics.Single("robot_core_up", "gauge", "1 where core answers the desk.", desk.Core.Connected ? 1 : 0);
        metrics.Single("robot_desk_allocated_bytes_total", "counter", "Managed bytes that the desk has allocated.", GC.GetTotalAllocatedBytes());
        metrics.Single("robot_desk_working_set_bytes", "gauge", "Memory of the desk's process.", Environment.WorkingSet);
        if (desk.Status is { } status)
            metrics.Core(status);
        return metrics._text.ToString();
    }

    private void Core(CoreStatus status)
    {
        Single("robot_uptime_seconds", "gauge", "Since core started.", status.UptimeS);
        if (status.AllocatedBytes is { } allocated)
            Single("robot_core_allocated_bytes_total", "counter", "Managed bytes that core has allocated.", allocated);
        Head("robot_mode", "gauge", "1 for the mode that core is in.");
        foreach (string mode in (string[])["idle", "recording", "replaying", "controlling", "fault"])
            Line("robot_mode", $"mode=\"{mode}\"", mode == status.Mode ? 1 : 0);

        Streams(status, "robot_stream_nominal_hz", "gauge", "The rate that the config asks for.", s => s.RateHz);
        Streams(status, "robot_stream_hz", "gauge", "Measured over the last second or so.", s => s.MeasuredHz);
        Streams(status, "robot_stream_age_seconds", "gauge", "Now minus the newest sample's originating time.", s => s.AgeMs / 1e3);
        Streams(status, "robot_stream_fresh", "gauge", "1 where the newest sample is young enough to be used.", s => s.Fresh ? 1 : 0);
        Streams(status, "robot_stream_connected", "gauge", "1 where the device is connected.", s => s.Connected ? 1 : 0);
        Streams(status, "robot_stream_received_total", "counter", "Samples received.", s => s.Received);
        Streams(status, "robot_stream_lost_total", "counter", "Samples that were sent and did not arrive.", s => s.Lost);
        Streams(status, "robot_stream_overrun_total", "counter", "Samples that a queue had no room for.", s => s.Overrun);

        TickStatus tick = status.Tick;
        Single("robot_tick_slots_total", "counter", "Slots of the grid so far.", tick.Slot);
        Single("robot_tick_missed_total", "counter", "Slots that were skipped.", tick.Missed);
        Head("robot_tick_lateness_seconds", "gauge", "How late ticks start.");
        Line("robot_tick_lateness_seconds", "quantile=\"0.5\"", tick.LatenessP50Us / 1e6);
        Line("robot_tick_lateness_seconds", "quantile=\"0.99\"", tick.LatenessP99Us / 1e6);
        Line("robot_tick_lateness_seconds", "quantile=\"1\"", tick.LatenessMaxUs / 1e6);

        Single("robot_motion_enabled", "gauge", "1 where the arm may be moved.", status.Motion.Enabled ? 1 : 0);
        Single("robot_motion_needs_acknowledge", "gauge", "1 where a person has to look first.", status.Motion.NeedsAcknowledge ? 1 : 0);
        Single("robot_recording", "gauge", "1 while an episode is recorded.", status.Recording is null ? 0 : 1);
        if (status.Recording is { } recording)
        {
            Single("robot_recording_frames", "gauge", "Frames of the running episode.", recording.Frames);
            Single("robot_recording_bytes", "gauge", "Bytes of the running episode's log.", recording.Bytes);
            Single("robot_recording_dropped", "gauge", "Samples that the running episode had no room for.", recording.Dropped);
            Single("robot_recording_stale", "gauge", "Stale values in the running episode.", recording.Stale);
        }
        Single("robot_episodes_encoding", "gauge", "Episodes not yet committed.", status.Encoding.Count);
        Single("robot_disk_free_bytes", "gauge", "Free under the data root.", status.Disk.FreeBytes);
    }

    private void Streams(CoreStatus status, string name, string type, string help, Func<StreamStatus, double?> value)
    {
        Head(name, type, help);
        foreach (StreamStatus stream in status.Streams)
            if (value(stream) is { } number)
                Line(name, $"stream=\"{Escape(stream.Name)}\"", number);
    }

    private void Single(string name, string type, string help, double value)
    {
        Head(name, type, help);
        Line(name, "", value);
    }

    private void Head(string name, string type, string help) => _text.Append($"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private void Line(string name, string labels, double value) => _text.Append(name).Append(labels.Length == 0 ? "" : $"{{{labels}}}")
        .Append(' ').Append(value.ToString("R", CultureInfo.InvariantCulture)).Append('\n');

    private static string Escape(string label) =>
        label.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
}
