using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>One camera in the scene: where it stands at a snapshot, and the picture that it takes then.</summary>
public sealed class CameraRig
{
    private readonly PrimitiveRenderer _renderer;
    private readonly int _flange;
    private readonly ulong _seed;

    /// <param name="scene">The bodies whose snapshots it will be given.</param>
    /// <param name="seed">Of the noise; cameras with the same seed and different names have different noise.</param>
    /// <exception cref="ArgumentException">A camera on the flange of a scene that has no body "wrist_3".</exception>
    public CameraRig(CameraModel camera, IReadOnlyList<SceneBody> scene, RenderOptions options, int seed)
    {
        Camera = camera;
        _renderer = new PrimitiveRenderer(scene, camera, options);
        _flange = -1;
        for (int i = 0; i < scene.Count; i++)
            if (scene[i].Name == "wrist_3")
                _flange = i;
        if (camera.OnFlange && _flange < 0)
            throw new ArgumentException($"camera '{camera.Name}' is on the flange; the scene has no body 'wrist_3'", nameof(camera));
        _seed = (ulong)(uint)seed << 32;
        foreach (char letter in camera.Name)
            _seed = _seed * 31 + letter;
    }

    public CameraModel Camera { get; }

    /// <summary>The optical frame in the base frame.</summary>
    public Pose PoseAt(SceneSnapshot snapshot) => Camera.PoseInBase(Camera.OnFlange ? snapshot.Poses[_flange] : Pose.Identity);

    /// <summary>Draws colour (RGB8) and depth (Z16, mm). The same snapshot and number give the same bytes.</summary>
    public void Render(SceneSnapshot snapshot, long number, Span<byte> rgb, Span<byte> depth) =>
        _renderer.Render(snapshot.Poses, PoseAt(snapshot), _seed + 0x632BE59BD9B4E019 * (ulong)number, rgb, depth);
}
