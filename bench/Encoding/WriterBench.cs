using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Bench.Encoding;

/// <summary>What one picture costs on its way into an episode's folder.</summary>
internal sealed class WriterBench : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("encoding-bench").FullName;
    private readonly EpisodeWriter _writer;
    private int _frame;

    public WriterBench() => _writer = new EpisodeWriter(_folder, new EpisodeShape(
        30, ["wrist"], ["wrist_rgb", "wrist_depth"], null,
        new Dictionary<string, IReadOnlyList<string>>(), new Dictionary<string, double> { ["wrist"] = 0.001 }));

    public int Color(byte[] rgb)
    {
        int frame = _frame++ % 100;
        _writer.Color("wrist", frame, rgb, ReferencePicture.Width, ReferencePicture.Height);
        return BytesOf(new EpisodeLayout("wrist").Rgb("wrist", frame));
    }

    public int Depth(ushort[] depth)
    {
        int frame = _frame++ % 100;
        _writer.Depth("wrist", frame, MemoryMarshal.AsBytes<ushort>(depth), ReferencePicture.Width, ReferencePicture.Height);
        return BytesOf(new EpisodeLayout("wrist").Depth("wrist", frame));
    }

    private int BytesOf(string name) => (int)new FileInfo(Path.Combine(_folder, name)).Length;

    public void Dispose()
    {
        _writer.Dispose();
        Directory.Delete(_folder, recursive: true);
    }
}
