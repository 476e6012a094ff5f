using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Rendering;

public class PrimitiveRendererTests
{
    private static readonly CameraModel s_camera = new("test", 320, 240, 300, 310, 161.3, 118.7, false, Pose.Identity);

    // Looks straight down from 1 m: the picture's right is the base's x, its bottom the base's -y.
    private static readonly Pose s_fromAbove = new(new(0, 0, 1), Quat.FromAxisAngle(Vec3.UnitX, Math.PI));

    private static readonly RenderOptions s_plain = RenderOptions.Noiseless;

    [Fact]
    public void A_plane_seen_from_above_is_as_far_as_the_camera_is_high()
    {
        Picture picture = Render([Body("floor", Plane(0x808080))], s_fromAbove, s_plain);
        Assert.All(picture.Depth, d => Assert.Equal(1000, d));
    }

    [Fact]
    public void A_tilted_plane_follows_its_equation()
    {
        Pose camera = CameraModel.LookAt(new(0.2, -0.9, 0.7), new(0, 0, 0));
        Picture picture = Render([Body("floor", Plane(0x808080))], camera, s_plain);
        for (int y = 0; y < s_camera.Height; y += 7)
        {
            for (int x = 0; x < s_camera.Width; x += 7)
            {
                Vec3 ray = camera.Rotation.Rotate(new((x + 0.5 - s_camera.Cx) / s_camera.Fx, (y + 0.5 - s_camera.Cy) / s_camera.Fy, 1));
                double z = -camera.Position.Z / ray.Z * 1000;
                Assert.Equal(z is > 0 and <= 3000 ? z : 0, picture.DepthAt(x, y), 0.6);
            }
        }
    }

    [Theory]
    [InlineData(ShapeKind.Box, 0.1, 0.2, 0.05, 950)]
    [InlineData(ShapeKind.Cylinder, 0.1, 0.07, 0, 930)]
    [InlineData(ShapeKind.Sphere, 0.1, 0, 0, 900)]
    public void The_middle_of_a_shape_under_the_camera_is_at_its_top(ShapeKind kind, double a, double b, double c, int millimetres)
    {
        Picture picture = Render([Body("it", new Shape(kind, new(a, b, c), Pose.Identity, 0xFF0000))], s_fromAbove, s_plain);
        Assert.Equal(millimetres, picture.DepthAt(161, 118));
        Assert.Equal(0, picture.DepthAt(2, 2));
    }

    // Shapes of all kinds at random, through and behind each other: nearest surface, silhouettes, occlusion.
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Depth_equals_rays_marched_through_the_same_scene(int seed)
    {
        var random = new Random(seed);
        List<SceneBody> bodies = [Body("floor", Plane(0x808080))];
        for (int i = 0; i < 12; i++)
        {
            Vec3 size = new(0.03 + 0.1 * random.NextDouble(), 0.03 + 0.1 * random.NextDouble(), 0.03 + 0.1 * random.NextDouble());
            Pose at = new(RandomPoint(random, 0.4), Quat.FromRotationVector(RandomPoint(random, 3)));
            Pose local = new(RandomPoint(random, 0.1), Quat.FromRotationVector(RandomPoint(random, 3)));
            SceneBody body = Body($"{i}", new Shape((ShapeKind)(i % 3), size, local, 0x808080));
            body.PoseInBase = at;
            bodies.Add(body);
        }
        Pose camera = CameraModel.LookAt(new(0.9 * Math.Cos(seed), 0.9 * Math.Sin(seed), 0.8), RandomPoint(random, 0.1));
        Picture picture = Render(bodies, camera, s_plain);
        int hits = 0;
        for (int y = 1; y < s_camera.Height; y += 5)
        {
            for (int x = 1; x < s_camera.Width; x += 5)
            {
                int z = picture.DepthAt(x, y);
                Assert.True(RayMarcher.Agrees(bodies, s_camera, camera, x, y, z), $"({x}, {y}) is said to be {z} mm away");
                hits += z > 0 ? 1 : 0;
            }
        }
        Assert.True(hits > 1000, $"only {hits} pixels have depth");
    }

    [Fact]
    public void What_is_nearer_hides_what_is_behind_whatever_their_order()
    {
        Shape red = new(ShapeKind.Sphere, new(0.1, 0, 0), new(new(0, 0, 0.3), Quat.Identity), 0xFF0000);
        Shape green = new(ShapeKind.Box, new(0.3, 0.3, 0.01), Pose.Identity, 0x00FF00);
        foreach (Shape[] order in new[] { new[] { red, green }, [green, red] })
        {
            Picture picture = Render([new SceneBody("both", order)], s_fromAbove, s_plain with { Shadows = false });
            Assert.Equal(600, picture.DepthAt(161, 118));
            (byte r, byte g, _) = picture.ColorAt(161, 118);
            Assert.True(r > 150 && g == 0);
            (r, g, _) = picture.ColorAt(161 + 80, 118);
            Assert.True(r == 0 && g > 150);
        }
    }

    [Fact]
    public void Depth_outside_the_sensor_range_is_none()
    {
        SceneBody plate = Body("plate", new Shape(ShapeKind.Box, new(5, 5, 0.01), Pose.Identity, 0x808080));
        foreach ((double distance, int expected) in new[] { (0.14, 0), (0.16, 160), (2.99, 2990), (3.02, 0) })
        {
            Picture picture = Render([plate], s_fromAbove with { Position = new(0, 0, 0.01 + distance) }, s_plain);
            Assert.Equal(expected, picture.DepthAt(161, 118));
            Assert.NotEqual(0, picture.ColorAt(161, 118).R);
        }
    }

    [Fact]
    public void Nothing_behind_the_camera_is_seen()
    {
        SceneBody ball = Body("ball", new Shape(ShapeKind.Sphere, new(0.1, 0, 0), Pose.Identity, 0xFF0000));
        ball.PoseInBase = new(new(0, 0, 1.5), Quat.Identity);
        Picture with = Render([ball], s_fromAbove, s_plain), without = Render([Body("none")], s_fromAbove, s_plain);
        Assert.Equal(without.Rgb, with.Rgb);
        Assert.All(with.Depth, d => Assert.Equal(0, d));
    }

    [Fact]
    public void A_shadow_falls_where_the_light_is_blocked_and_nowhere_else()
    {
        SceneBody table = Body("table", new Shape(ShapeKind.Box, new(0.5, 0.5, 0.02), new(new(0, 0, -0.02), Quat.Identity), 0xC0C0C0));
        SceneBody cube = Body("cube", new Shape(ShapeKind.Box, new(0.04, 0.04, 0.04), new(new(0, 0, 0.2), Quat.Identity), 0xC0C0C0));
        // 45° along x: the cube 0.2 m above the table throws its shadow 0.2 m beside it, at -x.
        RenderOptions options = s_plain with { Light = new(1, 0, 1) };
        Picture with = Render([table, cube], s_fromAbove, options);
        Picture without = Render([table, cube], s_fromAbove, options with { Shadows = false });
        (int x, int y) = Pixel(s_camera, s_fromAbove, new(-0.2, 0, 0));
        Assert.True(with.ColorAt(x, y).R < 0.8 * without.ColorAt(x, y).R, $"{with.ColorAt(x, y)} against {without.ColorAt(x, y)}");
        foreach (Vec3 lit in new Vec3[] { new(-0.31, 0, 0), new(-0.09, 0, 0), new(-0.2, 0.08, 0), new(0.2, 0, 0), new(0, 0, 0.24) })
        {
            (x, y) = Pixel(s_camera, s_fromAbove, lit);
            Assert.Equal(without.ColorAt(x, y), with.ColorAt(x, y));
        }
    }

    [Theory]
    [InlineData(ShapeKind.Box)]
    [InlineData(ShapeKind.Cylinder)]
    [InlineData(ShapeKind.Sphere)]
    public void A_convex_thing_does_not_shade_itself(ShapeKind kind)
    {
        Pose local = new(new(0.1, 0, 0.2), Quat.FromRotationVector(new(0.5, -0.8, 0.3)));
        SceneBody[] bodies = [Body("it", new Shape(kind, new(0.15, 0.12, 0.1), local, 0xC0C0C0))];
        RenderOptions options = s_plain with { Light = new(-1, 0.6, 1) };
        Picture with = Render(bodies, s_fromAbove, options), without = Render(bodies, s_fromAbove, options with { Shadows = false });
        Assert.True(with.Depth.Count(d => d > 0) > 5000);
        int[] darker = [.. without.Rgb.Zip(with.Rgb, (a, b) => a - b)];
        // Along edges that the light only just reaches, the blend of four texels may take a little.
        Assert.True(darker.Count(d => Math.Abs(d) > 3) < 60, $"{darker.Count(d => Math.Abs(d) > 3)} values differ");
        Assert.InRange(darker.Max(Math.Abs), 0, 20);
    }

    [Fact]
    public void Squares_alternate_at_their_size()
    {
        SceneBody floor = Body("floor", new Shape(ShapeKind.Plane, default, Pose.Identity, 0xC0C0C0, Checker: 10));
        Picture picture = Render([floor], s_fromAbove, s_plain);
        byte light = 0, dark = 255;
        for (int i = -4; i < 4; i++)
        {
            for (int j = -3; j < 3; j++)
            {
                (int x, int y) = Pixel(s_camera, s_fromAbove, new(i * 0.1 + 0.05, j * 0.1 + 0.05, 0));
                byte value = picture.ColorAt(x, y).R;
                if ((i + j) % 2 == 0)
                    light = Math.Max(light, value);
                else
                    dark = Math.Min(dark, value);
                Assert.Equal((i + j) % 2 == 0 ? light : dark, value);
            }
        }
        Assert.True(dark < light - 10);
    }

    [Fact]
    public void The_same_seed_gives_the_same_bytes_and_another_seed_other_noise()
    {
        SceneBody[] bodies = [Body("floor", Plane(0x909090))];
        Picture a = Render(bodies, s_fromAbove, new(), 5), b = Render(bodies, s_fromAbove, new(), 5);
        Picture c = Render(bodies, s_fromAbove, new(), 6);
        Assert.Equal(a.Rgb, b.Rgb);
        Assert.Equal(a.Depth, b.Depth);
        Assert.NotEqual(a.Rgb, c.Rgb);
        Assert.NotEqual(a.Depth, c.Depth);
    }

    [Fact]
    public void Depth_noise_has_the_width_that_was_asked_for_and_no_bias()
    {
        SceneBody[] bodies = [Body("floor", Plane(0x909090))];
        foreach (double distance in new[] { 1.0, 2.0 })
        {
            Picture picture = Render(bodies, s_fromAbove with { Position = new(0, 0, distance) }, new() { DepthNoise = 0.003 });
            double[] error = [.. picture.Depth.Select(d => d - distance * 1000)];
            double sigma = 3 * distance * distance;
            Assert.Equal(0, error.Average(), 0.03 * sigma);
            // Whole millimetres add a twelfth to the variance.
            Assert.Equal(sigma * sigma + 1 / 12.0, error.Average(e => e * e), 0.03 * sigma * sigma);
            Assert.True(error.Max(Math.Abs) < 3.6 * sigma);
            AssertIndependent(error);
        }
    }

    [Fact]
    public void Colour_noise_has_the_width_that_was_asked_for_and_its_channels_and_neighbours_are_independent()
    {
        SceneBody[] bodies = [Body("floor", Plane(0x909090))];
        RenderOptions options = new() { Shadows = false, ColorNoise = 4 };
        Picture clean = Render(bodies, s_fromAbove, s_plain with { Shadows = false }), noisy = Render(bodies, s_fromAbove, options);
        double[][] error = [[], [], []];
        for (int channel = 0; channel < 3; channel++)
        {
            error[channel] = new double[s_camera.Width * s_camera.Height];
            for (int i = 0; i < error[channel].Length; i++)
                error[channel][i] = noisy.Rgb[3 * i + channel] - clean.Rgb[3 * i + channel];
            double sigma = 4 * (0.5 + clean.Rgb[channel] / 255.0);
            Assert.Equal(0, error[channel].Average(), 0.03 * sigma);
            Assert.Equal(sigma * sigma + 1 / 12.0, error[channel].Average(e => e * e), 0.03 * sigma * sigma);
            AssertIndependent(error[channel]);
        }
        double together = error[0].Zip(error[1], (a, b) => a * b).Average();
        Assert.Equal(0, together, 0.02 * error[0].Average(e => e * e));
        Picture next = Render(bodies, s_fromAbove, options, 2);
        double frames = Enumerable.Range(0, error[0].Length).Average(i => error[0][i] * (next.Rgb[3 * i] - clean.Rgb[3 * i]));
        Assert.Equal(0, frames, 0.02 * error[0].Average(e => e * e));
    }

    [Fact]
    public void Edges_between_things_are_softened_and_surfaces_are_not()
    {
        SceneBody plate = Body("plate", new Shape(ShapeKind.Box, new(0.1, 0.1, 0.001), Pose.Identity, 0xFFFFFF));
        Picture picture = Render([plate, Body("floor", Plane(0x000000))], s_fromAbove, s_plain with { Shadows = false });
        (int x, int y) = Pixel(s_camera, s_fromAbove, new(0.1, 0, 0));
        int inside = picture.ColorAt(x - 5, y).R, outside = picture.ColorAt(x + 5, y).R;
        Assert.Equal(0, outside);
        int[] between = [.. Enumerable.Range(x - 3, 7).Select(i => (int)picture.ColorAt(i, y).R).Where(v => v > 0 && v < inside)];
        Assert.Equal(2, between.Length);
        Assert.Equal(inside * 7 / 8, between[0], 1.0);
        Assert.Equal(inside / 8, between[1], 1.0);
    }

    [Fact]
    public void A_frame_allocates_nothing()
    {
        Shape ball = new(ShapeKind.Sphere, new(0.1, 0, 0), Pose.Identity, 0xFF0000);
        SceneBody[] bodies = [Body("floor", Plane(0x909090)), Body("ball", ball)];
        var renderer = new PrimitiveRenderer(bodies, s_camera, new());
        Pose[] poses = [Pose.Identity, Pose.Identity];
        byte[] rgb = new byte[s_camera.ColorBytes], depth = new byte[s_camera.DepthBytes];
        ulong number = 0;
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 20; i++)
                renderer.Render(poses, s_fromAbove, number++, rgb, depth);
        }));
    }

    [Fact]
    public void Buffers_of_another_size_and_odd_widths_are_refused()
    {
        var renderer = new PrimitiveRenderer([Body("none")], s_camera, new());
        byte[] rgb = new byte[s_camera.ColorBytes], depth = new byte[s_camera.DepthBytes];
        Assert.Throws<ArgumentException>(() => renderer.Render([Pose.Identity], s_fromAbove, 1, rgb.AsSpan(1), depth));
        Assert.Throws<ArgumentException>(() => renderer.Render([Pose.Identity], s_fromAbove, 1, rgb, depth.AsSpan(2)));
        Assert.Throws<ArgumentException>(() => renderer.Render([], s_fromAbove, 1, rgb, depth));
        Assert.Throws<ArgumentException>(() => new PrimitiveRenderer([], s_camera with { Width = 636 }, new()));
    }

    // Correlation of neighbours in a row and between rows.
    private static void AssertIndependent(double[] error)
    {
        double variance = error.Average(e => e * e);
        foreach (int lag in new[] { 1, 2, 8, s_camera.Width, 2 * s_camera.Width })
        {
            double sum = 0;
            for (int i = lag; i < error.Length; i++)
                sum += error[i] * error[i - lag];
            Assert.Equal(0, sum / (error.Length - lag) / variance, 0.02);
        }
    }

    private static (int X, int Y) Pixel(CameraModel camera, Pose pose, Vec3 point)
    {
        Vec3 p = pose.Inverse.Transform(point);
        return ((int)Math.Floor(camera.Cx + camera.Fx * p.X / p.Z), (int)Math.Floor(camera.Cy + camera.Fy * p.Y / p.Z));
    }

    private static Vec3 RandomPoint(Random random, double range) =>
        new((2 * random.NextDouble() - 1) * range, (2 * random.NextDouble() - 1) * range, (2 * random.NextDouble() - 1) * range);

    private static Shape Plane(uint color) => new(ShapeKind.Plane, default, Pose.Identity, color);

    private static SceneBody Body(string name, params Shape[] shapes) => new(name, shapes);

    private static Picture Render(IReadOnlyList<SceneBody> bodies, Pose camera, RenderOptions options, ulong seed = 1)
    {
        var picture = new Picture(new byte[s_camera.ColorBytes], new byte[s_camera.DepthBytes]);
        var renderer = new PrimitiveRenderer(bodies, s_camera, options);
        renderer.Render([.. bodies.Select(b => b.PoseInBase)], camera, seed, picture.Rgb, picture.DepthBytes);
        return picture;
    }

    private sealed record Picture(byte[] Rgb, byte[] DepthBytes)
    {
        public ushort[] Depth => MemoryMarshal.Cast<byte, ushort>(DepthBytes).ToArray();

        public ushort DepthAt(int x, int y) => MemoryMarshal.Cast<byte, ushort>(DepthBytes)[y * s_camera.Width + x];

        public (byte R, byte G, byte B) ColorAt(int x, int y)
        {
            int i = 3 * (y * s_camera.Width + x);
            return (Rgb[i], Rgb[i + 1], Rgb[i + 2]);
        }
    }
}
