using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.Motion;

// What a person orders the gripper by itself; what it does with the arm comes in the arm's commands.
public sealed partial class ArmMotion
{
    /// <summary>
    /// Has the gripper do what a person has asked for; returns once it is told. An emergency release ends whatever moves the arm and is
    /// never barred; everything else needs an arm that nobody has.
    /// </summary>
    /// <returns>Null, or one line: what is in the way and what to do about it.</returns>
    public string? Obey(GripperOrder order)
    {
        if (_gripper is null)
            return $"{_arm.Name}: this cell has no gripper; its config names none";
        if (!_enabled)
            return Barred();
        if (!_gripper.Status.Connected)
            return _gripper.Status.Message;
        bool release = order is GripperOrder.ReleaseOpening or GripperOrder.ReleaseClosing;
        lock (_acquireLock)
        {
            MotionSession? session = Volatile.Read(ref _session);
            if (!release && (Barred() ?? Occupied(session) ?? NotActive(order)) is { } refusal)
                return refusal;
            if (release)
            {
                _acquireCancel?.Cancel();
                session?.End("the gripper was released"); // without a halt of the fingers, which would forget the order
            }
            _gripper.Obey(order);
            return null;
        }
    }

    /// <summary>Who ordered the gripper is gone: fingers that move stop, unless somebody has the arm and with it the gripper.</summary>
    public void HaltGripper()
    {
        lock (_acquireLock)
            if (_enabled && Volatile.Read(ref _session) is null)
                _gripper?.Halt();
    }

    private string? Occupied(MotionSession? session) =>
        (_acquiring ?? session?.Lease?.Owner ?? (session is null ? null : "somebody")) is { } who
            ? $"{_arm.Name}: {who} has the arm; wait for its end, or ./robot stop"
            : null;

    private string? NotActive(GripperOrder order) =>
        order != GripperOrder.Activate && !_gripper!.Active
            ? _gripper.Status.Message
            : null;
}
