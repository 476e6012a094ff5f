using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What people have a gripper do in a cell without an arm: one motion at a time, which ends with the connection of who asked.
/// </summary>
internal sealed class GripperAloneRun(IGripper gripper, GripperAlone fingers)
{
    private const string Busy = "the fingers are being moved; wait for their end, or ./robot stop";
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);
    private readonly Lock _lock = new();
    private TaskCompletionSource<PolicyEnd>? _moving;
    private object? _whose; // what the fingers do; null: nobody's, or a release, which goes on

    /// <summary>A release ends whatever motion there is; any other order needs fingers that nobody moves.</summary>
    /// <returns>Null once the gripper is told, or one line: what is in the way.</returns>
    public string? Obey(GripperOrder order, object connection)
    {
        bool release = order is GripperOrder.ReleaseOpening or GripperOrder.ReleaseClosing;
        lock (_lock)
        {
            if ((!release && IsMoving ? Busy : fingers.Obey(order)) is { } refusal)
                return refusal;
            _moving?.TrySetResult(new(false, "the gripper was released"));
            _whose = release ? null : connection;
            return null;
        }
    }

    /// <returns>Completes when the fingers have arrived, or something ended it.</returns>
    /// <exception cref="RobotException">They are being moved, or the gripper does not obey.</exception>
    public Task<PolicyEnd> Move(double position, object connection)
    {
        lock (_lock)
        {
            if ((IsMoving ? Busy : fingers.Move(position)) is { } refusal)
                throw new RobotException(ExitCode.Device, refusal);
            (_moving, _whose) = (new(TaskCreationOptions.RunContinuationsAsynchronously), connection);
            _ = FollowAsync(_moving, position);
            return _moving.Task;
        }
    }

    public void Stop(string why)
    {
        lock (_lock)
        {
            _moving?.TrySetResult(new(false, why));
            _whose = null;
            fingers.Halt();
        }
    }

    /// <summary>Who had the fingers moved is gone: they stop.</summary>
    public void Closed(object connection)
    {
        lock (_lock)
            if (_whose == connection)
                Stop("who asked for it went away");
    }

    private bool IsMoving => _moving is { Task.IsCompleted: false };

    private async Task FollowAsync(TaskCompletionSource<PolicyEnd> moving, double position)
    {
        var arrival = new FingersArrival(position);
        while (!moving.Task.IsCompleted)
        {
            await Task.Delay(s_look);
            if (!gripper.Active || !gripper.States.TryGetNewest(out var newest))
            {
                Ended(new(false, gripper.Status.Message));
                return;
            }
            long now = HostClock.NowNs;
            bool fresh = Observation.Judge(now - newest.OriginatingNs, gripper.States.RateHz, gripper.States.LatencyMs + 5)
                == StreamFreshness.Fresh;
            if (arrival.Ended(newest.Value, fresh, now) is { } ended)
                Ended(new(ended.Length == 0, ended));
        }

        void Ended(PolicyEnd end)
        {
            lock (_lock)
                if (moving.TrySetResult(end))
                    _whose = null; // what they hold, they go on to hold
        }
    }
}
