using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Motion;

/// <summary>
/// The command side of a gripper in a cell without an arm: a person's orders and nothing else move its fingers. Where there is an arm,
/// its <see cref="ArmMotion"/> has the gripper, and this must not be made. From any thread; nothing blocks.
/// </summary>
public sealed class GripperAlone
{
    private readonly IGripperControl _gripper;
    private readonly bool _enabled;

    /// <param name="enabled">False: every order is refused.</param>
    /// <exception cref="ArgumentException">A driver that only reads.</exception>
    public GripperAlone(IGripper gripper, bool enabled)
    {
        _gripper = gripper as IGripperControl
            ?? throw new ArgumentException($"{gripper.Name}: this driver only reads; it cannot move the gripper");
        _enabled = enabled;
    }

    /// <summary>Tells the gripper what a person has asked for.</summary>
    /// <returns>Null, or one line: what is in the way and what to do about it.</returns>
    public string? Obey(GripperOrder order)
    {
        if ((Barred() ?? (order is GripperOrder.OpenFully or GripperOrder.CloseFully ? NotActive() : null)) is { } refusal)
            return refusal;
        _gripper.Obey(order);
        return null;
    }

    /// <summary>Asks for a position, 0 open … 1 closed; a gripper that is not active is not activated by it.</summary>
    /// <inheritdoc cref="Obey"/>
    public string? Move(double position)
    {
        if ((Barred() ?? NotActive()) is { } refusal)
            return refusal;
        _gripper.Request(position, mayActivate: false);
        return null;
    }

    /// <summary>Stops the fingers where they are; an emergency release goes on.</summary>
    public void Halt()
    {
        if (_enabled)
            _gripper.Halt();
    }

    private string? Barred() => !_enabled
        ? $"{_gripper.Name}: motion is off for this cell; set motion.enabled to true in its config if its gripper may be moved from here"
        : _gripper.Status.Connected ? null
        : _gripper.Status.Message;

    private string? NotActive() => _gripper.Active ? null : _gripper.Status.Message;
}
