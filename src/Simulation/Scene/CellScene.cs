using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Simulation.Scene;

/// <summary>A board to calibrate cameras with, in the cell.</summary>
/// <param name="OnFlange">It is carried by the arm; else it stays where it is.</param>
/// <param name="Pose">The board's frame in the flange's or the base's, m.</param>
public sealed record CellBoard(CalibrationBoard Print, bool OnFlange, Pose Pose);

/// <summary>
/// What stands in the cell: floor, table (its top is z = 0 of the robot's base frame), arm, gripper, a cube to pick, a target mark to put
/// it on and two distractors. The list of bodies and their shapes never change, only poses do.
/// </summary>
public sealed class CellScene
{
    public const double FloorZ = -0.75;

    /// <summary>The cube's edge, m.</summary>
    public const double CubeSize = 0.045;

    // Where objects may lie, base frame, m: within reach with the tool pointing down, and seen by both cameras.
    internal const double MinX = -0.64, MaxX = -0.38, MinY = -0.28, MaxY = 0.20;
    private const double Apart = 0.13;

    // The table's top, base frame, m.
    private const double TableMinX = -1.00, TableMaxX = 0.25, TableHalfY = 0.60;

    private readonly SceneBody[] _links;
    private readonly CellBoard? _board;
    private readonly SceneBody? _boardBody;

    public CellScene(UrModel model, int seed, CellBoard? board = null)
    {
        Model = model;
        _links = RobotBodies.Create(model);
        Gripper = GripperGeometry.CreateBody();
        LeftFinger = GripperGeometry.CreateFinger("finger_left", 1);
        RightFinger = GripperGeometry.CreateFinger("finger_right", -1);
        Target = new("target", TargetMark());
        Cube = new(new("cube", [Solid(ShapeKind.Box, new(CubeSize / 2, CubeSize / 2, CubeSize / 2), 0xD8402F)]), 0.1);
        CellObject can = new(new("can", [Solid(ShapeKind.Cylinder, new(0.026, 0.045, 0), 0x2F74C0)]), 0.15);
        CellObject block = new(new("block", [Solid(ShapeKind.Box, new(0.018, 0.032, 0.016), 0xEFB52B)]), 0.06);
        Objects = [Cube, can, block];
        Bodies = [.. Furniture(), .. _links, Gripper, LeftFinger, RightFinger, Target, .. Objects.Select(o => o.Body)];
        if (board is not null)
        {
            (_board, _boardBody) = (board, new("board", [Plate(board.Print)]) { PoseInBase = board.Pose });
            Bodies = [.. Bodies, _boardBody];
        }
        Reset(seed);
    }

    public UrModel Model { get; }

    /// <summary>All of it, always in the same order.</summary>
    public IReadOnlyList<SceneBody> Bodies { get; }

    /// <summary>What can be grasped and falls: the cube first, then the distractors.</summary>
    public IReadOnlyList<CellObject> Objects { get; }

    public CellObject Cube { get; }

    /// <summary>A flat mark on the table: seen, never touched.</summary>
    public SceneBody Target { get; }

    public SceneBody Gripper { get; }

    public SceneBody LeftFinger { get; }

    public SceneBody RightFinger { get; }

    /// <summary>The flange: DH frame 6.</summary>
    public SceneBody Flange => _links[6];

    /// <summary>
    /// Puts cube, target and distractors at random reachable places with random yaw, apart from each other; the same seed, the same
    /// places.
    /// </summary>
    public void Reset(int seed)
    {
        var random = new Random(seed);
        Span<Vec3> taken = stackalloc Vec3[1 + Objects.Count];
        for (int i = 0; i < taken.Length; i++)
        {
            taken[i] = FreePlace(random, taken[..i]);
            var turn = Quat.FromAxisAngle(Vec3.UnitZ, (2 * random.NextDouble() - 1) * Math.PI / 4);
            if (i == 0)
                Target.PoseInBase = new(taken[i], turn);
            else
                Objects[i - 1].Body.PoseInBase = new(taken[i] + Objects[i - 1].HalfBox.Z * Vec3.UnitZ, turn);
        }
    }

    /// <summary>Floor and table.</summary>
    internal static SceneBody[] Furniture() =>
    [
        new("floor", [new(ShapeKind.Plane, default, Pose.Identity, 0xC9CED4, Checker: 2.5)])
        {
            PoseInBase = new(new(0, 0, FloorZ), Quat.Identity),
        },
        new("table", Table()),
    ];

    /// <summary>Poses the arm's and the gripper's bodies for the DH frames 1…6 and an opening in m.</summary>
    internal void PoseRobot(ReadOnlySpan<Pose> frames, double fingerWidth)
    {
        for (int i = 0; i < 6; i++)
            _links[i + 1].PoseInBase = frames[i];
        Gripper.PoseInBase = frames[5];
        LeftFinger.PoseInBase = frames[5] * GripperGeometry.Finger(fingerWidth, 1);
        RightFinger.PoseInBase = frames[5] * GripperGeometry.Finger(fingerWidth, -1);
        if (_board is { OnFlange: true })
            _boardBody!.PoseInBase = frames[5] * _board.Pose;
    }

    /// <summary>Height of what would carry something at a place: the table's top, or the floor beside it, m.</summary>
    internal static double GroundZ(Vec3 at) => OverTable(at) ? 0 : FloorZ;

    internal static bool OverTable(Vec3 at) => at.X is > TableMinX and < TableMaxX && Math.Abs(at.Y) < TableHalfY;

    private static Vec3 FreePlace(Random random, ReadOnlySpan<Vec3> taken)
    {
        while (true) // three discs of 0.13 m cannot cover 0.26 x 0.48 m: some draw is free
        {
            Vec3 place = new(MinX + (MaxX - MinX) * random.NextDouble(), MinY + (MaxY - MinY) * random.NextDouble(), 0);
            bool free = true;
            foreach (Vec3 other in taken)
                free &= (place - other).Length >= Apart;
            if (free)
                return place;
        }
    }

    // Boards of slightly different tones with a dark gap between them, on a frame with four legs.
    private static Shape[] Table()
    {
        ReadOnlySpan<uint> tones = [0xC79A6B, 0xBF9060, 0xCCA173, 0xC29565, 0xC99D6E, 0xBB8C5C];
        const double thick = 0.03, leg = 0.03, gap = 0.0012;
        double halfX = (TableMaxX - TableMinX) / 2, midX = (TableMaxX + TableMinX) / 2, board = 2 * TableHalfY / tones.Length;
        var shapes = new List<Shape>();
        for (int i = 0; i < tones.Length; i++)
        {
            Vec3 at = new(midX, -TableHalfY + (i + 0.5) * board, -thick / 2);
            shapes.Add(new(ShapeKind.Box, new(halfX, board / 2 - gap / 2, thick / 2), new(at, Quat.Identity), tones[i]));
        }
        Pose frame = new(new(midX, 0, -thick - 0.0125), Quat.Identity);
        shapes.Add(new(ShapeKind.Box, new(halfX - 0.01, TableHalfY - 0.01, 0.02), frame, 0x6E5338));
        double legHalf = -FloorZ / 2 - thick;
        for (int i = 0; i < 4; i++)
        {
            Vec3 at = new(midX + (i % 2 == 0 ? 1 : -1) * (halfX - 0.06), (i / 2 == 0 ? 1 : -1) * (TableHalfY - 0.06), FloorZ + legHalf);
            shapes.Add(new(ShapeKind.Box, new(leg, leg, legHalf), new(at, Quat.Identity), 0x5B6168));
        }
        return [.. shapes];
    }

    // The print is its frame's z = 0, on a plate with the white around it that its markers need.
    private static Shape Plate(CalibrationBoard print)
    {
        const double halfThick = 0.0015;
        Vec3 half = new(print.Width / 2 + print.Margin, print.Height / 2 + print.Margin, halfThick);
        return new(ShapeKind.Box, half, new(new(0, 0, -halfThick), Quat.Identity), 0xF2F2F0, Print: print);
    }

    private static Shape[] TargetMark() =>
    [
        Disc(0.050, 0.0006, 0x2E9E5B), Disc(0.038, 0.0008, 0xF2F4F1), Disc(0.022, 0.0010, 0x2E9E5B), Disc(0.008, 0.0012, 0xF2F4F1),
    ];

    private static Shape Disc(double radius, double height, uint color) =>
        new(ShapeKind.Cylinder, new(radius, height / 2, 0), new(new(0, 0, height / 2), Quat.Identity), color);

    private static Shape Solid(ShapeKind kind, Vec3 size, uint color) => new(kind, size, Pose.Identity, color);
}
