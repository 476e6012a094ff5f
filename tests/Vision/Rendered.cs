using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;
using RobotWorldModel.Vision.Detection;

namespace RobotWorldModel.Vision.Tests;

/// <summary>Pictures of a board as the simulated cell's cameras take them, with what is true in them.</summary>
internal sealed class Rendered
{
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private readonly CellScene _scene;
    private readonly CameraRig _rig;
    private readonly SceneSnapshot _snapshot;
    private readonly Pose[] _frames = new Pose[6];

    /// <param name="board">Null: there is none.</param>
    public Rendered(CellBoard? board, CameraModel camera)
    {
        UrModel model = UrModel.ByName("UR5e");
        _scene = new(model, 1, board);
        new UrKinematics(model).Frames(s_home, _frames);
        (Board, Camera) = (board, camera);
        _rig = new(camera, _scene.Bodies, new(), 7);
        _snapshot = new(_scene.Bodies.Count);
        Home = _frames[5];
    }

    public CellBoard? Board { get; }

    public CameraModel Camera { get; }

    public CameraIntrinsics Intrinsics => Camera.ToInfo("").Color;

    /// <summary>The flange in the base where the arm begins.</summary>
    public Pose Home { get; }

    /// <summary>The board in the camera's optical frame.</summary>
    public Pose Truth(in Pose flange) =>
        Camera.PoseInBase(flange).Inverse * (Board!.OnFlange ? flange * Board.Pose : Board.Pose);

    /// <summary>Where the flange must be for the camera to see the board so.</summary>
    public Pose FlangeFor(in Pose boardInCamera) => Camera.OnFlange
        ? Board!.Pose * boardInCamera.Inverse * Camera.Extrinsics.Inverse
        : Camera.Extrinsics * boardInCamera * Board!.Pose.Inverse;

    public GrayImage Take(in Pose flange, int number = 0) => GrayImage.FromRgb(TakeRgb(flange, number), Camera.Width, Camera.Height);

    /// <summary>The flange is where it is told to be; the rest of the arm stays at home.</summary>
    public byte[] TakeRgb(in Pose flange, int number = 0)
    {
        _frames[5] = flange;
        _scene.PoseRobot(_frames, 0.08);
        _snapshot.Take(0, _scene.Bodies);
        byte[] rgb = new byte[Camera.ColorBytes];
        _rig.Render(_snapshot, number, rgb, new byte[Camera.DepthBytes]);
        return rgb;
    }
}
