using System.Diagnostics;
using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Tests.RealSense;

/// <summary>
/// The stand-in for librealsense2 (tests/native/realsense), compiled and loaded, and the orders that its test's side takes.
/// </summary>
internal sealed unsafe class StandIn : IDisposable
{
    private const int Kinds = 8;
    public const int Depth = 1, Color = 2;
    private readonly string _folder = Directory.CreateTempSubdirectory("rwm-rs").FullName;
    private readonly nint _library;

    /// <param name="compiled">What <see cref="Compile"/> made. A copy of it is loaded: a file of its own is a library of its own, with its
    /// own cameras.</param>
    public StandIn(string compiled)
    {
        Path = System.IO.Path.Combine(_folder, "librealsense2.so");
        File.Copy(compiled, Path);
        _library = NativeLibrary.Load(Path);
    }

    /// <param name="root">The checkout.</param>
    /// <param name="into">A folder.</param>
    /// <returns>The library's path.</returns>
    /// <exception cref="InvalidOperationException">gcc does not take it.</exception>
    public static string Compile(string root, string into)
    {
        string path = System.IO.Path.Combine(into, "librealsense2-standin.so");
        string[] sources = Directory.GetFiles(System.IO.Path.Combine(root, "tests", "native", "realsense"), "*.c");
        var start = new ProcessStartInfo("gcc", ["-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", "-fvisibility=hidden",
            "-o", path, .. sources, "-lm", "-lpthread"])
        {
            RedirectStandardError = true,
        };
        using Process gcc = Process.Start(start)!;
        string said = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        return gcc.ExitCode == 0 ? path : throw new InvalidOperationException($"gcc: {said}");
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    public nint Export(string name) => NativeLibrary.GetExport(_library, name);

    /// <summary>A camera that is not plugged in yet.</summary>
    public void Camera(string serial, string usb = "3.2", bool oneSensor = false)
    {
        fixed (byte* s = Text(serial), u = Text(usb))
            ((delegate* unmanaged[Cdecl]<byte*, byte*, int, void>)Export("rwm_camera"))(s, u, oneSensor ? 1 : 0);
    }

    public void Plug(string serial, bool tell = true) => Order("rwm_plug", serial, tell ? 1 : 0);

    public void Unplug(string serial, bool tell = true) => Order("rwm_unplug", serial, tell ? 1 : 0);

    public void Order(string what, string serial, int value)
    {
        fixed (byte* s = Text(serial))
            ((delegate* unmanaged[Cdecl]<byte*, int, void>)Export(what))(s, value);
    }

    public void Order(string what, string serial, int first, int second)
    {
        fixed (byte* s = Text(serial))
            ((delegate* unmanaged[Cdecl]<byte*, int, int, void>)Export(what))(s, first, second);
    }

    public void Order(string what, string serial, int number, string text)
    {
        fixed (byte* s = Text(serial), t = Text(text))
            ((delegate* unmanaged[Cdecl]<byte*, int, byte*, void>)Export(what))(s, number, t);
    }

    public void Order(string what) => ((delegate* unmanaged[Cdecl]<void>)Export(what))();

    /// <param name="how">1 width, 2 stride, 3 no data, 4 another stream's name, 5 the same number again, 6 rows without end.</param>
    /// <param name="pictures">Below 0: all.</param>
    public void Garble(string serial, int stream, int how, int pictures)
    {
        fixed (byte* s = Text(serial))
            ((delegate* unmanaged[Cdecl]<byte*, int, int, int, void>)Export("rwm_garble"))(s, stream, how, pictures);
    }

    /// <param name="until">1 until its streams start anew, 2 until it is reset, 3 until it is plugged in anew.</param>
    /// <param name="streams">2 depth, 4 colour, 6 both.</param>
    public void Freeze(string serial, int until, int streams = 6) => Order("rwm_freeze", serial, until, streams);

    public void Rate(string serial, double hz)
    {
        fixed (byte* s = Text(serial))
            ((delegate* unmanaged[Cdecl]<byte*, double, void>)Export("rwm_rate"))(s, hz);
    }

    public void Clock(string serial, double offsetUs, double driftPpm)
    {
        fixed (byte* s = Text(serial))
            ((delegate* unmanaged[Cdecl]<byte*, double, double, void>)Export("rwm_clock"))(s, offsetUs, driftPpm);
    }

    public double DeviceUs(string serial)
    {
        fixed (byte* s = Text(serial))
            return ((delegate* unmanaged[Cdecl]<byte*, double>)Export("rwm_device_us"))(s);
    }

    /// <summary>Of the colour sensor, where it has such a one.</summary>
    public float Option(string serial, int option) => Option("rwm_option", serial, option);

    public float DepthOption(string serial, int option) => Option("rwm_depth_option", serial, option);

    private float Option(string whose, string serial, int option)
    {
        fixed (byte* s = Text(serial))
            return ((delegate* unmanaged[Cdecl]<byte*, int, float>)Export(whose))(s, option);
    }

    public int Ask(string what, string serial)
    {
        fixed (byte* s = Text(serial))
            return ((delegate* unmanaged[Cdecl]<byte*, int>)Export(what))(s);
    }

    public int Ask(string what) => ((delegate* unmanaged[Cdecl]<int>)Export(what))();

    public long AskLong(string what) => ((delegate* unmanaged[Cdecl]<long>)Export(what))();

    /// <summary>Processor time of a copy of so many bytes, at a rate, ns.</summary>
    public long CopyNs(long bytes, double hz, int copies) =>
        ((delegate* unmanaged[Cdecl]<long, double, int, long>)Export("rwm_copy_ns"))(bytes, hz, copies);

    public string Json(string serial)
    {
        fixed (byte* s = Text(serial))
            return Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<byte*, nint>)Export("rwm_json"))(s))!;
    }

    /// <param name="type">An rs2_exception_type.</param>
    /// <param name="times">Below 0: until it is mended.</param>
    public void Fail(string function, int type, string message, int times = 1, int skip = 0)
    {
        fixed (byte* f = Text(function), m = Text(message))
            ((delegate* unmanaged[Cdecl]<byte*, int, byte*, int, int, void>)Export("rwm_fail"))(f, type, m, times, skip);
    }

    /// <summary>The next call of it hangs until <see cref="Mend"/>.</summary>
    public void Hang(string function)
    {
        fixed (byte* f = Text(function))
            ((delegate* unmanaged[Cdecl]<byte*, void>)Export("rwm_hang"))(f);
    }

    public void Mend() => Order("rwm_mend");

    /// <summary>Objects that the client has not given back; empty where there are none.</summary>
    public string Leaks
    {
        get
        {
            string[] kinds = ["error", "context", "device list", "device", "sensor list", "sensor", "profile list", "frame"];
            var leaks = new List<string>();
            for (int kind = 0; kind < Kinds; kind++)
                if (((delegate* unmanaged[Cdecl]<int, int>)Export("rwm_live"))(kind) is not 0 and var live)
                    leaks.Add($"{live} {kinds[kind]}");
            return string.Join(", ", leaks);
        }
    }

    /// <summary>What the client did that it must not: dead handles, double deletion, calls that never end; empty for nothing.</summary>
    public string Misuse => Ask("rwm_misuses") == 0
        ? ""
        : $"{Ask("rwm_misuses")}, last {Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)Export("rwm_last_misuse"))())}";

    private static byte[] Text(string text) => [.. System.Text.Encoding.UTF8.GetBytes(text), 0];
}
