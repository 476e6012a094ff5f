using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Collector.Tests.Mcap;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Tests.Cdr;

/// <summary>Bytes that ROS 2 itself made: each must be read to the known values, and written again to the bit.</summary>
public class GoldenCdrTests
{
    private const long StampNs = 1_700_000_000_123_456_789;

    [Theory, InlineData(1), InlineData(2)]
    public void JointState(int n)
    {
        byte[] golden = Golden("sensor_msgs.msg.JointState", n);
        var r = new CdrReader(golden);
        RosHeader header = ReadHeader(ref r, n);
        string[] names = r.Texts();
        double[] position = r.Doubles(), velocity = r.Doubles(), effort = r.Doubles();
        Assert.Equal(["joint_1", "joint_2", "joint_3", "joint_4", "joint_5", "joint_6", "joint_7"], names);
        Assert.Equal(0.5 * n, position[0]);
        Assert.Equal(-0.25 * n, velocity[0]);
        Assert.Equal(n == 1 ? 0 : 7, effort.Length);
        Same(golden, (ref CdrWriter w) => RosMessages.WriteJointState(ref w, header, names, position, velocity, effort));
    }

    [Theory, InlineData(1), InlineData(2)]
    public void PoseStamped(int n)
    {
        byte[] golden = Golden("geometry_msgs.msg.PoseStamped", n);
        var r = new CdrReader(golden);
        RosHeader header = ReadHeader(ref r, n);
        var pose = new Pose(new(r.F64(), r.F64(), r.F64()), new(r.F64(), r.F64(), r.F64(), r.F64()));
        Assert.Equal(new Vec3(n, n + 1, n + 2), pose.Position);
        Same(golden, (ref CdrWriter w) => RosMessages.WritePose(ref w, header, pose));
    }

    [Theory, InlineData("TwistStamped", 1), InlineData("TwistStamped", 2), InlineData("WrenchStamped", 1), InlineData("WrenchStamped", 2)]
    public void Twist_and_wrench(string type, int n)
    {
        byte[] golden = Golden("geometry_msgs.msg." + type, n);
        var r = new CdrReader(golden);
        Vector6 v = RosMessages.ReadTwistOrWrench(ref r, out RosHeader header);
        Assert.Equal(new RosHeader(StampNs, $"frame_{n}"), header);
        Assert.Equal(n, v[0]);
        Assert.Equal(n + (type == "TwistStamped" ? 3 : 2), v[3]);
        Same(golden, (ref CdrWriter w) => RosMessages.WriteTwistOrWrench(ref w, header, v));
    }

    [Theory, InlineData(1), InlineData(2)]
    public void Image(int n)
    {
        byte[] golden = Golden("sensor_msgs.msg.Image", n);
        var r = new CdrReader(golden);
        RosImage image = RosMessages.ReadImage(ref r);
        Assert.Equal((8, 4, "rgb8", 24, StampNs), (image.Width, image.Height, image.Encoding, image.Step, image.StampNs));
        Assert.Equal(96, image.Pixels.Length);
        Assert.Equal(n, image.Pixels[0]);
        byte[] pixels = image.Pixels.ToArray();
        var header = new RosHeader(StampNs, $"frame_{n}");
        Same(golden, (ref CdrWriter w) => RosMessages.WriteImage(ref w, header, 4, 8, PixelFormat.Rgb8, pixels));
    }

    [Theory, InlineData(1), InlineData(2)]
    public void CameraInfo_field_by_field(int n)
    {
        byte[] golden = Golden("sensor_msgs.msg.CameraInfo", n);
        var r = new CdrReader(golden);
        RosHeader header = ReadHeader(ref r, n);
        uint height = r.U32(), width = r.U32();
        string model = r.Text();
        double[] d = r.Doubles(), k = new double[9], rotation = new double[9], p = new double[12];
        r.Fixed(k);
        r.Fixed(rotation);
        r.Fixed(p);
        uint[] rest = [r.U32(), r.U32(), r.U32(), r.U32(), r.U32(), r.U32()];
        bool rectify = r.Bool();
        Assert.Equal((480u, 640u, "plumb_bob", 5), (height, width, model, d.Length));
        Assert.Equal([1u, 2, 3, 4, 5, 6], rest);
        Same(golden, (ref CdrWriter w) =>
        {
            RosMessages.WriteHeader(ref w, header);
            w.U32(height);
            w.U32(width);
            w.Text(model);
            w.Sequence(d);
            w.Fixed(k);
            w.Fixed(rotation);
            w.Fixed(p);
            foreach (uint v in rest)
                w.U32(v);
            w.Bool(rectify);
        });
    }

    [Fact]
    public void CameraInfo_of_a_camera_comes_back()
    {
        var camera = new CameraIntrinsics(640, 480, 615.5, 616.25, 320.5, 239.75, [0.1, -0.2, 0.001, -0.002, 0.05]);
        var w = CdrWriter.Rent(16);
        RosMessages.WriteCameraInfo(ref w, new RosHeader(StampNs, "wrist"), camera);
        var r = new CdrReader(w.Finish());
        var back = RosMessages.ReadCameraInfo(ref r, out var header);
        Assert.Equal(new RosHeader(StampNs, "wrist"), header);
        Assert.Equal(camera.Distortion, back.Distortion);
        Assert.Equal(camera with { Distortion = back.Distortion }, back);
        w.Dispose();
    }

    [Fact]
    public void CameraInfo_of_a_camera_that_nobody_has_calibrated_is_zero_as_ROS_says()
    {
        var w = CdrWriter.Rent(16);
        RosMessages.WriteCameraInfo(ref w, new RosHeader(StampNs, "front"), CameraIntrinsics.Unknown(640, 480));
        byte[] bytes = w.Finish().ToArray();
        var r = new CdrReader(bytes);
        var back = RosMessages.ReadCameraInfo(ref r, out _);
        Assert.Equal((640, 480, double.NaN, 0), (back.Width, back.Height, back.Fx, back.Distortion.Length));
        Assert.DoesNotContain((byte)0x7F, bytes); // no NaN, no infinity
        w.Dispose();
    }

    [Fact]
    public void Stamps_before_the_epoch_are_kept()
    {
        foreach (long ns in (long[])[0, -1, -999_999_999, -1_000_000_000, -1_500_000_000, StampNs])
        {
            var w = new CdrWriter(new byte[64]);
            RosMessages.WriteHeader(ref w, new RosHeader(ns, ""));
            var r = new CdrReader(w.Finish());
            Assert.Equal(ns, RosMessages.ReadStamp(ref r));
        }
    }

    [Fact]
    public void Every_cut_of_a_message_is_refused_and_none_reads_too_far()
    {
        byte[] golden = Golden("sensor_msgs.msg.CameraInfo", 1);
        for (int n = 0; n < golden.Length - 4; n++)
        {
            byte[] cut = golden[..n];
            Assert.Throws<InvalidDataException>(() =>
            {
                var r = new CdrReader(cut);
                RosMessages.ReadCameraInfo(ref r, out _);
                for (int i = 0; i < 21; i++) // r and p
                    r.F64();
                for (int i = 0; i < 6; i++)
                    r.U32();
                r.Bool();
            });
        }
    }

    [Fact]
    public void A_count_that_promises_more_than_there_is_is_refused_before_anything_is_allocated()
    {
        byte[] lie = [0, 1, 0, 0, 0xFF, 0xFF, 0xFF, 0x7F, 1, 2, 3, 4];
        Assert.Throws<InvalidDataException>(() => new CdrReader(lie).Doubles());
        Assert.Throws<InvalidDataException>(() => new CdrReader(lie).Texts());
        Assert.Throws<InvalidDataException>(() => new CdrReader(lie).Text());
        Assert.Throws<InvalidDataException>(() => new CdrReader([0, 0, 0, 0, 1]));
    }

    [Fact]
    public void A_span_that_is_too_small_is_refused() => Assert.Throws<InvalidOperationException>(() =>
    {
        var w = new CdrWriter(new byte[16]);
        w.F64(1);
        w.F64(2);
    });

    private delegate void Write(ref CdrWriter w);

    /// <summary>
    /// Into a span of just the right size, and into a pooled array that has to grow. On the wire a message is padded to a multiple of
    /// four, which the golden bytes are not.
    /// </summary>
    private static void Same(byte[] unpadded, Write write)
    {
        byte[] golden = [.. unpadded, .. new byte[-unpadded.Length & 3]];
        var exact = new CdrWriter(new byte[golden.Length]);
        write(ref exact);
        Assert.Equal(Convert.ToHexString(golden), Convert.ToHexString(exact.Finish()));

        var growing = CdrWriter.Rent(4);
        write(ref growing);
        Assert.Equal(Convert.ToHexString(golden), Convert.ToHexString(growing.Finish()));
        growing.Dispose();
    }

    private static RosHeader ReadHeader(ref CdrReader r, int n)
    {
        RosHeader header = RosMessages.ReadHeader(ref r);
        Assert.Equal(new RosHeader(StampNs, $"frame_{n}"), header);
        return header;
    }

    private static byte[] Golden(string type, int n) =>
        Convert.FromHexString(File.ReadAllText(Path.Combine(McapPeer.Root, $"tests/Collector/Cdr/golden/{type}.{n}.hex")).Trim());
}
