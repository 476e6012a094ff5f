namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>Moving data for a core that has no devices: a ball that circles over a table, joints and forces that go with it.</summary>
internal static class FakeScene
{
    public static double[] Joints(double t) =>
        [.. Enumerable.Range(0, 6).Select(i => Math.Round(-1.5 + 0.6 * i + (0.5 - 0.06 * i) * Math.Sin(0.7 * t + i), 6))];

    public static double[] JointSpeeds(double t) =>
        [.. Enumerable.Range(0, 6).Select(i => Math.Round((0.5 - 0.06 * i) * 0.7 * Math.Cos(0.7 * t + i), 6))];

    public static double[] Wrench(double t) =>
        [.. Enumerable.Range(0, 6).Select(i => Math.Round((i < 3 ? 8 : 0.6) * Math.Sin((1.1 + 0.2 * i) * t + i) + (i == 2 ? -12 : 0), 4))];

    public static double[] Tcp(double t) =>
        [Math.Round(0.4 + 0.1 * Math.Cos(t), 5), Math.Round(0.1 * Math.Sin(t), 5), 0.3, 3.1416, 0, 0];

    public static double Gripper(double t) => Math.Round(0.5 + 0.5 * Math.Sin(0.5 * t), 3);

    /// <summary>RGB8. Sky, table and ball; no two cameras see the same colours.</summary>
    public static byte[] Color(double t, int width, int height, int camera)
    {
        byte[] rgb = new byte[width * height * 3];
        (double bx, double by, double r) = Ball(t, width, height, camera);
        for (int y = 0, at = 0; y < height; y++)
            for (int x = 0; x < width; x++, at += 3)
            {
                double d = Math.Sqrt((x - bx) * (x - bx) + (y - by) * (y - by)) / r;
                double v = (double)y / height;
                (double red, double green, double blue) = d < 1
                    ? (camera == 0 ? (235 - 110 * d, 90 - 50 * d, 40.0) : (50.0, 120 - 60 * d, 220 - 90 * d))
                    : v < 0.35 ? (96 + 50 * v, 110 + 60 * v, 128 + 60 * v)
                    : (x / 24 + y / 24) % 2 == 0 ? (190 - 40 * v, 182 - 40 * v, 168 - 40 * v) : (170 - 40 * v, 162 - 40 * v, 150 - 40 * v);
                (rgb[at], rgb[at + 1], rgb[at + 2]) = ((byte)red, (byte)green, (byte)blue);
            }
        return rgb;
    }

    /// <summary>mm; the ball lies nearer than the table, and one corner has no return.</summary>
    public static ushort[] Depth(double t, int width, int height, int camera)
    {
        ushort[] units = new ushort[width * height];
        (double bx, double by, double r) = Ball(t, width, height, camera);
        for (int y = 0, at = 0; y < height; y++)
            for (int x = 0; x < width; x++, at++)
            {
                double d = Math.Sqrt((x - bx) * (x - bx) + (y - by) * (y - by)) / r;
                units[at] = x < width / 16 && y < height / 8 ? (ushort)0
                    : d < 1 ? (ushort)(520 + 40 * d)
                    : (ushort)(1300 - 500.0 * y / height);
            }
        return units;
    }

    private static (double X, double Y, double Radius) Ball(double t, int width, int height, int camera) =>
        (width * (0.5 + 0.3 * Math.Cos(t + camera)), height * (0.6 + 0.22 * Math.Sin(t + camera)), height * 0.13);
}
