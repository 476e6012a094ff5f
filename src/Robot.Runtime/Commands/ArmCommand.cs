using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot arm: the arm by itself, without recording: what it is doing, moves, freedrive, and the pendant's buttons.</summary>
internal static partial class ArmCommand
{
    public static Command Create() => new("arm", "The arm by itself: state, moves, freedrive, power, unlocking, tool, signals, speed.")
    {
        Subcommand("status", "What the arm is doing, and what leads on from there.", StatusAsync, asks: false),
        Home(),
        Move(),
        Freedrive(),
        Subcommand("unlock", "After a stop, when its cause has been seen to: unlocks the controller and lets motion be asked for again.",
            UnlockAsync),
        Power(),
        Subcommand("zero", "Zeroes the arm's own force sensor where it is: what it measures now counts as nothing.", ZeroAsync),
        Io(),
        Tool(),
        Speed(),
        PendantProgram(),
        Popup(),
    };

    private static Command Home()
    {
        var dryRun = DryRun();
        var share = Share();
        var command = Subcommand("home", "Moves to robot.home of the config, each joint straight there.",
            (given, parsed) => MoveAsync(given, new { home = true, share = parsed.GetValue(share) },
                new { home = true, share = parsed.GetValue(share), plan = true }, parsed.GetValue(dryRun)));
        command.Add(share);
        command.Add(dryRun);
        return command;
    }

    private static Command Move()
    {
        var joints = Six("--joints", "Joint angles to go to, rad, each joint straight there");
        var pose = Six("--pose", "TCP pose to go to in a straight line: x,y,z in m and a rotation vector in rad, base frame");
        var by = Six("--by", "Step of the TCP in a straight line: x,y,z in m, or with a rotation vector in rad, base frame");
        var (share, dryRun) = (Share(), DryRun());
        var command = Subcommand("move", "Moves to a pose or by a step, e.g. --by 0,0,0.05", (given, parsed) =>
        {
            double[]?[] targets =
                [Numbers(parsed.GetValue(joints), 6), Numbers(parsed.GetValue(pose), 6), Numbers(parsed.GetValue(by), 3)];
            if (targets.Count(t => t is not null) != 1)
                throw new RobotException(ExitCode.Usage, "give one of --joints, --pose and --by");
            double part = parsed.GetValue(share);
            return MoveAsync(given, new { joints = targets[0], pose = targets[1], by = targets[2], share = part },
                new { joints = targets[0], pose = targets[1], by = targets[2], share = part, plan = true }, parsed.GetValue(dryRun));
        });
        foreach (Option option in (Option[])[joints, pose, by, share, dryRun])
            command.Add(option);
        return command;
    }

    private static Command Freedrive()
    {
        var seconds = new Option<double?>("--seconds") { Description = "End it after this long; else Enter or Ctrl-C ends it" };
        var command = Subcommand("freedrive", "A person leads the arm by hand.",
            (given, parsed) => FreedriveAsync(given, Recordings.CheckSeconds(parsed.GetValue(seconds))));
        command.Add(seconds);
        return command;
    }

    private static Command Power()
    {
        var which = new Argument<string>("on|off") { Description = "on: power, then the brakes are released; off: the brakes close" };
        which.AcceptOnlyFromAmong("on", "off");
        var command = Subcommand("power", "Switches the arm on and releases its brakes, or off.", async (given, parsed) =>
        {
            bool on = parsed.GetValue(which) == "on";
            await AskAsync(given, on
                ? "be powered and its brakes released; it may settle by some millimetres"
                : "be switched off where it is; its brakes close");
            await given.Service.Core.CallAsync(CoreMethods.ArmOrder, new { order = on ? "power_on" : "power_off" }, given.Cancel);
            return await StatusAsync(given);
        });
        command.Add(which);
        return command;
    }

    private static async Task<int> StatusAsync(Given given)
    {
        var status = await NewestAsync(given);
        var device = status.Streams.FirstOrDefault(s => s.Name == "robot");
        string who = status.Robot is { } r ? $"{r.Model} {r.Serial}".TrimEnd() : "arm";
        Console.WriteLine($"{given.Cell.Cell}: {who}: {status.Motion.Arm.Replace('_', ' ')}");
        if (status.Robot is { } robot)
        {
            Console.WriteLine($"  joints  {Listed(robot.Q)} rad");
            Console.WriteLine($"  TCP     {Listed(robot.Tcp)} m, rad");
            Console.WriteLine($"  mode {robot.Mode}, safety {robot.Safety}, speed {Percent(robot.SpeedScaling)} "
                + $"(slider {Percent(robot.SpeedSlider)}), " + (status.Motion.Owner is { } owner ? $"held by {owner}" : "held by nobody"));
            SayTool(robot.Tool);
            await SayPendantAsync(given, device);
        }
        if (status.Motion.DelayMs is { } delay)
            Console.WriteLine($"  {delay:0.0} ms from a set-point to the arm's being there, "
                + $"{status.Motion.RoundTripMs:0.0} ms of it to the controller and back");
        if (device is not null)
            Console.WriteLine($"  {device.Message}");
        if (status.Motion.Reason.Length > 0)
            Console.WriteLine($"  {(status.Motion.NeedsAcknowledge ? "stopped: " : "")}{status.Motion.Reason}");
        if (status.Motion.Next.Length > 0)
            Console.WriteLine($"  next: {status.Motion.Next}");
        return ExitCode.Done;
    }

    private static async Task<int> MoveAsync(Given given, object move, object plan, bool only)
    {
        var planned = await given.Service.StartWhenReadyAsync(CoreMethods.ArmMove, plan, given.Cancel);
        string way = planned.GetProperty("description").GetString()!;
        Console.WriteLine($"{given.Cell.Cell}: the arm goes {way}");
        if (only)
            return ExitCode.Done;
        await AskAsync(given, "go " + way, moves: true);
        await given.Service.StartWhenReadyAsync(CoreMethods.ArmMove, move, given.Cancel);
        await UntilStoppedAsync(given, given.Service.Core.CallAsync(CoreMethods.ArmMoved, null, given.Cancel));
        Console.WriteLine("arrived");
        return ExitCode.Done;
    }

    private static async Task<int> FreedriveAsync(Given given, double? seconds)
    {
        if (seconds is null && Console.IsInputRedirected)
            throw new RobotException(ExitCode.Usage, "nobody is there to end it; give --seconds");
        await AskAsync(given, "be free to be led by hand; hold it before you go on");
        await given.Service.StartWhenReadyAsync(CoreMethods.ArmFreedrive, new { }, given.Cancel);
        Console.WriteLine(seconds is { } s ? $"lead the arm; in {s:0.#} s it holds again" : "lead the arm; Enter ends it");
        Task end = seconds is { } limit ? Task.Delay(TimeSpan.FromSeconds(limit), given.Cancel) : Task.Run(Console.ReadLine, given.Cancel);
        await UntilStoppedAsync(given, Task.WhenAny(end, LedNoMoreAsync(given)).Unwrap().WaitAsync(given.Cancel));
        await given.Service.Core.CallAsync(CoreMethods.ArmHold, null, CancellationToken.None);
        Console.WriteLine("the arm holds");
        return ExitCode.Done;
    }

    /// <exception cref="RobotException">Freedrive has ended by itself.</exception>
    private static async Task LedNoMoreAsync(Given given)
    {
        for (bool led = false; ; await Task.Delay(100, given.Cancel))
        {
            if (given.Service.Core.Closed.IsCompleted)
                throw CoreClient.Gone();
            bool now = given.Service.Core.Status?.Motion.State == "freedrive";
            if (led && !now)
                throw new RobotException(ExitCode.Device, $"freedrive has ended: {given.Service.Core.Status!.Motion.Reason}");
            led |= now;
        }
    }

    private static async Task<int> UnlockAsync(Given given)
    {
        var status = await NewestAsync(given);
        string safety = status.Robot?.Safety ?? "";
        string? order = safety.Contains("emergency", StringComparison.Ordinal)
            ? throw new RobotException(ExitCode.Device, "the emergency stop is pressed: when the cell is safe, release it, then "
                + "./robot arm power on, and ./robot arm unlock")
            : safety.Contains("protective_stop", StringComparison.Ordinal) ? "unlock"
            : safety.Contains("fault", StringComparison.Ordinal) || safety.Contains("violation", StringComparison.Ordinal)
                ? "restart_safety"
            : null;
        if (order is null && !status.Motion.NeedsAcknowledge)
        {
            Console.WriteLine($"{given.Cell.Cell}: there is nothing to unlock; the arm is {status.Motion.Arm.Replace('_', ' ')}");
            return ExitCode.Done;
        }
        Console.WriteLine($"{given.Cell.Cell}: {status.Motion.Arm.Replace('_', ' ')}: {status.Motion.Reason}");
        await AskAsync(given, order switch
        {
            "unlock" => "be unlocked; it stays where it is",
            "restart_safety" => "have its safety system restarted, and be without power after that",
            _ => "take motion again",
        });
        if (order is not null)
            await given.Service.Core.CallAsync(CoreMethods.ArmOrder, new { order }, given.Cancel);
        await given.Service.Core.CallAsync(CoreMethods.Acknowledge, null, given.Cancel);
        return await StatusAsync(given);
    }

    private static Option<string?> Six(string name, string description) => new(name) { Description = description, HelpName = "a,b,c,…" };

    private static Option<bool> DryRun() => new("--dry-run") { Description = "Say how far and how fast; nothing moves" };

    private static Option<double> Share() => new("--share")
    {
        Description = "Of the cell's speed limits, up to 0.9",
        DefaultValueFactory = _ => 0.3,
    };

    /// <summary>Six numbers; the last three are 0 where <paramref name="least"/> is 3 and only three are given.</summary>
    private static double[]? Numbers(string? text, int least)
    {
        if (text is null)
            return null;
        double[] numbers = [.. text.Split(',').Select(t =>
            double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) ? v : double.NaN)];
        if (!numbers.All(double.IsFinite) || (numbers.Length != 6 && numbers.Length != least))
            throw new RobotException(ExitCode.Usage, $"'{text}' is not {(least == 6 ? "six" : "three or six")} numbers, as in 0,0,0.05");
        return numbers.Length == 6 ? numbers : [.. numbers, 0, 0, 0];
    }

    private static string Listed(double[] values) =>
        string.Join(", ", values.Select(v => (Math.Round(v, 4) + 0.0).ToString("0.0000", CultureInfo.InvariantCulture))); // no minus zero
}
