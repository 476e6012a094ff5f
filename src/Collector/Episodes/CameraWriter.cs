using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>Writes one camera's pictures and gathers their statistics. Its encoders and buffers are its own.</summary>
internal sealed class CameraWriter
{
    private readonly string _folder, _camera;
    private readonly EpisodeLayout _layout;
    private readonly ConcurrentDictionary<string, string> _digests;
    private readonly PngEncoder _png = new();
    private readonly NpzEncoder _npz = new();
    private readonly ColorStatistics? _colorStatistics;
    private readonly DepthStatistics? _depthStatistics;
    private ReadOnlyMemory<byte> _lastColor, _lastDepth;

    public CameraWriter(
        string folder, string camera, EpisodeLayout layout, EpisodeShape shape, ConcurrentDictionary<string, string> digests)
    {
        (_folder, _camera, _layout, _digests) = (folder, camera, layout, digests);
        if (shape.Streams.Contains(EpisodeLayout.RgbStream(camera)))
        {
            Directory.CreateDirectory(Path.Combine(folder, layout.RgbFolder(camera)));
            _colorStatistics = new ColorStatistics();
        }
        if (shape.Streams.Contains(EpisodeLayout.DepthStream(camera)))
        {
            Directory.CreateDirectory(Path.Combine(folder, layout.DepthFolder(camera)));
            _depthStatistics = new DepthStatistics(shape.DepthScales[camera]);
        }
    }

    // Statistics count each sample once, however often it is written.
    public void Color(int frame, ReadOnlySpan<byte> rgb, int width, int height)
    {
        Expect(_colorStatistics, EpisodeLayout.RgbStream(_camera)).Add(rgb);
        _lastColor = _png.Encode(rgb, width, height);
        RepeatColor(frame);
    }

    public void Depth(int frame, ReadOnlySpan<byte> depth, int width, int height)
    {
        Expect(_depthStatistics, EpisodeLayout.DepthStream(_camera)).Add(MemoryMarshal.Cast<byte, ushort>(depth));
        _lastDepth = _npz.Encode(depth, width, height);
        RepeatDepth(frame);
    }

    public void RepeatColor(int frame) => Write(_layout.Rgb(_camera, frame), _lastColor.Span);

    public void RepeatDepth(int frame) => Write(_layout.Depth(_camera, frame), _lastDepth.Span);

    public void AddStatistics(Dictionary<string, ModalityStatistics> statistics)
    {
        if (_colorStatistics is not null)
            statistics[EpisodeLayout.RgbStream(_camera)] = _colorStatistics.Result();
        if (_depthStatistics is not null)
            statistics[EpisodeLayout.DepthStream(_camera)] = _depthStatistics.Result();
    }

    private static T Expect<T>(T? statistics, string stream)
        where T : class => statistics ?? throw new InvalidOperationException($"this episode's shape has no stream {stream}");

    private void Write(string name, ReadOnlySpan<byte> content)
    {
        if (content.IsEmpty)
            throw new InvalidOperationException($"there is no picture to repeat as {name}");
        string path = Path.Combine(_folder, name);
        using (SafeFileHandle file = File.OpenHandle(path, FileMode.Create, FileAccess.Write, FileShare.ReadWrite | FileShare.Delete))
        {
            RandomAccess.Write(file, content, 0);
            DurableFiles.StartWriteback(file); // a commit must not find a gigabyte still to be written
        }
        _digests[name] = EpisodeSums.DigestOf(content);
    }
}
