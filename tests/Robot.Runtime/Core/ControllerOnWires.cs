using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Core;

/// <summary>
/// The simulated controller of a UR5e on an address of its own, with an arm that is where it shall be. On a busy machine its cycles come
/// late, as everybody's do, and none is made up for: what its watchdogs count is cycles.
/// </summary>
internal sealed class ControllerOnWires : IDisposable
{
    private const double RateHz = 500;
    private readonly UrController _controller;
    private readonly DeviceThread _loop;
    private bool _disposed;

    public ControllerOnWires()
    {
        Clock = new(HostClock.NowNs, 7_000_000_000, 40);
        _controller = new(new() { Host = Host }, Physics, Clock);
        _controller.Start();
        _loop = new("test-cell", Run);
        _loop.Start();
    }

    public string Host { get; } = Ports.FreeLoopbackAddress();

    public Arm Physics { get; } = new();

    private DeviceClock Clock { get; }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _loop.Dispose();
        _controller.Dispose();
    }

    private void Run(CancellationToken stop)
    {
        var grid = new AbsoluteGrid(RateHz, HostClock.NowNs);
        while (!stop.IsCancellationRequested)
            _controller.Step(grid.TimeOf(grid.WaitNext()), 1 / RateHz); // a slot that has passed is left out
    }

    internal sealed class Arm : ICellPhysics
    {
        public Vector6 Q { get; private set; } = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);

        public Vector6 Qd { get; private set; }

        public Vector6 JointTorque => default;

        public double FingerWidth => 0;

        public double FingerTarget { get; set; }

        public double FingerSpeed { get; set; }

        public bool FingersBlocked => false;

        public Wrench SensorWrench { get; set; }

        public Vector6 HandWrench { get; set; }

        public IReadOnlyList<SceneBody> Bodies => [];

        public void Step(double dt, in Vector6 targetQ, in Vector6 targetQd) => (Q, Qd) = (targetQ, targetQd);

        public void Place(string body, in Pose poseInBase) => throw new ArgumentException($"no object '{body}' is here", nameof(body));
    }
}
