using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Cdr;

/// <summary>std_msgs/Header.</summary>
/// <param name="StampNs">Unix ns.</param>
public readonly record struct RosHeader(long StampNs, string FrameId);

/// <summary>A camera's picture as it lies in a message.</summary>
/// <param name="Pixels">Rows from the top; <paramref name="Step"/> bytes each.</param>
public readonly ref struct RosImage(long stampNs, int height, int width, string encoding, int step, ReadOnlySpan<byte> pixels)
{
    /// <summary>Unix ns.</summary>
    public long StampNs { get; } = stampNs;

    public int Height { get; } = height;

    public int Width { get; } = width;

    /// <summary>rgb8, 16UC1 …</summary>
    public string Encoding { get; } = encoding;

    public int Step { get; } = step;

    public ReadOnlySpan<byte> Pixels { get; } = pixels;
}

/// <summary>The usual ROS 2 types, in wire order. Each Write is a whole message but for <see cref="CdrWriter.Finish"/>.</summary>
public static class RosMessages
{
    /// <summary>Bytes that an image's message needs beside its pixels, at most, for frame names up to 128 bytes.</summary>
    public const int ImageOverhead = 256;

    public static void WriteHeader(ref CdrWriter w, in RosHeader header)
    {
        long seconds = Math.DivRem(header.StampNs, 1_000_000_000, out long ns);
        if (ns < 0)
            (seconds, ns) = (seconds - 1, ns + 1_000_000_000);
        w.I32((int)seconds);
        w.U32((uint)ns);
        w.Text(header.FrameId);
    }

    public static RosHeader ReadHeader(ref CdrReader r) => new(ReadStamp(ref r), r.Text());

    /// <summary>builtin_interfaces/Time as Unix ns.</summary>
    public static long ReadStamp(ref CdrReader r)
    {
        long seconds = r.I32();
        return seconds * 1_000_000_000 + r.U32();
    }

    /// <summary>sensor_msgs/JointState. Effort is what the robot gives: motor currents in A for a UR.</summary>
    public static void WriteJointState(
        ref CdrWriter w, in RosHeader header, scoped ReadOnlySpan<string> names, scoped ReadOnlySpan<double> position,
        scoped ReadOnlySpan<double> velocity, scoped ReadOnlySpan<double> effort)
    {
        WriteHeader(ref w, header);
        w.Sequence(names);
        w.Sequence(position);
        w.Sequence(velocity);
        w.Sequence(effort);
    }

    /// <summary>geometry_msgs/PoseStamped.</summary>
    public static void WritePose(ref CdrWriter w, in RosHeader header, in Pose pose)
    {
        WriteHeader(ref w, header);
        w.F64(pose.Position.X);
        w.F64(pose.Position.Y);
        w.F64(pose.Position.Z);
        w.F64(pose.Rotation.X);
        w.F64(pose.Rotation.Y);
        w.F64(pose.Rotation.Z);
        w.F64(pose.Rotation.W);
    }

    /// <summary>geometry_msgs/TwistStamped (linear m/s, angular rad/s) and WrenchStamped (force N, torque N·m): the same bytes.</summary>
    public static void WriteTwistOrWrench(ref CdrWriter w, in RosHeader header, in Vector6 v)
    {
        WriteHeader(ref w, header);
        w.Vector(v);
    }

    /// <summary>The six numbers of a TwistStamped or WrenchStamped.</summary>
    public static Vector6 ReadTwistOrWrench(ref CdrReader r, out RosHeader header)
    {
        header = ReadHeader(ref r);
        return r.Vector();
    }

    /// <summary>sensor_msgs/Image, little endian, rows without padding.</summary>
    public static void WriteImage(ref CdrWriter w, in RosHeader header, int height, int width, PixelFormat format,
        scoped ReadOnlySpan<byte> pixels)
    {
        WriteHeader(ref w, header);
        w.U32((uint)height);
        w.U32((uint)width);
        w.Text(format == PixelFormat.Rgb8 ? "rgb8" : "16UC1");
        w.U8(0);
        w.U32((uint)(width * (format == PixelFormat.Rgb8 ? 3 : 2)));
        w.Sequence(pixels);
    }

    /// <exception cref="InvalidDataException">Fewer pixels than height times step, a big-endian picture, or a damaged message.</exception>
    public static RosImage ReadImage(scoped ref CdrReader r)
    {
        long stampNs = ReadStamp(ref r);
        r.TextBytes(); // the frame's name
        uint height = r.U32(), width = r.U32();
        var name = r.TextBytes();
        string encoding = name.SequenceEqual("rgb8"u8) ? "rgb8" // no string is made for the usual ones
            : name.SequenceEqual("16UC1"u8) ? "16UC1"
            : System.Text.Encoding.UTF8.GetString(name);
        if (r.U8() != 0)
            throw new InvalidDataException("a big-endian picture");
        uint step = r.U32();
        var pixels = r.Bytes();
        if ((ulong)height * step > (ulong)pixels.Length)
            throw new InvalidDataException($"a picture of {height} rows of {step} bytes has only {pixels.Length} bytes");
        return new RosImage(stampNs, (int)height, (int)width, encoding, (int)step, pixels);
    }

    /// <summary>sensor_msgs/CameraInfo of an unrectified picture.</summary>
    public static void WriteCameraInfo(ref CdrWriter w, in RosHeader header, CameraIntrinsics c)
    {
        WriteHeader(ref w, header);
        w.U32((uint)c.Height);
        w.U32((uint)c.Width);
        w.Text(c.Distortion.Length > 5 ? "rational_polynomial" : "plumb_bob");
        w.Sequence(c.Distortion);
        if (double.IsNaN(c.Fx)) // the message's own way to say that nobody has calibrated it
        {
            w.Fixed(stackalloc double[9 + 9 + 12]);
        }
        else
        {
            w.Fixed([c.Fx, 0, c.Cx, 0, c.Fy, c.Cy, 0, 0, 1]);
            w.Fixed([1, 0, 0, 0, 1, 0, 0, 0, 1]);
            w.Fixed([c.Fx, 0, c.Cx, 0, 0, c.Fy, c.Cy, 0, 0, 0, 1, 0]);
        }
        w.U32(0); // binning
        w.U32(0);
        for (int i = 0; i < 4; i++) // the whole picture
            w.U32(0);
        w.Bool(false);
    }

    /// <summary>The intrinsics of a sensor_msgs/CameraInfo; unknown where its matrix is zero.</summary>
    public static CameraIntrinsics ReadCameraInfo(ref CdrReader r, out RosHeader header)
    {
        header = ReadHeader(ref r);
        int height = r.I32(), width = r.I32();
        r.TextBytes();
        double[] distortion = r.Doubles();
        Span<double> k = stackalloc double[9];
        r.Fixed(k);
        return k[0] == 0
            ? CameraIntrinsics.Unknown(width, height)
            : new CameraIntrinsics(width, height, k[0], k[4], k[2], k[5], distortion);
    }
}
