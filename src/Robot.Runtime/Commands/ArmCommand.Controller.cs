using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;
using PendantReport = RobotWorldModel.Drivers.Motion.PendantReport;

namespace RobotWorldModel.Runtime.Commands;

// What the arm's controller is set to, its signals, its slider, its own programs.
internal static partial class ArmCommand
{
    private const string OutputExample = "name an output and what it gives, as in: ./robot arm io standard:3 on, "
        + "io analog:0 4.2V, io analog:1 12mA, io tool_voltage 24";

    private static Command Io()
    {
        var which = new Argument<string?>("OUTPUT")
        {
            Description = "standard:0 to 7, configurable:0 to 7, tool:0 or 1, analog:0 or 1, tool_voltage; "
                + "without it all inputs and outputs are shown",
            DefaultValueFactory = _ => null,
        };
        var value = new Argument<string?>("VALUE")
        {
            Description = "on or off; of an analog output 0V to 10V or 4mA to 20mA; of tool_voltage 0, 12 or 24",
            DefaultValueFactory = _ => null,
        };
        var command = Subcommand("io", "Shows the controller's inputs and outputs, or sets an output.",
            (given, parsed) => IoAsync(given, parsed.GetValue(which), parsed.GetValue(value)));
        command.Add(which);
        command.Add(value);
        return command;
    }

    private static Command Tool()
    {
        var set = new Option<bool>("--set") { Description = "Give the controller what the config says" };
        var command = Subcommand("tool", "Shows TCP, payload and centre of mass of the controller and of the config.",
            (given, parsed) => ToolAsync(given, parsed.GetValue(set)));
        command.Add(set);
        return command;
    }

    private static Command Speed()
    {
        var percent = new Argument<string>("PERCENT") { Description = "Of the controller's speed slider, 1% to 100%" };
        var command = Subcommand("speed", "Moves the controller's speed slider, e.g. to 50%: all motion is as much slower.",
            (given, parsed) => SpeedAsync(given, parsed.GetValue(percent)!));
        command.Add(percent);
        return command;
    }

    private static Command PendantProgram()
    {
        var what = new Argument<string?>("load|play|pause|stop")
        {
            Description = "Without it: what is loaded, and whether it runs",
            DefaultValueFactory = _ => null,
        };
        what.AcceptOnlyFromAmong("load", "play", "pause", "stop");
        var name = new Argument<string?>("NAME")
        {
            Description = "Of the program to load, as the pendant shows it",
            DefaultValueFactory = _ => null,
        };
        var command = Subcommand("program", "The controller's own programs: load one, play it, pause it, stop it.",
            (given, parsed) => ProgramAsync(given, parsed.GetValue(what), parsed.GetValue(name)));
        command.Add(what);
        command.Add(name);
        return command;
    }

    private static Command Popup()
    {
        var text = new Argument<string?>("TEXT") { Description = "What it says", DefaultValueFactory = _ => null };
        var close = new Option<bool>("--close") { Description = "Close it, and the popup of a safety stop, which stays a stop" };
        var command = Subcommand("popup", "Shows a line on the pendant, or closes what it shows.",
            (given, parsed) => PopupAsync(given, parsed.GetValue(text), parsed.GetValue(close)));
        command.Add(text);
        command.Add(close);
        return command;
    }

    private static async Task<int> ZeroAsync(Given given)
    {
        await AskAsync(given, "have its force sensor zeroed where it stands: nothing may touch the tool");
        await SetAsync(given, new { kind = "zero" });
        Console.WriteLine($"{given.Cell.Cell}: the arm's force sensor is zero now");
        return ExitCode.Done;
    }

    private static async Task<int> IoAsync(Given given, string? output, string? value)
    {
        if (output is not null)
        {
            object setting = SettingOf(output, value) ?? throw new RobotException(ExitCode.Usage, OutputExample);
            await AskAsync(given, $"have its output {output} set to {value}; whatever hangs on it acts");
            await SetAsync(given, setting);
        }
        var robot = await RobotAsync(given);
        Console.WriteLine("              standard  configurable  tool   (numbers 0 to 7, and 0 to 1, from the left)");
        Console.WriteLine($"  inputs      {Levels(robot.DigitalInputs)}");
        Console.WriteLine($"  outputs     {Levels(robot.DigitalOutputs)}");
        if (robot.Analog is { Count: > 0 } analog)
            Console.WriteLine("  analog      " + string.Join(", ", analog.Select(a => $"{a.Name} {Number(a.Value, "0.###")} {a.Unit}")));
        if (robot.ToolVoltage is { } volts)
            Console.WriteLine($"  tool        {volts} V");
        return ExitCode.Done;
    }

    /// <summary>Null where output and value do not fit.</summary>
    private static object? SettingOf(string output, string? value)
    {
        if (output == "tool_voltage")
            return Amount(value?.TrimEnd('V')) is { } supply ? new { kind = output, value = supply } : null;
        if (output.Split(':') is not [var kind, var number] || !int.TryParse(number, out int n))
            return null;
        if (kind != "analog")
            return value is "on" or "off" ? new { kind, output = n, level = value == "on" } : null;
        if (value is null)
            return null;
        bool milliamperes = value.EndsWith("mA", StringComparison.Ordinal);
        if (!milliamperes && !value.EndsWith('V'))
            return null;
        double? amount = Amount(value[..^(milliamperes ? 2 : 1)]);
        return amount is null ? null : new { kind, output = n, level = !milliamperes, value = amount };
    }

    private static double? Amount(string? text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) && double.IsFinite(v) ? v : null;

    private static async Task<int> ToolAsync(Given given, bool set)
    {
        var config = given.Cell.Robot ?? throw new RobotException(ExitCode.Device, "this cell has no arm");
        if (set)
        {
            await AskAsync(given, $"have its TCP set to {Listed(config.Tcp)} m, rad and its payload to "
                + $"{Number(config.PayloadKg, "0.###")} kg: what hangs on its flange must be that");
            await SetAsync(given, new { kind = "config_tool" });
        }
        var tool = (await RobotAsync(given)).Tool;
        Console.WriteLine($"  {"",-14}controller | config");
        Line("TCP, m, rad", tool?.Tcp, config.Tcp);
        Line("payload, kg", tool?.PayloadKg is { } kg ? [kg] : null, [config.PayloadKg]);
        Line("its centre, m", tool?.PayloadCog, config.PayloadCog);
        if (tool?.Difference is { } difference)
            Console.WriteLine($"  {difference}: the arm does not move; ./robot arm tool --set gives the controller the config's");
        return ExitCode.Done;

        static void Line(string what, double[]? theirs, double[]? ours) => Console.WriteLine(
            $"  {what,-14}{(theirs is null ? "not told" : Listed(theirs))} | {(ours is null ? "left to the controller" : Listed(ours))}");
    }

    private static async Task<int> SpeedAsync(Given given, string text)
    {
        if (Amount(text.TrimEnd('%')) is not { } percent || percent is < 0 or > 100)
            throw new RobotException(ExitCode.Usage, $"'{text}' is no share of the speed; 1% to 100% is allowed");
        double fraction = Math.Max(percent / 100, 0.01); // 0 and back has put arms into protective stops
        if (!((await NewestAsync(given)).Robot?.SpeedSlider >= fraction)) // slowing down asks nobody
            await AskAsync(given, $"have its speed slider at {Percent(fraction)}: what moves now gets faster");
        await SetAsync(given, new { kind = "speed", value = fraction });
        Console.WriteLine($"{given.Cell.Cell}: the speed slider is at {Percent((await RobotAsync(given)).SpeedSlider)}");
        return ExitCode.Done;
    }

    private static async Task<int> ProgramAsync(Given given, string? what, string? name)
    {
        if ((what == "load") != (name is not null))
            throw new RobotException(ExitCode.Usage, "name the program to load, and only that, as in: ./robot arm program load pick.urp");
        if (what == "play")
        {
            if (given.Service.Owned)
                throw new RobotException(ExitCode.Usage, "no service runs that a stop could reach when this command has ended; "
                    + $"start one first: ./robot run --config {given.Cell.File}");
            var shown = await PendantAsync(given);
            string which = shown.Loaded.Length > 0 ? shown.Loaded : "the program that is loaded";
            await AskAsync(given, $"go where {which} sends it, as fast as that says: none of this cell's limits hold for it");
        }
        if (what is not null)
            await OrderAsync(given, what, name);
        var pendant = await PendantAsync(given);
        Console.WriteLine($"{given.Cell.Cell}: " + (pendant.Note.Length > 0 ? pendant.Note
            : $"{(pendant.Loaded.Length > 0 ? pendant.Loaded : "no program")} is loaded; {pendant.Program}"));
        return ExitCode.Done;
    }

    private static async Task<int> PopupAsync(Given given, string? text, bool close)
    {
        if (close == (text is { Length: > 0 }))
            throw new RobotException(ExitCode.Usage, "say what the popup shows, or --close");
        await OrderAsync(given, close ? "close_popup" : "popup", text);
        Console.WriteLine($"{given.Cell.Cell}: {(close ? "closed" : "shown on the pendant")}");
        return ExitCode.Done;
    }

    private static void SayTool(ToolStatus? tool)
    {
        if (tool?.Tcp is { } tcp)
            Console.WriteLine($"  tool    {Listed(tcp)} m, rad from the flange"
                + (tool.PayloadKg is { } kg ? $"; payload {Number(kg, "0.###")} kg" : "")
                + (tool.PayloadCog is { } cog ? $" at {Listed(cog)} m" : ""));
        if (tool?.Difference is { } difference)
            Console.WriteLine($"  {difference}: ./robot arm tool --set");
    }

    private static async Task SayPendantAsync(Given given, StreamStatus? device)
    {
        if (device is not { Connected: true })
            return;
        var pendant = await PendantAsync(given);
        string[] known =
        [
            pendant.RemoteControl switch { true => "remote control", false => "local control: it takes no orders from here", _ => "" },
            pendant.Program.Length > 0 ? $"program {pendant.Program}" : "",
            pendant.Note,
        ];
        if (known.Any(k => k.Length > 0))
            Console.WriteLine($"  pendant: {string.Join(", ", known.Where(k => k.Length > 0))}");
    }

    private static Task<JsonElement> SetAsync(Given given, object setting) =>
        given.Service.StartWhenReadyAsync(CoreMethods.ArmSet, setting, given.Cancel);

    private static async Task OrderAsync(Given given, string order, string? text)
    {
        await RobotAsync(given);
        await given.Service.Core.CallAsync(CoreMethods.ArmOrder, new { order, text }, given.Cancel);
    }

    private static async Task<PendantReport> PendantAsync(Given given)
    {
        await RobotAsync(given); // a service that was started just now has to find its arm first
        return (await given.Service.Core.CallAsync(CoreMethods.ArmPendant, null, given.Cancel))
            .Deserialize<PendantReport>(ProtocolJson.Lenient)!;
    }

    private static async Task<RobotStatus> RobotAsync(Given given)
    {
        var status = await NewestAsync(given);
        return status.Robot ?? throw new RobotException(ExitCode.Device,
            status.Streams.FirstOrDefault(s => s.Name == "robot")?.Message ?? "this cell has no arm");
    }

    private static string Levels(ulong bits) => $"{Levels(bits, 0, 8)}  {Levels(bits, 8, 8)}      {Levels(bits, 16, 2)}";

    private static string Levels(ulong bits, int from, int count) =>
        string.Concat(Enumerable.Range(from, count).Select(i => (bits >> i & 1) != 0 ? '1' : '0'));

    private static string Percent(double share) => double.IsNaN(share) ? "not told" : $"{Number(share * 100, "0.#")} %";

    private static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
