using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Scene;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// A pinhole RGB-D camera without distortion, colour and depth from one eye. Pixel (0, 0) is the top left; its centre is at (0.5, 0.5).
/// </summary>
/// <param name="Width">Pixels, a multiple of 8.</param>
/// <param name="Fx">Focal length, pixels.</param>
/// <param name="Cx">Principal point, pixels from the left edge of the picture.</param>
/// <param name="OnFlange">Moves with the arm; else it stands in the base frame.</param>
/// <param name="Extrinsics">The optical frame (z forward, x right, y down) in the flange's or the base's frame, m.</param>
public sealed record CameraModel(
    string Name, int Width, int Height, double Fx, double Fy, double Cx, double Cy, bool OnFlange, Pose Extrinsics)
{
    /// <summary>Depth pixels are whole millimetres.</summary>
    public const double DepthScale = 0.001;

    public int ColorBytes => Width * Height * 3;

    public int DepthBytes => Width * Height * 2;

    /// <summary>On the gripper, beside the fingers, tilted towards the TCP.</summary>
    public static CameraModel Wrist { get; } = D435("wrist", true, GripperGeometry.CameraOptics);

    /// <summary>In front of the table, over the shoulder of whoever watches: arm and workspace in one picture.</summary>
    public static CameraModel Scene { get; } = D435("scene", false, LookAt(new(-1.58, 0.60, 0.92), new(-0.36, -0.03, 0.20)));

    /// <summary>
    /// The same view in more or fewer pixels, as a camera has it in another of its modes. What is of another shape shows the middle of it,
    /// cut at two sides.
    /// </summary>
    /// <param name="height">Null: as wide is to high here.</param>
    /// <exception cref="ArgumentException">The width is no multiple of 32, or the height not above 0.</exception>
    public CameraModel Scaled(int width, int? height = null)
    {
        if (width <= 0 || width % 32 != 0 || height <= 0)
            throw new ArgumentException($"a picture of {width} x {height} pixels; the width must be a multiple of 32, the height above 0");
        int rows = height ?? (int)Math.Round((double)width / Width * Height);
        double k = Math.Max((double)width / Width, (double)rows / Height);
        return this with
        {
            Width = width,
            Height = rows,
            Fx = k * Fx,
            Fy = k * Fy,
            Cx = width / 2.0 + k * (Cx - Width / 2.0),
            Cy = rows / 2.0 + k * (Cy - Height / 2.0),
        };
    }

    /// <summary>Where the optical frame is in the base frame, given where the flange is.</summary>
    public Pose PoseInBase(in Pose flangeInBase) => OnFlange ? flangeInBase * Extrinsics : Extrinsics;

    /// <summary>
    /// What the camera says of itself. OpenCV's principal point counts from the centre of the first pixel: half a pixel less.
    /// </summary>
    public CameraInfo ToInfo(string serial)
    {
        var intrinsics = new CameraIntrinsics(Width, Height, Fx, Fy, Cx - 0.5, Cy - 0.5, [0, 0, 0, 0, 0]);
        return new(Name, "Simulated RGB-D", serial, intrinsics, intrinsics, DepthScale, OnFlange ? "flange" : "base", Extrinsics);
    }

    /// <summary>The optical frame of a camera that looks from one point at another with the base's z upwards in the picture.</summary>
    public static Pose LookAt(Vec3 eye, Vec3 target)
    {
        Vec3 z = (target - eye).Normalized;
        Vec3 x = z.Cross(Vec3.UnitZ).Normalized;
        return new(eye, Quat.FromAxes(x, z.Cross(x), z));
    }

    // A D435's colour camera at 640 x 480.
    private static CameraModel D435(string name, bool onFlange, Pose extrinsics) =>
        new(name, 640, 480, 615, 615, 320, 240, onFlange, extrinsics);
}
