using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;
using F = System.Runtime.Intrinsics.Vector256<float>;
using I = System.Runtime.Intrinsics.Vector256<int>;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// Lights each pixel once: Lambert's law for a warm far light, a sky above and a reflecting floor below, squares on what has them. Light
/// adds up linearly and is written as its square root, close to sRGB. A pixel is red | green · 2^8 | blue · 2^16 | identity · 2^24.
/// </summary>
internal sealed class Shader(CameraModel camera)
{
    /// <summary>The identity of pixels that show the background.</summary>
    public const int Nothing = 255;

    // Linear light by channel.
    private const float SunRed = 0.80f, SunGreen = 0.76f, SunBlue = 0.68f;
    private const float SkyRed = 0.38f, SkyGreen = 0.42f, SkyBlue = 0.48f;
    private const float FloorRed = 0.20f, FloorGreen = 0.17f, FloorBlue = 0.14f;
    private const float HorizonRed = 0.66f, HorizonGreen = 0.72f, HorizonBlue = 0.79f;
    private const float DarkSquare = 0.80f, PrintedBlack = 0.05f;

    /// <summary>Rays a pixel and direction at what is printed: a pixel on an edge is as dark as its part in the black.</summary>
    private const int PrintRays = 4;

    // Planes fade into the horizon between these distances, m.
    private const float FadeFrom = 2.5f, FadeTo = 9f;

    private Float3 _upInCamera;

    private ref struct Light
    {
        public F Red, Green, Blue;
    }

    public void Prepare(in Pose cameraInBase) => _upInCamera = new(cameraInBase.Rotation.Inverse.Rotate(Vec3.UnitZ));

    public void ShadeRow(
        int y, ReadOnlySpan<Primitive> primitives, ShadowMap? shadows, Span<float> depth, Span<int> identity, Span<int> color)
    {
        float ifx = (float)(1 / camera.Fx), v = (float)((y + 0.5 - camera.Cy) / camera.Fy), cx = (float)(0.5 - camera.Cx);
        ref float z = ref MemoryMarshal.GetReference(depth);
        ref int id = ref MemoryMarshal.GetReference(identity);
        ref int output = ref MemoryMarshal.GetReference(color);
        for (int x = 0; x < depth.Length; x += 8)
        {
            F u = (Lanes.All(x + cx) + Lanes.Index) * Lanes.All(ifx);
            F t = Vector256.LoadUnsafe(ref z, (nuint)x);
            I who = Vector256.LoadUnsafe(ref id, (nuint)x);
            Light light = Background(u, v);
            I nothing = Vector256.Create(Nothing);
            if (!Vector256.EqualsAll(who, nothing))
            {
                F sun = shadows is null ? F.One : shadows.Visible(u, v, t);
                I done = Vector256.Equals(who, nothing);
                do // mostly once: eight neighbours seldom show more than one primitive
                {
                    int next = who.GetElement(LowestOff(done));
                    I mine = Vector256.Equals(who, Vector256.Create(next));
                    ref readonly Primitive p = ref primitives[next];
                    Shade(p, u, v, t, sun, p.Print is null ? F.One : Printed(p, u, v, t, mine), mine.AsSingle(), ref light);
                    done |= mine;
                }
                while (Vector256.ExtractMostSignificantBits(done) != 0xFF);
            }
            I pixel = Channel(light.Red) | (Channel(light.Green) << 8) | (Channel(light.Blue) << 16) | (who << 24);
            pixel.StoreUnsafe(ref output, (nuint)x);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int LowestOff(I mask) => int.TrailingZeroCount(~(int)Vector256.ExtractMostSignificantBits(mask));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static I Channel(F linear) => Vector256.ConvertToInt32Native(
        Lanes.MulAdd(Vector256.Sqrt(Vector256.MinNative(linear, F.One)), Lanes.All(255), Lanes.All(0.5f)));

    // A bright horizon and a calmer sky and ground.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private Light Background(F u, float v)
    {
        F up = Vector256.Abs(Lanes.MulAdd(u, Lanes.All(_upInCamera.X), Lanes.All(v * _upInCamera.Y + _upInCamera.Z)));
        F dim = F.One - Vector256.MinNative(up, F.One) * Lanes.All(0.45f);
        return new() { Red = dim * Lanes.All(HorizonRed), Green = dim * Lanes.All(HorizonGreen), Blue = dim * Lanes.All(HorizonBlue) };
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Shade(in Primitive p, F u, float v, F t, F sun, F share, F mine, ref Light light)
    {
        F hx = Local(p.Origin.X, p.X.X, p.Y.X, p.Z.X, u, v, t);
        F hy = Local(p.Origin.Y, p.X.Y, p.Y.Y, p.Z.Y, u, v, t);
        F hz = Local(p.Origin.Z, p.X.Z, p.Y.Z, p.Z.Z, u, v, t);
        Normal(p, hx, hy, hz, out F nx, out F ny, out F nz);
        F toSun = Vector256.MaxNative(Dot(nx, ny, nz, p.Light), F.Zero) * sun;
        F sky = Lanes.MulAdd(Dot(nx, ny, nz, p.Up), Lanes.All(0.5f), Lanes.All(0.5f));
        if (p.Checker > 0)
        {
            F scale = Lanes.All(p.Checker);
            I square = Vector256.ConvertToInt32Native(Vector256.Floor(hx * scale) + Vector256.Floor(hy * scale));
            I odd = Vector256.Equals(square & Vector256<int>.One, Vector256<int>.One);
            share *= Vector256.ConditionalSelect(odd.AsSingle(), Lanes.All(DarkSquare), F.One);
        }
        F red = Lit(toSun, sky, SunRed, SkyRed, FloorRed) * share * Lanes.All(p.Red);
        F green = Lit(toSun, sky, SunGreen, SkyGreen, FloorGreen) * share * Lanes.All(p.Green);
        F blue = Lit(toSun, sky, SunBlue, SkyBlue, FloorBlue) * share * Lanes.All(p.Blue);
        if (p.Kind == ShapeKind.Plane)
        {
            F fade = (t - Lanes.All(FadeFrom)) * Lanes.All(1 / (FadeTo - FadeFrom));
            fade = Vector256.MinNative(Vector256.MaxNative(fade, F.Zero), F.One);
            red = Lanes.MulAdd(light.Red - red, fade, red);
            green = Lanes.MulAdd(light.Green - green, fade, green);
            blue = Lanes.MulAdd(light.Blue - blue, fade, blue);
        }
        light.Red = Vector256.ConditionalSelect(mine, red, light.Red);
        light.Green = Vector256.ConditionalSelect(mine, green, light.Green);
        light.Blue = Vector256.ConditionalSelect(mine, blue, light.Blue);
    }

    /// <summary>How much light the print leaves, pixel by pixel: only boards have one, and their edges are what is looked for.</summary>
    private F Printed(in Primitive p, F u, float v, F t, I mine)
    {
        Span<float> us = stackalloc float[8], ts = stackalloc float[8], share = stackalloc float[8];
        Span<int> own = stackalloc int[8];
        u.CopyTo(us);
        t.CopyTo(ts);
        mine.CopyTo(own);
        for (int lane = 0; lane < 8; lane++)
        {
            double z = p.Origin.Z + ts[lane] * (us[lane] * p.X.Z + v * p.Y.Z + p.Z.Z);
            bool onPrint = own[lane] != 0 && Math.Abs(z - p.C) < 1e-4; // its sides and its back are blank
            share[lane] = onPrint ? (float)(1 - (1 - PrintedBlack) * BlackShare(p, us[lane], v)) : 1;
        }
        return Vector256.Create<float>(share);
    }

    /// <summary>How much of a pixel lies in the black, 0..1; within a pixel the surface counts as seen straight on.</summary>
    private double BlackShare(in Primitive p, double u, double v)
    {
        double half = 0.5 - 0.5 / PrintRays;
        var (x, y) = OnPrint(p, u, v);
        var (xu, yu) = OnPrint(p, u + half / camera.Fx, v);
        var (xv, yv) = OnPrint(p, u, v + half / camera.Fy);
        (xu, yu, xv, yv) = (xu - x, yu - y, xv - x, yv - y);
        bool first = p.Print!.IsBlack(x - xu - xv, y - yu - yv);
        if (p.Print.IsBlack(x + xu - xv, y + yu - yv) == first && p.Print.IsBlack(x - xu + xv, y - yu + yv) == first
            && p.Print.IsBlack(x + xu + xv, y + yu + yv) == first)
            return first ? 1 : 0; // no cell is as small as a pixel where a board can be read
        int black = 0;
        for (int ray = 0; ray < PrintRays * PrintRays; ray++)
        {
            double a = ray % PrintRays * 2.0 / (PrintRays - 1) - 1, b = ray / PrintRays * 2.0 / (PrintRays - 1) - 1;
            if (p.Print.IsBlack(x + a * xu + b * xv, y + a * yu + b * yv))
                black++;
        }
        return (double)black / (PrintRays * PrintRays);
    }

    private static (double X, double Y) OnPrint(in Primitive p, double u, double v)
    {
        double far = (p.C - p.Origin.Z) / (u * p.X.Z + v * p.Y.Z + p.Z.Z);
        return (p.Origin.X + far * (u * p.X.X + v * p.Y.X + p.Z.X), p.Origin.Y + far * (u * p.X.Y + v * p.Y.Y + p.Z.Y));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Local(float origin, float x, float y, float z, F u, float v, F t) =>
        Lanes.MulAdd(t, Lanes.MulAdd(u, Lanes.All(x), Lanes.All(v * y + z)), Lanes.All(origin));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Lit(F sun, F sky, float sunLight, float skyLight, float floorLight) =>
        Lanes.MulAdd(sun, Lanes.All(sunLight), Lanes.MulAdd(sky, Lanes.All(skyLight - floorLight), Lanes.All(floorLight)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Dot(F x, F y, F z, in Float3 d) =>
        Lanes.MulAdd(x, Lanes.All(d.X), Lanes.MulAdd(y, Lanes.All(d.Y), z * Lanes.All(d.Z)));

    // The outward normal at a point of the surface, local frame.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Normal(in Primitive p, F x, F y, F z, out F nx, out F ny, out F nz)
    {
        switch (p.Kind)
        {
            case ShapeKind.Box:
                F fx = Vector256.Abs(x) * Lanes.All(1 / p.A), fy = Vector256.Abs(y) * Lanes.All(1 / p.B);
                F fz = Vector256.Abs(z) * Lanes.All(1 / p.C);
                F isX = Vector256.GreaterThanOrEqual(fx, Vector256.MaxNative(fy, fz));
                F isY = Vector256.AndNot(Vector256.GreaterThanOrEqual(fy, fz), isX);
                nx = Sign(x) & isX;
                ny = Sign(y) & isY;
                nz = Vector256.AndNot(Sign(z), isX | isY);
                break;
            case ShapeKind.Cylinder:
                F inverse = Lanes.All(1 / p.A);
                F sx = x * inverse, sy = y * inverse;
                F radial = Lanes.MulAdd(sx, sx, sy * sy), along = z * Lanes.All(1 / p.B);
                F isCap = Vector256.GreaterThan(along * along, radial);
                nx = Vector256.AndNot(sx, isCap);
                ny = Vector256.AndNot(sy, isCap);
                nz = Sign(z) & isCap;
                break;
            case ShapeKind.Sphere:
                F scale = Lanes.All(1 / p.A);
                (nx, ny, nz) = (x * scale, y * scale, z * scale);
                break;
            default:
                (nx, ny, nz) = (F.Zero, F.Zero, F.One);
                break;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Sign(F value) => (value & Lanes.All(-0f)) | F.One;
}
