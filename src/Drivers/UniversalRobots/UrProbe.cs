using System.Diagnostics;
using System.Text;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// What can be found out about a controller beside the driver, on connections of its own. Nothing is commanded, set or claimed.
/// </summary>
public static class UrProbe
{
    private const int TimeoutMs = 1000, AnswerMs = 1000;

    // No controller has it: where one name is not known the whole recipe is refused, so asking with it claims nothing.
    private const string NoInput = "input_double_register_of_nobody";

    /// <summary>The maker's ports that this program talks to, and what is there.</summary>
    public static IReadOnlyList<(int Port, string Service)> Ports { get; } =
        [(RtdeWire.DefaultPort, "RTDE"), (29999, "dashboard"), (30001, "primary interface"), (30002, "secondary interface, for scripts")];

    /// <summary>How long a TCP connection took to come about; nothing is said over it.</summary>
    /// <param name="problem">Why there is none and what to do; null where there was.</param>
    public static TimeSpan Connect(string host, int port, string service, out string? problem)
    {
        var taken = Stopwatch.StartNew();
        try
        {
            DeviceSocket.Connect(host, port, TimeoutMs, $"The {service} is on {port} (PolyScope: Settings, Security, Services)").Dispose();
            problem = null;
        }
        catch (DeviceFaultException e)
        {
            problem = e.Message;
        }
        return taken.Elapsed;
    }

    /// <summary>How long the controller's RTDE server takes to answer a question of three bytes, ns, in the order asked.</summary>
    /// <param name="problem">Why there are no more; null where all were answered.</param>
    public static IReadOnlyList<long> RoundTrips(string host, int count, CancellationToken cancel, out string? problem, int port =
        RtdeWire.DefaultPort)
    {
        var trips = new List<long>(count);
        byte[] question = RtdeWire.Package(RtdePackage.GetControllerVersion, []);
        problem = Talk(host, port, session =>
        {
            while (trips.Count < count && !cancel.IsCancellationRequested)
            {
                long asked = HostClock.NowNs;
                Ask(session, question, RtdePackage.GetControllerVersion);
                trips.Add(session.ArrivalNs - asked);
            }
        });
        return trips;
    }

    /// <summary>
    /// Whether another client owns an input register that motion needs. Asked together with a name that no controller has, which makes
    /// the controller refuse the recipe: it says what is in use, and gives us nothing.
    /// </summary>
    /// <param name="problem">Why it could not be asked; null where it was.</param>
    /// <returns>The registers in use; empty where all are free.</returns>
    public static IReadOnlyList<string> InputsInUse(string host, out string? problem, int port = RtdeWire.DefaultPort)
    {
        string[] names = [.. ControlProgram.InputNames.Split(','), NoInput];
        string[] types = [];
        problem = Talk(host, port, session =>
        {
            ReadOnlySpan<byte> reply = Ask(session, RtdeWire.Package(RtdePackage.SetupInputs, [], string.Join(',', names)),
                RtdePackage.SetupInputs);
            types = reply.IsEmpty ? [] : RtdeWire.SplitList(reply[1..]);
            if (types.Length != names.Length)
                throw new InvalidDataException($"it answered for {types.Length} of {names.Length} inputs");
        });
        return problem is null ? [.. names.Where((_, i) => types[i] == RtdeWire.Name(RtdeType.InUse))] : [];
    }

    private static string? Talk(string host, int port, Action<RtdeSession> talk)
    {
        try
        {
            using var session = RtdeSession.Connect(host, port, TimeoutMs);
            ReadOnlySpan<byte> version = Ask(session, RtdeWire.Package(RtdePackage.RequestProtocolVersion, [0, 2]),
                RtdePackage.RequestProtocolVersion);
            if (version.IsEmpty || version[0] != 1)
                return $"{host} refused RTDE protocol version 2: update its PolyScope to 3.9 or 5.3 at least";
            talk(session);
            return null;
        }
        catch (DeviceFaultException e)
        {
            return e.Message;
        }
        catch (InvalidDataException e)
        {
            return $"{host} port {port} does not speak RTDE ({e.Message}): is this a UR controller? RTDE is on {RtdeWire.DefaultPort}";
        }
    }

    private static ReadOnlySpan<byte> Ask(RtdeSession session, byte[] question, RtdePackage answer)
    {
        session.DeadlineNs = HostClock.NowNs + AnswerMs * 1_000_000L;
        if (!session.TryWrite(question))
            throw new DeviceFaultException($"{session.Host} dropped the connection");
        try
        {
            while (true)
            {
                RtdePackage got = session.Read(out ReadOnlySpan<byte> payload);
                if (got == answer)
                    return payload;
                if (got != RtdePackage.TextMessage)
                    throw new InvalidDataException($"package type '{Encoding.ASCII.GetString([(byte)got])}' came instead of an answer");
            }
        }
        catch (DeviceFaultException) when (HostClock.NowNs > session.DeadlineNs)
        {
            throw new InvalidDataException($"no answer within {AnswerMs} ms");
        }
    }
}
