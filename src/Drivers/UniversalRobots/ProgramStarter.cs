using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>One try to get the control program running: look, claim, send, wait for its heartbeat.</summary>
internal sealed class ProgramStarter(UrArmOptions options, RtdeLink link, UrObserver observer, SampleStream<RobotState> states)
{
    private const int ConnectTimeoutMs = 1000, SendTimeoutMs = 2000, HeartbeatTimeoutMs = 4000, ListenTimeoutMs = 1500, LookMs = 4;

    // An observer asks a dashboard that hangs for some seconds before it hears what arm this is.
    private const int KnownTimeoutMs = 6000;

    /// <summary>Null when the program runs, else what is in the way and what to do.</summary>
    public string? Start(CancellationToken cancel)
    {
        string? problem = Look();
        if (problem is not null)
            return problem;
        problem = LocalControl();
        if (problem is not null)
            return problem;
        problem = link.ClaimInputs(cancel);
        if (problem is not null)
            return problem;
        WaitUntil(() => observer.Concluded || !link.Connected, KnownTimeoutMs, cancel);
        if (observer.WrongModel is { } wrong)
            return wrong;
        // Without a listener a rejected program would only be seen as one that does not start; worth a moment's wait, no more.
        WaitUntil(() => observer.Primary.Listening, ListenTimeoutMs, cancel);
        return cancel.IsCancellationRequested ? "interrupted" : Run(cancel);
    }

    private string? Look()
    {
        if (!link.Connected || !states.TryGetNewest(out var newest))
            return $"not connected: {link.Message}";
        string? problem = UrGates.WhyNotMoving(newest.Value);
        const long RecentNs = 60_000_000_000;
        return problem is not null && observer.Primary.NewestErrorCode(RecentNs) is { } code
            ? $"{problem} (the controller says {code.Text})"
            : problem;
    }

    private string? LocalControl()
    {
        try
        {
            return observer.LocalControl();
        }
        catch (DeviceFaultException)
        {
            // the status says that there is no dashboard; a robot in local control will say so itself when the program arrives
            return null;
        }
    }

    private string? Run(CancellationToken cancel)
    {
        int first = ControlProgram.NewHeartbeat(states.TryGetNewest(out var before) ? before.Value.Heartbeat : 0);
        long sentNs = HostClock.NowNs;
        try
        {
            // A port opened in local control stays read-only for good: the connection must be a fresh one.
            using Socket socket = DeviceSocket.Connect(options.Host, options.ScriptPort, ConnectTimeoutMs,
                "Programs are taken on 30002 (PolyScope: Settings, Security, Services)");
            socket.SendTimeout = SendTimeoutMs;
            byte[] program = Encoding.ASCII.GetBytes(ControlProgram.Text(options, first, link.Version));
            for (int sent = 0; sent < program.Length;)
            {
                int n = socket.Send(program.AsSpan(sent), SocketFlags.None, out SocketError error);
                if (error != SocketError.Success)
                    return $"{options.Host}:{options.ScriptPort} did not take the control program ({error}): try again";
                sent += n;
            }
            return Await(first, sentNs, cancel);
        }
        catch (DeviceFaultException e)
        {
            return e.Message;
        }
    }

    private string? Await(int first, long sentNs, CancellationToken cancel)
    {
        string? problem = null;
        bool beating = false;
        WaitUntil(() =>
        {
            if (!states.TryGetNewest(out var newest))
                return false;
            // Two beats: it has come round its loop, not only begun.
            beating = newest.Value.Heartbeat - first is >= 2 and < ControlProgram.HeartbeatRange;
            problem = beating ? null : UrGates.WhyNotMoving(newest.Value) ?? Rejected(sentNs);
            return beating || problem is not null || !link.Connected;
        }, HeartbeatTimeoutMs, cancel);
        if (beating)
            return null;
        if (cancel.IsCancellationRequested)
            return "interrupted";
        if (!link.Connected)
            return $"the connection was lost while the control program started: {link.Message}";
        return problem ?? $"{options.Host} took the control program but does not run it (no heartbeat in {HeartbeatTimeoutMs} ms): "
            + "look at the log on the pendant; is another program running, or the robot in local control?";
    }

    private string? Rejected(long sinceNs)
    {
        if (observer.Primary.FirstProblemSince(sinceNs) is not { } message)
            return null;
        if (message.Text.StartsWith($"C{PrimaryWire.ReadOnlyCode}", StringComparison.Ordinal))
            return "the controller takes no programs from the network (C210): switch the robot to remote control on the pendant";
        return message.Kind == ControllerMessageKind.RuntimeException
            ? $"{options.Host} rejected the control program: {message.Text} (PolyScope {link.Version}); please report it with this line"
            : $"the controller stopped the control program: {message.Text}";
    }

    private static void WaitUntil(Func<bool> done, int timeoutMs, CancellationToken cancel)
    {
        long deadline = HostClock.NowNs + timeoutMs * 1_000_000L;
        while (!done() && HostClock.NowNs < deadline && !cancel.WaitHandle.WaitOne(LookMs))
        {
            // between two looks
        }
    }
}
