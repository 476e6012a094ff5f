using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>All built-ins that reach the robot, by subject.</summary>
/// <param name="protectiveStop">Stops the robot as protective_stop() asks.</param>
/// <param name="powerOff">Takes the arm's power, as powerdown() asks.</param>
internal sealed class RobotBuiltins(RobotContext robot, Action protectiveStop, Action powerOff)
{
    private readonly MotionBuiltins _motion = new(robot);
    private readonly StreamingBuiltins _streaming = new(robot);
    private readonly ForceBuiltins _force = new(robot);
    private readonly StateBuiltins _state = new(robot);
    private readonly ModelBuiltins _model = new(robot);
    private readonly SettingsBuiltins _settings = new(robot, protectiveStop, powerOff);
    private readonly InputOutputBuiltins _inputsOutputs = new(robot);

    public SocketBuiltins Sockets { get; } = new(robot.StepTimeS);

    /// <summary>What zero_ftsensor subtracts: N, N·m, base axes.</summary>
    public Vector6 ForceBias => _force.Bias;

    public void AddTo(BuiltinLibrary library)
    {
        _motion.AddTo(library);
        _streaming.AddTo(library);
        _force.AddTo(library);
        _state.AddTo(library);
        _model.AddTo(library);
        _settings.AddTo(library);
        _inputsOutputs.AddTo(library);
        Sockets.AddTo(library);
    }

    /// <summary>Remembers this cycle's state; once a cycle, when it is known.</summary>
    public void Record() => _force.Record();
}
