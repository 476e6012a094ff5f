using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// One camera's pictures in the rows: a sample that stands in a further row is written again as it is, a new one is read back where the
/// log's own will go. Cameras may be written at the same time.
/// </summary>
internal sealed class CameraRows(string folder, string camera, EpisodeLayout layout, EpisodeWriter writer, bool check)
{
    private readonly PictureCheck? _check = check ? new() : null;
    private Picture? _color, _depth;

    private sealed class Picture
    {
        public HeldPicture? Next;
        public (long Sequence, long OriginatingNs) Sample, Written = (long.MinValue, 0);
    }

    public string Camera => camera;

    /// <summary>Keeps a picture for the next <see cref="Write"/>.</summary>
    public void Take(bool depth, in StreamCell cell, long slotNs, HeldPicture pixels)
    {
        Picture picture = depth ? _depth ??= new() : _color ??= new();
        (picture.Next, picture.Sample) = (pixels, (cell.Sequence, slotNs - cell.AgeNs));
    }

    /// <exception cref="IOException">The disk failed or is full.</exception>
    /// <exception cref="InvalidDataException">A written picture does not read back.</exception>
    public void Write(int frame)
    {
        if (_color?.Next is { } color)
        {
            if (Advance(_color))
            {
                writer.Color(camera, frame, color.Pixels, color.Width, color.Height);
                _check?.MustHold(Path.Combine(folder, layout.Rgb(camera, frame)), color.Pixels, depth: false);
            }
            else
            {
                writer.RepeatColor(camera, frame);
            }
        }
        if (_depth?.Next is { } depth)
        {
            if (Advance(_depth))
            {
                writer.Depth(camera, frame, depth.Pixels, depth.Width, depth.Height);
                _check?.MustHold(Path.Combine(folder, layout.Depth(camera, frame)), depth.Pixels, depth: true);
            }
            else
            {
                writer.RepeatDepth(camera, frame);
            }
        }
    }

    /// <summary>Whether it is another sample than the one last written; from here on it counts as written.</summary>
    private static bool Advance(Picture picture)
    {
        picture.Next = null;
        bool same = picture.Sample == picture.Written;
        picture.Written = picture.Sample;
        return !same;
    }
}
