using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using RobotWorldModel.Drivers.Force;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using static RobotWorldModel.Runtime.Commands.ForceCommand;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>
/// robot calibrate wrench: turns the free tool in several ways, and has the sensor's bias, the tool's weight and centre of mass, and how
/// the sensor is turned on the flange from what is read in each.
/// </summary>
internal static class CalibrateWrench
{
    /// <summary>Turns of the last three joints from where they are, rad: gravity then pulls along ± every axis of the sensor.</summary>
    private static readonly double[][] s_turns =
    [
        [0, 0, 0], [-0.8, 0, 0], [0, 0.8, 0], [0.8, 0, 0], [0, -0.8, 0], [-0.6, 0.6, 1.5], [-0.6, -0.6, -1.5], [0.6, 0.6, 1.5],
        [0.6, -0.6, -1.5], [0, 0, 1.5], [0, 0, -1.5], [-1.5, 0, 0], [0, 1.5, 0], [0, -1.5, 0],
    ];

    private const int FewestPoses = WrenchFit.FewestPoses + 1; // one more than the least: a residual says nothing else
    private const double LightestN = 1, WorstShare = 0.15, NoticedShare = 0.05;
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(500);

    /// <summary>How it is to be done.</summary>
    private sealed record Plan(Vec3 Origin, int Poses, double Seconds, double Share);

    public static Command Create()
    {
        var origin = new Option<string>("--origin")
        {
            Description = "Where the sensor measures torque about, flange frame, m: see its drawing; poses cannot tell it",
            DefaultValueFactory = _ => "0,0,0",
            HelpName = "x,y,z",
        };
        var share = new Option<double>("--share")
        {
            Description = "Of the cell's speed limits, up to 0.9",
            DefaultValueFactory = _ => 0.5,
        };
        var poses = new Option<int>("--poses") { Description = $"{FewestPoses} to {s_turns.Length}", DefaultValueFactory = _ => 9 };
        var seconds = new Option<double>("--seconds") { Description = "Measured in each pose", DefaultValueFactory = _ => 1 };
        var dryRun = new Option<bool>("--dry-run") { Description = "Say where the arm would go; nothing moves" };
        var command = Subcommand("wrench",
            "Measures the force sensor's bias, the tool's weight and centre of mass: turns the free tool by its last three joints.",
            (given, parsed) => RunAsync(given, new(OriginOf(parsed.GetValue(origin)!), PosesOf(parsed.GetValue(poses)),
                parsed.GetValue(seconds), parsed.GetValue(share)), parsed.GetValue(dryRun)));
        foreach (Option option in (Option[])[origin, poses, seconds, share, dryRun])
            command.Add(option);
        return command;
    }

    private static async Task<int> RunAsync(Given given, Plan plan, bool dryRun)
    {
        CheckSensor(given.Cell);
        var start = await StartAsync(given);
        var poses = await PosesAsync(given, start.Q, plan);
        Console.WriteLine($"{given.Cell.Cell}: {poses.Count} poses, the last three joints turning by up to 1.5 rad from where they are");
        if (dryRun)
        {
            foreach (double[] pose in poses)
                Console.WriteLine($"  joints  {string.Join(", ", pose.Select(q => Number(q, "0.000")))} rad");
            return ExitCode.Done;
        }
        await AskAsync(given, $"turn its tool into {poses.Count} poses around where it is, and back: nothing may touch it, "
            + "and its cables must hang free", moves: true);
        var measured = new List<WrenchPose>();
        for (int i = 0; i < poses.Count; i++)
        {
            await MoveAsync(given, poses[i], plan.Share);
            await Task.Delay(s_settle, given.Cancel);
            var wrench = await MeasureAsync(given, plan.Seconds);
            measured.Add(new(Pose.FromVector(new(wrench.Flange!)).Rotation, wrench.ToWrench()));
            Console.WriteLine($"  {i + 1,2} of {poses.Count}: "
                + string.Join(", ", wrench.Mean.Select((v, n) => Number(v, n < 3 ? "0.00" : "0.000"))) + " N, N·m, "
                + $"± {Number(wrench.Deviation.Take(3).Max(), "0.00")} N");
        }
        await MoveAsync(given, start.Q, plan.Share);
        Store(given, Fit(measured, plan.Origin), start.Sensor, measured.Count);
        return ExitCode.Done;
    }

    private static void CheckSensor(CellConfig cell)
    {
        if (cell.Force is null)
            throw new RobotException(ExitCode.Usage, "this cell has no force sensor; its config names none");
        if (cell.Force.IsCompensated)
            throw new RobotException(ExitCode.Usage, "force.source: tcp is what the controller makes of its sensor: it takes the payload "
                + "away itself (./robot arm tool), and ./robot arm zero zeroes it; with source: raw this command is of use");
    }

    private static async Task<(double[] Q, string Sensor)> StartAsync(Given given)
    {
        var status = await NewestAsync(given);
        var robot = status.Robot ?? throw new RobotException(ExitCode.Device,
            status.Streams.FirstOrDefault(s => s.Name == "robot")?.Message ?? "this cell has no arm");
        var force = status.Force ?? throw new RobotException(ExitCode.Device, status.Streams.First(s => s.Name == "force").Message);
        return (robot.Q, force.Sensor);
    }

    /// <summary>The poses that the cell's limits allow.</summary>
    private static async Task<List<double[]>> PosesAsync(Given given, double[] start, Plan plan)
    {
        var poses = new List<double[]>();
        string? why = null;
        foreach (double[] turn in s_turns)
        {
            double[] joints = [.. start.Take(3), start[3] + turn[0], start[4] + turn[1], start[5] + turn[2]];
            try
            {
                var move = new { joints, share = plan.Share, plan = true };
                await given.Service.StartWhenReadyAsync(CoreMethods.ArmMove, move, given.Cancel);
                poses.Add(joints);
            }
            catch (RobotException e) when (e.Code == ExitCode.Usage)
            {
                why = e.Message; // out of the workspace, most often; others may lie within
            }
            if (poses.Count == plan.Poses)
                return poses;
        }
        return poses.Count >= FewestPoses ? poses : throw new RobotException(ExitCode.Usage,
            $"only {poses.Count} of {s_turns.Length} poses lie within what the cell allows ({why}): bring the arm to the middle of its "
            + "workspace, its tool well above the table, and try again");
    }

    private static async Task MoveAsync(Given given, double[] joints, double share)
    {
        await given.Service.StartWhenReadyAsync(CoreMethods.ArmMove, new { joints, share, stops = given.Stops }, given.Cancel);
        await UntilStoppedAsync(given, given.Service.Core.CallAsync(CoreMethods.ArmMoved, null, given.Cancel));
    }

    private static async Task<WrenchMeasurement> MeasureAsync(Given given, double seconds) =>
        (await given.Service.Core.CallAsync(CoreMethods.ForceMeasure, new { seconds }, given.Cancel))
            .Deserialize<WrenchMeasurement>(ProtocolJson.Lenient)!;

    /// <exception cref="RobotException">The poses do not fit one tool that hangs free.</exception>
    private static WrenchFit Fit(List<WrenchPose> measured, Vec3 origin)
    {
        WrenchFit fit;
        try
        {
            fit = WrenchFit.Of(measured, origin);
        }
        catch (ArgumentException e)
        {
            throw new RobotException(ExitCode.Device, $"{e.Message}; nothing was stored");
        }
        double weight = fit.Calibration.MassKg * WrenchCalibration.Gravity;
        if (weight < LightestN)
            throw new RobotException(ExitCode.Device, $"what hangs on the sensor weighs {Number(weight, "0.00")} N: too little to "
                + "measure; ./robot force tare takes the bias away. Nothing was stored");
        return fit.ResidualN <= WorstShare * weight ? fit : throw new RobotException(ExitCode.Device,
            $"the poses do not fit one weight: {Number(fit.ResidualN, "0.00")} N are left of {Number(weight, "0.0")} N. Did something "
            + "touch the tool, or does a cable pull? Is the arm's base upright? Nothing was stored");
    }

    private static void Store(Given given, WrenchFit fit, string sensor, int poses)
    {
        var c = fit.Calibration;
        Vec3 turn = c.SensorInFlange.Rotation.ToRotationVector(), com = c.CentreOfMass;
        double[] bias = WrenchMeasurement.Six(c.Bias);
        CalibrationFile.Update(given.Cell, all => all with
        {
            Wrench = new(DateTimeOffset.UtcNow, sensor, bias, c.MassKg, [com.X, com.Y, com.Z], c.SensorInFlange.ToVector().ToArray(),
                poses, fit.ResidualN, fit.ResidualNm),
        });
        Console.WriteLine($"{given.Cell.Cell}: on the sensor hang {Number(c.MassKg, "0.000")} kg, centre of mass "
            + $"{Listed(com.X, com.Y, com.Z)} m in its frame, which is turned by {Listed(turn.X, turn.Y, turn.Z)} rad on the flange");
        Console.WriteLine($"  bias {string.Join(", ", bias.Select((v, n) => Number(v, n < 3 ? "0.00" : "0.000")))} N, N·m");
        double weight = c.MassKg * WrenchCalibration.Gravity;
        Console.WriteLine($"  left over {Number(fit.ResidualN, "0.00")} N, {Number(fit.ResidualNm, "0.000")} N·m "
            + $"(root mean square of {poses} poses)"
            + (fit.ResidualN > NoticedShare * weight ? ": much; a cable that pulls, or a touch, would do that" : ""));
        CalibrationFile.SayStored(given);
    }

    private static string Listed(double x, double y, double z) =>
        string.Create(CultureInfo.InvariantCulture, $"{x:0.0000}, {y:0.0000}, {z:0.0000}");

    private static int PosesOf(int poses) => poses >= FewestPoses && poses <= s_turns.Length
        ? poses
        : throw new RobotException(ExitCode.Usage, $"--poses {poses} is out of range; {FewestPoses} to {s_turns.Length} is allowed");

    private static Vec3 OriginOf(string text)
    {
        double[] numbers = [.. text.Split(',').Select(t =>
            double.TryParse(t, NumberStyles.Float, CultureInfo.InvariantCulture, out double v) ? v : double.NaN)];
        return numbers.Length == 3 && numbers.All(v => Math.Abs(v) < 0.5)
            ? new(numbers[0], numbers[1], numbers[2])
            : throw new RobotException(ExitCode.Usage, $"--origin '{text}' is not three numbers of metres, as in 0,0,0.0375");
    }
}
