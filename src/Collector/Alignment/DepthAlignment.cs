using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Alignment;

/// <summary>
/// Lays a depth picture over its camera's colour picture: each depth pixel becomes the colour pixels whose centres lie in the rectangle
/// of its corners, or else the one that its own centre falls into, and the nearest wins. librealsense's align_depth_to_other takes every
/// pixel that the rectangle touches, which makes things a pixel wider, and keeps the distance along depth's axis;
/// here it is along colour's.
/// </summary>
public sealed class DepthAlignment
{
    private readonly Lens _color;
    private readonly int _width, _height; // of depth
    private readonly int _colorWidth, _colorHeight;
    private readonly Vec3[] _rays; // through the corners of depth's pixels, at distance 1, turned into colour's axes
    private readonly Vec3 _origin;
    private readonly double _scale;

    /// <param name="depth">Of the depth pictures.</param>
    /// <param name="color">Of the colour pictures, whose size the result has.</param>
    /// <param name="depthInColor">Depth's optical frame in colour's.</param>
    /// <param name="scale">Metres per unit.</param>
    /// <exception cref="ArgumentException">A lens is not known, or the scale is none.</exception>
    public DepthAlignment(CameraIntrinsics depth, CameraIntrinsics color, in Pose depthInColor, double scale)
    {
        if (!(scale > 0))
            throw new ArgumentException($"a depth scale of {scale} makes no sense");
        (_width, _height, _origin, _scale) = (depth.Width, depth.Height, depthInColor.Position, scale);
        (_color, _colorWidth, _colorHeight) = (new(color), color.Width, color.Height);
        var lens = new Lens(depth);
        _rays = new Vec3[(_width + 1) * (_height + 1)];
        for (int y = 0; y <= _height; y++)
            for (int x = 0; x <= _width; x++)
            {
                var (u, v) = lens.Ray(x - 0.5, y - 0.5);
                _rays[y * (_width + 1) + x] = depthInColor.Rotation.Rotate(new(u, v, 1));
            }
    }

    /// <summary>Depth as colour sees it, 0 where nothing is known.</summary>
    /// <param name="depth">Row by row, 0 for unknown.</param>
    /// <param name="aligned">Colour's size; what was in it is overwritten.</param>
    /// <exception cref="ArgumentException">A picture of another size.</exception>
    public void Align(ReadOnlySpan<ushort> depth, Span<ushort> aligned)
    {
        if (depth.Length != _width * _height || aligned.Length != _colorWidth * _colorHeight)
            throw new ArgumentException($"depth is {_width}x{_height}, the result {_colorWidth}x{_colorHeight}");
        aligned.Clear();
        for (int y = 0; y < _height; y++)
            for (int x = 0; x < _width; x++)
                if (depth[y * _width + x] is not 0 and var value)
                    Lay(value * _scale, x, y, aligned);
    }

    private void Lay(double distance, int x, int y, Span<ushort> aligned)
    {
        int corner = y * (_width + 1) + x;
        Vec3 from = distance * _rays[corner] + _origin, to = distance * _rays[corner + _width + 2] + _origin;
        double z = Math.Round((from.Z + to.Z) / 2 / _scale);
        if (from.Z <= 0 || to.Z <= 0 || z is < 1 or > ushort.MaxValue)
            return; // behind colour's lens, or beyond what 16 bits hold
        var (u0, v0) = _color.Project(from);
        var (u1, v1) = _color.Project(to);
        var (left, right) = Pixels(u0, u1);
        var (top, bottom) = Pixels(v0, v1);
        for (int v = Math.Max(top, 0); v <= Math.Min(bottom, _colorHeight - 1); v++)
            for (int u = Math.Max(left, 0); u <= Math.Min(right, _colorWidth - 1); u++)
            {
                ref ushort at = ref aligned[v * _colorWidth + u];
                if (at == 0 || z < at)
                    at = (ushort)z;
            }
    }

    /// <summary>Those with their centres between two places, or the one between them.</summary>
    private static (int First, int Last) Pixels(double a, double b)
    {
        (a, b) = (Math.Max(Math.Min(a, b), -2), Math.Min(Math.Max(a, b), 1 << 20));
        int first = (int)Math.Ceiling(a), last = (int)Math.Ceiling(b) - 1;
        if (first <= last)
            return (first, last);
        int middle = (int)Math.Floor((a + b) / 2 + 0.5);
        return (middle, middle);
    }
}
