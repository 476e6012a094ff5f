using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>A replay from its request to its path error.</summary>
internal sealed class ReplayRun(CellDevices devices, PolicyRunner policies)
{
    private const double EaseShare = 0.5; // of the cell's limits: the way to the first pose was never recorded
    private const long GripperDeadlineMs = 15_000; // its first stroke takes two to five seconds
    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);

    /// <summary>Of the running replay, or the last one; null before the first.</summary>
    public ReplayStatus? Status { get; private set; }

    /// <summary>Loads and checks the episode, takes the lease and begins. Progress and result are in <see cref="Status"/>.</summary>
    /// <param name="stopped">True: a person has stopped it, or who asked for it is gone.</param>
    /// <exception cref="RobotException">The episode cannot be replayed on this cell, or motion is refused.</exception>
    public void Start(CellConfig config, string episode, double speed, Func<bool> stopped, Action<string> said)
    {
        if (Status is { State: "easing" or "playing" })
            throw new RobotException(ExitCode.Busy, $"{Status.Episode} is being replayed; stop it first");
        CheckSpeed(speed);
        ReplayPlan plan = ReplayLoader.Load(episode, config);
        if (GripperTrouble(plan) is { } trouble)
            throw new RobotException(ExitCode.Device, trouble);
        if (ReplayRehearsal.Of(plan, devices.Arm!.Kinematics, devices.Motion!.Limits, speed).Obstruction is { } obstruction)
            throw new RobotException(ExitCode.Usage, obstruction);
        if (stopped()) // meanwhile: nothing has moved yet, and nothing shall
            throw new RobotException(ExitCode.Interrupted, "it was stopped before it began");
        if (plan.Scene is { } scene && devices.IsSimulated) // as a person does in a real cell
            SimulatedWorld.Place(config, scene);
        ReplayPolicy? policy = null;
        var monitor = new PathMonitor(devices.Arm!.States, devices.Gripper?.States);
        try
        {
            var ended = policies.Start(
                "replay", motion => policy = new(plan, speed, motion.MoveTo(plan.Actions[0], EaseShare), () => GripperIsReady(plan)));
            Status = new(plan.Episode, "easing", 0, 0, 0, "");
            _ = FollowToTheEndAsync(plan, policy!, monitor, ended, said);
        }
        catch
        {
            monitor.Dispose();
            throw;
        }
    }

    /// <exception cref="RobotException">It is out of range (64).</exception>
    public static double CheckSpeed(double speed) => speed is >= 0.05 and <= 2
        ? speed
        : throw new RobotException(ExitCode.Usage, $"a speed of {speed} is out of range; 0.05 to 2 is allowed");

    /// <summary>False while a gripper that the episode commands runs through its stroke for the first time.</summary>
    private bool GripperIsReady(ReplayPlan plan) => double.IsNaN(plan.Gripper[0]) || devices.Gripper is not { Active: false };

    /// <summary>Why an episode that commands the gripper cannot go on: it is away; null where all is well.</summary>
    private string? GripperTrouble(ReplayPlan plan) =>
        !double.IsNaN(plan.Gripper[0]) && devices.Gripper is { Status: { Connected: false } status } ? $"gripper: {status.Message}" : null;

    private async Task FollowToTheEndAsync(
        ReplayPlan plan, ReplayPolicy policy, PathMonitor monitor, Task<PolicyEnd> ended, Action<string> said)
    {
        try
        {
            await FollowAsync(plan, policy, monitor, ended, said);
        }
        catch (Exception e) // a mistake of ours: the arm must not go on, nor the next replay be refused
        {
            policies.End("the replay failed");
            Status = Status! with { State = "stopped", Message = $"the replay failed: {e.Message}", Code = ExitCode.Device };
            said($"replay of {plan.Episode}: {Status.Message}");
        }
    }

    private async Task FollowAsync(
        ReplayPlan plan, ReplayPolicy policy, PathMonitor monitor, Task<PolicyEnd> ended, Action<string> said)
    {
        using (monitor)
        {
            long gripperLateMs = long.MaxValue;
            while (!ended.IsCompleted)
            {
                monitor.Collect();
                if (!policy.WaitsForGripper)
                    gripperLateMs = Environment.TickCount64 + GripperDeadlineMs;
                if (GripperTrouble(plan) is { } trouble)
                    policies.End(trouble);
                else if (Environment.TickCount64 > gripperLateMs)
                    policies.End("the gripper did not become active: look at its light and fault code, then replay again");
                Status = Status! with { State = policy.PlayStartNs == 0 ? "easing" : "playing", Progress = policy.Progress };
                await Task.WhenAny(ended, Task.Delay(s_poll));
            }
            var end = await ended;
            if (end.Completed && policies.Current == policy)
                policies.End("the replay is done");
            await Task.Delay(s_poll); // the arm's last samples are on their way
            if (!end.Completed)
            {
                Status = Status! with { State = "stopped", Message = end.Why, Code = end.Code };
            }
            else
            {
                PathError error = monitor.Compare(plan, policy.RowNs);
                string gripper = double.IsNaN(error.GripperLateFrames) ? "" : $", gripper within {error.GripperLateFrames:0.00} frames";
                Status = new(plan.Episode, "done", 1, error.RmsRad, error.MaxRad,
                    $"path error rms {error.RmsRad:0.0000} rad, max {error.MaxRad:0.0000} rad over {error.Rows} frames{gripper}");
            }
            said($"replay of {plan.Episode}: {Status.Message}");
        }
    }
}
