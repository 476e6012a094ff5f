using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// Rows of actions.csv. Where a program moved the arm: the guarded target that the tick of the row handed over; a tick that handed over
/// nothing has an empty row, and so has one of which nobody knows where it left the gripper. Where a person led it: the measured joints
/// and gripper of the next row.
/// </summary>
internal sealed class ActionColumn(EpisodeWriter writer, ActionDescription action)
{
    private readonly Dictionary<long, CommandRecord> _commands = [];
    private readonly bool _demonstrated = action.Source == ActionDescription.Demonstrated;
    private readonly bool _withGripper = action.Dimension > 6;

    /// <summary>Commands without the gripper mean that moving fingers were halted, and stay where they are.</summary>
    private readonly bool _halts = action.Source.StartsWith(ActionDescription.Teleoperated, StringComparison.Ordinal);
    private double[]? _last;
    private double _lastTimestamp, _lastGripper = double.NaN;
    private bool _open; // demonstrated: a row waits for the measurement of the next

    public void Add(in CommandRecord command) => _commands[command.Tick] = command;

    /// <summary>The slot is of before the episode.</summary>
    public void Forget(long slot) => _commands.Remove(slot);

    public void Row(long slot, long slotNs, long t0Ns, in JointsRow? joints, in GripperRow? gripper)
    {
        double slotS = StreamRules.Seconds(slotNs - t0Ns);
        if (_demonstrated)
        {
            if (_open)
                Write(Measured(joints, gripper), slotS);
            _open = true;
            return;
        }
        if (!_commands.Remove(slot, out var command))
        {
            Write(null, slotS);
            return;
        }
        // A refused command leaves the last target in force. Its record says that for the arm; for the gripper, only what was asked.
        if (!command.Refused && !double.IsNaN(command.Gripper))
            _lastGripper = Math.Clamp(command.Gripper, 0, 1); // as the gripper is asked
        else if (gripper is { } measured
            && (double.IsNaN(_lastGripper) || (_halts && double.IsNaN(command.Gripper) && !measured.ObjectDetected)))
            _lastGripper = measured.Position; // nobody has moved it yet, or it goes no further; what it holds it goes on holding
        bool known = !_withGripper || !double.IsNaN(_lastGripper);
        Write(known ? Values(command.GuardedQ, _lastGripper) : null, StreamRules.Seconds(command.HandedOverNs - t0Ns));
    }

    /// <summary>The last row of a demonstration repeats the one before, empty or not.</summary>
    public void Finish()
    {
        if (_demonstrated && _open)
            Write(_last, _lastTimestamp);
        _open = false;
    }

    private void Write(double[]? values, double timestamp)
    {
        writer.Action(timestamp, values);
        (_last, _lastTimestamp) = (values, timestamp);
    }

    private double[]? Measured(in JointsRow? joints, in GripperRow? gripper) =>
        joints is { } j && (!_withGripper || gripper is not null) ? Values(j.Q, gripper?.Position ?? 0) : null;

    private double[] Values(in Vector6 q, double gripper) =>
        _withGripper ? [q[0], q[1], q[2], q[3], q[4], q[5], gripper] : [q[0], q[1], q[2], q[3], q[4], q[5]];
}
