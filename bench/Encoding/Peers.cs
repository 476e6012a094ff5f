using System.Diagnostics;
using System.Globalization;
using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace RobotWorldModel.Bench.Encoding;

/// <summary>What .NET's own classes give for the same pictures.</summary>
internal static class BclPeer
{
    private static readonly ZLibCompressionOptions s_huffmanOnly = new() { CompressionLevel = 1, CompressionStrategy = ZLibCompressionStrategy.HuffmanOnly };
    private static readonly MemoryStream s_output = new();
    private static readonly Dictionary<byte[], byte[]> s_filtered = [];

    /// <summary>Compresses the filtered rows of a PNG again; their filtering is not counted.</summary>
    public static int Png(byte[] png)
    {
        if (!s_filtered.TryGetValue(png, out byte[]? rows))
        {
            using var zlib = new ZLibStream(new MemoryStream(png, 41, png.Length - 41), CompressionMode.Decompress);
            s_filtered[png] = rows = new byte[ReferencePicture.Height * (ReferencePicture.Width * 3 + 1)];
            zlib.ReadExactly(rows);
        }
        s_output.SetLength(0);
        using (var zlib = new ZLibStream(s_output, s_huffmanOnly, leaveOpen: true))
            zlib.Write(rows);
        return (int)s_output.Length;
    }

    public static int Npz(ushort[] depth)
    {
        s_output.SetLength(0);
        using (var zip = new ZipArchive(s_output, ZipArchiveMode.Create, leaveOpen: true))
        using (Stream entry = zip.CreateEntry("depth.npy", CompressionLevel.Optimal).Open())
            entry.Write(MemoryMarshal.AsBytes<ushort>(depth));
        return (int)s_output.Length;
    }
}

/// <summary>Python's zlib, PIL and NumPy, where they are installed.</summary>
internal static class PythonPeer
{
    private const string Python = "/usr/bin/python3";

    public static IEnumerable<Measurement> Measure(byte[] rgb, ushort[] depth)
    {
        if (!File.Exists(Python))
        {
            Console.Error.WriteLine($"{Python} is not there: its peers are left out");
            return [];
        }
        string folder = Directory.CreateTempSubdirectory("encoding-bench").FullName;
        try
        {
            File.WriteAllBytes(Path.Combine(folder, "rgb.raw"), rgb);
            File.WriteAllBytes(Path.Combine(folder, "depth.raw"), MemoryMarshal.AsBytes<ushort>(depth));
            return Run(folder);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static List<Measurement> Run(string folder)
    {
        var start = new ProcessStartInfo(Python) { RedirectStandardOutput = true };
        start.ArgumentList.Add(Path.Combine(AppContext.BaseDirectory, "peers.py"));
        start.ArgumentList.Add(folder);
        start.ArgumentList.Add(ReferencePicture.Width.ToString(CultureInfo.InvariantCulture));
        start.ArgumentList.Add(ReferencePicture.Height.ToString(CultureInfo.InvariantCulture));
        using Process process = Process.Start(start)!;
        string json = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        if (process.ExitCode != 0)
            throw new InvalidOperationException($"peers.py ended with {process.ExitCode}");
        using JsonDocument document = JsonDocument.Parse(json);
        return [.. document.RootElement.EnumerateArray().Select(e => Measurement.From(
            e.GetProperty("what").GetString()!, e.GetProperty("with").GetString()!,
            [.. e.GetProperty("times_ms").EnumerateArray().Select(t => t.GetDouble())], e.GetProperty("bytes").GetInt32()))];
    }
}
