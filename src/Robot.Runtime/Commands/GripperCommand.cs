using System.CommandLine;
using System.Globalization;
using RobotWorldModel.Drivers.Robotiq;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot gripper: the fingers by themselves.</summary>
internal static class GripperCommand
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(50), s_longest = TimeSpan.FromSeconds(20);

    public static Command Create() => new("gripper", "The gripper by itself: state, activation, motion, emergency release, its ends.")
    {
        Subcommand("status", "Position, width, object and fault.", StatusAsync, asks: false),
        Subcommand("activate", "Clears its faults and runs the fingers through their whole stroke; what they hold falls.", ActivateAsync),
        Subcommand("open", "Opens.", given => MoveAsync(given, 0)),
        Subcommand("close", "Closes, with the force of the config.", given => MoveAsync(given, 1)),
        Move(),
        Release(),
        Subcommand("calibrate", "Measures what its position reads fully open and fully closed, between empty fingers.", CalibrateAsync),
    };

    private static Command Move()
    {
        var position = new Argument<double>("POSITION") { Description = "0 (open) to 1 (closed)" };
        var command = Subcommand("move", "Moves the fingers to a part of their stroke.",
            (given, parsed) => MoveAsync(given, parsed.GetValue(position)));
        command.Add(position);
        return command;
    }

    private static Command Release()
    {
        var closing = new Option<bool>("--closing") { Description = "What is gripped from within is released by closing" };
        var command = Subcommand("release",
            "Emergency release: stops the arm and opens slowly, whatever is wrong; then it needs an activation.",
            (given, parsed) => ReleaseAsync(given, parsed.GetValue(closing)));
        command.Add(closing);
        return command;
    }

    private static async Task<int> StatusAsync(Given given)
    {
        var (status, gripper) = await GripperAsync(given);
        Console.WriteLine($"{given.Cell.Cell}: {status.Message}");
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"  {gripper.WidthM * 1000:0.0} mm open ({gripper.Position * 100:0} % closed, its position reads {gripper.Count}), ")
            + (gripper.Moving ? "moving" : gripper.Object ? "holds something" : "no object detected"));
        Console.WriteLine(gripper.Fault == 0 ? "  no fault" : $"  fault {GripperFault.Describe(gripper.Fault)}");
        Console.WriteLine(given.Cell.Calibration.Gripper is { } ends
            ? $"  its ends read {ends.OpenCount} and {ends.ClosedCount}, measured on {ends.Measured.ToLocalTime():yyyy-MM-dd HH:mm}"
            : $"  its ends are taken to read {given.Cell.Gripper!.OpenCount} and {given.Cell.Gripper.ClosedCount}; "
                + "./robot gripper calibrate measures them");
        CalibrationFile.SayPending(given);
        return ExitCode.Done;
    }

    private static async Task<int> ActivateAsync(Given given)
    {
        await GripperAsync(given);
        await AskAsync(given, "run through its whole stroke: keep clear; what it holds falls");
        await OrderAsync(given, "activate");
        await UntilStoppedAsync(given, UntilAsync(given, g => g.Active, "is not active", begun: g => !g.Active));
        return await StatusAsync(given);
    }

    private static async Task<int> MoveAsync(Given given, double position)
    {
        await GripperAsync(given);
        await AskAsync(given, position == 0 ? "open: what it holds falls" : "move: keep your hands off the fingers");
        await given.Service.StartWhenReadyAsync(CoreMethods.GripperMove, new { position }, given.Cancel);
        await UntilStoppedAsync(given, given.Service.Core.CallAsync(CoreMethods.ArmMoved, null, given.Cancel));
        return await StatusAsync(given);
    }

    private static async Task<int> ReleaseAsync(Given given, bool closing)
    {
        await GripperAsync(given);
        await AskAsync(given, $"{(closing ? "close" : "open")} slowly: what it holds falls", arm: "stop");
        string order = closing ? "release_closing" : "release_opening"; // whatever was stopped meanwhile
        await given.Service.StartWhenReadyAsync(CoreMethods.GripperOrder, new { order }, given.Cancel);
        await UntilAsync(given, g => g.Fault == GripperFault.Released, "has not said that it is released");
        Console.WriteLine($"{given.Cell.Cell}: released; before it moves again: ./robot gripper activate");
        return ExitCode.Done;
    }

    private static async Task<int> CalibrateAsync(Given given)
    {
        await GripperAsync(given);
        await AskAsync(given, "open and close fully, slowly and weakly: nothing may be between the fingers");
        int open = await EndAsync(given, "open_fully"), closed = await EndAsync(given, "close_fully");
        await EndAsync(given, "open_fully");
        if (closed - open < 50)
            throw new RobotException(ExitCode.Device, $"its position reads {open} open and {closed} closed: too near to each other. "
                + "Is something between the fingers? Nothing was stored");
        CalibrationFile.Update(given.Cell, c => c with { Gripper = new(DateTimeOffset.UtcNow, open, closed) });
        Console.WriteLine($"{given.Cell.Cell}: open reads {open}, closed {closed} (the config has {given.Cell.Gripper!.OpenCount} and "
            + $"{given.Cell.Gripper.ClosedCount})");
        CalibrationFile.SayStored(given);
        return ExitCode.Done;
    }

    /// <param name="gripper">Completes "the gripper will …".</param>
    /// <param name="arm">What the arm does meanwhile, where there is one.</param>
    private static Task AskAsync(Given given, string gripper, string arm = "stand") => given.Cell switch
    {
        { Robot: not null } => ServiceCommand.AskAsync(given, $"{arm}, and its gripper {gripper}"),
        { Motion.Enabled: true } => Task.Run(() => MotionWarning.Confirm(given.Cell, $"the gripper ({given.Cell.Gripper!.Model})", gripper,
            given.Yes, given.Cancel, moves: false), given.Cancel),
        _ => Task.CompletedTask, // it is refused, with the reason
    };

    /// <summary>Where the fingers came to rest.</summary>
    private static async Task<int> EndAsync(Given given, string order)
    {
        await OrderAsync(given, order);
        int last = -1, rests = 0;
        GripperStatus? at = null;
        await UntilStoppedAsync(given, UntilAsync(given, gripper =>
        {
            rests = gripper.Moving || gripper.Count != last ? 0 : rests + 1;
            (last, at) = (gripper.Count, gripper);
            return rests > 10;
        }, "does not come to rest"));
        return at!.Count >= 0 ? at.Count : throw new RobotException(ExitCode.Device, "the gripper does not tell its position");
    }

    private static async Task OrderAsync(Given given, string order) =>
        await given.Service.StartWhenReadyAsync(CoreMethods.GripperOrder, new { order, stops = given.Stops }, given.Cancel);

    /// <param name="begun">What shows that the order is being obeyed; null: nothing has to.</param>
    private static async Task UntilAsync(
        Given given, Func<GripperStatus, bool> done, string otherwise, Func<GripperStatus, bool>? begun = null)
    {
        long told = Drivers.Time.HostClock.NowNs, deadline = Environment.TickCount64 + (long)s_longest.TotalMilliseconds;
        for (bool obeyed = begun is null; Environment.TickCount64 < deadline; await Task.Delay(s_look, given.Cancel))
        {
            if (given.Service.Core.Closed.IsCompleted)
                throw CoreClient.Gone();
            if (given.Service.Core.Status is not { Gripper: { } gripper } status || status.TimeNs < told)
                continue;
            obeyed = obeyed || begun!(gripper);
            if (obeyed && done(gripper))
                return;
        }
        var (stream, _) = await GripperAsync(given);
        throw new RobotException(ExitCode.Device, $"the gripper {otherwise} after {s_longest.TotalSeconds} s: {stream.Message}");
    }

    /// <exception cref="RobotException">The cell has none, or it does not answer.</exception>
    private static async Task<(StreamStatus Stream, GripperStatus Gripper)> GripperAsync(Given given)
    {
        if (given.Cell.Gripper is null)
            throw new RobotException(ExitCode.Device, "this cell has no gripper; its config names none");
        long deadline = Environment.TickCount64 + (long)s_longest.TotalMilliseconds;
        while (true)
        {
            var status = await NewestAsync(given);
            var stream = status.Streams.First(s => s.Name == "gripper");
            if (stream.Connected && status.Gripper is { } gripper)
                return (stream, gripper);
            if (!given.Service.Owned || Environment.TickCount64 > deadline)
                throw new RobotException(ExitCode.Device, stream.Message);
            await Task.Delay(s_look, given.Cancel);
        }
    }
}
