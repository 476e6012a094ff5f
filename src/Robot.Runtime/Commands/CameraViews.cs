using System.Text.Json;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Vision;
using RobotWorldModel.Vision.Boards;
using RobotWorldModel.Vision.Detection;
using RobotWorldModel.Vision.Solving;
using static RobotWorldModel.Runtime.Commands.ServiceCommand;

namespace RobotWorldModel.Runtime.Commands;

/// <summary>Takes the views that a camera's place is found from: one after the other, with the arm at rest in each.</summary>
internal sealed class CameraViews(
    Given given, string camera, CalibrationBoard board, BoardSpec spec, bool onFlange, double share, BoardDetector detector)
{
    /// <summary>
    /// What is said before the arm moves holds: no further than this from where it began, and not much lower: there things stand.
    /// </summary>
    public const double FurthestM = 0.5, FurthestTurnDeg = 75, LowestM = 0.1;

    private const int RoughViews = 4, TriesAView = 5;
    private const double StillM = 0.0005, StillRad = 0.002;
    private static readonly TimeSpan s_settle = TimeSpan.FromMilliseconds(150);
    private readonly List<BoardView> _views = [];
    private CameraStill _last = null!;

    public ViewFolder Folder { get; private set; } = null!;

    public Lens Lens { get; private set; } = null!;

    public IReadOnlyList<BoardView> Views => _views;

    /// <summary>The view from where the arm is now.</summary>
    /// <exception cref="RobotException">The board is not in it, or the camera's lens is not known.</exception>
    public async Task FirstAsync()
    {
        if (IsSeen(await TakeAsync()))
            return;
        if (_views.Count == 0)
            throw new RobotException(ExitCode.Device, $"{camera}: the arm moved while its first picture was taken: let it stand still");
        throw new RobotException(ExitCode.Device, $"{camera}: it does not see the board ({board.Description}): is it whole in the "
            + $"picture, flat, sharp and well lit, and are its sizes right? The picture is in {Folder.Path}");
    }

    /// <summary>Small turns first, which leave the board in sight whatever is known; from them where to look at it from.</summary>
    /// <param name="count">Of views after those.</param>
    /// <exception cref="RobotException">A move was stopped, or too little is seen.</exception>
    public async Task MoveThroughAsync(int count)
    {
        Pose start = Pose.FromVector(new(_last.Tcp));
        try
        {
            await LookFromAroundAsync(start, count);
        }
        catch (VisionException)
        {
            await GoBackAsync(start);
            throw;
        }
        await GoBackAsync(start);
    }

    private async Task LookFromAroundAsync(Pose start, int count)
    {
        Pose offset = Pose.FromVector(new(_last.TcpOffset));
        foreach (Quat turn in ViewPlan.First)
            if (await TryMoveAsync(start * new Pose(default, turn)))
                await TakeAsync();
        HandEyeResult rough = HandEye.Solve(_views, Lens, onFlange, RoughViews);
        Pose now = PlanarPose.Solve(_views[0].Corners, Lens).BoardInCamera;
        int tries = TriesAView * count, seen = 0;
        foreach (Pose wanted in ViewPlan.Around(now, board, Lens, _last.Width, _last.Height))
        {
            if (seen >= count || tries-- == 0)
                break;
            Pose flange = onFlange ? rough.Board * wanted.Inverse * rough.Camera.Inverse : rough.Camera * wanted * rough.Board.Inverse;
            Pose tcp = flange * offset;
            var (mm, degrees) = HandEye.Difference(start, tcp);
            bool near = mm <= 1000 * FurthestM && degrees <= FurthestTurnDeg && tcp.Position.Z >= start.Position.Z - LowestM;
            if (near && await TryMoveAsync(tcp) && IsSeen(await TakeAsync()))
                seen++;
        }
    }

    private async Task GoBackAsync(Pose start)
    {
        if (!await TryMoveAsync(start))
            Console.WriteLine("  the way back is barred: the arm stays at the last view");
    }

    /// <summary>A person leads the arm, and presses Enter at each view; q ends it before.</summary>
    public async Task LedThroughAsync(int count)
    {
        Console.WriteLine("lead the arm from view to view, tilted to all sides and turned; at each hold it still and press Enter "
            + "(q and Enter end it)");
        while (_views.Count(IsSeen) < count)
        {
            string? line = await Task.Run(Console.ReadLine, given.Cancel).WaitAsync(given.Cancel);
            if (line is null or "q")
                break;
            await TakeAsync();
        }
    }

    private static bool IsSeen(BoardView view) => view.Corners.Count >= 4;

    private async Task<BoardView> TakeAsync()
    {
        await Task.Delay(s_settle, given.Cancel);
        var answer = await given.Service.StartWhenReadyAsync(CoreMethods.CameraStill, new { camera }, given.Cancel);
        _last = answer.Deserialize<CameraStill>(ProtocolJson.Lenient)!;
        byte[] rgb = File.ReadAllBytes(_last.Path);
        File.Delete(_last.Path);
        Folder ??= Begin();
        if (_last.MovedM > StillM || _last.MovedRad > StillRad)
        {
            Console.WriteLine($"  the arm moved by {1000 * _last.MovedM:0.0} mm while the picture was taken: not used");
            return new(Pose.Identity, []);
        }
        var view = Folder.Add(_last, rgb, detector);
        _views.Add(view);
        Console.WriteLine($"  view {_views.Count,2}: " + (IsSeen(view) ? $"{view.Corners.Count} corners" : "the board is not seen"));
        return view;
    }

    private ViewFolder Begin()
    {
        try
        {
            Lens = new(_last.Camera.Color ?? throw new VisionException("it has no colour pictures"));
        }
        catch (Exception e) when (e is VisionException or ArgumentException)
        {
            throw new RobotException(ExitCode.Config, $"{camera}: {e.Message}");
        }
        return ViewFolder.Create(given.Service.Info.Data,
            new(given.Cell.Cell, DateTimeOffset.UtcNow, _last.Camera, onFlange ? "flange" : "base", spec, []));
    }

    /// <returns>False where the cell's limits do not allow it: there are other views.</returns>
    private async Task<bool> TryMoveAsync(Pose tcp)
    {
        try
        {
            double[] pose = tcp.ToVector().ToArray();
            await given.Service.Core.CallAsync(CoreMethods.ArmMove, new { pose, share, stops = given.Stops }, given.Cancel);
        }
        catch (RobotException e) when (e.Code == ExitCode.Usage)
        {
            return false;
        }
        await UntilStoppedAsync(given, given.Service.Core.CallAsync(CoreMethods.ArmMoved, null, given.Cancel));
        return true;
    }
}
