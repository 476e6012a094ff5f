using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Teleoperation;

namespace RobotWorldModel.Runtime.Core.Policies;

/// <summary>
/// A person leads the arm from afar. While the dead man's switch is not held the arm is held where it is, which is commanded and recorded
/// like any other target.
/// </summary>
/// <param name="name">teleop_gamepad, teleop_spacemouse, teleop_leader.</param>
internal sealed class TeleopPolicy(string name, ITeleopDevice device, TeleopGate gate, ITeleopMotion way, ArmMotion motion) : ITickPolicy
{
    private Vector6 _hold = motion.CommandedJoints;
    private double _gripper = double.NaN;
    private int _gripperPress = device.Read().GripperPress;
    private bool _refused;
    private int _halts = gate.Halts;

    public string Name => name;

    /// <summary>What the fingers were asked for since the switch was pressed; NaN: nothing.</summary>
    public double Gripper => Volatile.Read(ref _gripper);

    public PolicyStep Next(Observation observation, long dueNs)
    {
        TeleopInput input = device.Read();
        bool pressed = input.GripperPress != _gripperPress;
        _gripperPress = input.GripperPress;
        int halts = gate.Halts;
        if (_refused || halts != _halts) // the arm was halted, maybe between two ticks: it is held where it has come to stand
            _hold = motion.CommandedJoints;
        _halts = halts;
        if (!gate.MayMove(input, out bool begins))
            return Hold(dueNs);
        if (begins)
            way.Begin(input, _hold);
        if (pressed)
            Volatile.Write(ref _gripper, input.Gripper);
        if (way.Next(input, dueNs) is { } command)
            return new(command with { Gripper = _gripper }, Done: false);
        gate.Release();
        return Hold(dueNs);
    }

    public void Sent(in SendResult result)
    {
        _refused = !result.Accepted;
        if (result.Accepted)
            _hold = result.Guarded;
        if (gate.Engaged)
            way.Sent(result);
    }

    // Fingers that were halted go on only when they are asked to again.
    private PolicyStep Hold(long dueNs)
    {
        Volatile.Write(ref _gripper, double.NaN);
        return new(Command.Joints(_hold, dueNs), Done: false);
    }
}
