using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.WorldModel.Data;
using RobotWorldModel.WorldModel.Rssm;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Planner.Live;

/// <summary>
/// The pictures that a model sees, live: each brought to its square and its numbers as in training. One that was not put since the last
/// observation is missing. One thread; no allocation after the first picture of a size.
/// </summary>
public sealed class PictureInputs
{
    private readonly Input[] _inputs;
    private readonly float[] _values;
    private readonly bool[] _present;

    internal PictureInputs(ModelCard card)
    {
        IReadOnlyList<ImageShape> shapes = card.Shape.Images;
        var inputs = new List<Input>();
        int start = 0;
        foreach (ImageShape shape in shapes)
        {
            inputs.Add(new(shape, start, card.Normalisation.Modalities[shape.Name], new(shape.Side, card.Config.Data.PictureFit)));
            start += inputs[^1].Size;
        }
        (_inputs, _values, _present) = ([.. inputs], new float[start], new bool[shapes.Count]);
        DepthScales = [.. Enumerable.Repeat(0.001, shapes.Count)];
    }

    /// <summary>Names of the model's pictures, in its order: wrist_rgb, scene_depth …</summary>
    public IReadOnlyList<string> Names => [.. _inputs.Select(input => input.Shape.Name)];

    public int Count => _inputs.Length;

    /// <summary>Of each picture that is depth, metres of one unit; set before the first is put.</summary>
    public double[] DepthScales { get; }

    /// <summary>Of each picture whether it is there.</summary>
    internal ReadOnlySpan<bool> Present => _present;

    /// <summary>All of them one behind the other, [C, side, side], normalised.</summary>
    internal ReadOnlySpan<float> Values => _values;

    /// <summary>Takes a picture of the frame to be observed next.</summary>
    /// <param name="picture">Which of <see cref="Names"/>.</param>
    /// <exception cref="ArgumentException">It is depth where colour is seen, or the other way round.</exception>
    public void Put(int picture, ImageFrame frame)
    {
        Input input = _inputs[picture];
        bool isDepth = input.Shape.Channels == 1;
        if (isDepth != (frame.Format == PixelFormat.Depth16))
            throw new ArgumentException($"{input.Shape.Name} was given a picture of {frame.Format}");
        input.Take(frame.Pixels, frame.Width, frame.Height, DepthScales[picture], _values.AsSpan(input.Start, input.Size));
        _present[picture] = true;
    }

    /// <summary>Nothing is there any more.</summary>
    internal void Clear() => Array.Clear(_present);

    /// <summary>Puts a black one for each: what runs for the first time is compiled, which may take longer than a tick.</summary>
    internal void PutBlack()
    {
        for (int i = 0; i < _inputs.Length; i++)
        {
            Input input = _inputs[i];
            int pixels = input.Shape.Side * input.Shape.Side;
            input.Take(new byte[pixels * (input.Shape.Channels == 1 ? 2 : 3)], input.Shape.Side, input.Shape.Side, 0,
                _values.AsSpan(input.Start, input.Size));
            _present[i] = true;
        }
    }

    private sealed record Input(ImageShape Shape, int Start, Normaliser Normaliser, PictureScaler Scaler)
    {
        private readonly byte[] _small = new byte[Shape.Side * Shape.Side * (Shape.Channels == 1 ? 2 : 3)];

        public int Size => Shape.Channels * Shape.Side * Shape.Side;

        public void Take(ReadOnlySpan<byte> pixels, int width, int height, double depthScale, Span<float> values)
        {
            if (Shape.Channels == 3)
            {
                Scaler.Color(pixels, width, height, _small);
                Normaliser.Apply(_small, values);
                return;
            }
            Span<ushort> units = MemoryMarshal.Cast<byte, ushort>(_small.AsSpan());
            Scaler.Depth(MemoryMarshal.Cast<byte, ushort>(pixels), width, height, units);
            for (int i = 0; i < units.Length; i++)
                values[i] = (float)(units[i] * depthScale);
            Normaliser.Apply(values, values);
        }
    }
}
