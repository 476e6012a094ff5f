using System.Text.Json.Nodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>A scripted pick and place in the simulated cell: the cell is set up anew, and the script told where things are.</summary>
internal sealed class ScriptedDemonstration(CellConfig config, CellDevices devices, PolicyRunner policies)
{
    /// <summary>A recording shows this much rest before the script begins.</summary>
    public static readonly TimeSpan LeadIn = TimeSpan.FromMilliseconds(300);

    private static readonly TimeSpan s_gripperDeadline = TimeSpan.FromSeconds(15);
    private const double SuccessRadiusM = 0.025;
    private int _seed = config.Simulation?.Seed ?? 0;
    private Pose _target;

    /// <summary>Puts cube and target at new places and takes the lease; the script holds the arm until it is told to go.</summary>
    /// <exception cref="RobotException">Not the simulated cell, or it or the gripper does not answer.</exception>
    public async Task<(Action Go, Task<PolicyEnd> Ended)> PrepareAsync(CancellationToken cancel)
    {
        if (!devices.IsSimulated || devices.Arm?.Identity is null)
            throw new RobotException(ExitCode.Usage,
                "source 'scripted' is for the simulated cell only; use freedrive, jog or none on a real arm");
        var scene = await Task.Run(() => SimulatedWorld.Ask(config, "reset", new JsonObject { ["seed"] = _seed++ })!, cancel);
        Pose cube = PoseOf(scene["cube"]!);
        _target = PoseOf(scene["target"]!);
        PickAndPlace? script = null;
        var started = await Task.Run(
            () => new { Ended = policies.Start("scripted", motion => script = new(motion.CommandedTcp, cube, _target)) }, cancel);
        await WaitForGripperAsync(started.Ended, cancel);
        return (script!.Go, started.Ended);
    }

    /// <summary>A gripper that was just switched on runs through its whole stroke first: that is no part of a demonstration.</summary>
    private async Task WaitForGripperAsync(Task<PolicyEnd> ended, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_gripperDeadline.TotalMilliseconds;
        while (devices.Gripper is { Active: false } gripper)
        {
            if (ended.IsCompleted)
                throw new RobotException(ExitCode.Device, (await ended).Why);
            if (Environment.TickCount64 > deadline)
            {
                policies.End("the gripper is not ready");
                throw new RobotException(ExitCode.Device, gripper.Status.Message);
            }
            await Task.Delay(20, cancel);
        }
    }

    /// <summary>Whether the cube has come to lie on the target.</summary>
    public Collector.Episodes.Outcome Judge()
    {
        Pose cube = PoseOf(SimulatedWorld.Ask(config, "bodies")!["cube"]!);
        Vec3 off = cube.Position - _target.Position;
        return new Vec3(off.X, off.Y, 0).Length <= SuccessRadiusM
            ? Collector.Episodes.Outcome.Success
            : Collector.Episodes.Outcome.Failure;
    }

    private static Pose PoseOf(JsonNode json) => Pose.FromVector(new([.. json.AsArray().Select(v => (double)v!)]));
}
