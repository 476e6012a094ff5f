namespace RobotWorldModel.Vision.Boards;

/// <summary>
/// What is black on a board: the lines along which anything changes, and whether the cells between them are black. A place is looked up
/// in a few steps, for whoever draws pictures of boards.
/// </summary>
internal sealed class BlackCells
{
    private const double Same = 1e-9;
    private readonly double[] _xs, _ys;
    private readonly int[] _startX, _startY; // by even steps: the last line at or before it
    private readonly bool[,] _black;

    /// <param name="xs">In any order, the print's own edges among them.</param>
    public BlackCells(IEnumerable<double> xs, IEnumerable<double> ys, Func<double, double, bool> isBlack)
    {
        (_xs, _ys) = (Sorted(xs), Sorted(ys));
        (_startX, _startY) = (Starts(_xs), Starts(_ys));
        _black = new bool[_xs.Length - 1, _ys.Length - 1];
        for (int i = 0; i + 1 < _xs.Length; i++)
            for (int j = 0; j + 1 < _ys.Length; j++)
                _black[i, j] = isBlack((_xs[i] + _xs[i + 1]) / 2, (_ys[j] + _ys[j + 1]) / 2);
    }

    /// <summary>Outside of the print all is white.</summary>
    public bool At(double x, double y)
    {
        int i = Find(_xs, _startX, x), j = Find(_ys, _startY, y);
        return i >= 0 && j >= 0 && _black[i, j];
    }

    /// <summary>Black rectangles as wide as they can be: left, bottom, width, height.</summary>
    public IEnumerable<(double X, double Y, double W, double H)> Runs()
    {
        for (int j = 0; j + 1 < _ys.Length; j++)
        {
            int from = -1;
            for (int i = 0; i < _xs.Length; i++)
            {
                bool black = i + 1 < _xs.Length && _black[i, j];
                if (black && from < 0)
                    from = i;
                if (black || from < 0)
                    continue;
                yield return (_xs[from], _ys[j], _xs[i] - _xs[from], _ys[j + 1] - _ys[j]);
                from = -1;
            }
        }
    }

    private static double[] Sorted(IEnumerable<double> lines)
    {
        double[] sorted = [.. lines.Order()];
        return [.. sorted.Where((v, i) => i == 0 || v - sorted[i - 1] > Same)];
    }

    private static int[] Starts(double[] lines)
    {
        int[] starts = new int[4 * lines.Length];
        double step = (lines[^1] - lines[0]) / starts.Length;
        for (int s = 0, line = 0; s < starts.Length; s++)
        {
            while (line + 2 < lines.Length && lines[line + 1] <= lines[0] + s * step)
                line++;
            starts[s] = line;
        }
        return starts;
    }

    private static int Find(double[] lines, int[] starts, double at)
    {
        double share = (at - lines[0]) / (lines[^1] - lines[0]);
        if (!(share >= 0 && share < 1))
            return -1;
        int line = starts[(int)(share * starts.Length)];
        while (line + 2 < lines.Length && lines[line + 1] <= at)
            line++;
        return line;
    }
}
