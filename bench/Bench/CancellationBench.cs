using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Drivers.Tests.Evdev;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// How long a driver that waits for a device which says nothing takes to end: from the call that stops it to the end of its thread, its
/// port closed.
/// </summary>
internal static class CancellationBench
{
    private const int Stops = 50, BeforeItCounts = 5; // what is compiled then is not compiled in what counts
    private const int AnswerMs = 10_000; // longer than anything here
    private const double SerialMs = 1;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(10);

    public static void Run(Results results, int runs, CancellationToken cancel)
    {
        results.Note($"{Stops} drivers a run, one after the other, each stopped 1 to {Stops} ms after it began to wait");
        ArmDriving.Raise(results);
        for (int run = 0; run < runs; run++)
        {
            Measure(results, "gripper on a line", StopOnALine, Goal.AtMost(SerialMs), cancel);
            Measure(results, "gripper by Modbus TCP", StopByModbusTcp, null, cancel);
            Measure(results, "gamepad", StopGamepad, null, cancel);
        }
    }

    /// <param name="stop">Starts a driver, waits so many ms once it waits, stops it, and says how long that took, ms.</param>
    private static void Measure(Results results, string what, Func<int, double> stop, Goal? most, CancellationToken cancel)
    {
        List<double> took = [];
        for (int i = -BeforeItCounts; i < Stops; i++)
        {
            cancel.ThrowIfCancellationRequested();
            double ms = stop(Math.Abs(i) + 1);
            if (i >= 0)
                took.Add(ms);
        }
        var all = new Distribution(took, what);
        results.Add($"{what}: stopped to its thread's end p50", "ms", all.Median);
        results.Add($"{what}: stopped to its thread's end max", "ms", all.Max, most);
    }

    private static double StopOnALine(int afterMs)
    {
        using var line = new PseudoTerminal();
        byte[] bytes = new byte[256];
        return Stop(Gripper(line.Path), () => line.Read(bytes) > 0, afterMs);
    }

    private static double StopByModbusTcp(int afterMs)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Socket? gateway = null;
        try
        {
            return Stop(Gripper($"modbus://127.0.0.1:{port}"), () =>
            {
                if (gateway is null && listener.Pending())
                    gateway = listener.AcceptSocket();
                return gateway?.Available > 0;
            }, afterMs);
        }
        finally
        {
            gateway?.Dispose();
        }
    }

    private static double StopGamepad(int afterMs)
    {
        var hand = new HandController(new() { Kind = HandKind.Gamepad }, new ScriptedInput(ScriptedDevice.Gamepad()));
        hand.Start();
        return Stop(hand, () => hand.Status.Connected, afterMs);
    }

    private static RobotiqGripperModbus Gripper(string line)
    {
        var gripper = new RobotiqGripperModbus(new() { Line = PortAddress.Parse(line), AnswerMs = AnswerMs });
        gripper.Start();
        return gripper;
    }

    /// <param name="waits">It has asked its device, which does not answer; or it has its device, which does nothing.</param>
    private static double Stop(IDisposable driver, Func<bool> waits, int afterMs)
    {
        long deadline = HostClock.NowNs + (long)(s_deadline.TotalSeconds * 1e9);
        while (!waits())
        {
            if (HostClock.NowNs > deadline)
                throw new RobotException(ExitCode.Device, $"the driver did not begin to wait within {s_deadline.TotalSeconds:0} s");
            AbsoluteGrid.SleepUntil(HostClock.NowNs + 200_000);
        }
        AbsoluteGrid.SleepUntil(HostClock.NowNs + afterMs * 1_000_000L);
        long fromNs = HostClock.NowNs;
        driver.Dispose();
        return (HostClock.NowNs - fromNs) * 1e-6;
    }
}
