using RobotWorldModel.Bench.Encoding;
using RobotWorldModel.Drivers.Tests.V4l2;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// The webcam driver, running, on the scripted device of its tests, which makes 30 pictures a second as the kernel would show them: one
/// that finds no free buffer is lost, but counted. Then it is unplugged for a second.
/// </summary>
internal static class WebcamScript
{
    private const string Name = "scripted, YUYV at 30 Hz";
    private const double CameraHz = 30;
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2), s_gone = TimeSpan.FromSeconds(1);

    public static void Run(Results results, byte[] yuyv, double seconds, CancellationToken cancel)
    {
        var video = new ScriptedVideo { Size = (ReferencePicture.Width, ReferencePicture.Height) };
        using (var script = new DeviceThread("script", stop => Play(video, yuyv, stop)))
        using (var camera = new V4l2Camera(new() { Name = "bench", Device = "/dev/v4l/by-id/bench" }, video))
        {
            script.Start();
            camera.Start();
            DriverProcess.WaitFor(camera);
            Measure(results, camera, seconds, cancel);
            Recover(results, video, camera, cancel);
        }
        if (video.Wrongs is [var wrong, ..])
            throw new RobotException(ExitCode.Device, $"the scripted webcam: {wrong}");
    }

    private static void Play(ScriptedVideo video, byte[] yuyv, CancellationToken stop)
    {
        var grid = new AbsoluteGrid(CameraHz, HostClock.NowNs);
        for (uint sequence = 0; !stop.IsCancellationRequested; sequence++)
        {
            grid.WaitNext();
            if (video.Open > 0 && video.Waiting < video.Buffers)
                video.Picture(new(yuyv, sequence));
        }
    }

    private static void Measure(Results results, V4l2Camera camera, double seconds, CancellationToken cancel)
    {
        using var pictures = new PictureArrivals(camera, seconds);
        pictures.Collect(HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), cancel);
        pictures.Clear();
        pictures.Collect(HostClock.NowNs + (long)(seconds * 1e9), cancel);
        results.Add($"{Name}: rate", "Hz", pictures.Color.Count / seconds, Goal.AtLeast(CameraHz * 0.99));
        results.Add($"{Name}: lost", "", pictures.Color.Lost, Goal.Exactly(0));
        DevicesBench.AddIntervals(results, Name, pictures.Color.ArrivalsNs);
    }

    private static void Recover(Results results, ScriptedVideo video, V4l2Camera camera, CancellationToken cancel)
    {
        long pulledNs = HostClock.NowNs;
        video.Unplug();
        CableBench.Wait(() => !camera.Status.Connected, "the loss of the webcam", cancel);
        results.Add("scripted: unplugged to its being said", "ms", (HostClock.NowNs - pulledNs) * 1e-6);
        AbsoluteGrid.SleepUntil(pulledNs + (long)(s_gone.TotalSeconds * 1e9));
        long received = camera.Color.Counters.Received, backNs = HostClock.NowNs;
        video.PlugIn();
        CableBench.Wait(() => camera.Color.Counters.Received > received, "pictures again", cancel);
        results.Add("scripted: plugged in to the first new picture", "s", (HostClock.NowNs - backNs) * 1e-9);
    }
}
