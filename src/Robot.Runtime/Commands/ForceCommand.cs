using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>robot force: what the sensor reads, what of it touches the tool, and the tare.</summary>
internal static class ForceCommand
{
    public static Command Create() => new("force", "The force sensor: what it reads, what touches the tool, and the tare.")
    {
        Subcommand("status", "What the sensor reads, and what of it comes from outside.", StatusAsync, asks: false),
        Tare(),
    };

    private static Command Tare()
    {
        var clear = new Option<bool>("--clear") { Description = "Take the tare back" };
        var command = Subcommand("tare",
            "What touches the tool now counts as nothing, until the service ends. Recordings keep what is read.",
            (given, parsed) => TareAsync(given, parsed.GetValue(clear)), asks: false);
        command.Add(clear);
        return command;
    }

    private static async Task<int> StatusAsync(Given given)
    {
        var status = await NewestAsync(given);
        string message = status.Streams.FirstOrDefault(s => s.Name == "force")?.Message
            ?? throw new RobotException(ExitCode.Device, "this cell has no force sensor; its config names none");
        Console.WriteLine($"{given.Cell.Cell}: {message}");
        Console.WriteLine($"  {"",-39}{"fx",9}{"fy",9}{"fz",9} N {"tx",9}{"ty",9}{"tz",9} N·m");
        if (status.Wrench is { } raw)
            Line("as it is read, sensor's frame", raw);
        if (status.Force is not { } force)
            return ExitCode.Done;
        string left = force.Calibrated || given.Cell.Force!.IsCompensated ? "from outside" : "less the tare";
        Line($"{left}, sensor's frame", force.External);
        if (force.Tool is { } tool)
            Line($"{left}, at the TCP, tool's axes", tool);
        if (force.Base is { } basis)
            Line($"{left}, at the TCP, base's axes", basis);
        Console.WriteLine($"  {Compensation(given.Cell, force)}");
        if (force.Tare is { } tare)
            Line("tared", tare);
        CalibrationFile.SayPending(given);
        return ExitCode.Done;

        static void Line(string what, double[] w) => Console.WriteLine($"  {what,-39}{Three(w, 0, "0.00")}   {Three(w, 3, "0.000")}");
        static string Three(double[] w, int from, string format) =>
            string.Concat(w.Skip(from).Take(3).Select(v => $"{Number(v, format),9}"));
    }

    private static string Compensation(CellConfig cell, ForceStatus force) =>
        cell.Force!.IsCompensated ? "the controller takes the payload away (./robot arm tool); ./robot arm zero zeroes it"
        : force.Calibrated
            ? $"bias and tool ({Number(cell.Calibration.Wrench?.MassKg ?? double.NaN, "0.000")} kg) are taken away as measured "
                + $"on {cell.Calibration.Wrench?.Measured.ToLocalTime():yyyy-MM-dd HH:mm}"
        : cell.Calibration.Wrench is { } other && other.Sensor != force.Sensor
            ? $"the calibration beside the config is of another sensor ({other.Sensor}): not used; ./robot calibrate wrench"
        : "not calibrated: bias and the tool's weight are in it; ./robot calibrate wrench measures them";

    private static async Task<int> TareAsync(Given given, bool clear)
    {
        if (given.Service.Owned)
            throw new RobotException(ExitCode.Usage, "no service runs that would keep a tare; start one first: "
                + $"./robot run --config {given.Cell.File}");
        var answer = await given.Service.Core.CallAsync(CoreMethods.ForceTare, new { clear }, given.Cancel);
        if (clear)
        {
            Console.WriteLine($"{given.Cell.Cell}: the tare was taken back");
            return ExitCode.Done;
        }
        var measured = answer.Deserialize<WrenchMeasurement>(ProtocolJson.Lenient)!;
        Console.WriteLine($"{given.Cell.Cell}: tared by {measured.Samples} values");
        return await StatusAsync(given);
    }

    internal static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture);
}
