// Times the cell's two cameras on one core, by the clock and by the processor time that the thread used: ./RenderingBench [frames]. With
// --pictures DIR it writes what they see as raw files instead:
// NAME.rgb (640 x 480 x 3 bytes) and NAME.depth (640 x 480 x 2 bytes, mm).
using System.Diagnostics;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Physics;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Simulation.Scene;

var scene = new CellScene(UrModel.Ur5e, seed: 1);
Vector6 home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
var physics = new KinematicPhysics(scene, home);
var kinematics = new UrKinematics(UrModel.Ur5e);
var snapshot = new SceneSnapshot(scene.Bodies.Count);
byte[] rgb = new byte[CameraModel.Scene.ColorBytes], depth = new byte[CameraModel.Scene.DepthBytes];

if (args is ["--pictures", var folder])
{
    Directory.CreateDirectory(folder);
    Pictures(folder);
    return;
}
Console.WriteLine($"{Environment.ProcessorCount} cores, AVX2 {System.Runtime.Intrinsics.X86.Avx2.IsSupported}");
foreach (CameraModel camera in new[] { CameraModel.Scene, CameraModel.Wrist })
    Time(camera, args.Length > 0 ? int.Parse(args[0]) : 600);

void Time(CameraModel camera, int frames)
{
    var rig = new CameraRig(camera, scene.Bodies, new RenderOptions(), seed: 1);
    double[] wall = new double[frames], cpu = new double[frames];
    for (int i = -120; i < frames; i++) // the first frames are compiled, then compiled better
    {
        Vector6 q = home;
        for (int j = 0; j < 6; j++)
            q[j] += 0.3 * Math.Sin(0.05 * i + j);
        physics.Step(0.002, q, default);
        snapshot.Take(i, physics.Bodies);
        long start = Stopwatch.GetTimestamp(), used = ThreadCpu.NowNs;
        rig.Render(snapshot, i, rgb, depth);
        if (i < 0)
            continue;
        wall[i] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        cpu[i] = (ThreadCpu.NowNs - used) * 1e-6;
    }
    Console.WriteLine($"{camera.Name}: {frames} frames; clock {Summary(wall)}; processor {Summary(cpu)}");
}

static string Summary(double[] milliseconds)
{
    Array.Sort(milliseconds);
    int n = milliseconds.Length;
    return $"ms p50 {milliseconds[n / 2]:F2} p99 {milliseconds[n * 99 / 100]:F2} max {milliseconds[^1]:F2}";
}

void Pictures(string into)
{
    Save("home", home);
    Vector6 above = Reach(scene.Cube.Body.PoseInBase, 0.12), at = Reach(scene.Cube.Body.PoseInBase, 0);
    Save("above", above);
    Save("at", at);
    physics.FingerTarget = 0;
    for (int i = 0; i < 500; i++)
        physics.Step(0.002, at, default);
    Save("grasped", at);
    Save("lifted", above);
    Save("bent", new(0.6, -1.9, 2.2, -1.2, -1.2, 0.8));
    physics.FingerTarget = GripperGeometry.MaxWidth;
    for (int i = 0; i < 500; i++)
        physics.Step(0.002, home, default);
    Save("released", home);

    void Save(string name, Vector6 q)
    {
        physics.Step(0.002, q, default);
        snapshot.Take(0, physics.Bodies);
        foreach (CameraModel camera in new[] { CameraModel.Scene, CameraModel.Wrist })
        {
            new CameraRig(camera, scene.Bodies, new RenderOptions(), seed: 1).Render(snapshot, 1, rgb, depth);
            File.WriteAllBytes(Path.Combine(into, $"{name}-{camera.Name}.rgb"), rgb);
            File.WriteAllBytes(Path.Combine(into, $"{name}-{camera.Name}.depth"), depth);
        }
    }

    Vector6 Reach(Pose box, double height)
    {
        Vector6 q = home;
        Vec3 x = box.Rotation.Rotate(Vec3.UnitX);
        Quat down = Quat.FromAxisAngle(Vec3.UnitZ, Math.Atan2(x.Y, x.X) + Math.PI / 2) * Quat.FromAxisAngle(Vec3.UnitX, Math.PI);
        double error = kinematics.Inverse(ref q, new(box.Position + height * Vec3.UnitZ, down), GripperGeometry.FlangeToTcp);
        Console.WriteLine($"inverse kinematics to {box.Position}: error {error:E1}, q {q}");
        return q;
    }
}

internal static partial class ThreadCpu
{
    /// <summary>Processor time that the calling thread has used, ns.</summary>
    public static long NowNs
    {
        get
        {
            const int ThreadCpuTime = 3;
            Span<long> time = stackalloc long[2];
            if (clock_gettime(ThreadCpuTime, time) != 0)
                throw new PlatformNotSupportedException("the kernel has no CLOCK_THREAD_CPUTIME_ID");
            return time[0] * 1_000_000_000 + time[1];
        }
    }

    [LibraryImport("libc")]
    private static partial int clock_gettime(int clock, Span<long> time);
}
