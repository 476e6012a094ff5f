using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Simulation.Rendering;
using RobotWorldModel.Vision.Latency;
using Xunit.Abstractions;

namespace RobotWorldModel.Vision.Tests;

/// <summary>Pictures of the simulated cell, rendered for known times as the arm goes to and fro, against states of the same arm.</summary>
public sealed class LatencyFitTests(ITestOutputHelper output)
{
    private const double StateHz = 500, CameraHz = 30;
    private const long StartNs = 5_000_000_000_000;

    [Theory]
    [InlineData(true, 0)]
    [InlineData(true, 41.5)]
    [InlineData(false, 7)]
    [InlineData(false, 23)]
    public void A_pictures_lag_is_found_within_3_ms(bool wrist, double lagMs)
    {
        var camera = (wrist ? CameraModel.Wrist : CameraModel.Scene).Scaled(160);
        var (motion, arm) = Record(new Rendered(null, camera), Moves(10), lagMs);
        var found = LatencyFit.Find(motion, arm);
        Assert.InRange(found.LagMs, lagMs - 3, lagMs + 3);
        Assert.InRange(found.LagMs, lagMs - 4 * found.ErrorMs, lagMs + 4 * found.ErrorMs);
        output.WriteLine($"{found.LagMs:0.00} of {lagMs} ms, ± {found.ErrorMs:0.00} from {found.Motions} motions");
    }

    [Fact]
    public void A_camera_that_does_not_see_the_arm_is_refused()
    {
        var sky = CameraModel.Scene.Scaled(160) with { Extrinsics = CameraModel.LookAt(new(-1.58, 0.6, 0.9), new(-3, 0.6, 1.5)) };
        var (motion, arm) = Record(new Rendered(null, sky), Moves(6), 20);
        Assert.Contains("does not follow the arm", Assert.Throws<VisionException>(() => LatencyFit.Find(motion, arm)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_arm_that_stands_still_is_refused()
    {
        var (motion, arm) = Record(new Rendered(null, CameraModel.Scene.Scaled(160)), [(0.5, 0.5, Vec3.UnitX)], 20);
        Assert.Contains("moved 1 times", Assert.Throws<VisionException>(() => LatencyFit.Find(motion, arm)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Even_intervals_could_be_mistaken_for_each_other_and_are_refused()
    {
        var moves = Enumerable.Range(0, 40).Select(i => (0.5 + 0.2 * i, 0.1, (i % 2 == 0 ? 1 : -1) * Vec3.UnitX)).ToArray();
        var (motion, arm) = Record(new Rendered(null, CameraModel.Scene.Scaled(160)), moves, 20);
        Assert.Contains("another lag", Assert.Throws<VisionException>(() => LatencyFit.Find(motion, arm)).Message,
            StringComparison.Ordinal);
    }

    /// <summary>To and fro along x and y, with rests of uneven length: when, how long, which way.</summary>
    private static (double At, double Seconds, Vec3 Way)[] Moves(int pairs)
    {
        var random = new Random(3);
        var moves = new List<(double, double, Vec3)>();
        double at = 0.4;
        for (int i = 0; i < 2 * pairs; i++, at += 0.42 + 0.15 + 0.3 * random.NextDouble())
            moves.Add((at, 0.42, (i % 2 == 0 ? 1 : -1) * (i / 2 % 2 == 0 ? Vec3.UnitX : Vec3.UnitY)));
        return [.. moves];
    }

    private static (PictureMotion Motion, ArmPath Arm) Record(Rendered cell, (double At, double Seconds, Vec3 Way)[] moves, double lagMs)
    {
        const double step = 0.03;
        double end = moves[^1].At + moves[^1].Seconds + 0.6;
        var motion = new PictureMotion();
        var arm = new ArmPath();
        for (int i = 0; i < end * StateHz; i++)
            arm.Add(StartNs + (long)(i / StateHz * 1e9), At(i / StateHz));
        for (int i = 0; i < end * CameraHz; i++)
        {
            double t = i / CameraHz;
            motion.Add(StartNs + (long)((t + lagMs / 1000) * 1e9), cell.TakeRgb(At(t), i), cell.Camera.Width, cell.Camera.Height);
        }
        return (motion, arm);

        Pose At(double t)
        {
            Vec3 off = default;
            foreach (var (at, seconds, way) in moves)
            {
                double s = Math.Clamp((t - at) / seconds, 0, 1);
                off += step * (s * s * s * (10 - 15 * s + 6 * s * s)) * way; // minimum jerk
            }
            return cell.Home with { Position = cell.Home.Position + off };
        }
    }
}
