using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>Before a real arm moves: what, how far, how fast, and a question. The simulated cell's arm is not asked for.</summary>
internal static class MotionWarning
{
    private static readonly TimeSpan s_robotDeadline = TimeSpan.FromSeconds(10);

    /// <param name="needed">False: this command moves nothing.</param>
    /// <param name="what">Completes "the arm will …".</param>
    /// <param name="moves">It is moved from here, within this cell's limits, which are said.</param>
    /// <exception cref="RobotException">The person said no, nobody is there to say yes, or there is no arm.</exception>
    public static async Task AskAsync(
        CellConfig config, ServiceConnection service, bool needed, bool yes, string what, CancellationToken cancel, bool moves = true)
    {
        if (!needed || !config.Motion.Enabled)
            return; // core refuses motion by itself where it is off, and says how to switch it on
        var status = await WaitForRobotAsync(service, cancel);
        if (IsSimulated(status))
            return;
        if (status?.Robot is null)
            throw new RobotException(ExitCode.Device,
                $"{status?.Streams.FirstOrDefault(s => s.Name == "robot")?.Message ?? "the service says nothing of an arm"}"
                + (config.Simulation is null ? "" : $" (start the cell: ./robot sim --config {config.File})"));
        await Task.Run(() => Confirm(config, ArmOf(status.Robot.Model, status.Robot.Serial), what, yes, cancel, moves), cancel);
    }

    /// <summary>What a person is told of an arm.</summary>
    public static string ArmOf(string model, string? serial) => $"the arm ({$"{model} {serial}".TrimEnd()})";

    /// <summary>Says what a real device is about to do, and asks unless that has been answered.</summary>
    /// <param name="who">The arm, or a gripper without one.</param>
    /// <param name="moves">As for <see cref="AskAsync"/>.</param>
    /// <exception cref="RobotException">The person said no, or nobody is there to say yes.</exception>
    public static void Confirm(CellConfig config, string who, string what, bool yes, CancellationToken cancel, bool moves = true)
    {
        Console.Error.WriteLine(
            $"{config.Cell}: {who} will {what}"
            + (moves ? $", TCP at most {config.Motion.TcpSpeed} m/s, joints at most {config.Motion.JointSpeed} rad/s. " : ". ")
            + $"Keep clear{(config.Robot is null ? "" : ", and the emergency stop at hand")}.");
        if (yes)
            return;
        if (Console.IsInputRedirected)
            throw new RobotException(ExitCode.Usage, "nobody is there to confirm; give --yes where a person has looked");
        Console.Error.Write("Go on? [y/N] ");
        if (Task.Run(Console.ReadLine, cancel).WaitAsync(cancel).GetAwaiter().GetResult()?.Trim() is not ("y" or "Y" or "yes"))
            throw new RobotException(ExitCode.Interrupted, "not confirmed; nothing moved");
    }

    /// <summary>The arm has said who it is, and that is the simulated one.</summary>
    public static bool IsSimulated(CoreStatus? status) => status is { Simulated: true, Robot.Serial.Length: > 0 };

    /// <summary>Core's status once the arm has said who it is; what there is at the deadline where it has not.</summary>
    private static async Task<CoreStatus?> WaitForRobotAsync(ServiceConnection service, CancellationToken cancel)
    {
        long deadline = Environment.TickCount64 + (long)s_robotDeadline.TotalMilliseconds;
        while (service.Core.Status?.Robot is not { Identified: true } && Environment.TickCount64 < deadline)
            await Task.Delay(50, cancel);
        return service.Core.Status;
    }
}
