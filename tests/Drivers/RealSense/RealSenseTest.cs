using RobotWorldModel.Drivers.RealSense;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>A class of tests has a stand-in of its own: its cameras are one test's at a time.</summary>
public sealed class StandInFixture : IDisposable
{
    private static readonly Lazy<string> s_compiled = new(() =>
    {
        string folder = Directory.CreateTempSubdirectory("rwm-rs").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return StandIn.Compile(Repository.Root, folder);
    });

    internal StandIn Bus { get; } = Another();

    internal static StandIn Another() => new(s_compiled.Value);

    public void Dispose() => Bus.Dispose();
}

/// <summary>A test with a bus of its own, which must be left as it was found: nothing held, nothing misused.</summary>
public abstract class RealSenseTest(StandInFixture fixture) : IClassFixture<StandInFixture>, IDisposable
{
    protected const string Serial = "836612070000";
    private readonly List<RealSenseCamera> _cameras = [];

    /// <summary>Short, where the driver's own are for people and for cameras.</summary>
    private protected static RealSenseTimings Quick { get; } = new(
        Stale: 200, Fault: 500, First: 1000, Open: 3000, Close: 200, Quiet: 40, Poll: 40, Retry: 20, Patience: 30, Healthy: 100,
        NoLibrary: 20, Rate: 200);

    /// <summary>For tests that wait for faults; those that wait for none would see some on a busy machine.</summary>
    private protected static RealSenseTimings Impatient { get; } = Quick with { Stale = 80, Fault = 200, First = 250 };

    private protected StandIn Bus { get; } = fixture.Bus;

    public void Dispose()
    {
        foreach (var camera in _cameras)
            camera.Dispose();
        Bus.Mend();
        GC.SuppressFinalize(this);
        try
        {
            Eventually.True(() => Bus.Leaks.Length == 0, "nothing of the library's is held", 10);
            Assert.Equal("", Bus.Misuse);
        }
        finally
        {
            Bus.Order("rwm_reset");
        }
    }

    private protected RealSenseCamera Open(Action<RealSenseCameraOptions>? set = null, RealSenseTimings? timings = null)
    {
        var options = new RealSenseCameraOptions
        {
            Name = "wrist",
            Library = Bus.Path,
            Width = 424,
            Height = 240,
            Fps = 90,
            Timings = timings ?? Quick,
        };
        set?.Invoke(options);
        var camera = new RealSenseCamera(options);
        _cameras.Add(camera);
        camera.Start();
        return camera;
    }

    private protected void PlugIn(string serial = Serial, string usb = "3.2", bool oneSensor = false)
    {
        Bus.Camera(serial, usb, oneSensor);
        Bus.Order("rwm_reset_time", serial, 30);
        Bus.Plug(serial);
    }

    private protected static void Streams(RealSenseCamera camera, int more = 5)
    {
        Eventually.True(() => camera.Status.Connected, $"connected: {camera.Status.Message}", 20);
        long color = camera.Color.Counters.Received, depth = camera.Depth?.Counters.Received ?? 0;
        Eventually.True(() => camera.Color.Counters.Received >= color + more && (camera.Depth?.Counters.Received ?? more) >= depth + more
            || camera.Depth is null && camera.Color.Counters.Received >= color + more, $"pictures ({camera.Status.Message})", 20);
    }

    private protected static void Says(RealSenseCamera camera, string words)
    {
        string last = "";
        try
        {
            Eventually.True(() => (last = camera.Status.Message).Contains(words), "", 20);
        }
        catch (Exception)
        {
            Assert.Contains(words, last);
        }
    }

    /// <summary>All samples from now to the first that the test looks for; their frames are given back.</summary>
    private protected static List<Sample<ImageFrame>> Follow(
        RealSenseCamera camera, SampleStream<ImageFrame> stream, Func<Sample<ImageFrame>, bool> last)
    {
        var queue = stream.Subscribe(32);
        var all = new List<Sample<ImageFrame>>();
        Eventually.True(() =>
        {
            while (queue.TryDequeue(out var sample))
            {
                all.Add(sample);
                sample.Value.Release();
                if (last(sample))
                    return true;
            }
            return false;
        }, $"a certain picture ({camera.Status.Message})", 20);
        stream.Unsubscribe(queue);
        return all;
    }

    /// <summary>Pictures of a queue, each to be released by the caller.</summary>
    private protected static List<Sample<ImageFrame>> Drain(SampleQueue<ImageFrame> queue)
    {
        var all = new List<Sample<ImageFrame>>();
        while (queue.TryDequeue(out var sample))
            all.Add(sample);
        return all;
    }
}
