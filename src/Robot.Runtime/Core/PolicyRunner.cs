using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>How a policy fared.</summary>
/// <param name="Completed">It had nothing more to do; false: it was stopped.</param>
/// <param name="Why">For the person, where it was stopped.</param>
/// <param name="Code">The exit code of a command that waits for it: <see cref="ExitCode.Interrupted"/> where a person stopped it.</param>
internal readonly record struct PolicyEnd(bool Completed, string Why, int Code = ExitCode.Device);

/// <summary>
/// Who decides at present: one policy with the motion lease at most. It is started and ended from other threads and asked on the tick's;
/// the two meet in one reference.
/// </summary>
internal sealed class PolicyRunner(ArmMotion? motion)
{
    /// <summary>Commands refused one after the other that end a turn.</summary>
    private const int MostRefused = 10;

    private sealed record Turn(ITickPolicy Policy, MotionLease Lease, TaskCompletionSource<PolicyEnd> Ended)
    {
        public int RefusedInARow;
        public volatile int Code = ExitCode.Device; // of its end
    }

    private volatile Turn? _turn;
    private string _lastSource = ""; // of the command just sent; the tick's thread alone

    /// <summary>The policy that decides at present; null: the arm holds.</summary>
    public ITickPolicy? Current => _turn?.Policy;

    /// <summary>
    /// Acquires the lease for a policy and lets it decide from the next tick on. May take seconds: the arm's program is started.
    /// </summary>
    /// <param name="make">Makes the policy once the lease is there: it may look at where the arm is commanded to be.</param>
    /// <returns>Completes when it is done, or was stopped. A policy that is done holds the arm until <see cref="End"/>.</returns>
    /// <exception cref="RobotException">Motion is refused; says why and what to do.</exception>
    public Task<PolicyEnd> Start(string owner, Func<ArmMotion, ITickPolicy> make) => Start(owner, (arm, _) => make(arm));

    /// <param name="make">Also gets the lease, for whoever stops the arm before the tick can.</param>
    /// <param name="jointSpeed">The policy is kept below it, rad/s, where the cell's limit is higher.</param>
    /// <inheritdoc cref="Start(string, Func{ArmMotion, ITickPolicy})"/>
    public Task<PolicyEnd> Start(
        string owner, Func<ArmMotion, MotionLease, ITickPolicy> make, double jointSpeed = double.PositiveInfinity)
    {
        if (motion is null)
            throw new RobotException(ExitCode.Device, "this cell has no arm to move");
        var lease = motion.TryAcquire(owner, out string? refusal, jointSpeed)
            ?? throw new RobotException(ExitCode.Device, refusal!);
        try
        {
            var turn = new Turn(make(motion, lease), lease, new(TaskCreationOptions.RunContinuationsAsynchronously));
            _turn = turn;
            return turn.Ended.Task;
        }
        catch
        {
            lease.Dispose();
            throw;
        }
    }

    /// <summary>Lets a person lead the arm until the returned lease is disposed.</summary>
    /// <exception cref="RobotException">Motion is refused.</exception>
    public MotionLease StartFreedrive()
    {
        if (motion is null)
            throw new RobotException(ExitCode.Device, "this cell has no arm to lead");
        var lease = motion.TryAcquire("freedrive", out string? refusal) ?? throw new RobotException(ExitCode.Device, refusal!);
        if (lease.SetFreedrive(true))
            return lease;
        string why = lease.EndedBecause ?? "the controller did not take it";
        lease.Dispose();
        throw new RobotException(ExitCode.Device, $"freedrive was refused: {why}");
    }

    /// <summary>Ends the current turn: the arm ramps to a stop and holds.</summary>
    /// <param name="code">As in <see cref="Stop"/>.</param>
    public void End(string why, int code = ExitCode.Device)
    {
        if (_turn is not { } turn)
            return;
        turn.Code = code;
        Finish(turn, new(false, why));
    }

    /// <summary>
    /// Stops the arm, whoever has it, with or without a policy, and halts the gripper's fingers: something is over before it was done.
    /// </summary>
    /// <param name="code">Of who waits for the current turn's end.</param>
    public void Stop(string why, int code = ExitCode.Device)
    {
        if (_turn is { } turn)
            turn.Code = code; // before the tick sees that its lease has ended
        motion?.Stop(why); // before the end: it knows the reason then, and the gripper is told while somebody has the arm
        End(why, code);
    }

    /// <summary>The tick's question. False: nobody commands anything, and the arm holds.</summary>
    public bool Decide(Observation observation, long dueNs, out Command command, out SendResult result)
    {
        (command, result) = (default, default);
        if (_turn is not { } turn)
            return false;
        if (!turn.Lease.Active)
        {
            Finish(turn, new(false, turn.Lease.EndedBecause ?? "the lease was given back"));
            return false;
        }
        PolicyStep step = turn.Policy.Next(observation, dueNs);
        if (step.Failed is { } failed)
        {
            Finish(turn, new(false, failed));
            return false;
        }
        bool commanded = step.Command is not null;
        if (step.Command is { } wanted)
        {
            command = wanted;
            _lastSource = turn.Policy.Name;
            result = turn.Lease.Send(wanted);
            turn.Policy.Sent(result);
            turn.RefusedInARow = result.Accepted || turn.Lease.Halting ? 0 : turn.RefusedInARow + 1;
            if (turn.RefusedInARow == MostRefused) // its plan goes on without the arm, and must not meet it again by chance
                Finish(turn, new(false, result.Refusal!));
        }
        if (step.Done)
            turn.Ended.TrySetResult(new(true, ""));
        return commanded;
    }

    public CommandRecord Record(long slot, in Command command, in SendResult result) => new()
    {
        Tick = slot,
        Source = _lastSource,
        Kind = command.Kind,
        Requested = command.Arm,
        GuardedQ = result.Guarded,
        Gripper = command.Gripper,
        DueNs = command.DueNs,
        HandedOverNs = HostClock.NowNs,
        Clamped = (uint)result.Clamped,
        Refused = !result.Accepted,
    };

    private void Finish(Turn turn, PolicyEnd end)
    {
        if (Interlocked.CompareExchange(ref _turn, null, turn) != turn)
            return; // somebody else has ended it
        turn.Lease.Dispose();
        turn.Ended.TrySetResult(end with { Code = turn.Code });
    }
}
