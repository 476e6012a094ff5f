using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// y = W x + b for some rows, W packed in panels two vectors wide: [panel][input][column]. Where a part of x is one-hot groups, their
/// columns of W lie apart, and a row's sum of them is gathered.
/// </summary>
internal sealed unsafe class Dense : IDisposable
{
    private readonly NativeBuffer _weights, _bias;
    private readonly NativeBuffer? _gathered;
    private readonly int _panelWidth;

    /// <param name="panelWidth">Columns of a panel: twice a vector's.</param>
    /// <param name="outputs">Rows of the matrix.</param>
    /// <param name="weight">Of output o and input i.</param>
    /// <param name="bias">Of output o; null for none.</param>
    /// <param name="inputs">Dense inputs, in the order in which they are summed.</param>
    /// <param name="oneHot">Inputs of which one in each group is 1.</param>
    public Dense(
        int panelWidth, int outputs, Func<int, int, float> weight, Func<int, float>? bias, ReadOnlySpan<int> inputs,
        ReadOnlySpan<int> oneHot = default)
    {
        (_panelWidth, Outputs, Inputs) = (panelWidth, outputs, inputs.Length);
        int panels = (outputs + panelWidth - 1) / panelWidth;
        Width = panels * panelWidth;
        _bias = new NativeBuffer(Width);
        _weights = new NativeBuffer((nint)Width * Inputs);
        _gathered = oneHot.IsEmpty ? null : new NativeBuffer((nint)Width * (oneHot.Length + 1)); // the last stays 0: of no class
        for (int o = 0; o < outputs; o++)
        {
            _bias.Start[o] = bias?.Invoke(o) ?? 0;
            float* panel = _weights.Start + (nint)(o / panelWidth) * panelWidth * Inputs + o % panelWidth;
            for (int i = 0; i < Inputs; i++)
                panel[(nint)i * panelWidth] = weight(o, inputs[i]);
            for (int i = 0; i < oneHot.Length; i++)
                _gathered!.Start[(nint)i * Width + o] = weight(o, oneHot[i]);
        }
    }

    public int Inputs { get; }

    public int Outputs { get; }

    /// <summary>Outputs with the zeros that fill the last panel; all of them are written.</summary>
    public int Width { get; }

    /// <summary>Whether the one-hot part of an input has to be given.</summary>
    public bool Gathers => _gathered is not null;

    /// <summary>The bias, and what single rows and shared ones start from.</summary>
    public float* Bias => _bias.Start;

    /// <summary>c = end(init + [first, second] · W) for some rows.</summary>
    /// <param name="from">Inputs before it are in init already.</param>
    /// <param name="init">A row of <see cref="Width"/> values for each row, or one for all with a stride of 0; may be c itself.</param>
    /// <param name="end">What each value goes through while it is at hand.</param>
    public void Multiply<T>(
        int rows, Segment first, Segment second, int from, float* init, nint initStride, float* c, nint stride, Activation? end = null)
        where T : unmanaged, ILanes<T>
    {
        nint panel = (nint)_panelWidth * Inputs;
        float* w = _weights.Start + (nint)from * _panelWidth;
        int column = 0;
        if (rows == 1)
        {
            for (; column + 4 * _panelWidth <= Width; column += 4 * _panelWidth, w += 4 * panel)
                Tile.FourPanels<T>(first, second, w, panel, init + column, c + column);
            if (end is { } activation)
                Rows.Activate<T>(activation, c, stride, 1, column);
        }
        for (; column < Width; column += _panelWidth, w += panel)
            Panel<T>(rows, first, second, w, init + column, initStride, c + column, stride, end);
    }

    /// <summary>Writes bias + the columns of each row's classes.</summary>
    /// <param name="classes">Of each row <paramref name="groups"/> indices into the one-hot inputs; their number stands for no
    /// class.</param>
    public void Gather<T>(int rows, int* classes, int groups, float* c, nint stride) where T : unmanaged, ILanes<T>
    {
        for (int row = 0; row < rows; row++, classes += groups, c += stride)
        {
            for (int column = 0; column < Width; column += T.Count)
            {
                T sum = T.Load(_bias.Start + column);
                for (int g = 0; g < groups; g++)
                    sum += T.Load(_gathered!.Start + (nint)classes[g] * Width + column);
                sum.Store(c + column);
            }
        }
    }

    public void Dispose()
    {
        _weights.Dispose();
        _bias.Dispose();
        _gathered?.Dispose();
    }

    private void Panel<T>(
        int rows, Segment first, Segment second, float* w, float* init, nint initStride, float* c, nint stride, Activation? end)
        where T : unmanaged, ILanes<T>
    {
        // 24 sums where there are 32 registers, 12 where there are 16. Two sixes leave what twelve leave: a multiple of four.
        int most = T.Count == 16 ? 12 : 6;
        for (int row = 0, tall; row < rows; row += tall)
        {
            int left = rows - row;
            tall = left >= 12 || (left >= most && left % 4 == 2) ? most : left >= 4 ? 4 : 1;
            var (a, b) = (first.From(row), second.From(row));
            float* from = init + row * initStride, to = c + row * stride;
            switch (tall)
            {
                case 12: Tile.Twelve<T>(a, b, w, from, initStride, to, stride); break;
                case 6: Tile.Six<T>(a, b, w, from, initStride, to, stride); break;
                case 4: Tile.Four<T>(a, b, w, from, initStride, to, stride); break;
                default: Tile.One<T>(a, b, w, from, to); break;
            }
            if (end is { } activation)
                Rows.Activate<T>(activation, to, stride, tall, _panelWidth);
        }
    }
}
