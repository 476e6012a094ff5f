using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// A picture between two layers: pixels in rows, the channels of a pixel side by side, and a frame of zeros one pixel wide around it, so
/// that what a kernel covers of one row is one piece of memory.
/// </summary>
internal sealed unsafe class FeatureMap(int side, int channels) : IDisposable
{
    private readonly NativeBuffer _values = new((nint)(side + 2) * (side + 2) * channels);

    /// <summary>Pixels of an edge, without the frame.</summary>
    public int Side => side;

    public int Channels => channels;

    /// <summary>Of a pixel; -1 and <see cref="Side"/> are the frame.</summary>
    public float* At(int y, int x) => _values.Start + ((nint)(y + 1) * (side + 2) + x + 1) * channels;

    public void Dispose() => _values.Dispose();
}

/// <summary>
/// The kernels of one layer as a matrix product: what each covers of a map is copied to a row (im2col), some rows of a picture at a time.
/// </summary>
/// <param name="dense">On the pixels that a kernel covers, row by row, the channels of a pixel side by side.</param>
/// <param name="taps">Pixels of a row that a kernel covers, and rows.</param>
/// <param name="across">Kernels in a row of a picture.</param>
internal sealed unsafe class KernelRows(Dense dense, int taps, int across) : IDisposable
{
    private const int AtOnce = 64; // rows of the product: enough that the weights are not read again for each

    private readonly int _lines = Math.Max(1, AtOnce / across); // of the picture
    private readonly int _patchStride = NativeBuffer.Stride(dense.Inputs), _outStride = NativeBuffer.Stride(dense.Width);
    private readonly NativeBuffer _patches = new((nint)Math.Max(1, AtOnce / across) * across * NativeBuffer.Stride(dense.Inputs));
    private readonly NativeBuffer _out = new((nint)Math.Max(1, AtOnce / across) * across * NativeBuffer.Stride(dense.Width));

    /// <summary>Takes what kernels made of a line of the picture: <paramref name="values"/> of pixel x stand at x · stride.</summary>
    public delegate void TakeLine(int y, float* values, int stride);

    /// <param name="step">Pixels from kernel to kernel.</param>
    /// <param name="from">Row and column of the first kernel's first pixel; -1 is the frame.</param>
    /// <param name="down">Kernels in a column.</param>
    public void Run<T>(FeatureMap map, int step, int fromY, int fromX, int down, Activation? end, TakeLine take)
        where T : unmanaged, ILanes<T>
    {
        int piece = taps * map.Channels;
        for (int y = 0; y < down; y += _lines)
        {
            int lines = Math.Min(_lines, down - y);
            for (int k = 0; k < lines * across; k++)
            {
                float* to = _patches.Start + (nint)k * _patchStride;
                for (int tap = 0; tap < taps; tap++, to += piece)
                {
                    float* pixels = map.At((y + k / across) * step + fromY + tap, k % across * step + fromX);
                    new ReadOnlySpan<float>(pixels, piece).CopyTo(new Span<float>(to, piece));
                }
            }
            var rows = new Segment(_patches.Start, _patchStride, dense.Inputs);
            dense.Multiply<T>(lines * across, rows, default, 0, dense.Bias, 0, _out.Start, _outStride, end);
            for (int line = 0; line < lines; line++)
                take(y + line, _out.Start + (nint)line * across * _outStride, _outStride);
        }
    }

    public void Dispose()
    {
        dense.Dispose();
        _patches.Dispose();
        _out.Dispose();
    }
}

/// <summary>
/// What convolutions make of a picture: conv0, activation, conv1 … of the checkpoint, each halving it, down to 4 by 4. One caller at a
/// time.
/// </summary>
internal sealed unsafe class PictureEncoder : IDisposable
{
    private const int Kernel = 4, Smallest = 4;

    private readonly ImageShape _shape;
    private readonly Activation _activation;
    private readonly List<FeatureMap> _maps = [];
    private readonly List<KernelRows> _layers = [];
    private readonly List<KernelRows.TakeLine> _takes = [];

    /// <exception cref="InvalidDataException">A weight is missing or of another shape.</exception>
    public PictureEncoder(WeightFile weights, RssmConfig config, ImageShape shape, int panelWidth)
    {
        (_shape, _activation) = (shape, config.Activation);
        _maps.Add(new(shape.Side, shape.Channels));
        for (int side = shape.Side / 2, i = 0; side >= Smallest; side /= 2, i++)
        {
            (int inputs, int outputs) = (_maps[^1].Channels, config.ImageDepth << i);
            string layer = $"encoder.{shape.Name}.conv{i}";
            float[] w = weights.Get($"{layer}.weight", outputs, inputs, Kernel, Kernel), bias = weights.Get($"{layer}.bias", outputs);
            var dense = new Dense(panelWidth, outputs, (o, k) => w[(o * inputs + k % inputs) * Kernel * Kernel + k / inputs],
                o => bias[o], [.. Enumerable.Range(0, Kernel * Kernel * inputs)]);
            _layers.Add(new(dense, Kernel, side));
            var to = new FeatureMap(side, outputs);
            _maps.Add(to);
            _takes.Add((y, values, stride) =>
            {
                for (int x = 0; x < to.Side; x++, values += stride)
                    new ReadOnlySpan<float>(values, to.Channels).CopyTo(new Span<float>(to.At(y, x), to.Channels));
            });
        }
    }

    /// <summary>Values of a picture: channels · side · side.</summary>
    public int Inputs => _shape.Channels * _shape.Side * _shape.Side;

    public int Outputs => _maps[^1].Channels * Smallest * Smallest;

    /// <param name="planes">[C, side, side], normalised as in training.</param>
    /// <param name="features">[<see cref="Outputs"/>], channel by channel.</param>
    public void Run<T>(ReadOnlySpan<float> planes, Span<float> features) where T : unmanaged, ILanes<T>
    {
        int side = _shape.Side;
        for (int i = 0; i < planes.Length; i++)
            _maps[0].At(i / side % side, i % side)[i / (side * side)] = planes[i];
        for (int i = 0; i < _layers.Count; i++)
            _layers[i].Run<T>(_maps[i], 2, -1, -1, _maps[i + 1].Side, _activation, _takes[i]);
        for (int i = 0; i < features.Length; i++)
            features[i] = _maps[^1].At(i / Smallest % Smallest, i % Smallest)[i / (Smallest * Smallest)];
    }

    public void Dispose()
    {
        _maps.ForEach(map => map.Dispose());
        _layers.ForEach(layer => layer.Dispose());
    }
}

/// <summary>
/// The picture that is expected, from z: dense, then deconv0, activation, deconv1 … of the checkpoint, each doubling it. A transposed
/// convolution with a stride of 2 is four ordinary ones of 2 by 2 pixels, one for each place of a result's pixel in a square of four. One
/// caller at a time.
/// </summary>
internal sealed unsafe class PictureDecoder : IDisposable
{
    private const int Kernel = 4, Smallest = 4, Taps = 2, Phases = 4;

    private readonly ImageShape _shape;
    private readonly Activation _activation;
    private readonly Dense _first;
    private readonly NativeBuffer _row;
    private readonly List<FeatureMap> _maps = [];
    private readonly List<KernelRows> _layers = []; // four of each
    private readonly List<KernelRows.TakeLine> _takes = [];

    /// <exception cref="InvalidDataException">A weight is missing or of another shape.</exception>
    public PictureDecoder(WeightFile weights, RssmConfig config, ImageShape shape, int panelWidth)
    {
        (_shape, _activation) = (shape, config.Activation);
        int layers = 0;
        for (int side = shape.Side; side > Smallest; side /= 2)
            layers++;
        int channels = config.ImageDepth << (layers - 1), all = channels * Smallest * Smallest;
        int dense = config.Deterministic + (config.Classes > 0 ? 0 : config.Stochastic);
        string name = $"decoder.{shape.Name}";
        float[] matrix = weights.Get($"{name}.dense.weight", all, config.Features), offsets = weights.Get($"{name}.dense.bias", all);
        _first = new Dense(panelWidth, all, (o, i) => matrix[o * config.Features + i], o => offsets[o],
            [.. Enumerable.Range(0, dense)], [.. Enumerable.Range(dense, config.Features - dense)]);
        _row = new NativeBuffer(_first.Width);
        _maps.Add(new(Smallest, channels));
        for (int i = 0; i < layers; i++)
            Add(weights, $"{name}.deconv{i}", i == layers - 1 ? shape.Channels : _maps[^1].Channels / 2, panelWidth);
    }

    /// <summary>Values of a picture: channels · side · side.</summary>
    public int Outputs => _shape.Channels * _shape.Side * _shape.Side;

    /// <param name="planes">[C, side, side], normalised as those that the model sees.</param>
    public void Run<T>(Features features, Span<float> planes) where T : unmanaged, ILanes<T>
    {
        float* init = _first.Bias;
        if (_first.Gathers)
            _first.Gather<T>(1, features.Classes, features.Groups, init = _row.Start, _first.Width);
        _first.Multiply<T>(
            1, new Segment(features.Start, features.Stride, _first.Inputs), default, 0, init, _first.Width, _row.Start, _first.Width);
        for (int i = 0; i < _first.Outputs; i++)
            _maps[0].At(i / Smallest % Smallest, i % Smallest)[i / (Smallest * Smallest)] = _row.Start[i];
        for (int i = 0; i < _layers.Count; i++)
        {
            (int layer, int down, int right) = (i / Phases, i / 2 % 2, i % 2);
            Activation? end = layer == _maps.Count - 2 ? null : _activation;
            _layers[i].Run<T>(_maps[layer], 1, down - 1, right - 1, _maps[layer].Side, end, _takes[i]);
        }
        int side = _shape.Side;
        for (int i = 0; i < planes.Length; i++)
            planes[i] = _maps[^1].At(i / side % side, i % side)[i / (side * side)];
    }

    public void Dispose()
    {
        _first.Dispose();
        _row.Dispose();
        _maps.ForEach(map => map.Dispose());
        _layers.ForEach(layer => layer.Dispose());
    }

    private void Add(WeightFile weights, string layer, int outputs, int panelWidth)
    {
        FeatureMap from = _maps[^1], to = new(2 * from.Side, outputs);
        int inputs = from.Channels;
        float[] w = weights.Get($"{layer}.weight", inputs, outputs, Kernel, Kernel), bias = weights.Get($"{layer}.bias", outputs);
        _maps.Add(to);
        for (int phase = 0; phase < Phases; phase++)
        {
            (int down, int right) = (phase / 2, phase % 2);
            var dense = new Dense(panelWidth, outputs, (o, k) =>
            {
                // Pixel y of what comes in adds to pixels 2 y - 1 to 2 y + 2 of what goes out.
                (int tap, int c) = (k / inputs, k % inputs);
                int ky = 3 - down - 2 * (tap / Taps), kx = 3 - right - 2 * (tap % Taps);
                return w[((c * outputs + o) * Kernel + ky) * Kernel + kx];
            }, o => bias[o], [.. Enumerable.Range(0, Taps * Taps * inputs)]);
            _layers.Add(new(dense, Taps, from.Side));
            _takes.Add((y, values, stride) =>
            {
                for (int x = 0; x < from.Side; x++, values += stride)
                    new ReadOnlySpan<float>(values, outputs).CopyTo(new Span<float>(to.At(2 * y + down, 2 * x + right), outputs));
            });
        }
    }
}
