using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Tests.Engine;

/// <summary>Weights of a shape as torch initialises them, uniform within 1 / sqrt(inputs), with the heads that are asked for.</summary>
internal static class RandomModel
{
    public static WeightFile Make(RssmConfig config, int actionSize, int seed = 1, bool policy = false, int vectors = 0,
        ImageShape? picture = null)
    {
        var random = new Random(seed);
        var weights = new Dictionary<string, Weight>();
        int d = config.Deterministic, s = config.StochasticWidth, x = config.InputLayer > 0 ? config.InputLayer : s + actionSize;
        if (config.InputLayer > 0)
            Linear("input.linear0", x, s + actionSize);
        Add("cell.weight_ih", d, 3 * d, x);
        Add("cell.weight_hh", d, 3 * d, d);
        Add("cell.bias_ih", d, 3 * d);
        Add("cell.bias_hh", d, 3 * d);
        Network("prior", d, [config.Hidden], config.Classes > 0 ? s : 2 * s);
        Network("reward", config.Features, config.Heads, Math.Max(config.Bins, 1));
        Network("continues", config.Features, config.Heads, 1);
        Network("value", config.Features, config.Heads, Math.Max(config.Bins, 1));
        if (policy)
            Network("actor", config.Features, config.Heads, 2 * actionSize);
        if (vectors > 0)
        {
            Network("encoder.vectors", vectors + 1, config.Vectors, config.VectorEmbedding);
            Network("posterior", d + config.VectorEmbedding + Picture(), [config.Hidden], config.Classes > 0 ? s : 2 * s);
            Network("decoder.vectors", config.Features, config.Vectors, vectors);
        }
        return new WeightFile("random weights", weights);

        void Network(string name, int inputs, IReadOnlyList<int> hidden, int outputs)
        {
            for (int i = 0; i < hidden.Count; i++)
            {
                Linear($"{name}.linear{i}", hidden[i], inputs);
                if (config.Norm)
                {
                    Add($"{name}.norm{i}.weight", 1, hidden[i]);
                    Add($"{name}.norm{i}.bias", 4, hidden[i]);
                }
                inputs = hidden[i];
            }
            Linear($"{name}.out", outputs, inputs);
        }

        int Picture() // values of its embedding
        {
            if (picture is null)
                return 0;
            int channels = picture.Channels, layers = System.Numerics.BitOperations.Log2((uint)picture.Side) - 2;
            for (int i = 0; i < layers; i++, channels = config.ImageDepth << (i - 1))
            {
                Add($"encoder.{picture.Name}.conv{i}.weight", 16 * channels, config.ImageDepth << i, channels, 4, 4);
                Add($"encoder.{picture.Name}.conv{i}.bias", 16 * channels, config.ImageDepth << i);
            }
            Linear($"decoder.{picture.Name}.dense", channels * 16, config.Features);
            for (int i = 0, from = channels; i < layers; i++, from /= 2)
            {
                int to = i == layers - 1 ? picture.Channels : from / 2;
                Add($"decoder.{picture.Name}.deconv{i}.weight", 16 * to, from, to, 4, 4);
                Add($"decoder.{picture.Name}.deconv{i}.bias", 16 * to, to);
            }
            return channels * 16 + 1;
        }

        void Linear(string name, int outputs, int inputs)
        {
            Add($"{name}.weight", inputs, outputs, inputs);
            Add($"{name}.bias", inputs, outputs);
        }

        void Add(string name, int inputs, params int[] shape)
        {
            float bound = 1 / MathF.Sqrt(inputs);
            float[] values = new float[shape.Aggregate(1, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
                values[i] = (2 * random.NextSingle() - 1) * bound;
            weights.Add(name, new Weight(shape, values));
        }
    }

    public static float[] Normal(int count, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)(Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble()));
        return values;
    }

    public static float[] Gumbel(int count, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = (float)-Math.Log(-Math.Log(Math.Max(1e-9, random.NextDouble())));
        return values;
    }

    public static float[] Actions(int count, int seed)
    {
        var random = new Random(seed);
        float[] values = new float[count];
        for (int i = 0; i < count; i++)
            values[i] = 2 * random.NextSingle() - 1;
        return values;
    }
}
