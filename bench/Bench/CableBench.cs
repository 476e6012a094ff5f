using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Bench;

/// <summary>
/// A device's cable is out for a while: how soon its driver says so, and how soon after the cable's return samples come again. A serial
/// line that is unplugged is seen at once; on the network a pulled cable is silence, which has no number to beat.
/// </summary>
internal static class CableBench
{
    private const double SeenMs = 50, BackS = 0.5;
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(30);

    public static void Pull(Results results, BenchCell cell, MeasuredDevice device, CancellationToken cancel)
    {
        string address = device.Address(cell.Host);
        if (device.IsGripper)
        {
            using RobotiqGripper hand = DeviceDriver.Gripper(device.Kind, address, device.RateHz);
            Pull(results, cell, device, hand, hand.States, cancel);
            return;
        }
        using IForceTorqueSensor sensor = DeviceDriver.Sensor(device.Kind, address, device.RateHz);
        Pull(results, cell, device, sensor, sensor.Wrenches, cancel);
    }

    private static void Pull<T>(
        Results results, BenchCell cell, MeasuredDevice device, IDevice driver, SampleStream<T> stream, CancellationToken cancel)
    {
        driver.Start();
        DriverProcess.WaitFor(driver, () => stream.Counters.Received > device.RateHz / 2);
        using CellControl control = cell.Control();
        control.Call("counts", []); // compiles what the order needs
        long outNs = HostClock.NowNs; // before the order: what it takes counts
        control.Call("fault", new JsonObject { ["name"] = device.Cable, ["seconds"] = device.GoneS });
        Wait(() => !driver.Status.Connected, $"the loss of the {device.Name}", cancel);
        long seenNs = HostClock.NowNs, backNs = outNs + (long)(device.GoneS * 1e9), received = stream.Counters.Received;
        Wait(() => stream.Counters.Received > received, $"the {device.Name} again", cancel);
        long newNs = HostClock.NowNs;
        results.Add($"{device.Name}: cable out to its being said", "ms", (seenNs - outNs) * 1e-6,
            device.Baud > 0 ? Goal.AtMost(SeenMs) : null);
        results.Add($"{device.Name}: cable in to the first new sample", "s", (newNs - backNs) * 1e-9, Goal.AtMost(BackS));
    }

    /// <summary>Looks every 0.2 ms.</summary>
    public static void Wait(Func<bool> condition, string what, CancellationToken cancel)
    {
        long deadline = HostClock.NowNs + (long)(s_deadline.TotalSeconds * 1e9);
        while (!condition())
        {
            cancel.ThrowIfCancellationRequested();
            if (HostClock.NowNs > deadline)
                throw new RobotException(ExitCode.Device, $"not within {s_deadline.TotalSeconds:0} s: {what}");
            AbsoluteGrid.SleepUntil(HostClock.NowNs + 200_000);
        }
    }
}
