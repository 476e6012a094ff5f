using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;
using F = System.Runtime.Intrinsics.Vector256<float>;
using I = System.Runtime.Intrinsics.Vector256<int>;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// What a far light sees, as distance along its rays. It holds the middle of each primitive on a ray, not its front: lit surfaces lie half
/// a primitive in front of it, so they do not shade themselves and no large bias is needed.
/// </summary>
internal sealed class ShadowMap
{
    private const float Clear = 1e9f, Bias = 0.001f;
    private readonly int _size;
    private readonly float[] _depth;
    private readonly Vec3 _light, _x, _y;
    private Vec3 _corner; // where the ray of the texel corner (0, 0) starts, base frame
    private double _texel;

    // A point's texel and distance are affine in its camera coordinates; rows of that map.
    private Float3 _mapX, _mapY, _mapDepth;
    private float _offsetX, _offsetY, _offsetDepth;

    public ShadowMap(int size, Vec3 light)
    {
        _size = size;
        _depth = GC.AllocateArray<float>(size * size, pinned: true);
        _light = light;
        _x = Vec3.UnitY.Cross(light).Normalized;
        _y = light.Cross(_x);
    }

    public void Render(ReadOnlySpan<Primitive> primitives, in Pose camera)
    {
        Array.Fill(_depth, Clear);
        Fit(primitives);
        foreach (ref readonly Primitive p in primitives)
        {
            if (!p.CastsShadow)
                continue;
            if (p.Kind == ShapeKind.Box)
                Draw<BoxTest>(p);
            else if (p.Kind == ShapeKind.Cylinder)
                Draw<CylinderTest>(p);
            else
                Draw<SphereTest>(p);
        }
        Vec3 offset = camera.Position - _corner;
        (_offsetX, _offsetY) = ((float)(offset.Dot(_x) / _texel), (float)(offset.Dot(_y) / _texel));
        _offsetDepth = (float)-offset.Dot(_light);
        Quat toCamera = camera.Rotation.Inverse;
        _mapX = new(toCamera.Rotate(_x * (1 / _texel)));
        _mapY = new(toCamera.Rotate(_y * (1 / _texel)));
        _mapDepth = new(toCamera.Rotate(-_light));
    }

    /// <summary>The light's share, 0..1, that reaches the points t · (u, v, 1) in front of the camera: four texels, blended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public F Visible(F u, float v, F t)
    {
        F x = Affine(u, v, t, _mapX, _offsetX - 0.5f), y = Affine(u, v, t, _mapY, _offsetY - 0.5f);
        F depth = Affine(u, v, t, _mapDepth, _offsetDepth - Bias);
        // Beyond the map's border, which nothing covers, all is lit.
        F last = Lanes.All(_size - 2);
        x = Vector256.MinNative(Vector256.MaxNative(x, F.Zero), last);
        y = Vector256.MinNative(Vector256.MaxNative(y, F.Zero), last);
        F floorX = Vector256.Floor(x), floorY = Vector256.Floor(y);
        I at = Vector256.ConvertToInt32Native(Lanes.MulAdd(floorY, Lanes.All(_size), floorX));
        F a = Lit(at, depth), b = Lit(at + Vector256.Create(1), depth);
        F c = Lit(at + Vector256.Create(_size), depth), d = Lit(at + Vector256.Create(_size + 1), depth);
        F fx = x - floorX, fy = y - floorY;
        F top = Lanes.MulAdd(b - a, fx, a), bottom = Lanes.MulAdd(d - c, fx, c);
        return Lanes.MulAdd(bottom - top, fy, top);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Affine(F u, float v, F t, in Float3 row, float offset) =>
        Lanes.MulAdd(t, Lanes.MulAdd(u, Lanes.All(row.X), Lanes.All(v * row.Y + row.Z)), Lanes.All(offset));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private F Lit(I at, F depth) => Vector256.LessThan(depth, Gather(at)) & F.One;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private unsafe F Gather(I at)
    {
        if (Avx2.IsSupported)
            return Avx2.GatherVector256((float*)Unsafe.AsPointer(ref _depth[0]), at, 4); // the array is pinned
        F values = default;
        for (int i = 0; i < 8; i++)
            values = values.WithElement(i, _depth[at.GetElement(i)]);
        return values;
    }

    // The square over all that throws shadows, in steps of a quarter metre and of whole texels so that shadows do not swim as the arm
    // moves.
    private void Fit(ReadOnlySpan<Primitive> primitives)
    {
        double left = double.MaxValue, right = double.MinValue, top = double.MaxValue, bottom = double.MinValue, near = double.MinValue;
        foreach (ref readonly Primitive p in primitives)
        {
            if (!p.CastsShadow)
                continue;
            (double x, double y, double l) = (p.Pose.Position.Dot(_x), p.Pose.Position.Dot(_y), p.Pose.Position.Dot(_light));
            (double rx, double ry, double rl) = (Reach(p, _x), Reach(p, _y), Reach(p, _light));
            (left, right) = (Math.Min(left, x - rx), Math.Max(right, x + rx));
            (top, bottom) = (Math.Min(top, y - ry), Math.Max(bottom, y + ry));
            near = Math.Max(near, l + rl);
        }
        double side = Math.Ceiling(Math.Max(right - left, bottom - top) * 4 + 0.1) / 4;
        _texel = side / (_size - 8);
        double x0 = Math.Floor(((left + right) / 2 - side / 2) / _texel - 4) * _texel;
        double y0 = Math.Floor(((top + bottom) / 2 - side / 2) / _texel - 4) * _texel;
        _corner = x0 * _x + y0 * _y + (near + 0.1) * _light;
    }

    private static double Reach(in Primitive p, Vec3 direction)
    {
        Vec3 d = p.Pose.Rotation.Inverse.Rotate(direction), half = p.HalfExtents;
        return half.X * Math.Abs(d.X) + half.Y * Math.Abs(d.Y) + half.Z * Math.Abs(d.Z);
    }

    private void Draw<TTest>(in Primitive p)
        where TTest : struct, IRayTest
    {
        Vec3 centre = p.Pose.Position - _corner;
        double cx = centre.Dot(_x) / _texel, cy = centre.Dot(_y) / _texel, rx = Reach(p, _x) / _texel, ry = Reach(p, _y) / _texel;
        int x0 = Math.Max(0, (int)(cx - rx) - 1) & ~7, x1 = Math.Min(_size, (int)(cx + rx) + 2);
        int y0 = Math.Max(0, (int)(cy - ry) - 1), y1 = Math.Min(_size, (int)(cy + ry) + 2);
        Quat toLocal = p.Pose.Rotation.Inverse;
        Float3 o = new(toLocal.Rotate(-centre)), ex = new(toLocal.Rotate(_x * _texel)), ey = new(toLocal.Rotate(_y * _texel));
        F dx = Lanes.All(-p.Light.X), dy = Lanes.All(-p.Light.Y), dz = Lanes.All(-p.Light.Z);
        for (int y = y0; y < y1; y++)
        {
            float v = y + 0.5f;
            F rowX = Lanes.All(o.X + v * ey.X), rowY = Lanes.All(o.Y + v * ey.Y), rowZ = Lanes.All(o.Z + v * ey.Z);
            for (int x = x0; x < x1; x += 8)
            {
                F u = Lanes.All(x + 0.5f) + Lanes.Index;
                F ox = Lanes.MulAdd(u, Lanes.All(ex.X), rowX), oy = Lanes.MulAdd(u, Lanes.All(ex.Y), rowY);
                F oz = Lanes.MulAdd(u, Lanes.All(ex.Z), rowZ);
                F hit = TTest.Hit(p, ox, oy, oz, dx, dy, dz, out F enter, out F leave);
                ref float texel = ref _depth[y * _size + x];
                F old = Vector256.LoadUnsafe(ref texel);
                F middle = (enter + leave) * Lanes.All(0.5f);
                Vector256.ConditionalSelect(hit & Vector256.LessThan(middle, old), middle, old).StoreUnsafe(ref texel);
            }
        }
    }
}
