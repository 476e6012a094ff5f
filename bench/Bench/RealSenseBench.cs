using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.Tests.RealSense;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// A camera of the stand-in library (tests/native/realsense) with colour and depth of 640x480 at 30 Hz: what the driver's callbacks cost,
/// beside a copy of the same bytes; when pictures come; what it allocates; how soon pictures come again after faults, with the times of a
/// real cell.
/// </summary>
internal static class RealSenseBench
{
    private const string Serial = "836612070000", Name = "wrist";
    private const int Width = 640, Height = 480, Fps = 30, PairBytes = Width * Height * (3 + 2);
    private const double MostCorePercent = 2;
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(3), s_deadline = TimeSpan.FromSeconds(60);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("the stand-in's cameras are ready at once and restart within 1 s; a real one takes longer");
        string folder = Directory.CreateTempSubdirectory("rwm-bench-rs").FullName;
        try
        {
            using var library = new StandIn(StandIn.Compile(Checkout.Root, folder));
            for (int run = 0; run < runs; run++)
            {
                library.Camera(Serial);
                library.Plug(Serial);
                using (var camera = Open(library))
                {
                    await UntilAsync(() => camera.Status.Connected, camera, cancel);
                    await MeasureAsync(library, camera, results, seconds, cancel);
                    await RecoverAsync(library, camera, results, cancel);
                }
                results.Add("objects of the library's left behind", "", library.Leaks.Length > 0 ? 1 : 0, Goal.Exactly(0));
                library.Order("rwm_reset");
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static RealSenseCamera Open(StandIn library)
    {
        var camera = new RealSenseCamera(new() { Name = Name, Library = library.Path, Width = Width, Height = Height, Fps = Fps });
        camera.Start();
        return camera;
    }

    private static async Task MeasureAsync(
        StandIn library, RealSenseCamera camera, Results results, double seconds, CancellationToken cancel)
    {
        using var pictures = new PictureArrivals(camera, Math.Max(seconds, s_settle.TotalSeconds));
        pictures.Collect(HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), cancel);
        pictures.Clear();
        library.Order("rwm_callback_clear");
        long color = camera.Color.Counters.Received, depth = camera.Depth!.Counters.Received, lost = Lost(camera);
        double thread = ThreadSeconds();
        long allocated = GC.GetTotalAllocatedBytes(precise: true), fromNs = HostClock.NowNs;
        pictures.Collect(fromNs + (long)(seconds * 1e9), cancel);
        long took = HostClock.NowNs - fromNs;
        allocated = GC.GetTotalAllocatedBytes(precise: true) - allocated;
        double inCallbacks = 100.0 * library.AskLong("rwm_callback_cpu_ns") / took;
        double watching = 100 * (ThreadSeconds() - thread) * 1e9 / took;
        long received = camera.Color.Counters.Received - color + camera.Depth.Counters.Received - depth;
        results.Add("pictures a second, of both kinds", "Hz", received * 1e9 / took, Goal.AtLeast(2 * Fps * 0.99));
        results.Add("pictures lost", "", Lost(camera) - lost, Goal.Exactly(0));
        DevicesBench.AddIntervals(results, "colour", pictures.Color.ArrivalsNs);
        DevicesBench.AddIntervals(results, "depth", pictures.Depth.ArrivalsNs);
        results.Add("in callbacks: checked, copied, published, released", "% core", inCallbacks);
        results.Add("the camera's thread, which watches", "% core", watching);
        results.Add("both together", "% core", inCallbacks + watching, Goal.AtMost(MostCorePercent));
        results.Add("callback, mean", "µs", library.AskLong("rwm_callback_cpu_ns") * 1e-3 / library.AskLong("rwm_callbacks"));
        results.Add("callback, longest", "µs", library.AskLong("rwm_callback_longest_ns") * 1e-3);
        double copy = await Task.Run(() => library.CopyNs(PairBytes, Fps, Fps * 3), cancel);
        results.Add("memcpy of the same bytes in C at the same rate", "% core", 100 * copy * Fps * 1e-9);
        results.Add("callbacks / memcpy", "", inCallbacks / (100 * copy * Fps * 1e-9));
        results.Add("allocated by the whole process, a picture", "bytes", (double)allocated / received, Goal.AtMost(1));
    }

    /// <summary>With the driver's own times: half a second, two and five, a reset.</summary>
    private static async Task RecoverAsync(StandIn library, RealSenseCamera camera, Results results, CancellationToken cancel)
    {
        foreach (bool told in (bool[])[true, false])
        {
            string name = told ? "cable pulled" : "cable pulled, no event";
            long pulled = HostClock.NowNs;
            library.Unplug(Serial, told);
            await UntilAsync(() => !camera.Status.Connected, camera, cancel);
            results.Add($"{name}: to its being said", "s", (HostClock.NowNs - pulled) * 1e-9);
            await Task.Delay(1000, cancel);
            long back = HostClock.NowNs;
            library.Plug(Serial, told);
            await ConnectedAgainAsync(camera, cancel);
            results.Add($"{name}: plugged in to pictures", "s", (HostClock.NowNs - back) * 1e-9);
        }
        foreach (var (until, name) in new[] { (1, "frozen until its streams start anew"), (2, "frozen until it is reset") })
        {
            await Task.Delay(TimeSpan.FromSeconds(11), cancel); // what went before is forgotten by then
            long frozen = HostClock.NowNs;
            library.Freeze(Serial, until);
            await UntilAsync(() => !camera.Status.Connected, camera, cancel);
            await ConnectedAgainAsync(camera, cancel);
            results.Add($"{name}: to pictures", "s", (HostClock.NowNs - frozen) * 1e-9);
        }
    }

    private static Task ConnectedAgainAsync(RealSenseCamera camera, CancellationToken cancel) =>
        UntilAsync(() => camera.Status.Connected, camera, cancel);

    private static async Task UntilAsync(Func<bool> condition, RealSenseCamera camera, CancellationToken cancel)
    {
        long deadline = HostClock.NowNs + (long)(s_deadline.TotalSeconds * 1e9);
        while (!condition())
        {
            if (HostClock.NowNs > deadline)
                throw new RobotException(ExitCode.Device, $"the stand-in's camera: {camera.Status.Message}");
            await Task.Delay(5, cancel);
        }
    }

    private static long Lost(RealSenseCamera camera) => camera.Color.Counters.Lost + camera.Depth!.Counters.Lost;

    private static double ThreadSeconds() => ProcessUse.ThreadCpuSeconds(Environment.ProcessId, Name)
        ?? throw new RobotException(ExitCode.Device, $"the driver has no thread '{Name}' any more; correct RealSenseBench.cs");
}
