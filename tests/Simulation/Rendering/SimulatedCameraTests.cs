using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Simulation.Devices;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Rendering;

public class SimulatedCameraTests
{
    private static readonly CameraModel s_camera =
        new("test", 64, 48, 60, 60, 32, 24, false, new(new(0, 0, 2), Quat.FromAxisAngle(Vec3.UnitX, Math.PI)));

    [Fact]
    public void A_scene_between_two_cycles_is_read_between_them()
    {
        SceneBody body = new("it", []);
        var ring = new SnapshotRing([body]);
        SceneSnapshot read = new(1), scratch = new(1);
        Assert.False(ring.Read(0, read, scratch));
        for (int i = 0; i <= 1000; i++)
        {
            body.PoseInBase = new(new(i, 0, 0), Quat.FromAxisAngle(Vec3.UnitZ, 0.001 * i));
            ring.Write(i * 2_000_000L);
        }
        foreach (double cycle in new[] { 1000.0, 999.5, 990.25, 800.125 })
        {
            Assert.True(ring.Read((long)(cycle * 2_000_000), read, scratch));
            Assert.Equal(cycle, read.Poses[0].Position.X, 1e-9);
            Assert.Equal(0.001 * cycle, read.Poses[0].Rotation.ToRotationVector().Z, 1e-9);
            Assert.Equal((long)(cycle * 2_000_000), read.TimeNs);
        }
        ring.Read(3_000_000_000, read, scratch); // later than all
        Assert.Equal(1000, read.Poses[0].Position.X);
        ring.Read(0, read, scratch); // earlier than what is kept
        Assert.InRange(read.Poses[0].Position.X, 744, 750);
    }

    [Fact]
    public void A_reader_never_sees_half_a_cycle()
    {
        SceneBody[] bodies = [.. Enumerable.Range(0, 30).Select(i => new SceneBody($"{i}", []))];
        var ring = new SnapshotRing(bodies);
        ring.Write(0);
        using var stop = new CancellationTokenSource();
        var writer = new Thread(() =>
        {
            for (long n = 1; !stop.IsCancellationRequested; n++)
            {
                foreach (SceneBody body in bodies)
                    body.PoseInBase = new(new(n, n, n), Quat.Identity);
                ring.Write(n);
            }
        });
        writer.Start();
        try
        {
            SceneSnapshot read = new(bodies.Length), scratch = new(bodies.Length);
            long last = 0;
            for (int k = 0; k < 20_000; k++)
            {
                Assert.True(ring.Read(ring.NewestNs - k % 300, read, scratch));
                foreach (Pose pose in read.Poses)
                    Assert.Equal(read.TimeNs, pose.Position.X);
                last = Math.Max(last, read.TimeNs);
            }
            Assert.True(last > 0);
        }
        finally
        {
            stop.Cancel();
            writer.Join();
        }
    }

    [Fact]
    public void Pictures_come_on_the_cameras_own_grid_and_show_the_scene_of_their_time()
    {
        // A plate that sinks and rises by 1 m/s: its depth is the time.
        SceneBody plate = new("plate", [new(ShapeKind.Box, new(3, 3, 0.01), new(new(0, 0, -0.01), Quat.Identity), 0x808080)]);
        SceneBody[] scene = [plate];
        var ring = new SnapshotRing(scene);
        long start = HostClock.NowNs;
        var clock = new DeviceClock(start, 123_456_789_000, 47);
        var pictures = new ConcurrentQueue<(PictureInfo Info, ushort Depth)>();
        var rig = new CameraRig(s_camera, scene, RenderOptions.Noiseless, 1);
        using var camera = new SimulatedCamera(rig, ring, clock, 30, Stamp, (in PictureInfo info, ReadOnlySpan<byte> pixels) =>
        {
            Assert.Equal(info.Format == PixelFormat.Rgb8 ? s_camera.ColorBytes : s_camera.DepthBytes, pixels.Length);
            Assert.Equal((byte)info.Sequence, pixels[0]);
            ushort depth = info.Format == PixelFormat.Depth16 ? MemoryMarshal.Cast<byte, ushort>(pixels)[24 * 64 + 32] : (ushort)0;
            pictures.Enqueue((info, depth));
        });
        using var loop = new DeviceThread("cycle", stopping =>
        {
            var grid = new AbsoluteGrid(500, start);
            for (long cycle = 0; !stopping.IsCancellationRequested; cycle++)
            {
                AbsoluteGrid.SleepUntil(grid.TimeOf(cycle) + (cycle % 150 == 149 ? 100_000_000 : 0)); // now and then it is held up
                plate.PoseInBase = new(new(0, 0, 2 - DepthAt(grid.TimeOf(cycle))), Quat.Identity);
                ring.Write(grid.TimeOf(cycle)); // every cycle, also late ones
            }
        });
        camera.Start();
        loop.Start();
        Eventually.True(() => camera.Pictures >= 25, "25 pictures");
        camera.Dispose();

        var color = pictures.Where(p => p.Info.Format == PixelFormat.Rgb8).ToArray();
        var depth = pictures.Where(p => p.Info.Format == PixelFormat.Depth16).ToArray();
        Assert.Equal(color.Length, depth.Length);
        Assert.True(depth.Length >= 25);
        for (int i = 0; i < depth.Length; i++)
        {
            PictureInfo info = depth[i].Info;
            Assert.Equal(info with { Format = PixelFormat.Rgb8 }, color[i].Info);
            Assert.Equal(i, info.Sequence);
            Assert.InRange(clock.ToDevice(info.TrueNs) - info.DeviceNs, -1, 1);
            if (i > 0)
            {
                double slots = (info.DeviceNs - depth[i - 1].Info.DeviceNs) * 30e-9;
                Assert.Equal(Math.Round(slots), slots, 1e-6);
                Assert.True(slots > 0.5);
            }
            Assert.InRange(1000 * DepthAt(info.TrueNs) - depth[i].Depth, -1.6, 1.6);
        }
        Assert.Equal(0, camera.Skipped - (Slot(depth[^1].Info) - Slot(depth[0].Info) + 1 - depth.Length));

        // Metres, for a host time.
        double DepthAt(long timeNs)
        {
            double phase = (timeNs - start) * 1e-9 % 2;
            return 1 + Math.Min(phase, 2 - phase);
        }

        long Slot(PictureInfo info) => (long)Math.Round((info.DeviceNs - depth[0].Info.DeviceNs) * 30e-9);
    }

    [Fact]
    public void A_camera_that_was_held_up_takes_the_pictures_it_missed_of_their_own_times()
    {
        SceneBody[] scene = [new("none", [])];
        var ring = new SnapshotRing(scene);
        var clock = new DeviceClock(HostClock.NowNs, 0, 0);
        var infos = new ConcurrentQueue<PictureInfo>();
        using var gate = new ManualResetEventSlim();
        var rig = new CameraRig(s_camera, scene, RenderOptions.Noiseless, 1);
        using var camera = new SimulatedCamera(rig, ring, clock, 100, Stamp, (in PictureInfo info, ReadOnlySpan<byte> _) =>
        {
            if (info is { Sequence: 1, Format: PixelFormat.Rgb8 })
                gate.Wait();
            infos.Enqueue(info);
        });
        using var loop = new DeviceThread("cycle", stopping =>
        {
            var grid = new AbsoluteGrid(500, HostClock.NowNs);
            while (!stopping.IsCancellationRequested)
                ring.Write(grid.TimeOf(grid.WaitNext()));
        });
        loop.Start();
        camera.Start();
        Eventually.True(() => infos.Count >= 2, "the first picture");
        long held = HostClock.NowNs;
        Eventually.True(() => HostClock.NowNs - held > 700_000_000, "70 slots of holding it up");
        gate.Set();
        Eventually.True(() => camera.Pictures > 10, "pictures after that");
        camera.Dispose();
        PictureInfo[] color = [.. infos.Where(i => i.Format == PixelFormat.Rgb8)];
        Assert.Equal(Enumerable.Range(0, color.Length).Select(i => (long)i), color.Select(i => i.Sequence));
        Assert.True(camera.Skipped >= 60, $"{camera.Skipped} slots were given up");
        Assert.Equal(camera.Skipped, (long)Math.Round((color[^1].TrueNs - color[0].TrueNs) / 1e7) - (color.Length - 1));
    }

    [Fact]
    public void A_camera_before_the_first_cycle_waits_and_ends_when_asked()
    {
        SceneBody[] scene = [new("none", [])];
        var rig = new CameraRig(s_camera, scene, RenderOptions.Noiseless, 1);
        var camera = new SimulatedCamera(rig, new SnapshotRing(scene), new DeviceClock(HostClock.NowNs, 0, 0), 30, Stamp,
            (in PictureInfo _, ReadOnlySpan<byte> _) => Assert.Fail("there is nothing to see yet"));
        camera.Start();
        camera.Dispose();
        Assert.Equal(0, camera.Pictures);
    }

    private static void Stamp(in PictureInfo info, Span<byte> pixels) => pixels[0] = (byte)info.Sequence;
}
