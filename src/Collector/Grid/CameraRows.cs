using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Collector.Grid;

/// <summary>
/// One camera's pictures in the rows: a sample that stands in a further row is written again as it is, a new one is read back where the
/// log's own will go. Cameras may be written at the same time.
/// </summary>
internal sealed class CameraRows(string folder, string camera, EpisodeLayout layout, EpisodeWriter writer, bool check)
{
    private readonly PictureCheck? _check = check ? new() : null;
    private readonly Picture _color = new(), _depth = new();

    private sealed class Picture
    {
        public HeldPicture? Next;
        public (long Sequence, long OriginatingNs) Sample, Written = (long.MinValue, 0);
    }

    /// <summary>Keeps a picture for the next <see cref="Write"/>.</summary>
    public void Take(bool depth, in StreamCell cell, long slotNs, HeldPicture pixels)
    {
        Picture picture = depth ? _depth : _color;
        (picture.Next, picture.Sample) = (pixels, (cell.Sequence, slotNs - cell.AgeNs));
    }

    /// <exception cref="IOException">The disk failed or is full.</exception>
    /// <exception cref="InvalidDataException">A written picture does not read back.</exception>
    public void Write(int frame)
    {
        Write(_color, frame, depth: false);
        Write(_depth, frame, depth: true);
    }

    private void Write(Picture picture, int frame, bool depth)
    {
        if (picture.Next is not { } next)
            return;
        bool again = picture.Sample == picture.Written;
        (picture.Next, picture.Written) = (null, picture.Sample);
        if (depth && again)
            writer.RepeatDepth(camera, frame);
        else if (depth)
            writer.Depth(camera, frame, next.Pixels, next.Width, next.Height);
        else if (again)
            writer.RepeatColor(camera, frame);
        else
            writer.Color(camera, frame, next.Pixels, next.Width, next.Height);
        if (!again)
            _check?.MustHold(Path.Combine(folder, depth ? layout.Depth(camera, frame) : layout.Rgb(camera, frame)), next.Pixels, depth);
    }
}
