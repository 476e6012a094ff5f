using System.Globalization;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>What holds for every device: it is there, sends as often as it should, soon enough, and its clock is understood.</summary>
internal static class StreamChecks
{
    private const double GoodShare = 0.97, PoorShare = 0.5, LongGapMs = 30, LongDelayMs = 150, JumpyDelayMs = 30;
    private const double LargestResidualMs = 5, LargestDriftPpm = 150;

    /// <summary>False where it is not connected, and nothing more can be said.</summary>
    /// <param name="advice">What to do where it is not.</param>
    public static bool Connection(Section section, string prefix, DeviceStatus status, string advice)
    {
        string message = status.Message.StartsWith(prefix + ": ", StringComparison.Ordinal) ? status.Message[(prefix.Length + 2)..]
            : status.Message;
        if (status.Connected && status.Reconnects == 0)
            section.Ok(Name(section, prefix, "connection"), message);
        else if (status.Connected)
            section.Warn(Name(section, prefix, "connection"), message,
                $"it was lost {status.Reconnects} times in these seconds ({status.LastLoss}): look at plug and cable");
        else
            section.Fault(Name(section, prefix, "connection"), message, advice);
        return status.Connected;
    }

    /// <param name="prefix">The device's or stream's name, where a section has several; may be the section's.</param>
    public static void Rate(Section section, string prefix, StreamLook look)
    {
        string name = Name(section, prefix, "rate");
        if (look.Samples < 2)
        {
            section.Fault(name, $"{look.Samples} samples came", "it is connected and sends nothing: look at the device");
            return;
        }
        double share = look.RateHz > 0 ? look.MeasuredHz / look.RateHz : 1;
        double longGap = Math.Max(LongGapMs, look.RateHz > 0 ? 3e3 / look.RateHz : 0);
        string found = Text($"{look.MeasuredHz:0.0} Hz of {look.RateHz:0.#}, {look.Lost} lost, longest gap {look.LongestGapMs:0.0} ms");
        section.Judge(name, found, share < PoorShare ? CheckState.Fault : CheckState.Warning,
            share < GoodShare ? "it sends less often than it says it does: a camera in the dark exposes longer; a slow USB bus or network "
                + "loses samples"
            : look.Lost > 0 ? "samples were made and never arrived: look at cable, network and USB bus, and at what else this "
                + "computer does"
            : look.LongestGapMs > longGap ? "look at what else this computer does, at the network and the USB bus"
            : null);
    }

    /// <param name="delayMs">Of the samples that were looked at, in any order; nothing is said of fewer than two.</param>
    public static void Delay(Section section, string prefix, IReadOnlyCollection<double> delayMs)
    {
        double[] sorted = [.. delayMs.Order()];
        if (sorted.Length >= 2)
            Delay(section, prefix, StreamLook.Quantile(sorted, 0.5), StreamLook.Quantile(sorted, 0.99));
    }

    public static void Delay(Section section, string prefix, StreamLook look)
    {
        if (look.Samples >= 2)
            Delay(section, prefix, look.DelayP50Ms, look.DelayP99Ms);
    }

    private static void Delay(Section section, string prefix, double p50Ms, double p99Ms)
    {
        string found = Text($"median {p50Ms:0.0} ms, p99 {p99Ms:0.0} ms");
        section.Judge(Name(section, prefix, "delay"), found, CheckState.Warning,
            p99Ms > LongDelayMs ? "samples are old when they arrive, and live control sees the past: look at the network, at "
                + "latency_ms in the config, and at what else this computer does"
            : p99Ms - p50Ms > JumpyDelayMs ? "some samples come much later than others: look at the network, the USB "
                + "bus, and what else this computer does"
            : null);
    }

    public static void Clock(Section section, string prefix, ClockMapReport? clock)
    {
        string name = Name(section, prefix, "clock");
        if (clock is null)
        {
            section.Skip(name, "it has none of its own: a sample's time is its arrival, less latency_ms");
            return;
        }
        double residual = clock.ResidualNs * 1e-6;
        string drift = clock.DriftPpm == 0 ? "" : Text($", drift {clock.DriftPpm:0.0} ppm");
        section.Judge(name, Text($"{clock.Domain}: fitted to {residual:0.000} ms{drift}"), CheckState.Warning,
            residual > LargestResidualMs ? "its samples come so irregularly that their times are known no better than this: look at the "
                + "network and the USB bus"
            : Math.Abs(clock.DriftPpm) > LargestDriftPpm ? "it runs further off than a crystal does: is it set by a time server meanwhile?"
            : null);
    }

    /// <summary>A section of one device needs no name in front.</summary>
    private static string Name(Section section, string prefix, string what) =>
        section.Name == Sections.Cameras ? $"{prefix} {what}" : what;

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
