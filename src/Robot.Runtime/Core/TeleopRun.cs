using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Devices;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Teleoperation: holds the arm's lease from when it is begun until it is stopped or who began it is gone.</summary>
internal sealed class TeleopRun(CellConfig config, CellDevices devices, PolicyRunner policies)
{
    private volatile Running? _running;

    private sealed record Running(TeleopPolicy Policy, TeleopGate Gate, ITeleopMotion Way, Drivers.Motion.MotionLease Lease);

    /// <summary>What recordings call it.</summary>
    public string Source => $"{ActionDescription.Teleoperated}{config.Teleoperation?.Driver}";

    /// <summary>Null in a cell without.</summary>
    public TeleopStatus? Status => devices.Teleoperation is { } device ? Report(device) : null;

    /// <summary>Takes the lease where teleoperation does not have it yet. Nothing moves before the dead man's switch is pressed.</summary>
    /// <exception cref="RobotException">The config has none, its device is away, somebody else has the arm, or motion is refused.
    /// </exception>
    public void Take()
    {
        if (devices.Teleoperation is not { } device || config.Teleoperation is not { } section)
            throw new RobotException(ExitCode.Config,
                $"{config.File} has no teleoperation section; docs/teleoperation.md says what to write there");
        if (policies.Current is TeleopPolicy)
            return;
        if (!device.Status.Connected)
            throw new RobotException(ExitCode.Device, device.Status.Message);
        Running? made = null;
        var ended = policies.Start(Source, (motion, lease) =>
        {
            var gate = new TeleopGate(device, lease);
            ITeleopMotion way = TeleopDrivers.Motion(section, config.Robot!.Model, motion);
            gate.Start(); // before the first tick
            _running = made = new(new(Source, device, gate, way, motion), gate, way, lease);
            return made.Policy;
        }, TeleopGate.JointSpeed);
        _ = EndAsync(made!, ended);
    }

    private async Task EndAsync(Running running, Task ended)
    {
        await ended;
        running.Gate.Dispose();
        Interlocked.CompareExchange(ref _running, null, running);
    }

    private TeleopStatus Report(ITeleopDevice device)
    {
        var status = device.Status;
        TeleopInput input = device.Read();
        Running? running = _running;
        string state = running is null ? "off"
            : !input.Connected ? "away"
            : running.Gate.Engaged ? running.Way.Waits.Length > 0 ? "waiting" : "moving"
            : running.Lease.Halting ? "stopping"
            : input.Held ? "held"
            : "released";
        string say = state switch
        {
            "away" => status.Message,
            "waiting" => running!.Way.Waits,
            "held" => "the arm was halted while the dead man's switch was held: let it go, and press it again",
            _ => "",
        };
        double gripper = running?.Policy.Gripper ?? double.NaN;
        double reactionMs = running?.Gate.ReactionNs * 1e-6 ?? 0;
        return new(config.Teleoperation!.Driver, status.Connected, status.Message, state, say, input.Slow,
            double.IsNaN(gripper) ? null : gripper, reactionMs > 0 ? reactionMs : null);
    }
}
