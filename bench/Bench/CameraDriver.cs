using System.Text.Json;
using RobotWorldModel.Collector.Playback;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>What the driver of a camera found in its time.</summary>
/// <param name="CpuS">Processor time of the whole process.</param>
/// <param name="ColorNs">Host times of arrivals.</param>
/// <param name="AgesNs">Of the colour pictures, from the camera's stamp to the arrival.</param>
/// <param name="Lost">Pictures of both kinds that did not come.</param>
/// <param name="AllocatedBytes">By the whole process.</param>
internal sealed record CameraDriverReport(
    double CpuS, long[] ColorNs, long[] DepthNs, long[] AgesNs, long Lost, long AllocatedBytes)
{
    public int Pictures => ColorNs.Length + DepthNs.Length;
}

/// <summary>A driver of cameras with colour and depth as a <see cref="DriverProcess"/>, and what is reported of any.</summary>
internal static class CameraDriver
{
    public const string CommandName = "camera-driver", FrameSocket = "frame-socket", Episode = "episode", EpisodesCamera = "wrist";

    /// <param name="address">A socket, or an episode's folder.</param>
    public static int Run(string kind, string address)
    {
        DriverProcess.Prepare();
        using ICamera camera = Open(kind, address);
        camera.Start();
        DriverProcess.WaitFor(camera);
        var (fromNs, toNs) = DriverProcess.Ready(CommandName);
        Console.WriteLine(JsonSerializer.Serialize(Measure(camera, fromNs, toNs)));
        return ExitCode.Done;
    }

    /// <inheritdoc cref="Run"/>
    public static ICamera Open(string kind, string address) => kind switch
    {
        FrameSocket => new FrameSocketCamera(new() { Name = "bench", SocketPath = address }),
        Episode => new EpisodeCamera(new() { Name = "bench", Episode = address, Camera = EpisodesCamera }),
        _ => throw new RobotException(ExitCode.Usage, $"{CommandName}: '{kind}' is not known"),
    };

    /// <summary>In a process of its own, for a while.</summary>
    /// <param name="name">In front of each quantity.</param>
    /// <param name="pairHz">Pictures of each kind that the camera makes a second.</param>
    public static async Task<CameraDriverReport> MeasureAsync(
        Results results, string name, string kind, string address, double pairHz, double seconds, CancellationToken cancel)
    {
        string said = await Receiver.MeasureAsync(Checkout.Bench, [CommandName, kind, address], results, seconds, cancel);
        var ours = JsonSerializer.Deserialize<CameraDriverReport>(said)!;
        results.Add($"{name}: pairs a second", "Hz", ours.Pictures / seconds / 2, Goal.AtLeast(pairHz * 0.99));
        results.Add($"{name}: pictures lost", "", ours.Lost, Goal.Exactly(0));
        DevicesBench.AddIntervals(results, $"{name}, colour", ours.ColorNs);
        DevicesBench.AddIntervals(results, $"{name}, depth", ours.DepthNs);
        results.Add($"{name}: CPU of the whole process", "% core", 100 * ours.CpuS / seconds);
        results.Add($"{name}: CPU of the whole process, a pair", "ms", 2000 * ours.CpuS / ours.Pictures);
        return ours;
    }

    private static CameraDriverReport Measure(ICamera camera, long fromNs, long toNs)
    {
        using var pictures = new PictureArrivals(camera, (toNs - fromNs) * 1e-9);
        pictures.Collect(fromNs); // what is compiled now is not compiled in the time that counts
        pictures.Clear();
        double cpu = DriverProcess.CpuSeconds();
        long allocated = GC.GetTotalAllocatedBytes(precise: true);
        pictures.Collect(toNs);
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        cpu = DriverProcess.CpuSeconds() - cpu;
        if (pictures.Color.Count < 2 || pictures.Depth.Count < 2)
            throw new RobotException(ExitCode.Device, $"no pictures came: {camera.Status.Message}");
        return new(cpu, pictures.Color.ArrivalsNs, pictures.Depth.ArrivalsNs, pictures.Color.AgesNs(camera.Clock!.OffsetNs),
            pictures.Color.Lost + pictures.Depth.Lost, allocated);
    }
}
