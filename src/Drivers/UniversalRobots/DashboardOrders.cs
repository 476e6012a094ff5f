using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// The pendant's buttons through the dashboard server: each order is given only where the controller's state has a use for it, and is done
/// when RTDE shows what it leads to. Source: "Dashboard Server e-Series, port 29999", Universal Robots.
/// </summary>
internal sealed class DashboardOrders(UrArmOptions options, RtdeLink link, UrObserver observer, SampleStream<RobotState> states)
{
    private const int LookMs = 50, UnlockAgainMs = 500, LongestText = 500;

    // A real arm boots its joints and tests its brakes meanwhile; a restart of the safety system drops the connections too.
    // A program is loaded with its installation.
    private const int PowerTimeoutMs = 60_000, UnlockTimeoutMs = 15_000, LoadTimeoutMs = 60_000, PlayTimeoutMs = 15_000;

    /// <summary>Null when it is done, else what is in the way and what to do.</summary>
    public string? Obey(ArmOrder order, string text, CancellationToken cancel)
    {
        // A line break would be a second order.
        if (text.Length > LongestText || text.Any(c => c is < ' ' or > '~'))
            return $"the dashboard takes one line of at most {LongestText} ASCII characters; '{text.ReplaceLineEndings(" ")}' is none";
        if (!link.Connected || !states.TryGetNewest(out _))
            return $"not connected: {link.Message}";
        if (link.Version is { IsPolyScopeX: true })
            return $"PolyScope X has no dashboard server: {AtThePendant(order)}";
        try
        {
            // Local control allows popups too; a stop asks for nothing first.
            bool always = order is ArmOrder.ShowPopup or ArmOrder.ClosePopup or ArmOrder.StopProgram;
            return (always ? null : observer.LocalControl()) ?? order switch
            {
                ArmOrder.PowerOn => PowerOn(cancel),
                ArmOrder.PowerOff => Give("power off", "Powering off")
                    ?? Await(s => s.Mode == RobotMode.PowerOff, PowerTimeoutMs, "lose power", cancel),
                ArmOrder.UnlockProtectiveStop => Unlock(cancel),
                ArmOrder.RestartSafety => RestartSafety(cancel),
                ArmOrder.LoadProgram => Load(text),
                ArmOrder.PlayProgram => Play(cancel),
                ArmOrder.PauseProgram => Give("pause", "Pausing program") is { } reply ? $"{reply}: no program is playing" : null,
                ArmOrder.StopProgram => Stop(),
                ArmOrder.ShowPopup => Give($"popup {text}", "showing popup"),
                _ => Give("close popup", "closing popup") ?? Give("close safety popup", "closing safety popup"),
            };
        }
        catch (DeviceFaultException e)
        {
            return e.Message;
        }
    }

    /// <summary>What the dashboard shows.</summary>
    public PendantReport Look()
    {
        if (!link.Connected)
            return new(null, "", "", $"not connected: {link.Message}");
        if (link.Version is { IsPolyScopeX: true })
            return new(null, "", "", "PolyScope X has no dashboard server: what it plays, and whether it is in remote control, "
                + "the pendant shows");
        try
        {
            string[] answers = observer.Dashboard.Ask("is in remote control", "get loaded program", "programState");
            const string Loaded = "Loaded program:";
            return new(
                answers[0] switch { "true" => true, "false" => false, _ => null },
                answers[1].StartsWith(Loaded, StringComparison.Ordinal) ? answers[1][Loaded.Length..].Trim() : "",
                answers[2].StartsWith("could not", StringComparison.Ordinal) ? "" : answers[2], "");
        }
        catch (DeviceFaultException e)
        {
            return new(null, "", "", e.Message);
        }
    }

    private static string AtThePendant(ArmOrder order) => order switch
    {
        ArmOrder.PowerOn or ArmOrder.PowerOff => "power it at the pendant",
        ArmOrder.UnlockProtectiveStop => "unlock it at the pendant, then ./robot arm unlock",
        ArmOrder.RestartSafety => "restart its safety system at the pendant, then ./robot arm unlock",
        ArmOrder.LoadProgram or ArmOrder.PlayProgram or ArmOrder.PauseProgram or ArmOrder.StopProgram =>
            "load, play, pause and stop its programs at the pendant",
        _ => "nothing can be shown on its pendant from here, and its popups are closed there",
    };

    private string? Load(string name)
    {
        if (name.Length == 0)
            return "name the program, as it lies on the controller's disk";
        string reply = new DashboardClient(options.Host, options.DashboardPort, LoadTimeoutMs).Ask($"load {name}")[0];
        return reply.StartsWith("Loading program", StringComparison.OrdinalIgnoreCase) ? null
            : $"{options.Host} did not load it: {reply}; give its name as the pendant shows it, with its folder";
    }

    private string? Play(CancellationToken cancel)
    {
        if (cancel.IsCancellationRequested)
            return "interrupted";
        if (UrGates.WhyNotMoving(Newest()) is { } why)
            return why;
        // It answers when the program has started.
        var dashboard = new DashboardClient(options.Host, options.DashboardPort, PlayTimeoutMs);
        string? refusal;
        try
        {
            refusal = Give("play", "Starting program", dashboard);
        }
        catch (DeviceFaultException) when (cancel.IsCancellationRequested)
        {
            refusal = null; // it may have started all the same
        }
        if (cancel.IsCancellationRequested) // meanwhile
            return refusal ?? Stop() ?? "it was stopped as it began";
        return refusal is null ? null : $"{refusal}: is a program loaded (./robot arm program load NAME), and does none run already?";
    }

    // On a connection of its own: a stop waits behind no question.
    private string? Stop() => Give("stop", "Stopped", new DashboardClient(options.Host, options.DashboardPort));

    private string? PowerOn(CancellationToken cancel)
    {
        if (UrGates.WhyNotPowered(Newest()) is { } problem)
            return problem;
        if (Newest().Mode == RobotMode.Running)
            return null;
        return Give("power on", "Powering on")
            ?? Await(static s => s.Mode is RobotMode.Idle or RobotMode.Running, PowerTimeoutMs, "power on", cancel)
            ?? Give("brake release", "Brake releasing")
            ?? Await(static s => s.Mode == RobotMode.Running, PowerTimeoutMs, "release its brakes", cancel);
    }

    private string? Unlock(CancellationToken cancel)
    {
        if ((Newest().Safety & SafetyStatusBits.ProtectiveStop) == 0)
            return "the arm is in no protective stop: there is nothing to unlock";
        Give("close safety popup", "closing safety popup");
        long deadline = HostClock.NowNs + UnlockTimeoutMs * 1_000_000L;
        string? refusal;
        // The controller waits 5 s from the stop on before it lets itself be unlocked; the person has asked already.
        while ((refusal = Give("unlock protective stop", "Protective stop releasing")) is not null && HostClock.NowNs < deadline)
            if (cancel.WaitHandle.WaitOne(UnlockAgainMs))
                return "interrupted";
        return refusal ?? Await(static s => (s.Safety & SafetyStatusBits.ProtectiveStop) == 0, UnlockTimeoutMs, "unlock", cancel);
    }

    private string? RestartSafety(CancellationToken cancel)
    {
        if ((Newest().Safety & (SafetyStatusBits.Fault | SafetyStatusBits.Violation)) == 0)
            return "the safety system reports no fault and no violation: there is no need to restart it";
        Give("close safety popup", "closing safety popup");
        return Give("restart safety", "Restarting safety")
            ?? Await(static s => (s.Safety & (SafetyStatusBits.Fault | SafetyStatusBits.Violation)) == 0, PowerTimeoutMs,
                "restart its safety system", cancel);
    }

    /// <summary>Null where the controller answers as it should, else its answer.</summary>
    private string? Give(string command, string expected, DashboardClient? dashboard = null)
    {
        string reply = (dashboard ?? observer.Dashboard).Ask(command)[0];
        return reply.StartsWith(expected, StringComparison.OrdinalIgnoreCase)
            ? null
            : $"{options.Host} answered '{command}' with: {reply}";
    }

    private string? Await(Func<RobotState, bool> done, int timeoutMs, string what, CancellationToken cancel)
    {
        long asked = HostClock.NowNs, deadline = asked + timeoutMs * 1_000_000L;
        if (cancel.IsCancellationRequested)
            return "interrupted";
        while (!(link.Connected && states.TryGetNewest(out var newest) && newest.ArrivalNs > asked && done(newest.Value)))
        {
            if (cancel.WaitHandle.WaitOne(LookMs))
                return "interrupted";
            if (HostClock.NowNs > deadline)
                return $"{options.Host} did not {what} within {timeoutMs / 1000} s ({link.Message}): look at its pendant";
        }
        return null;
    }

    private RobotState Newest() => states.TryGetNewest(out var newest) ? newest.Value : default;
}
