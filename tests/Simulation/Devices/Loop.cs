using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;

namespace RobotWorldModel.Simulation.Tests.Devices;

/// <summary>The cell's 500 Hz loop with one device: every cycle at its grid time, even when late.</summary>
internal sealed class Loop : IDisposable
{
    private readonly DeviceThread _thread;
    private readonly ISimulatedDevice _device;

    public Loop(FingersAndForce physics, ISimulatedDevice device, Action<long>? before = null)
    {
        _device = device;
        device.Start();
        _thread = new DeviceThread("cell", stop =>
        {
            long origin = HostClock.NowNs;
            for (long k = 0; !stop.IsCancellationRequested; k++)
            {
                long now = origin + k * 2_000_000;
                AbsoluteGrid.SleepUntil(now);
                before?.Invoke(now);
                physics.Step(0.002, default, default);
                device.Step(now, 0.002);
            }
        }, timed: true);
        _thread.Start();
    }

    public void Dispose()
    {
        _thread.Dispose();
        _device.Dispose();
    }
}
