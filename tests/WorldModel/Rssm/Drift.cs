using RobotWorldModel.WorldModel.Rssm;
using static TorchSharp.torch;

namespace RobotWorldModel.WorldModel.Tests.Rssm;

/// <summary>
/// A world small enough to learn in a test: a mass on a line, x' = x + 0.3 v, v' = 0.8 v + 0.4 a, seen as [x, v] or as a picture with a
/// bright column at x; the reward is 1 - x².
/// </summary>
internal static class Drift
{
    internal const int Side = 16;

    internal static ModelShape Shape { get; } = new() { Vectors = [new("state", 2)], Actions = 1 };

    internal static ModelShape Pictured { get; } = new()
    {
        Vectors = [new("state", 2)],
        Images = [new("camera", 3, Side)],
        Actions = 1,
    };

    /// <summary>Sequences [batch, steps] under random actions that change every few steps.</summary>
    internal static Sequences Draw(int seed, int batch, int steps, bool pictures = false)
    {
        var random = new Random(seed);
        var (states, actions, rewards) = (new float[batch * steps * 2], new float[batch * steps], new float[batch * steps]);
        var images = new float[pictures ? batch * steps * 3 * Side * Side : 0];
        for (var b = 0; b < batch; b++)
        {
            var (x, v, a) = ((random.NextDouble() * 2) - 1, 0.0, 0.0);
            for (var t = 0; t < steps; t++)
            {
                var at = (b * steps) + t;
                (states[2 * at], states[(2 * at) + 1]) = ((float)x, (float)v);
                rewards[at] = (float)(1 - (x * x));
                if (pictures)
                    Paint(images.AsSpan(at * 3 * Side * Side, 3 * Side * Side), x);
                a = random.NextDouble() < 0.3 ? (random.NextDouble() * 2) - 1 : a;
                actions[at] = (float)a;
                (x, v) = (x + (0.3 * v), (0.8 * v) + (0.4 * a));
            }
        }
        return Of(batch, steps, states, actions, rewards, images);
    }

    private static Sequences Of(int batch, int steps, float[] states, float[] actions, float[] rewards, float[] images)
    {
        var first = zeros([batch, steps]);
        first.select(1, 0).fill_(1).Dispose();
        var vectors = new Dictionary<string, Tensor> { ["state"] = tensor(states, [batch, steps, 2]) };
        var masks = new Dictionary<string, Tensor> { ["state"] = ones([batch, steps]) };
        var pictures = new Dictionary<string, Tensor>();
        if (images.Length > 0)
        {
            pictures["camera"] = tensor(images, [batch, steps, 3, Side, Side]);
            masks["camera"] = ones([batch, steps]);
        }
        return new Sequences(
            new Observations(vectors, pictures, masks), tensor(actions, [batch, steps, 1]), tensor(rewards, [batch, steps]),
            ones([batch, steps]), ones([batch, steps]), first);
    }

    private static void Paint(Span<float> picture, double x)
    {
        var column = (int)Math.Clamp((x + 2) / 4 * Side, 0, Side - 1);
        for (var i = 0; i < 3 * Side; i++)
            picture[(i * Side) + column] = 1;
    }
}
