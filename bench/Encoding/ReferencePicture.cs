namespace RobotWorldModel.Bench.Encoding;

/// <summary>
/// Seeded pictures as a D4xx camera gives them: a table with objects, hard edges, fine texture, shading; sensor noise that grows with the
/// signal and 4:2:2 chroma for colour; disparity quantised to 1/32 pixel, correlated noise, holes and the invalid left band for depth.
/// </summary>
internal static class ReferencePicture
{
    public const int Width = 640, Height = 480;
    public const double NoiseSigma = 2.2;

    public static byte[] Color(int seed, double sigma)
    {
        double[] scene = Scene(Texture(new Random(7), octaves: 6));
        var noise = new Random(seed);
        var rgb = new byte[Width * Height * 3];
        var luma = new double[Width];
        var blue = new double[Width];
        var red = new double[Width];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int i = (y * Width + x) * 3;
                double s = sigma * Math.Sqrt(0.3 + Math.Max(0, scene[i + 1]) / 128);
                double r = scene[i] + s * 1.15 * Gauss(noise), g = scene[i + 1] + s * 0.8 * Gauss(noise), b = scene[i + 2] + s * 1.25 * Gauss(noise);
                luma[x] = Math.Round(0.257 * r + 0.504 * g + 0.098 * b + 16);
                blue[x] = -0.148 * r - 0.291 * g + 0.439 * b + 128;
                red[x] = 0.439 * r - 0.368 * g - 0.071 * b + 128;
            }
            for (int x = 0; x < Width; x++)
            {
                int even = x & ~1;
                double u = Math.Round((blue[even] + blue[even + 1]) / 2) - 128, v = Math.Round((red[even] + red[even + 1]) / 2) - 128;
                double c = 1.164 * (luma[x] - 16);
                int i = (y * Width + x) * 3;
                rgb[i] = ToByte(c + 1.596 * v);
                rgb[i + 1] = ToByte(c - 0.392 * u - 0.813 * v);
                rgb[i + 2] = ToByte(c + 2.017 * u);
            }
        }
        return rgb;
    }

    public static ushort[] Depth(int seed)
    {
        const double FocalTimesBaseline = 385.0 * 50; // px · mm
        var random = new Random(seed);
        float[] low = Texture(random, octaves: 5);
        var noise = new double[Width * Height];
        for (int i = 0; i < noise.Length; i++)
            noise[i] = 0.05 * Gauss(random);
        var depth = new ushort[Width * Height];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                int i = y * Width + x;
                double n = (noise[i] + noise[Math.Max(0, i - 1)] + noise[Math.Max(0, i - Width)] + noise[Math.Max(0, i - Width - 1)]) / 2 + 0.06 * low[i];
                double z = y < 190 ? 1450 + 0.15 * (x - 320) : 1450 - (y - 190) * 2.9;
                bool hole = x < 24 || low[i] < -0.62 || n < -0.155;
                if (InBox(x, y))
                {
                    z = 700;
                    hole |= x < 98;
                }
                double fromBall = Math.Sqrt((x - 420) * (x - 420) + (y - 310) * (y - 310));
                if (fromBall < 62)
                    z = 640 + fromBall * 0.4;
                else
                    hole |= fromBall < 70 && x < 420;
                if (OnArm(x, y))
                    z = 520;
                double disparity = Math.Round((FocalTimesBaseline / z + n) * 32) / 32;
                depth[i] = hole ? (ushort)0 : (ushort)Math.Round(FocalTimesBaseline / disparity);
            }
        }
        return depth;
    }

    private static double[] Scene(float[] texture)
    {
        var rgb = new double[Width * Height * 3];
        for (int y = 0; y < Height; y++)
        {
            for (int x = 0; x < Width; x++)
            {
                double t = texture[y * Width + x];
                (double r, double g, double b) = SurfaceAt(x, y, t);
                double shade = 1 - 0.35 * Math.Pow((x - 320) / 320.0, 2) - 0.25 * Math.Pow((y - 240) / 240.0, 2);
                int i = (y * Width + x) * 3;
                rgb[i] = r * shade;
                rgb[i + 1] = g * shade;
                rgb[i + 2] = b * shade;
            }
        }
        return rgb;
    }

    private static (double R, double G, double B) SurfaceAt(int x, int y, double t)
    {
        if (OnArm(x, y))
        {
            double grey = 55 + t * 8 + 40 * Math.Cos((x - 250 - (y - 100) * 0.4) / 10);
            return (grey, grey, grey);
        }
        if (x > 500 && x < 600 && y > 60 && y < 150)
            return x / 3 % 2 == 0 && y / 8 % 2 == 0 ? (40, 40, 40) : (230, 230, 230);
        if ((x - 420) * (x - 420) + (y - 310) * (y - 310) < 62 * 62)
        {
            double d = Math.Sqrt((x - 400) * (x - 400) + (y - 285) * (y - 285));
            return (215 - d, 40 + d * 0.2, 36);
        }
        if (InBox(x, y))
            return (x / 6 + y / 6) % 9 == 0 ? (225, 225, 225) : (30 + t * 10, 60 + t * 10, 170 + t * 16);
        return y < 190 ? (150 + t * 14, 152 + t * 14, 148 + t * 14) : (158 + t * 46, 122 + t * 40, 88 + t * 34);
    }

    private static bool InBox(int x, int y) => x > 90 && x < 210 && y > 230 && y < 360;

    private static bool OnArm(int x, int y) => Math.Abs(x - 250 - (y - 100) * 0.4) < 16 && y > 60 && y < 420;

    /// <summary>Value noise of several octaves, about -1 … 1.</summary>
    private static float[] Texture(Random random, int octaves)
    {
        var sum = new float[Width * Height];
        for (int octave = 0; octave < octaves; octave++)
        {
            int cell = Math.Max(2, 64 >> octave), columns = Width / cell + 3, rows = Height / cell + 3;
            float amplitude = 1f / (1 << octave);
            var grid = new float[columns * rows];
            for (int i = 0; i < grid.Length; i++)
                grid[i] = (float)random.NextDouble() - 0.5f;
            for (int y = 0; y < Height; y++)
            {
                for (int x = 0; x < Width; x++)
                {
                    int at = y / cell * columns + x / cell;
                    float u = x / (float)cell % 1, v = y / (float)cell % 1;
                    float top = grid[at] * (1 - u) + grid[at + 1] * u, bottom = grid[at + columns] * (1 - u) + grid[at + columns + 1] * u;
                    sum[y * Width + x] += amplitude * (top * (1 - v) + bottom * v);
                }
            }
        }
        return sum;
    }

    private static double Gauss(Random random)
    {
        double u = 1 - random.NextDouble(), v = random.NextDouble();
        return Math.Sqrt(-2 * Math.Log(u)) * Math.Cos(2 * Math.PI * v);
    }

    private static byte ToByte(double value) => (byte)Math.Clamp((int)Math.Round(value), 0, 255);
}
