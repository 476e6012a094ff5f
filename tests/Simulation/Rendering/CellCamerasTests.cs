using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Tests.Rendering;

/// <summary>The cell's own cameras in the cell's own scene: where things are by their numbers is where they are in the pictures.</summary>
public class CellCamerasTests
{
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private readonly CellScene _scene = new(UrModel.Ur5e, 3);
    private readonly KinematicPhysics _physics;
    private readonly SceneSnapshot _snapshot;

    public CellCamerasTests()
    {
        _physics = new KinematicPhysics(_scene, s_home);
        _snapshot = new SceneSnapshot(_scene.Bodies.Count);
    }

    [Fact]
    public void Depth_of_the_whole_cell_equals_marched_rays_in_both_cameras()
    {
        _physics.Step(0.002, new(0.2, -1.5, 1.7, -1.7, -1.5, 0.3), default);
        CameraModel[] cameras =
            [CameraModel.Wrist, CameraModel.Scene, CameraModel.Scene.Scaled(160), CameraModel.Wrist.Scaled(128, 128)];
        foreach (CameraModel camera in cameras)
        {
            (CameraRig rig, _, byte[] depth) = Take(camera);
            ReadOnlySpan<ushort> z = MemoryMarshal.Cast<byte, ushort>((ReadOnlySpan<byte>)depth);
            int apart = camera.Width * 3 / 80;
            for (int y = apart / 3; y < camera.Height; y += apart)
            {
                for (int x = apart / 3; x < camera.Width; x += apart)
                {
                    int millimetres = z[y * camera.Width + x];
                    Assert.True(RayMarcher.Agrees(_scene.Bodies, camera, rig.PoseAt(_snapshot), x, y, millimetres),
                        $"{camera.Name}: ({x}, {y}) is said to be {millimetres} mm away");
                }
            }
        }
    }

    [Fact]
    public void The_cube_is_red_where_the_extrinsics_say_it_is()
    {
        int seen = 0;
        for (int seed = 0; seed < 8; seed++)
        {
            _physics.Reset(seed);
            _physics.Step(0.002, s_home, default);
            foreach (CameraModel camera in new[] { CameraModel.Wrist, CameraModel.Scene })
            {
                (CameraRig rig, byte[] rgb, byte[] depth) = Take(camera);
                Vec3 top = _scene.Cube.Body.PoseInBase.Transform(new(0, 0, CellScene.CubeSize / 2));
                Vec3 p = rig.PoseAt(_snapshot).Inverse.Transform(top);
                (int x, int y) = ((int)(camera.Cx + camera.Fx * p.X / p.Z), (int)(camera.Cy + camera.Fy * p.Y / p.Z));
                if (x is < 4 or >= 636 || y is < 4 or >= 476)
                {
                    Assert.True(camera.OnFlange, $"seed {seed}: the fixed camera does not see the cube's place");
                    continue;
                }
                int i = y * 640 + x, z = MemoryMarshal.Cast<byte, ushort>(depth)[i];
                if (z < p.Z * 1000 - 20)
                    continue; // the arm is in front of it
                Assert.Equal(p.Z * 1000, z, 6.0);
                Assert.True(rgb[3 * i] > 2 * rgb[3 * i + 1], $"seed {seed}, {camera.Name}: ({x}, {y}) is not red");
                seen++;
            }
        }
        Assert.True(seen > 8, $"the cube was seen {seen} times");
    }

    [Fact]
    public void The_wrist_camera_sees_the_pads_and_what_is_between_them_at_every_opening()
    {
        foreach (double width in new[] { 0.085, 0.045, 0.0 })
        {
            _physics.FingerTarget = width;
            for (int i = 0; i < 1000; i++)
                _physics.Step(0.002, s_home, default);
            (CameraRig rig, _, byte[] depth) = Take(CameraModel.Wrist);
            // The near lower edge of each pad, a little inside it.
            foreach (int side in new[] { -1, 1 })
            {
                Vec3 pad = new(side * (width / 2 + 0.005), -0.011, 0.155);
                Vec3 p = CameraModel.Wrist.Extrinsics.Inverse.Transform(pad);
                (int x, int y) = ((int)(320 + 615 * p.X / p.Z), (int)(240 + 615 * p.Y / p.Z));
                Assert.InRange(x, 0, 639);
                Assert.InRange(y, 0, 479);
                int z = MemoryMarshal.Cast<byte, ushort>(depth)[y * 640 + x];
                bool right = p.Z < 0.15 ? z == 0 : Math.Abs(z - p.Z * 1000) < 3;
                Assert.True(right, $"opening {width}: pad at {p.Z * 1000:F0} mm, seen at {z} mm");
            }
        }
        Vec3 tcp = CameraModel.Wrist.Extrinsics.Inverse.Transform(new(0, 0, GripperGeometry.TcpZ));
        Assert.InRange(240 + 615 * tcp.Y / tcp.Z, 0, 479);
    }

    [Fact]
    public void The_wrist_camera_moves_with_the_flange_and_the_scene_camera_stands()
    {
        foreach (Vector6 q in new[] { s_home, new Vector6(0.4, -1.2, 1.3, -1.8, -1.4, 0.6) })
        {
            _physics.Step(0.002, q, default);
            Pose flange = new UrKinematics(UrModel.Ur5e).Flange(q);
            (CameraRig wrist, _, _) = Take(CameraModel.Wrist);
            (CameraRig fixedCamera, _, _) = Take(CameraModel.Scene);
            Assert.True(UrKinematics.Difference(wrist.PoseAt(_snapshot), flange * CameraModel.Wrist.Extrinsics).Norm < 1e-9);
            Assert.Equal(CameraModel.Scene.Extrinsics, fixedCamera.PoseAt(_snapshot));
        }
        // From the flange, the wrist camera looks towards the tool, past the gripper.
        Assert.True(CameraModel.Wrist.Extrinsics.Rotation.Rotate(Vec3.UnitZ).Z > 0.8);
    }

    [Fact]
    public void What_the_camera_says_of_itself_is_what_it_does()
    {
        CameraInfo info = CameraModel.Wrist.ToInfo("SIM-1");
        Assert.Equal(("wrist", "SIM-1", "flange", 0.001), (info.Name, info.Serial, info.MountedOn, info.DepthScale));
        Assert.Equal((640, 480, 615.0, 319.5, 239.5), (info.Color.Width, info.Color.Height, info.Color.Fx, info.Color.Cx, info.Color.Cy));
        Assert.Equal(CameraModel.Wrist.Extrinsics, info.Extrinsics);
        Assert.Equal("base", CameraModel.Scene.ToInfo("SIM-2").MountedOn);
    }

    [Fact]
    public void A_camera_on_the_flange_needs_an_arm()
    {
        var mistake = Assert.Throws<ArgumentException>(() => new CameraRig(CameraModel.Wrist, [new SceneBody("table", [])], new(), 1));
        Assert.Contains("wrist", mistake.Message);
    }

    [Fact]
    public void Two_cameras_and_two_moments_have_different_noise()
    {
        SceneBody[] floor = [new("floor", [new(ShapeKind.Plane, default, Pose.Identity, 0x909090)])];
        CameraModel a = new("a", 64, 48, 60, 60, 32, 24, false, CameraModel.LookAt(new(0, -1, 1), default)), b = a with { Name = "b" };
        byte[] First(CameraModel camera, long number)
        {
            byte[] rgb = new byte[camera.ColorBytes], depth = new byte[camera.DepthBytes];
            new CameraRig(camera, floor, new(), 1).Render(new SceneSnapshot(1), number, rgb, depth);
            return rgb;
        }
        Assert.Equal(First(a, 7), First(a, 7));
        Assert.NotEqual(First(a, 7), First(a, 8));
        Assert.NotEqual(First(a, 7), First(b, 7));
    }

    private (CameraRig Rig, byte[] Rgb, byte[] Depth) Take(CameraModel camera)
    {
        var rig = new CameraRig(camera, _scene.Bodies, RenderOptions.Noiseless, 1);
        byte[] rgb = new byte[camera.ColorBytes], depth = new byte[camera.DepthBytes];
        _snapshot.Take(0, _physics.Bodies);
        rig.Render(_snapshot, 0, rgb, depth);
        return (rig, rgb, depth);
    }
}
