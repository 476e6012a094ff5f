using System.Diagnostics;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.UniversalRobots;
using Xunit.Abstractions;

namespace RobotWorldModel.Drivers.Tests.Motion;

public partial class SetpointPropertyTests(ITestOutputHelper output)
{
    /// <summary>Half a minute of two cores; MOTION_STREAMS says how many else: 100 000 before a release.</summary>
    private const int Streams = 40_000;

    [Fact]
    public void No_set_point_of_any_hostile_stream_leaves_any_limit()
    {
        int streams = int.TryParse(Environment.GetEnvironmentVariable("MOTION_STREAMS"), out int n) ? n : Streams;
        var totals = new HostileStream.Totals();
        var clock = Stopwatch.StartNew();
        string? broken = null;
        int next = -1;
        Thread[] players = [.. Enumerable.Range(0, Math.Min(4, Environment.ProcessorCount)).Select(_ => new Thread(Play))];
        foreach (Thread player in players)
            player.Start();
        foreach (Thread player in players)
            player.Join();
        string summary = $"{streams} streams, {totals.Setpoints} set-points ({totals.Moving} moving), {totals.Targets} targets, "
            + $"{totals.Accepted} accepted, {totals.Clamped} of them clamped; "
            + $"fastest TCP {totals.FastestTcp:P1} and joint {totals.FastestJoint:P1} "
            + $"of their limits; with the default limits standstill at most "
            + $"{totals.AfterStop * 1e3:0} ms after a stop and {totals.AfterSilence * 1e3:0} ms after the last target; "
            + $"{clock.Elapsed.TotalSeconds:0} s";
        output.WriteLine(summary);
        Console.WriteLine(summary);
        Assert.Null(broken);
        Assert.True(totals.Accepted > totals.Targets / 3, "too few targets were accepted for this to mean anything");
        Assert.True(totals.FastestTcp > 0.9 && totals.FastestJoint > 0.9, "the limits were never approached");

        void Play()
        {
            _ = setpriority(0, 0, 10); // this thread: other tests, which wait for real time, go first
            var mine = new HostileStream.Totals();
            while (broken is null && Interlocked.Increment(ref next) is var seed && seed < streams)
                if (new HostileStream(seed).Play(mine) is { } what)
                    Interlocked.CompareExchange(ref broken, $"stream {seed}: {what}", null);
            lock (totals)
                totals.Add(mine);
        }
    }

    [Fact]
    public void The_independent_arm_agrees_with_the_kinematics()
    {
        var random = new Random(8);
        foreach (string model in new[] { "UR5e", "UR3e" })
        {
            var tool = new Pose(new(0.01, 0, 0.145), Quat.Identity);
            var kinematics = new UrKinematics(UrModel.ByName(model));
            var arm = new IndependentArm(model, tool.Position, 0.04);
            for (int n = 0; n < 100; n++)
            {
                Vector6 q = default;
                for (int i = 0; i < 6; i++)
                    q[i] = (random.NextDouble() - 0.5) * 6;
                arm.Place(q);
                Assert.True(((kinematics.Flange(q) * tool).Position - arm.Tcp).Length < 1e-12, $"{model} at {q}");
            }
        }
    }

    [LibraryImport("libc")]
    private static partial int setpriority(int which, int who, int value);
}
