using System.CommandLine;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Vision;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Detection;
using RobotWorldModel.Vision.Solving;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>
/// robot calibrate camera: looks at a board from many sides and finds where the camera is: on the arm, with the board lying still, or
/// beside it, with the board on the arm.
/// </summary>
internal static class CalibrateCamera
{
    private const int MostViews = 60;
    private const double MostResidualPx = 1.5, MostErrorMm = 5, MostErrorDeg = 0.5;

    private sealed record Plan(string? Camera, string? MountedOn, int Views, double Share, bool Freedrive);

    public static Command Create()
    {
        var camera = new Argument<string?>("CAMERA") { Description = "One of the cell's", Arity = ArgumentArity.ZeroOrOne };
        var mounted = new Option<string?>("--mounted-on")
        {
            Description = "flange: the board lies still; base: the board is on the arm; as the config says where it does",
        };
        mounted.AcceptOnlyFromAmong("flange", "base");
        var views = new Option<int>("--views")
        {
            Description = $"From how many sides it looks after the first small turns, {HandEye.FewestViews} to {MostViews}",
            DefaultValueFactory = _ => 12,
        };
        var share = new Option<double>("--share")
        {
            Description = "Of the cell's speed limits, up to 0.9",
            DefaultValueFactory = _ => 0.5,
        };
        var freedrive = new Option<bool>("--freedrive")
        {
            Description = "A person leads the arm by the pendant's freedrive, and presses Enter at each view",
        };
        var print = new Option<string?>("--print")
        {
            Description = "Write the board to an SVG file to print at 100 %, and do nothing else",
            HelpName = "FILE",
        };
        var from = CalibrateLatency.From();
        var board = new BoardOptions();
        Option[] asItWas = [.. board.All, mounted, views, share, freedrive];
        Plan PlanOf(ParseResult p) =>
            new(p.GetValue(camera), p.GetValue(mounted), p.GetValue(views), p.GetValue(share), p.GetValue(freedrive));
        var command = Subcommand("camera", "Measures where a camera is, with a ChArUco board or AprilTags.",
            (given, parsed) => RunAsync(given, PlanOf(parsed), board.Read(parsed)),
            alone: (cell, parsed) => parsed.GetValue(print) is { } file ? Print(board.Read(parsed).Board, file)
                : parsed.GetValue(from) is { } folder ? Again(cell, folder, parsed, asItWas) : null);
        command.Add(camera);
        foreach (Option option in (Option[])[.. asItWas, print, from])
            command.Add(option);
        return command;
    }

    private static int Print(CalibrationBoard board, string file)
    {
        File.WriteAllText(file, BoardPrint.ToSvg(board));
        Console.WriteLine($"{file}: {board.Description}; print it at 100 %, on something flat, and measure it: "
            + $"{1000 * board.Width:0.#} mm x {1000 * board.Height:0.#} mm from edge to edge");
        return ExitCode.Done;
    }

    /// <param name="asItWas">Options that the folder answers.</param>
    private static int Again(CellConfig cell, string path, ParseResult given, IEnumerable<Option> asItWas)
    {
        if (asItWas.FirstOrDefault(o => given.GetResult(o) is { Implicit: false }) is { } option)
            throw new RobotException(ExitCode.Usage, $"{option.Name} does not go with --from: the folder says how its views were taken");
        var folder = ViewFolder.Open(path);
        CalibrationFile.CheckCell(cell, folder.Stored.Cell, path);
        try
        {
            using var detector = new BoardDetector(folder.Stored.Board.ToBoard());
            var views = folder.FindAgain(detector);
            var lens = new Lens(folder.Stored.Camera.Color ?? throw new VisionException("its pictures have no colour"));
            Solve(cell, folder, views, lens, runs: ServiceFile.Find(cell.Cell) is not null);
        }
        catch (Exception e) when (e is VisionException or ArgumentException)
        {
            throw new RobotException(ExitCode.Device, $"{folder.Stored.Camera.Name}: {e.Message}");
        }
        return ExitCode.Done;
    }

    private static async Task<int> RunAsync(Given given, Plan plan, (BoardSpec Spec, CalibrationBoard Board) board)
    {
        CameraConfig camera = Check(given.Cell, plan);
        string mounted = plan.MountedOn ?? camera.MountedOn ?? throw new RobotException(ExitCode.Usage,
            $"{camera.Name}: is it on the arm or beside it? Say --mounted-on flange or base");
        try
        {
            using var detector = new BoardDetector(board.Board);
            var views = new CameraViews(given, camera.Name, board.Board, board.Spec, mounted == "flange", plan.Share, detector);
            Console.WriteLine($"{given.Cell.Cell}: {camera.Name} on the {mounted}, {board.Board.Description}");
            await views.FirstAsync();
            if (plan.Freedrive)
            {
                await views.LedThroughAsync(plan.Views);
            }
            else
            {
                await AskAsync(given, $"look at the board from {plan.Views} sides: the tool no further than "
                    + $"{CameraViews.FurthestM} m and {CameraViews.FurthestTurnDeg}° from where it is, "
                    + $"and {CameraViews.LowestM} m lower at most", moves: true);
                await views.MoveThroughAsync(plan.Views);
            }
            Solve(given.Cell, views.Folder, views.Views, views.Lens, runs: !given.Service.Owned);
        }
        catch (VisionException e)
        {
            throw new RobotException(ExitCode.Device, $"{camera.Name}: {e.Message}; nothing was stored");
        }
        return ExitCode.Done;
    }

    private static CameraConfig Check(CellConfig cell, Plan plan)
    {
        if (cell.Robot is null)
            throw new RobotException(ExitCode.Config, $"{cell.File}: a camera is calibrated against the arm, and this cell has none");
        if (plan.Views is < HandEye.FewestViews or > MostViews)
            throw new RobotException(ExitCode.Usage,
                $"--views {plan.Views} is out of range; {HandEye.FewestViews} to {MostViews} is allowed");
        if (!plan.Freedrive && !cell.Motion.Enabled)
            throw new RobotException(ExitCode.Device,
                $"motion is off for this cell: use --freedrive, or set motion.enabled in {cell.File}");
        if (plan.Freedrive && Console.IsInputRedirected)
            throw new RobotException(ExitCode.Usage, "--freedrive asks for Enter at each view, and there is no terminal");
        return (plan.Camera is { } name ? cell.Cameras.Find(c => c.Name == name) : cell.Cameras is [var only] ? only : null)
            ?? throw new RobotException(ExitCode.Usage, $"which camera? This cell has "
                + string.Join(", ", cell.Cameras.Select(c => c.Name).DefaultIfEmpty("none")));
    }

    /// <exception cref="VisionException">The views do not tell where the camera is.</exception>
    private static void Solve(CellConfig cell, ViewFolder folder, IReadOnlyList<BoardView> views, Lens lens, bool runs)
    {
        var (name, mounted) = (folder.Stored.Camera.Name, folder.Stored.MountedOn);
        HandEyeResult found = HandEye.Solve(views, lens, mounted == "flange");
        if (found.ResidualPx > MostResidualPx || found.ErrorMm > MostErrorMm || found.ErrorDeg > MostErrorDeg)
            throw new VisionException($"the views do not fit one place: corners are {found.ResidualPx:0.00} px off (at most "
                + $"{MostResidualPx}), the place is known to {found.ErrorMm:0.0} mm and {found.ErrorDeg:0.00}° (at most "
                + $"{MostErrorMm} mm, {MostErrorDeg}°). Did the board or the camera move? Are the sizes of the print right, and "
                + $"the camera's intrinsics? Look at {folder.Path}");
        double[] place = found.Camera.ToVector().ToArray();
        CalibrationFile.Update(cell, all =>
        {
            var cameras = new SortedDictionary<string, CellCalibration.CameraSection>(all.Cameras);
            cameras[name] = (cameras.GetValueOrDefault(name) ?? new()) with
            {
                Extrinsics = new(folder.Stored.Started, mounted, place, found.ViewPx.Count, found.ResidualPx, found.ResidualMm,
                    found.ResidualDeg, found.ErrorMm, found.ErrorDeg),
            };
            return all with { Cameras = cameras };
        });
        Pose camera = found.Camera;
        Vec3 turn = camera.Rotation.ToRotationVector();
        Console.WriteLine(
            $"{cell.Cell}: {name} is at {Listed(camera.Position)} m, turned by {Listed(turn)} rad, in the {mounted}'s frame");
        Console.WriteLine($"  ± {found.ErrorMm:0.00} mm, ± {found.ErrorDeg:0.000}° from {found.ViewPx.Count} views; corners are "
            + $"{found.ResidualPx:0.00} px off ({found.HeldOutPx:0.00} in views held out), the board by {found.ResidualMm:0.0} mm and "
            + $"{found.ResidualDeg:0.00}°");
        Console.WriteLine($"  the views are in {folder.Path}");
        CalibrationFile.SayStored(cell, runs);
    }

    private static string Listed(Vec3 v) => $"{v.X:0.0000}, {v.Y:0.0000}, {v.Z:0.0000}";
}
