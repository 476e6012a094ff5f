using System.Runtime.InteropServices;
using System.Text.Json;
using RobotWorldModel.Collector.Alignment;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Alignment;

public sealed class DepthAlignmentTests : IDisposable
{
    private const double Scale = 0.001;
    private static readonly CameraIntrinsics s_depth = new(96, 72, 80, 80, 47.5, 35.5, []);
    private static readonly CameraIntrinsics s_color = new(128, 96, 110, 111, 63, 48, [0.1, -0.2, 0.001, -0.002, 0.05]);
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_plane_stays_a_plane_and_its_shift_is_the_baselines()
    {
        var color = s_depth with { Distortion = [] };
        var alignment = new DepthAlignment(s_depth, color, new(new(0.02, 0, 0), Quat.Identity), Scale);
        ushort[] depth = new ushort[96 * 72], aligned = new ushort[96 * 72];
        Array.Fill<ushort>(depth, 1600);
        alignment.Align(depth, aligned);
        const int Shift = 1; // 80 pixels * 0.02 m / 1.6 m
        for (int y = 0; y < 72; y++)
            for (int x = 0; x < 96; x++)
                Assert.Equal(x < Shift ? 0 : 1600, aligned[y * 96 + x]);
    }

    [Fact]
    public void Of_two_things_in_one_line_the_nearer_is_seen_and_behind_the_lens_is_nothing()
    {
        var one = new CameraIntrinsics(3, 1, 10, 10, 1, 0, []);
        var alignment = new DepthAlignment(one, one, new(new(0.1, 0, -0.3), Quat.Identity), Scale);
        ushort[] aligned = new ushort[3];
        alignment.Align([700, 1301, 299], aligned); // all 300 mm nearer to colour: the last is behind it, the first hides the second
        Assert.Equal([0, 400, 400], aligned);
        alignment.Align([1300, 1301, 299], aligned);
        Assert.Equal([0, 1000, 1001], aligned);
        alignment.Align([0, 0, 0], aligned);
        Assert.Equal([0, 0, 0], aligned);
    }

    [SkippableFact]
    public void A_whole_picture_is_what_another_program_makes_of_it()
    {
        var turn = Quat.FromRotationVector(new(0.02, -0.03, 0.01));
        Pose pose = new(new(0.015, -0.002, 0.004), turn);
        var random = new Random(5);
        ushort[] depth = new ushort[96 * 72];
        for (int i = 0; i < depth.Length; i++)
            depth[i] = (ushort)(random.Next(10) == 0 ? 0 : 600 + 300 * Math.Sin(i % 96 / 9.0) + random.Next(5));
        ushort[] ours = new ushort[128 * 96];
        new DepthAlignment(s_depth, s_color, pose, Scale).Align(depth, ours);

        File.WriteAllBytes(_folder["depth"], MemoryMarshal.AsBytes<ushort>(depth).ToArray());
        Vec3 x = turn.Rotate(new(1, 0, 0)), y = turn.Rotate(new(0, 1, 0)), z = turn.Rotate(new(0, 0, 1));
        string parameters = JsonSerializer.Serialize(new
        {
            depth = (double[])[96, 72, 80, 80, 47.5, 35.5],
            color = (double[])[128, 96, 110, 111, 63, 48, .. s_color.Distortion],
            rotation = (double[])[x.X, y.X, z.X, x.Y, y.Y, z.Y, x.Z, y.Z, z.Z],
            origin = (double[])[0.015, -0.002, 0.004],
            scale = Scale,
        });
        Peer.RunPython("align.py", _folder["depth"], _folder["aligned"], parameters);
        var theirs = MemoryMarshal.Cast<byte, ushort>(File.ReadAllBytes(_folder["aligned"])).ToArray();
        Assert.True(ours.Count(v => v != 0) > 6000);
        Assert.Equal(theirs, ours);
    }

    [Fact]
    public void A_lens_is_straightened_as_it_is_bent()
    {
        var lens = new Lens(s_color);
        foreach (var (px, py) in ((double, double)[])[(0, 0), (5.5, 90), (127, 3), (64, 48)])
        {
            var (x, y) = lens.Ray(px, py);
            var (u, v) = lens.Project(new(2 * x, 2 * y, 2));
            Assert.Equal(px, u, 1e-6);
            Assert.Equal(py, v, 1e-6);
        }
    }

    [Fact]
    public void Lenses_that_nobody_has_measured_align_nothing() =>
        Assert.Contains("its intrinsics are not known", Assert.Throws<ArgumentException>(
            () => new DepthAlignment(CameraIntrinsics.Unknown(96, 72), s_color, Pose.Identity, Scale)).Message, StringComparison.Ordinal);
}
