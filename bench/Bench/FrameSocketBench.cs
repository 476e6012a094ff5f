using System.Diagnostics;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Tests.RealSense;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Bench;

/// <summary>
/// The frame socket between two processes: examples/camera-c with colour and depth of 640x480 at 30 Hz, and our driver; beside a copy of
/// the same bytes. Then the camera process is killed and started again.
/// </summary>
internal static class FrameSocketBench
{
    private const string Name = "frame socket";
    private const int Width = 640, Height = 480, Hz = 30, PairBytes = Width * Height * (3 + 2);
    private static readonly TimeSpan s_gone = TimeSpan.FromSeconds(1);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("the camera is examples/camera-c, which draws nothing worth the name; a pair is a colour and a depth picture");
        string folder = Directory.CreateTempSubdirectory("rwm-bench-fs").FullName;
        try
        {
            string program = await CProgram.CompileAsync("../examples/camera-c/camera.c", folder, cancel);
            using var copies = new StandIn(StandIn.Compile(Checkout.Root, folder));
            string socket = Path.Combine(folder, "camera.sock");
            for (int run = 0; run < runs; run++)
            {
                using (new CameraProcess(program, socket))
                    await MeasureAsync(results, socket, copies, seconds, cancel);
                Recover(results, program, socket, cancel);
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task MeasureAsync(Results results, string socket, StandIn copies, double seconds, CancellationToken cancel)
    {
        CameraDriverReport ours = await CameraDriver.MeasureAsync(results, Name, CameraDriver.FrameSocket, socket, Hz, seconds, cancel);
        results.Add($"{Name}: allocated a picture, whole process", "bytes", (double)ours.AllocatedBytes / ours.Pictures, Goal.AtMost(1));
        double copyMs = 1e-6 * await Task.Run(() => copies.CopyNs(PairBytes, Hz, Hz * 3), cancel);
        results.Add("memcpy of a pair's bytes in C at the same rate", "ms", copyMs);
        results.Add($"{Name}: CPU of the whole process, a pair / memcpy", "", 2000 * ours.CpuS / ours.Pictures / copyMs);
    }

    private static void Recover(Results results, string program, string socket, CancellationToken cancel)
    {
        var first = new CameraProcess(program, socket);
        using ICamera camera = CameraDriver.Open(CameraDriver.FrameSocket, socket);
        camera.Start();
        DriverProcess.WaitFor(camera, () => camera.Color.Counters.Received > Hz);
        long killedNs = HostClock.NowNs;
        first.Dispose();
        CableBench.Wait(() => !camera.Status.Connected, "the loss of the camera process", cancel);
        results.Add($"{Name}: process killed to its being said", "ms", (HostClock.NowNs - killedNs) * 1e-6);
        long received = camera.Color.Counters.Received;
        AbsoluteGrid.SleepUntil(killedNs + (long)(s_gone.TotalSeconds * 1e9));
        long backNs = HostClock.NowNs;
        using var second = new CameraProcess(program, socket);
        CableBench.Wait(() => camera.Color.Counters.Received > received, "pictures again", cancel);
        results.Add($"{Name}: process started again to pictures", "s", (HostClock.NowNs - backNs) * 1e-9);
    }

    private sealed class CameraProcess(string program, string socket) : IDisposable
    {
        private readonly Process _process = Process.Start(program, [socket, $"{Width}", $"{Height}", $"{Hz}"]);

        public void Dispose()
        {
            _process.Kill();
            _process.WaitForExit();
            _process.Dispose();
        }
    }
}
