using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// An arm as it is, and over it, half transparent, as somebody imagines it; where the tool is to go, and the way there in dots. Drawn from
/// nothing but joint angles: of what else stands in the cell it shows a table. One thread; no allocation a picture.
/// </summary>
public sealed class GhostRenderer
{
    /// <summary>Dots of a way at most.</summary>
    public const int MostDots = 64;

    private const double DotM = 0.006, GoalM = 0.016;
    private const uint Orange = 0xF28C28, Green = 0x35B36B;
    private const int GhostRed = 0xFF, GhostGreen = 0xA2, GhostBlue = 0x3C; // of what is white
    private const int Apart = 10; // mm: where both arms are the same to this, there is no ghost

    private static readonly RenderOptions s_solid = RenderOptions.Noiseless with { MaxDepth = 20 };
    private readonly UrKinematics _kinematics;
    private readonly Robot _arm, _ghost;
    private readonly SceneBody _goal, _tool;
    private readonly SceneBody[] _dots, _scene, _imagined;
    private readonly PrimitiveRenderer _renderer, _ghostRenderer;
    private readonly Pose[] _poses;
    private readonly CameraModel _camera;
    private readonly Pose _flangeToTcp;
    private readonly byte[] _ghostColor, _depth, _ghostDepth;

    /// <param name="width">Of pictures, pixels: a multiple of 32; three quarters of it high.</param>
    public GhostRenderer(UrKinematics kinematics, Pose flangeToTcp, int width)
    {
        (_kinematics, _flangeToTcp) = (kinematics, flangeToTcp);
        (_arm, _ghost) = (new(kinematics.Model), new(kinematics.Model));
        _goal = new("goal", [new(ShapeKind.Sphere, new(GoalM, 0, 0), Pose.Identity, Green)]);
        _tool = new("tcp", [new(ShapeKind.Sphere, new(DotM, 0, 0), Pose.Identity, Orange)]);
        _dots = [.. Enumerable.Range(0, MostDots).Select(
            i => new SceneBody($"dot_{i}", [new(ShapeKind.Sphere, new(DotM, 0, 0), Pose.Identity, Orange)]))];
        _scene = [.. CellScene.Furniture(), .. _arm.Bodies, _goal, .. _dots];
        _camera = Camera(kinematics.Model).Scaled(width);
        _renderer = new(_scene, _camera, s_solid);
        _imagined = [.. _ghost.Bodies, _tool];
        _ghostRenderer = new(_imagined, _camera, s_solid with { Shadows = false });
        _poses = new Pose[Math.Max(_scene.Length, _imagined.Length)];
        (_ghostColor, _depth, _ghostDepth) = (new byte[_camera.ColorBytes], new byte[_camera.DepthBytes], new byte[_camera.DepthBytes]);
    }

    public int Width => _camera.Width;

    public int Height => _camera.Height;

    /// <param name="q">Where the arm is, rad.</param>
    /// <param name="imagined">Where it is imagined, rad.</param>
    /// <param name="goal">Base frame, m.</param>
    /// <param name="way">Of the TCP, base frame, m; what is beyond <see cref="MostDots"/> is not drawn.</param>
    /// <param name="rgb">Filled: rows from the top, width · height · 3 bytes.</param>
    public void Render(in Vector6 q, in Vector6 imagined, Vec3 goal, ReadOnlySpan<Vec3> way, Span<byte> rgb)
    {
        _arm.Pose(_kinematics, q);
        _ghost.Pose(_kinematics, imagined);
        _goal.PoseInBase = new(goal, Quat.Identity);
        for (int i = 0; i < MostDots; i++) // those that are not needed hide in the goal
            _dots[i].PoseInBase = new(i < way.Length ? way[i] : goal, Quat.Identity);
        _tool.PoseInBase = _kinematics.Flange(imagined) * _flangeToTcp;
        Draw(_renderer, _scene, rgb, _depth);
        Draw(_ghostRenderer, _imagined, _ghostColor, _ghostDepth);
        Blend(rgb);
    }

    private void Draw(PrimitiveRenderer renderer, ReadOnlySpan<SceneBody> bodies, Span<byte> rgb, Span<byte> depth)
    {
        for (int i = 0; i < bodies.Length; i++)
            _poses[i] = bodies[i].PoseInBase;
        renderer.Render(_poses.AsSpan(0, bodies.Length), _camera.Extrinsics, 0, rgb, depth);
    }

    // Seen through everything: it is what somebody thinks, not what is there.
    private void Blend(Span<byte> rgb)
    {
        ReadOnlySpan<ushort> ghost = MemoryMarshal.Cast<byte, ushort>(_ghostDepth), solid = MemoryMarshal.Cast<byte, ushort>(_depth);
        for (int i = 0, at = 0; i < ghost.Length; i++, at += 3)
        {
            if (ghost[i] == 0 || Math.Abs(ghost[i] - solid[i]) <= Apart)
                continue;
            int light = (_ghostColor[at] + 2 * _ghostColor[at + 1] + _ghostColor[at + 2]) / 4;
            rgb[at] = (byte)((rgb[at] + GhostRed * light / 255) / 2);
            rgb[at + 1] = (byte)((rgb[at + 1] + GhostGreen * light / 255) / 2);
            rgb[at + 2] = (byte)((rgb[at + 2] + GhostBlue * light / 255) / 2);
        }
    }

    // Near the scene camera's view, with all of a UR5e in it, from so much further away as another arm is larger.
    private static CameraModel Camera(UrModel model)
    {
        Vec3 eye = new(-1.75, 0.72, 1.02), target = new(-0.30, -0.02, 0.33);
        double size = Math.Max(1, (model.A[1] + model.A[2]) / (UrModel.Ur5e.A[1] + UrModel.Ur5e.A[2]));
        return CameraModel.Scene with { Extrinsics = CameraModel.LookAt(target + (eye - target) * size, target) };
    }

    /// <summary>What is seen of an arm and the tool on it.</summary>
    private sealed class Robot(UrModel model)
    {
        private readonly SceneBody[] _links = RobotBodies.Create(model);
        private readonly SceneBody _gripper = GripperGeometry.CreateBody(), _left = GripperGeometry.CreateFinger("left", 1),
            _right = GripperGeometry.CreateFinger("right", -1);
        private readonly Pose[] _frames = new Pose[6];

        public IEnumerable<SceneBody> Bodies => [.. _links, _gripper, _left, _right];

        public void Pose(UrKinematics kinematics, in Vector6 q)
        {
            const double Opening = 0.04; // m
            kinematics.Frames(q, _frames);
            for (int i = 0; i < 6; i++)
                _links[i + 1].PoseInBase = _frames[i];
            _gripper.PoseInBase = _frames[5];
            _left.PoseInBase = _frames[5] * GripperGeometry.Finger(Opening, 1);
            _right.PoseInBase = _frames[5] * GripperGeometry.Finger(Opening, -1);
        }
    }
}
