using System.Globalization;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Runtime.Doctor;

/// <summary>The controller as the network shows it.</summary>
/// <param name="Ports">The maker's, how long a connection took, and why there was none.</param>
/// <param name="TripsMs">Question and answer of its RTDE server, in the order asked.</param>
/// <param name="TripsProblem">Why there are no more; null where there are as many as were wanted.</param>
/// <param name="InputsInUse">Registers that motion needs and another client has; null where it was not asked.</param>
/// <param name="InputsProblem">Why it could not be asked.</param>
internal sealed record NetworkLook(
    IReadOnlyList<(int Port, string Service, double Ms, string? Problem)> Ports, IReadOnlyList<double> TripsMs, string? TripsProblem,
    IReadOnlyList<string>? InputsInUse, string? InputsProblem)
{
    private const int Trips = 100;

    /// <summary>Looks, on connections of its own that claim and set nothing.</summary>
    public static NetworkLook At(string host, bool askForInputs, CancellationToken cancel)
    {
        var ports = new List<(int, string, double, string?)>();
        foreach (var (port, service) in UrProbe.Ports)
        {
            TimeSpan taken = UrProbe.Connect(host, port, service, out string? problem);
            ports.Add((port, service, taken.TotalMilliseconds, problem));
            cancel.ThrowIfCancellationRequested();
        }
        if (ports[0].Item4 is { } closed)
            return new(ports, [], closed, null, null);
        double[] trips = [.. UrProbe.RoundTrips(host, Trips, cancel, out string? tripsProblem).Select(ns => ns * 1e-6)];
        string? inputsProblem = null;
        IReadOnlyList<string>? inUse = askForInputs ? UrProbe.InputsInUse(host, out inputsProblem) : null;
        return new(ports, trips, tripsProblem, inUse, inputsProblem);
    }
}

internal static class NetworkChecks
{
    private const double SlowMs = 4, JitterMs = 20;

    public static void Judge(Section arm, NetworkLook look, bool motion, bool isPolyScopeX)
    {
        foreach (var (port, service, ms, problem) in look.Ports)
            Port(arm, port, service, ms, problem, motion, isPolyScopeX);
        RoundTrip(arm, look);
        Inputs(arm, look, motion);
    }

    private static void Port(Section arm, int port, string service, double ms, string? problem, bool motion, bool isPolyScopeX)
    {
        string name = $"port {port}";
        CheckState closed = port == 30004 || (motion && port is 29999 or 30002) ? CheckState.Fault : CheckState.Warning;
        if (problem is null)
            arm.Ok(name, Text($"{service}: answers in {ms:0.0} ms"));
        else if (port == 29999 && isPolyScopeX)
            arm.Skip(name, $"PolyScope X has no {service}");
        else
            arm.Judge(name, problem, closed, port switch
            {
                30004 => "without RTDE nothing of the arm is seen",
                29999 => "without the dashboard the serial number and remote control are not known, and nothing is powered or unlocked "
                    + "from here",
                30001 => "without it neither model, calibration nor the controller's reasons are known",
                _ => "without it our program does not get to the controller, and the arm is not moved from here",
            });
    }

    private static void RoundTrip(Section arm, NetworkLook look)
    {
        if (look.Ports.FirstOrDefault(p => p.Port == 30004).Problem is not null)
        {
            arm.Skip("round trip", "its RTDE port is closed");
            return;
        }
        if (look.TripsMs.Count == 0)
        {
            arm.Fault("round trip", look.TripsProblem ?? "no question was answered",
                "something takes the connection and speaks no RTDE: is this the controller's address? Look at the pendant");
            return;
        }
        double[] sorted = [.. look.TripsMs.Order()];
        double p50 = StreamLook.Quantile(sorted, 0.5), p99 = StreamLook.Quantile(sorted, 0.99);
        string found = Text($"median {p50:0.00} ms, p99 {p99:0.00} ms, longest {sorted[^1]:0.0} ms of {sorted.Length} questions");
        if (look.TripsProblem is { } problem)
            arm.Fault("round trip", $"{found}; then: {problem}", "the connection does not hold: look at the cable and at the pendant");
        else
            arm.Judge("round trip", found, CheckState.Warning,
                p50 > SlowMs ? "the way to the controller is long: a cable from this computer to it, no radio, no router in between"
                : p99 - p50 > JitterMs ? "some answers come much later than others: no radio, a network card of its own for the robot, "
                    + "and see what else this computer does"
                : null);
    }

    private static void Inputs(Section arm, NetworkLook look, bool motion)
    {
        if (!motion)
            arm.Skip("RTDE inputs", "motion.enabled is false: none are needed");
        else if (look.InputsProblem is { } problem)
            arm.Fault("RTDE inputs", problem, "motion needs them");
        else if (look.InputsInUse is null)
            arm.Skip("RTDE inputs", "the controller was not asked");
        else
            arm.Judge("RTDE inputs", look.InputsInUse.Count == 0 ? "free" : $"in use: {look.InputsInUse[0]}"
                + (look.InputsInUse.Count > 1 ? $" and {look.InputsInUse.Count - 1} more" : ""), CheckState.Fault,
                look.InputsInUse.Count == 0 ? null : "another client owns them, often EtherNet/IP or PROFINET enabled on the robot, or "
                    + "another RTDE program (ur_rtde, a ROS driver): disable the fieldbus, or end that program");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
