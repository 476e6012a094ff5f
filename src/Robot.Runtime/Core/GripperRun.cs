using System.Text.Json;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What a person has the gripper do by itself: a position, or an order beyond that.</summary>
internal sealed class GripperRun(CellDevices devices, PolicyRunner policies)
{
    private readonly GripperAloneRun? _alone = devices is { Gripper: { } gripper, GripperAlone: { } fingers }
        ? new(gripper, fingers)
        : null;

    private object? _orderer; // of what is not a release, in a cell with an arm

    /// <summary>Null where the method is none of these.</summary>
    /// <exception cref="RobotException">It is not known, or refused.</exception>
    public object? TryHandle(string method, JsonElement parameters, object connection) =>
        method == CoreMethods.GripperOrder ? Obey(parameters.Text("order"), connection) : null;

    /// <summary>Who gave an order is gone: its fingers stop. A release goes on.</summary>
    public void Closed(object connection)
    {
        if (Interlocked.CompareExchange(ref _orderer, null, connection) == connection)
            devices.Motion?.HaltGripper();
        _alone?.Closed(connection);
    }

    /// <summary>Halts the fingers in a cell without an arm; where there is one, its stop does.</summary>
    public void Stop(string why) => _alone?.Stop(why);

    /// <summary>Begins a motion of the fingers; an arm is held where it is.</summary>
    /// <returns>Completes when they have arrived, or something ended it.</returns>
    /// <exception cref="RobotException">The arm cannot be held, or the gripper does not obey.</exception>
    public Task<PolicyEnd> Move(JsonElement parameters, object connection)
    {
        double position = parameters.Number("position", double.NaN);
        if (!(position is >= 0 and <= 1))
            throw new RobotException(ExitCode.Usage, $"a position of {position} is out of range; 0 (open) to 1 (closed) is allowed");
        var gripper = devices.Gripper ?? throw NoGripper();
        if (_alone is not null)
            return _alone.Move(position, connection);
        if (!gripper.Active)
            throw new RobotException(ExitCode.Device, gripper.Status.Message);
        return policies.Start("gripper", motion => new GripperPolicy(motion.CommandedJoints, position));
    }

    private object Obey(string order, object connection)
    {
        GripperOrder wanted = order switch
        {
            "activate" => GripperOrder.Activate,
            "release_opening" => GripperOrder.ReleaseOpening,
            "release_closing" => GripperOrder.ReleaseClosing,
            "open_fully" => GripperOrder.OpenFully,
            "close_fully" => GripperOrder.CloseFully,
            _ => throw new RobotException(ExitCode.Usage, $"'{order}' is no order to the gripper; use activate, release_opening, "
                + "release_closing, open_fully or close_fully"),
        };
        if ((_alone is not null ? _alone.Obey(wanted, connection) : (devices.Motion ?? throw NoGripper()).Obey(wanted)) is { } refusal)
            throw new RobotException(ExitCode.Device, refusal);
        _orderer = wanted is GripperOrder.ReleaseOpening or GripperOrder.ReleaseClosing ? null : connection;
        return new { };
    }

    private static RobotException NoGripper() => new(ExitCode.Device, "this cell has no gripper; its config names none");
}
