using System.CommandLine;
using System.Text.Json;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Vision;
using RobotWorldModel.Vision.Latency;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>
/// robot calibrate latency: moves the arm to and fro while its states and the cameras' pictures are recorded, and finds by how much the
/// pictures are older than their times say.
/// </summary>
internal static class CalibrateLatency
{
    private const double MostLatencyMs = 300, ShortestRestS = 0.12, LongestRestS = 0.55;
    private const double LeastSeconds = 6, MostSeconds = 120, SmallestStepM = 0.005, LargestStepM = 0.1;
    private static readonly TimeSpan s_atRest = TimeSpan.FromMilliseconds(700); // before and after

    /// <summary>To and fro along the axes of the base, so that it comes back to where it began.</summary>
    private static readonly double[][] s_ways = [[1, 0, 0], [-1, 0, 0], [0, 1, 0], [0, -1, 0], [0, 0, 1], [0, 0, -1]];

    private sealed record Plan(string? Camera, double Seconds, double StepM, double Share, bool Wave);

    public static Command Create()
    {
        var camera = new Argument<string?>("CAMERA")
        {
            Description = "One of the cell's; all where none is named",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var seconds = new Option<double>("--seconds")
        {
            Description = $"How long it is moved, {LeastSeconds} to {MostSeconds}",
            DefaultValueFactory = _ => 20,
        };
        var step = new Option<double>("--step") { Description = "How far to and fro, m", DefaultValueFactory = _ => 0.05 };
        var share = new Option<double>("--share")
        {
            Description = "Of the cell's speed limits, up to 0.9",
            DefaultValueFactory = _ => 0.5,
        };
        var wave = new Option<bool>("--wave")
        {
            Description = "It is not moved from here: a person leads it to and fro with short rests, by the pendant's freedrive",
        };
        var from = From();
        Plan PlanOf(ParseResult p) =>
            new(p.GetValue(camera), p.GetValue(seconds), p.GetValue(step), p.GetValue(share), p.GetValue(wave));
        var command = Subcommand("latency", "Measures how late each camera's pictures are: moves the arm a little to and fro.",
            (given, parsed) => RunAsync(given, PlanOf(parsed)),
            alone: (cell, parsed) => parsed.GetValue(from) is { } folder ? Again(cell, PlanOf(parsed), folder) : null);
        command.Add(camera);
        foreach (Option option in (Option[])[seconds, step, share, wave, from])
            command.Add(option);
        return command;
    }

    /// <summary>Of every calibration that keeps what it was made from.</summary>
    internal static Option<string?> From() => new("--from")
    {
        Description = "Look again at what was recorded before, in a folder of ROOT/calibrations; nothing moves",
        HelpName = "FOLDER",
    };

    private static int Again(CellConfig cell, Plan plan, string folder) =>
        Analyse(cell, plan, folder, ServiceFile.Find(cell.Cell) is not null);

    private static async Task<int> RunAsync(Given given, Plan plan)
    {
        Check(given.Cell, plan);
        if (plan.Wave)
            Console.WriteLine($"{given.Cell.Cell}: for {plan.Seconds:0.#} s lead the arm to and fro by some centimetres, with short "
                + "rests at uneven times, in view of the camera");
        else
            await AskAsync(given, $"go to and fro by {100 * plan.StepM:0.#} cm from where it is, along all axes, for "
                + $"{plan.Seconds:0.#} s", moves: true);
        var started = await given.Service.StartWhenReadyAsync(CoreMethods.CalibrationStart, new { }, given.Cancel);
        string folder = started.GetProperty("folder").GetString()!;
        await Task.Delay(s_atRest, given.Cancel);
        if (plan.Wave)
            await UntilStoppedAsync(given, Task.Delay(TimeSpan.FromSeconds(plan.Seconds), given.Cancel));
        else
            await ToAndFroAsync(given, plan);
        await Task.Delay(s_atRest, given.Cancel);
        var written = await given.Service.Core.CallAsync(CoreMethods.CalibrationStop, null, given.Cancel);
        int code = Analyse(given.Cell, plan, folder, runs: !given.Service.Owned);
        Console.WriteLine($"recorded in {folder} ({written.GetProperty("bytes").GetInt64() / 1e6:0} MB; it may be deleted)");
        return code;
    }

    private static void Check(CellConfig cell, Plan plan)
    {
        if (plan.Camera is { } name && cell.Cameras.TrueForAll(c => c.Name != name))
            throw new RobotException(ExitCode.Usage, $"this cell has no camera '{name}'; it has "
                + string.Join(", ", cell.Cameras.Select(c => c.Name).DefaultIfEmpty("none")));
        if (!(plan.Seconds is >= LeastSeconds and <= MostSeconds))
            throw new RobotException(ExitCode.Usage,
                $"--seconds {plan.Seconds} is out of range; {LeastSeconds} to {MostSeconds} is allowed");
        if (!(plan.StepM is >= SmallestStepM and <= LargestStepM))
            throw new RobotException(ExitCode.Usage,
                $"--step {plan.StepM} is out of range; {SmallestStepM} to {LargestStepM} m is allowed");
        if (!plan.Wave && !cell.Motion.Enabled)
            throw new RobotException(ExitCode.Device, $"motion is off for this cell: use --wave, or set motion.enabled in {cell.File}");
    }

    /// <summary>Rests are of uneven length: after even ones a lag of one move more or less would look the same.</summary>
    private static async Task ToAndFroAsync(Given given, Plan plan)
    {
        double[][] ways = await AllowedAsync(given, plan);
        var uneven = new Random(1);
        long end = Environment.TickCount64 + (long)(1000 * plan.Seconds);
        for (int i = 0; Environment.TickCount64 < end || i % 2 != 0; i++) // an even number: back at the start
        {
            int pair = i / 2 % ways.Length;
            double[] by = [.. ways[pair].Select(v => (i % 2 == 0 ? 1 : -1) * v), 0, 0, 0];
            await given.Service.Core.CallAsync(CoreMethods.ArmMove, new { by, share = plan.Share, stops = given.Stops }, given.Cancel);
            await UntilStoppedAsync(given, given.Service.Core.CallAsync(CoreMethods.ArmMoved, null, given.Cancel));
            await Task.Delay(TimeSpan.FromSeconds(ShortestRestS + (LongestRestS - ShortestRestS) * uneven.NextDouble()), given.Cancel);
        }
    }

    /// <summary>The ways that the cell's limits leave open from here.</summary>
    private static async Task<double[][]> AllowedAsync(Given given, Plan plan)
    {
        var ways = new List<double[]>();
        string? why = null;
        foreach (double[] way in s_ways)
        {
            double[] by = [.. way.Select(v => v * plan.StepM), 0, 0, 0];
            try
            {
                await given.Service.StartWhenReadyAsync(CoreMethods.ArmMove, new { by, share = plan.Share, plan = true }, given.Cancel);
                ways.Add(by[..3]);
            }
            catch (RobotException e) when (e.Code == ExitCode.Usage)
            {
                why = e.Message;
            }
        }
        return ways.Count > 0 ? [.. ways] : throw new RobotException(ExitCode.Usage,
            $"the arm may go nowhere from here ({why}): bring it to the middle of its workspace and try again");
    }

    private static int Analyse(CellConfig cell, Plan plan, string folder, bool runs)
    {
        LatencyRecording recording = LatencyRecording.Read(folder);
        CalibrationFile.CheckCell(cell, recording.Head.Cell, folder);
        string[] cameras = plan.Camera is { } one ? [one] : [.. recording.Motions.Keys.Order()];
        int failed = 0;
        foreach (string camera in cameras)
        {
            try
            {
                Store(cell, camera, recording);
            }
            catch (VisionException e)
            {
                Console.Error.WriteLine($"robot: {camera}: {e.Message}; its latency stays as it is");
                failed++;
            }
        }
        if (failed < cameras.Length)
            CalibrationFile.SayStored(cell, runs);
        return failed == 0 ? ExitCode.Done : ExitCode.FaultsFound;
    }

    /// <exception cref="VisionException">It cannot be told from these pictures.</exception>
    private static void Store(CellConfig cell, string camera, LatencyRecording recording)
    {
        if (!recording.Motions.TryGetValue(camera, out var motion))
            throw new VisionException($"nothing was recorded of it; of {string.Join(", ", recording.Motions.Keys)} was");
        LatencyResult found = LatencyFit.Find(motion, recording.Arm);
        double before = recording.Head.LatencyMs[camera], latency = before + found.LagMs;
        if (latency < -2 * found.ErrorMs || latency > MostLatencyMs)
            throw new VisionException($"{latency:0.0} ms came out, and 0 to {MostLatencyMs} can be: the clocks of arm and "
                + "camera do not fit. Is robot.latency_ms right?");
        latency = Math.Max(0, latency);
        CalibrationFile.Update(cell, all =>
        {
            var cameras = new SortedDictionary<string, CellCalibration.CameraSection>(all.Cameras);
            cameras[camera] = (cameras.GetValueOrDefault(camera) ?? new()) with
            {
                Latency = new(recording.Head.Started, latency, found.ErrorMs, found.Motions),
            };
            return all with { Cameras = cameras };
        });
        Console.WriteLine($"{cell.Cell}: {camera}: {latency:0.0} ms ± {found.ErrorMs:0.0} from the middle of the "
            + $"exposure to the host ({before:0.0} was assumed); {found.Motions} motions, "
            + $"correlation {found.Correlation:0.00}");
    }
}
