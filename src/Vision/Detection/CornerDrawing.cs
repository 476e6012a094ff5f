namespace RobotWorldModel.Vision.Detection;

/// <summary>Marks where corners were found, for a person to look at.</summary>
public static class CornerDrawing
{
    private const int Arm = 4;

    /// <summary>A green cross on each, a red one on the first.</summary>
    /// <param name="rgb">Rows from the top, three bytes a pixel.</param>
    public static void Draw(Span<byte> rgb, int width, int height, IReadOnlyList<SeenCorner> corners)
    {
        for (int i = 0; i < corners.Count; i++)
        {
            int x = (int)Math.Round(corners[i].U), y = (int)Math.Round(corners[i].V);
            for (int d = -Arm; d <= Arm; d++)
            {
                Dot(rgb, width, height, x + d, y, i == 0);
                Dot(rgb, width, height, x, y + d, i == 0);
            }
        }
    }

    private static void Dot(Span<byte> rgb, int width, int height, int x, int y, bool red)
    {
        if (x < 0 || y < 0 || x >= width || y >= height)
            return;
        Span<byte> pixel = rgb.Slice((y * width + x) * 3, 3);
        (pixel[0], pixel[1], pixel[2]) = red ? ((byte)255, (byte)30, (byte)30) : ((byte)20, (byte)230, (byte)60);
    }
}
