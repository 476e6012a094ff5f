using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>An arm that is where it shall be: no mass, no gripper, no objects.</summary>
internal sealed class RigidPhysics : ICellPhysics
{
    public Vector6 Q { get; private set; } = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);

    public Vector6 Qd { get; private set; }

    public Vector6 JointTorque => new(0, -20, -10, 1, 0, 0);

    public double FingerWidth => FingerTarget;

    public double FingerTarget { get; set; }

    public double FingerSpeed { get; set; }

    public bool FingersBlocked => false;

    public Wrench SensorWrench { get; set; }

    public Vector6 HandWrench { get; set; }

    public IReadOnlyList<SceneBody> Bodies => [];

    /// <summary>How far the arm is from where it shall be, rad: what holds it back is not simulated.</summary>
    public Vector6 HeldBack { get; set; }

    /// <summary>How much faster than it shall it moves, rad/s: what drives it is not simulated.</summary>
    public Vector6 Driven { get; set; }

    public void Step(double dt, in Vector6 targetQ, in Vector6 targetQd) => (Q, Qd) = (targetQ - HeldBack, targetQd + Driven);

    public void Place(string body, in Pose poseInBase) => throw new ArgumentException($"no object '{body}' is here", nameof(body));
}

/// <summary>
/// A controller on an address of its own, stepped at its rate by a thread as the cell does it: every cycle, also when late.
/// </summary>
internal sealed class ControllerBench : IDisposable
{
    private readonly DeviceThread _loop;
    private readonly double _rateHz;
    private bool _loopEnded;
    private long _nowNs;

    public ControllerBench(Action<UrControllerOptions>? change = null)
    {
        var options = new UrControllerOptions { Host = Ports.FreeLoopbackAddress() };
        change?.Invoke(options);
        Host = options.Host;
        _rateHz = UrModel.ByName(options.Model).BaseRateHz;
        Clock = new(HostClock.NowNs, 7_000_000_000, 40);
        Controller = new(options, Physics, Clock);
        Controller.Start();
        _loop = new("test-cell", Run, timed: true);
        _loop.Start();
    }

    public string Host { get; }

    public RigidPhysics Physics { get; } = new();

    public DeviceClock Clock { get; }

    public UrController Controller { get; }

    /// <summary>
    /// From here on the test makes the cycles, one by one: what counts cycles then does not depend on how busy the machine is. Returns
    /// what a client with <c>timestamp</c> first in its recipe gets for each cycle.
    /// </summary>
    public Func<RtdeClient, byte[]> TakeOver()
    {
        StopLoop();
        return client =>
        {
            Step();
            double stamp = Clock.ToDevice(_nowNs) * 1e-9;
            byte[] data = client.Data();
            while (RtdeClient.Double(data) < stamp) // from before
                data = client.Data();
            return data;
        };
    }

    /// <summary>Makes cycles by hand, after <see cref="TakeOver"/>.</summary>
    public void Step(int cycles = 1)
    {
        for (int i = 0; i < cycles; i++)
            Controller.Step(_nowNs += (long)(1e9 / _rateHz), 1 / _rateHz);
    }

    public void Dispose()
    {
        StopLoop();
        Controller.Dispose();
    }

    private void StopLoop()
    {
        if (!_loopEnded)
            _loop.Dispose();
        _loopEnded = true;
    }

    private void Run(CancellationToken stop)
    {
        var grid = new AbsoluteGrid(_rateHz, HostClock.NowNs);
        for (long cycle = 0; !stop.IsCancellationRequested; cycle++)
        {
            AbsoluteGrid.SleepUntil(grid.TimeOf(cycle));
            Controller.Step(_nowNs = grid.TimeOf(cycle), 1 / _rateHz);
        }
    }
}
