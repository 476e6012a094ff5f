using System.IO.Compression;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using RobotWorldModel.Runtime.Desk.Episodes;

namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>Writes an episode of the fake scene in the standard format.</summary>
internal static class FakeEpisode
{
    public const int Width = 160, Height = 120;

    private static readonly string[] s_axes = ["x", "y", "z", "rx", "ry", "rz"];

    /// <returns>The episode's folder.</returns>
    public static string Write(string data, string id, int frames = 20, string task = "pick the ball", string outcome = "success", params string[] cameras)
    {
        string folder = Path.Combine(data, "demonstrations", id), work = folder + ".recording";
        Directory.CreateDirectory(work);
        if (cameras.Length == 0)
            cameras = ["wrist", "scene"];
        for (int c = 0; c < cameras.Length; c++)
            Pictures(work, cameras.Length == 1 ? "" : cameras[c], c, frames);
        Tables(work, frames);
        Metadata(work, id, frames, task, outcome, cameras);
        Sums(work);
        Directory.Move(work, folder);
        return folder;
    }

    public static void WriteNpz(string path, ushort[] units, int width, int height)
    {
        using var zip = ZipFile.Open(path, ZipArchiveMode.Create);
        using Stream npy = zip.CreateEntry("depth.npy", CompressionLevel.Fastest).Open();
        string header = $"{{'descr': '<u2', 'fortran_order': False, 'shape': ({height}, {width}), }}".PadRight(117) + "\n";
        npy.Write([0x93, (byte)'N', (byte)'U', (byte)'M', (byte)'P', (byte)'Y', 1, 0, (byte)header.Length, 0]);
        npy.Write(Encoding.ASCII.GetBytes(header));
        npy.Write(MemoryMarshal.AsBytes(units.AsSpan()));
    }

    private static void Pictures(string folder, string camera, int number, int frames)
    {
        (string rgb, string depth) = (Path.Combine(folder, "rgb", camera), Path.Combine(folder, "depth", camera));
        Directory.CreateDirectory(rgb);
        Directory.CreateDirectory(depth);
        for (int k = 0; k < frames; k++)
        {
            File.WriteAllBytes(Path.Combine(rgb, $"{k:D6}.png"), PngWriter.Rgb(FakeScene.Color(k / 30.0 * 3, Width, Height, number), Width, Height));
            WriteNpz(Path.Combine(depth, $"{k:D6}.npz"), FakeScene.Depth(k / 30.0 * 3, Width, Height, number), Width, Height);
        }
    }

    private static void Tables(string folder, int frames)
    {
        Table(folder, "joints", [.. Six("q"), .. Six("qd"), .. s_axes.Select(a => "tcp_" + a)], frames,
            t => [.. FakeScene.Joints(t), .. FakeScene.JointSpeeds(t), .. FakeScene.Tcp(t)]);
        Table(folder, "force", ["fx", "fy", "fz", "tx", "ty", "tz"], frames, FakeScene.Wrench);
        Table(folder, "gripper", ["position", "width", "force", "object"], frames,
            t => [FakeScene.Gripper(t), 0.085 * (1 - FakeScene.Gripper(t)), 40, FakeScene.Gripper(t) > 0.8 ? 1 : 0]);
        Table(folder, "actions", [.. Six("a"), "a6"], frames, t => [.. FakeScene.Joints(t + 1 / 30.0), FakeScene.Gripper(t)]);
        var rows = new StringBuilder("frame,timestamp,slot,tick_status,lateness_us,robot_seq,robot_age_us,robot_status\n");
        for (int k = 0; k < frames; k++)
            rows.Append($"{k},{k / 30.0:R},{k / 30.0:R},ok,{20 + k % 7},{k * 16},{900 + k % 5},interpolated\n");
        File.WriteAllText(Path.Combine(folder, "frames.csv"), rows.ToString());
    }

    private static IEnumerable<string> Six(string letter) => Enumerable.Range(0, 6).Select(i => letter + i);

    private static void Table(string folder, string name, string[] columns, int frames, Func<double, double[]> values)
    {
        var rows = new StringBuilder($"frame,timestamp,{string.Join(',', columns)}\n");
        for (int k = 0; k < frames; k++)
            rows.Append($"{k},{k / 30.0:R},{string.Join(',', values(k / 30.0 * 3).Select(v => v.ToString("R")))}\n");
        File.WriteAllText(Path.Combine(folder, name + ".csv"), rows.ToString());
    }

    private static void Metadata(string folder, string id, int frames, string task, string outcome, string[] cameras) =>
        File.WriteAllText(Path.Combine(folder, "metadata.json"), JsonSerializer.Serialize(new Dictionary<string, object>
        {
            ["schema"] = 1,
            ["id"] = id,
            ["task"] = task,
            ["outcome"] = outcome,
            ["start"] = "2026-03-02T09:15:00.0000000Z",
            ["rate_hz"] = 30,
            ["frames"] = frames,
            ["duration_s"] = frames / 30.0,
            ["cameras"] = cameras.Select(c => new Dictionary<string, object> { ["name"] = c, ["depth_scale"] = 0.001 }).ToArray(),
            ["quality"] = "not judged",
        }));

    private static void Sums(string folder)
    {
        IEnumerable<string> lines = Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories).Order(StringComparer.Ordinal)
            .Select(f => $"{Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(f)))}  {Path.GetRelativePath(folder, f)}");
        File.WriteAllText(Path.Combine(folder, "SHA256SUMS"), string.Join('\n', lines) + "\n");
    }
}
