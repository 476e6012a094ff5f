using System.Runtime.InteropServices;
using RobotWorldModel.Bench.Encoding;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// The webcam driver on a device that always has a picture: from the kernel's buffer to the published frame, processor time of its thread
/// a picture, beside a copy of a picture's bytes. <see cref="WebcamScript"/> has what comes of it at 30 Hz.
/// </summary>
internal static unsafe partial class WebcamBench
{
    private const int Width = ReferencePicture.Width, Height = ReferencePicture.Height, Pictures = 300;
    private const double CameraHz = 30;

    /// <param name="seconds">Of the scripted device.</param>
    public static void Run(Results results, int runs, double seconds, CancellationToken cancel)
    {
        byte[] rgb = ReferencePicture.Color(1, ReferencePicture.NoiseSigma);
        byte[] jpeg = Compress(rgb), yuyv = ToYuyv(rgb);
        results.Note($"{Width}x{Height}, {Pictures} pictures a run, the JPEG has {jpeg.Length / 1024} KiB (quality 90, 4:2:2)");
        ArmDriving.Raise(results);
        for (int run = 0; run < runs; run++)
        {
            double yuyvMs = Measure(results, VideoPixels.Yuyv, yuyv), jpegMs = Measure(results, VideoPixels.Mjpg, jpeg);
            results.Add("YUYV: CPU at 30 Hz", "% core", yuyvMs * CameraHz / 10, Goal.AtMost(2));
            results.Add("Motion-JPEG: CPU at 30 Hz", "% core", jpegMs * CameraHz / 10);
            byte[] copy = new byte[rgb.Length];
            double before = ThreadClock.Milliseconds;
            for (int i = 0; i < Pictures; i++)
                rgb.CopyTo(copy, 0);
            results.Add("a copy of the picture's bytes", "ms", (ThreadClock.Milliseconds - before) / Pictures);
            WebcamScript.Run(results, yuyv, seconds, cancel);
        }
    }

    /// <returns>ms a picture.</returns>
    private static double Measure(Results results, VideoPixels format, byte[] picture)
    {
        using var camera = new V4l2Camera(new() { Name = "bench", Device = "/dev/none", Format = format }, new EndlessVideo(picture));
        using VideoStream stream = camera.Open();
        for (int i = 0; i < Pictures; i++) // what is compiled now is not compiled in what counts
            camera.TryReadPicture(stream, 0);
        double before = ThreadClock.Milliseconds;
        long allocated = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < Pictures; i++)
            camera.TryReadPicture(stream, 0);
        allocated = GC.GetAllocatedBytesForCurrentThread() - allocated;
        double ms = (ThreadClock.Milliseconds - before) / Pictures;
        string what = format == VideoPixels.Mjpg ? "Motion-JPEG" : "YUYV";
        results.Add($"{what}: CPU a picture", "ms", ms);
        results.Add($"{what}: allocated", "bytes", allocated, Goal.Exactly(0));
        results.Add($"{what}: lost", "", camera.Color.Counters.Lost, Goal.Exactly(0));
        return ms;
    }

    private static byte[] ToYuyv(byte[] rgb)
    {
        byte[] yuyv = new byte[Width * Height * 2];
        for (int i = 0; i < Width * Height; i++)
        {
            double r = rgb[3 * i], g = rgb[3 * i + 1], b = rgb[3 * i + 2];
            yuyv[2 * i] = (byte)Math.Round(0.257 * r + 0.504 * g + 0.098 * b + 16);
            yuyv[2 * i + 1] = (byte)Math.Round(128 + (i % 2 == 0
                ? -0.148 * r - 0.291 * g + 0.439 * b
                : 0.439 * r - 0.368 * g - 0.071 * b));
        }
        return yuyv;
    }

    private static byte[] Compress(byte[] rgb)
    {
        const int Rgb = 0, Chroma422 = 1, Quality = 90;
        nint compressor = NativeLibrary.TryLoad(JpegDecoder.SystemLibrary, out _) ? tjInitCompress()
            : throw new RobotException(ExitCode.Usage, $"{JpegDecoder.SystemLibrary} is missing; 'make setup' installs it");
        byte* jpeg = null;
        nuint bytes = 0;
        fixed (byte* pixels = rgb)
            if (tjCompress2(compressor, pixels, Width, 0, Height, Rgb, &jpeg, &bytes, Chroma422, Quality, 0) != 0)
                throw new RobotException(ExitCode.Device, "the picture could not be compressed");
        byte[] result = new ReadOnlySpan<byte>(jpeg, (int)bytes).ToArray();
        tjFree(jpeg);
        _ = tjDestroy(compressor);
        return result;
    }

    [LibraryImport(JpegDecoder.SystemLibrary)]
    private static partial nint tjInitCompress();

    [LibraryImport(JpegDecoder.SystemLibrary)]
    private static partial int tjCompress2(
        nint handle, byte* pixels, int width, int pitch, int height, int format, byte** jpeg, nuint* bytes, int subsampling, int quality,
        int flags);

    [LibraryImport(JpegDecoder.SystemLibrary)]
    private static partial void tjFree(byte* bytes);

    [LibraryImport(JpegDecoder.SystemLibrary)]
    private static partial int tjDestroy(nint handle);

    /// <summary>Takes every setting; its one buffer always holds the same picture, with the next number and the time of now.</summary>
    private sealed class EndlessVideo(byte[] picture) : IVideoSystem, IVideoDevice
    {
        private const uint Buffers = 2;
        private readonly byte* _memory = (byte*)NativeMemory.Alloc((nuint)(Width * Height * 2));
        private uint _sequence;

        public string Serial => "";

        public int Open(string path, out IVideoDevice? device)
        {
            picture.CopyTo(new Span<byte>(_memory, picture.Length));
            device = this;
            return 0;
        }

        public int Call(uint request, void* argument)
        {
            switch (request)
            {
                case Video.QueryCapability:
                    ((VideoCapability*)argument)->Capabilities = Video.CapabilityCapture | Video.CapabilityStreaming;
                    break;
                case Video.SetParameters:
                    ((VideoParameters*)argument)->Capability = Video.TimePerFrame;
                    break;
                case Video.RequestBuffers:
                    ((VideoRequest*)argument)->Count = Buffers;
                    break;
                case Video.QueryBuffer:
                    ((VideoBuffer*)argument)->Length = Width * Height * 2;
                    break;
                case Video.Dequeue:
                    var buffer = (VideoBuffer*)argument;
                    long now = HostClock.NowNs;
                    (buffer->Index, buffer->BytesUsed, buffer->Sequence) = (0, (uint)picture.Length, _sequence++);
                    buffer->Flags = Video.FlagTimestampMonotonic;
                    (buffer->Seconds, buffer->Microseconds) = (now / 1_000_000_000, now % 1_000_000_000 / 1000);
                    break;
            }
            return 0;
        }

        public int Map(uint bytes, uint offset, out byte* address)
        {
            address = _memory;
            return 0;
        }

        public void Unmap(byte* address, uint bytes)
        {
        }

        public int Wait(int timeoutMs, out bool ready)
        {
            ready = true;
            return 0;
        }

        public void Wake()
        {
        }

        public void Dispose() => NativeMemory.Free(_memory);
    }
}
