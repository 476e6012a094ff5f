using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// What the cell's two cameras see where the arm stands, without a cell that runs: the same scene, the same views, the same noise. Colour.
/// One thread.
/// </summary>
public sealed class CellPictures
{
    private readonly CellScene _scene;
    private readonly UrKinematics _kinematics;
    private readonly CameraRig[] _rigs;
    private readonly SceneSnapshot _snapshot;
    private readonly Pose[] _frames = new Pose[6];
    private readonly byte[] _depth;

    /// <param name="seed">Of where objects lie, and of the noise.</param>
    /// <param name="side">Of pictures, pixels: a multiple of 32. They show the middle of the view.</param>
    public CellPictures(UrModel model, int seed, int side)
    {
        _scene = new CellScene(model, seed);
        _kinematics = new(model);
        CameraModel[] cameras = [CameraModel.Wrist.Scaled(side, side), CameraModel.Scene.Scaled(side, side)];
        _rigs = [.. cameras.Select(camera => new CameraRig(camera, _scene.Bodies, new(), seed))];
        _snapshot = new(_scene.Bodies.Count);
        _depth = new byte[cameras[0].DepthBytes];
    }

    /// <summary>wrist, scene.</summary>
    public IReadOnlyList<CameraModel> Cameras => [.. _rigs.Select(rig => rig.Camera)];

    /// <summary>Puts the arm somewhere.</summary>
    /// <param name="q">rad.</param>
    public void Pose(in Vector6 q)
    {
        _kinematics.Frames(q, _frames);
        _scene.PoseRobot(_frames, GripperGeometry.MaxWidth);
        _snapshot.Take(0, _scene.Bodies);
    }

    /// <param name="camera">Which of <see cref="Cameras"/>.</param>
    /// <param name="number">Of the picture: another has other noise.</param>
    /// <param name="rgb">Filled: rows from the top, side · side · 3 bytes.</param>
    public void Render(int camera, long number, Span<byte> rgb) => _rigs[camera].Render(_snapshot, number, rgb, _depth);
}
