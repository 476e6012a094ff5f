using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.WorldModel.Data;

/// <summary>What became of a dataset's pictures so far.</summary>
/// <param name="Decoded">Times that one was decoded.</param>
/// <param name="Found">Times that one was in memory.</param>
/// <param name="Bytes">Memory that they take.</param>
/// <param name="Damaged">By file what is wrong with it; it counts as a gap.</param>
public sealed record PictureReport(long Decoded, long Found, long Bytes, IReadOnlyDictionary<string, string> Damaged);

/// <summary>
/// A dataset's small pictures, decoded when first asked for and kept in memory up to a limit. What is kept stays: in shuffled epochs every
/// picture is as likely to be wanted next, and whatever a full store threw out for another would be wanted as soon. For all workers.
/// </summary>
internal sealed class PictureStore
{
    private readonly Dataset _data;
    private readonly byte[]?[]?[][] _kept; // [episode][modality][frame]
    private readonly long _limit;
    private readonly ConcurrentDictionary<string, string> _damaged = new();
    private long _bytes, _decoded, _found;

    public PictureStore(Dataset data)
    {
        (_data, _limit) = (data, data.Options.PictureBytes);
        _kept = [.. data.Episodes.Select(e => e.Pictures.Select(p => p is null ? null : new byte[]?[e.Frames]).ToArray())];
    }

    public PictureReport Report() => new(
        Interlocked.Read(ref _decoded), Interlocked.Read(ref _found), Interlocked.Read(ref _bytes),
        new Dictionary<string, string>(_damaged));

    public Decoder NewDecoder() => new(this);

    private static void Deliver(byte[] picture, Modality modality, double depthScale, Span<byte> color, Span<float> depth)
    {
        if (modality.Kind == ModalityKind.Color)
        {
            picture.CopyTo(color);
            return;
        }
        ReadOnlySpan<ushort> units = MemoryMarshal.Cast<byte, ushort>(picture);
        for (int i = 0; i < units.Length; i++)
            depth[i] = (float)(units[i] * depthScale);
    }

    /// <summary>One worker's buffers.</summary>
    public sealed class Decoder(PictureStore store)
    {
        private readonly PictureReader _reader = new();
        private readonly PictureScaler _scaler = new(store._data.Options.PictureSide, store._data.Options.PictureFit);

        /// <summary>False: the frame has none, or it is damaged; nothing is filled then.</summary>
        /// <param name="color">Filled of colour: [3, side, side].</param>
        /// <param name="depth">Filled of depth: [side, side], m.</param>
        public bool TryGet(int episode, int modality, int frame, Span<byte> color, Span<float> depth)
        {
            TrainingEpisode e = store._data.Episodes[episode];
            if (e.Pictures[modality]?[frame] != true)
                return false;
            Modality m = store._data.Modalities[modality];
            byte[]?[] kept = store._kept[episode][modality]!;
            byte[]? picture = Volatile.Read(ref kept[frame]);
            if (picture is not null)
                Interlocked.Increment(ref store._found);
            else if ((picture = Decode(e, m, frame)) is null)
                return false;
            else if (Interlocked.Add(ref store._bytes, picture.Length) > store._limit
                || Interlocked.CompareExchange(ref kept[frame], picture, null) is not null)
                Interlocked.Add(ref store._bytes, -picture.Length); // no room, or another worker was faster
            double scale = m.Kind == ModalityKind.Depth ? e.Metadata.Cameras.First(c => c.Name == m.Source).DepthScale ?? 0 : 0;
            Deliver(picture, m, scale, color, depth);
            return true;
        }

        private byte[]? Decode(TrainingEpisode episode, Modality m, int frame)
        {
            bool isDepth = m.Kind == ModalityKind.Depth;
            string path = Path.Combine(
                episode.Folder, isDepth ? episode.Layout.Depth(m.Source, frame) : episode.Layout.Rgb(m.Source, frame));
            try
            {
                var small = new byte[m.Side * m.Side * (isDepth ? 2 : 3)];
                if (isDepth)
                {
                    DepthPicture d = _reader.Depth(path);
                    _scaler.Depth(d.Values.Span, d.Width, d.Height, MemoryMarshal.Cast<byte, ushort>(small.AsSpan()));
                }
                else
                {
                    RgbPicture p = _reader.Color(path);
                    _scaler.Color(p.Pixels.Span, p.Width, p.Height, small);
                }
                Interlocked.Increment(ref store._decoded);
                return small;
            }
            catch (Exception e) when (e is InvalidDataException or FileNotFoundException)
            {
                store._damaged.TryAdd(path, e.Message); // a gap; a disk that fails is none, and ends the run
                return null;
            }
        }
    }
}
