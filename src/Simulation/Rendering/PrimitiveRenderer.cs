using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;
using F = System.Runtime.Intrinsics.Vector256<float>;
using I = System.Runtime.Intrinsics.Vector256<int>;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>What the light and the sensor are like.</summary>
public sealed record RenderOptions
{
    /// <summary>Towards the light, base frame.</summary>
    public Vec3 Light { get; init; } = new Vec3(-0.42, 0.38, 0.92).Normalized;

    public bool Shadows { get; init; } = true;

    /// <summary>Texels along an edge of the shadow map; a multiple of 8.</summary>
    public int ShadowSize { get; init; } = 768;

    /// <summary>Standard deviation of a colour channel at mid grey, of 255.</summary>
    public double ColorNoise { get; init; } = 2;

    /// <summary>k of the depth's standard deviation k · z², 1/m.</summary>
    public double DepthNoise { get; init; } = 0.0012;

    /// <summary>Depth outside these is 0, m.</summary>
    public double MinDepth { get; init; } = 0.15;

    public double MaxDepth { get; init; } = 3;

    public static RenderOptions Noiseless { get; } = new() { ColorNoise = 0, DepthNoise = 0 };
}

/// <summary>
/// Draws boxes, cylinders, spheres and planes from their equations: eight pixels at a time against each primitive whose bounding box
/// covers them, the nearest kept, then each pixel lit once. The same input gives the same bytes on every processor. Single-threaded; no
/// allocation a frame.
/// </summary>
public sealed class PrimitiveRenderer
{
    // Rows worked on at a time: depth and identities of so many stay in the processor's nearest caches.
    private const int BandRows = 16;
    private const float Far = 1e9f, Near = 0.02f;

    private readonly CameraModel _camera;
    private readonly Primitive[] _primitives;
    private readonly int _bodies;
    private readonly ShadowMap? _shadows;
    private readonly Shader _shader;
    private readonly SensorNoise _noise;
    private readonly Vec3 _light;
    private readonly float[] _z;
    private readonly int[] _id;
    private readonly int[] _color;

    /// <exception cref="ArgumentException">More than 255 shapes, or a width that is no multiple of 8.</exception>
    public PrimitiveRenderer(IReadOnlyList<SceneBody> bodies, CameraModel camera, RenderOptions options)
    {
        if (camera.Width % 8 != 0)
            throw new ArgumentException(
                $"camera '{camera.Name}' is {camera.Width} pixels wide; a multiple of 8 is needed", nameof(camera));
        var primitives = new List<Primitive>();
        for (int body = 0; body < bodies.Count; body++)
            foreach (Shape shape in bodies[body].Shapes)
                primitives.Add(Primitive.Create(shape, body));
        if (primitives.Count > byte.MaxValue)
            throw new ArgumentException($"the scene has {primitives.Count} shapes; the renderer takes 255", nameof(bodies));
        _camera = camera;
        _bodies = bodies.Count;
        _light = options.Light.Normalized;
        _primitives = [.. primitives];
        _shadows = options.Shadows ? new ShadowMap(options.ShadowSize, _light) : null;
        _shader = new Shader(camera);
        _noise = new SensorNoise(camera, options);
        _z = new float[BandRows * camera.Width];
        _id = new int[BandRows * camera.Width];
        _color = new int[camera.Height * camera.Width];
    }

    /// <param name="bodyPoses">Base frame, in the order of the bodies given at construction.</param>
    /// <param name="cameraInBase">The optical frame.</param>
    /// <param name="seed">Of the noise; the same seed gives the same noise.</param>
    /// <param name="rgb">Width · height · 3 bytes.</param>
    /// <param name="depth">Width · height · 2 bytes: little-endian millimetres along the optical axis, 0 for none.</param>
    /// <exception cref="ArgumentException">A span of another size.</exception>
    public void Render(ReadOnlySpan<Pose> bodyPoses, in Pose cameraInBase, ulong seed, Span<byte> rgb, Span<byte> depth)
    {
        if (bodyPoses.Length != _bodies || rgb.Length != _camera.ColorBytes || depth.Length != _camera.DepthBytes)
        {
            throw new ArgumentException($"{_bodies} poses, {_camera.ColorBytes} and {_camera.DepthBytes} bytes are needed; "
                + $"{bodyPoses.Length}, {rgb.Length} and {depth.Length} were given");
        }
        foreach (ref Primitive p in _primitives.AsSpan())
        {
            p.Prepare(bodyPoses[p.Body], cameraInBase, _light);
            p.Project(cameraInBase, _camera);
        }
        _shadows?.Render(_primitives, cameraInBase);
        _shader.Prepare(cameraInBase);
        int width = _camera.Width;
        for (int y0 = 0; y0 < _camera.Height; y0 += BandRows)
        {
            int rows = Math.Min(BandRows, _camera.Height - y0);
            DrawBand(y0, rows);
            for (int row = 0; row < rows; row++)
            {
                Span<float> z = _z.AsSpan(row * width, width);
                Span<int> id = _id.AsSpan(row * width, width);
                _shader.ShadeRow(y0 + row, _primitives, _shadows, z, id, _color.AsSpan((y0 + row) * width, width));
                _noise.WriteDepthRow(y0 + row, seed, z, depth);
            }
        }
        for (int y = 0; y < _camera.Height; y++)
            _noise.WriteColorRow(y, seed, _color, rgb);
    }

    private void DrawBand(int y0, int rows)
    {
        Array.Fill(_z, Far);
        Array.Fill(_id, Shader.Nothing);
        for (int i = 0; i < _primitives.Length; i++)
        {
            ref readonly Primitive p = ref _primitives[i];
            int from = Math.Max(p.Y0, y0), to = Math.Min(p.Y1, y0 + rows);
            if (from >= to || p.X0 >= p.X1)
                continue;
            if (p.Kind == ShapeKind.Box)
                Draw<BoxTest>(p, i, from, to, y0);
            else if (p.Kind == ShapeKind.Cylinder)
                Draw<CylinderTest>(p, i, from, to, y0);
            else if (p.Kind == ShapeKind.Sphere)
                Draw<SphereTest>(p, i, from, to, y0);
            else
                Draw<PlaneTest>(p, i, from, to, y0);
        }
    }

    private void Draw<TTest>(in Primitive p, int id, int from, int to, int bandY)
        where TTest : struct, IRayTest
    {
        F ox = Lanes.All(p.Origin.X), oy = Lanes.All(p.Origin.Y), oz = Lanes.All(p.Origin.Z);
        F stepX = Lanes.All(p.X.X), stepY = Lanes.All(p.X.Y), stepZ = Lanes.All(p.X.Z), near = Lanes.All(Near);
        float ifx = (float)(1 / _camera.Fx), ify = (float)(1 / _camera.Fy), cx = (float)(0.5 - _camera.Cx), cy = (float)(0.5 - _camera.Cy);
        I self = Vector256.Create(id);
        for (int y = from; y < to; y++)
        {
            float v = (y + cy) * ify;
            F rowX = Lanes.All(p.Z.X + v * p.Y.X), rowY = Lanes.All(p.Z.Y + v * p.Y.Y), rowZ = Lanes.All(p.Z.Z + v * p.Y.Z);
            int row = (y - bandY) * _camera.Width;
            for (int x = p.X0; x < p.X1; x += 8)
            {
                F u = (Lanes.All(x + cx) + Lanes.Index) * Lanes.All(ifx);
                F dx = Lanes.MulAdd(u, stepX, rowX), dy = Lanes.MulAdd(u, stepY, rowY), dz = Lanes.MulAdd(u, stepZ, rowZ);
                F hit = TTest.Hit(p, ox, oy, oz, dx, dy, dz, out F enter, out _);
                ref float z = ref _z[row + x];
                F old = Vector256.LoadUnsafe(ref z);
                hit &= Vector256.LessThan(enter, old) & Vector256.GreaterThan(enter, near);
                if (Vector256.ExtractMostSignificantBits(hit) == 0)
                    continue;
                Vector256.ConditionalSelect(hit, enter, old).StoreUnsafe(ref z);
                ref int who = ref _id[row + x];
                Vector256.ConditionalSelect(hit.AsInt32(), self, Vector256.LoadUnsafe(ref who)).StoreUnsafe(ref who);
            }
        }
    }
}
