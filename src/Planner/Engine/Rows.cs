using System.Runtime.CompilerServices;
using RobotWorldModel.WorldModel.Rssm;

namespace RobotWorldModel.Planner.Engine;

/// <summary>
/// What is done to rows of activations between the matrix products. Widths are rounded up to whole vectors: what lies behind a row's end
/// is read and written too.
/// </summary>
internal static unsafe class Rows
{
    private const MethodImplOptions Kernel = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;
    private const float LayerNormEpsilon = 1e-5f;

    /// <summary>The activation of whole vectors.</summary>
    [MethodImpl(Kernel)]
    public static void Activate<T>(Activation activation, float* x, nint stride, int rows, int width) where T : unmanaged, ILanes<T>
    {
        switch (activation)
        {
            case Activation.Elu:
                for (; rows > 0; rows--, x += stride)
                    for (int i = 0; i < width; i += T.Count)
                        VectorMath.Elu(T.Load(x + i)).Store(x + i);
                break;
            case Activation.Silu:
                for (; rows > 0; rows--, x += stride)
                    for (int i = 0; i < width; i += T.Count)
                        VectorMath.Silu(T.Load(x + i)).Store(x + i);
                break;
            default:
                for (; rows > 0; rows--, x += stride)
                    for (int i = 0; i < width; i += T.Count)
                        VectorMath.Mish(T.Load(x + i)).Store(x + i);
                break;
        }
    }

    /// <summary>y = (x - mean) / sqrt(variance + 1e-5) · gain + bias over each row; torch's LayerNorm.</summary>
    /// <param name="width">A multiple of nothing: what is behind it does not count, and must be finite.</param>
    [MethodImpl(Kernel)]
    public static void LayerNorm<T>(float* x, nint stride, int rows, int width, float* gain, float* bias)
        where T : unmanaged, ILanes<T>
    {
        int whole = width / T.Count * T.Count;
        for (; rows > 0; rows--, x += stride)
        {
            T sum = T.Create(0), squares = T.Create(0);
            float rest = 0, restSquares = 0;
            for (int i = 0; i < whole; i += T.Count)
                sum += T.Load(x + i);
            for (int i = whole; i < width; i++)
                rest += x[i];
            float average = (sum.Sum() + rest) / width;
            T mean = T.Create(average);
            for (int i = 0; i < whole; i += T.Count)
            {
                T apart = T.Load(x + i) - mean;
                squares.Accumulate(apart, apart);
            }
            for (int i = whole; i < width; i++)
                restSquares += (x[i] - average) * (x[i] - average);
            T scale = T.Create(1 / MathF.Sqrt((squares.Sum() + restSquares) / width + LayerNormEpsilon));
            for (int i = 0; i < width; i += T.Count)
                T.MultiplyAdd((T.Load(x + i) - mean) * scale, T.Load(gain + i), T.Load(bias + i)).Store(x + i);
        }
    }

    /// <summary>
    /// The GRU's gates as torch.nn.GRUCell has them: r = σ, z = σ, n = tanh(nx + r · nh), next = n + z · (h - n).
    /// </summary>
    /// <param name="rz">Of each row the sums of r, then of z.</param>
    /// <param name="nhStride">0 where all rows share one, as they do h then.</param>
    [MethodImpl(Kernel)]
    public static void Gates<T>(
        int rows, int width, float* rz, nint rzStride, float* nx, nint nxStride, float* nh, nint nhStride, float* h, nint hStride,
        float* next, nint nextStride) where T : unmanaged, ILanes<T>
    {
        for (; rows > 0; rows--, rz += rzStride, nx += nxStride, nh += nhStride, h += hStride, next += nextStride)
        {
            for (int i = 0; i < width; i += T.Count)
            {
                T r = VectorMath.Sigmoid(T.Load(rz + i));
                T z = VectorMath.Sigmoid(T.Load(rz + width + i));
                T n = VectorMath.Tanh(T.MultiplyAdd(r, T.Load(nh + i), T.Load(nx + i)));
                T.MultiplyAdd(z, T.Load(h + i) - n, n).Store(next + i);
            }
        }
    }

    /// <summary>s = mean + (softplus(ρ) + least) · ε, or the mean where there is no ε.</summary>
    /// <param name="prior">Of each row the means, then ρ.</param>
    /// <param name="noise">One row for all; null for none.</param>
    [MethodImpl(Kernel)]
    public static void Gaussian<T>(int rows, int width, float* prior, nint stride, float least, float* noise, float* s, nint sStride)
        where T : unmanaged, ILanes<T>
    {
        for (; rows > 0; rows--, prior += stride, s += sStride)
        {
            for (int i = 0; i < width; i += T.Count)
            {
                T value = T.Load(prior + i);
                if (noise is not null)
                    value.Accumulate(VectorMath.Softplus(T.Load(prior + width + i)) + T.Create(least), T.Load(noise + i));
                value.Store(s + i);
            }
        }
    }

    /// <summary>
    /// The class of each group: the largest logit, or with noise the largest of p · e^Gumbel, p with its share of the uniform
    /// distribution.
    /// </summary>
    /// <param name="expGumbel">e^Gumbel of each group and class, one row for all; null for the mode.</param>
    /// <param name="picked">Indices into the groups laid side by side.</param>
    [MethodImpl(Kernel)]
    public static void Classes(
        int rows, int groups, int classes, float* logits, nint stride, float unimix, float* expGumbel, int* picked)
    {
        for (; rows > 0; rows--, logits += stride)
        {
            for (int g = 0; g < groups; g++)
            {
                float* group = logits + g * classes;
                int best = Largest(group, classes);
                if (expGumbel is not null)
                    best = Sampled(group, classes, group[best], unimix, expGumbel + g * classes);
                *picked++ = g * classes + best;
            }
        }
    }

    /// <summary>
    /// Σ p_i · b_i of a softmax over bins that are symmetric about 0, pairs summed together so that a uniform p gives 0.
    /// </summary>
    /// <param name="values">Of the bins, ascending.</param>
    /// <param name="logits">Is overwritten.</param>
    [MethodImpl(Kernel)]
    public static void Expectation<T>(int rows, int bins, float* values, float* logits, nint stride, float* target)
        where T : unmanaged, ILanes<T>
    {
        int padded = (bins + T.Count - 1) / T.Count * T.Count, half = bins / 2, above = bins - half;
        for (; rows > 0; rows--, logits += stride, target++)
        {
            // What fills the last vector must not be the largest, nor weigh anything.
            for (int i = bins; i < padded; i++)
                logits[i] = float.NegativeInfinity;
            T largest = T.Load(logits), sum = T.Create(0);
            for (int i = T.Count; i < padded; i += T.Count)
                largest = T.Max(T.Load(logits + i), largest);
            T shift = T.Create(largest.Largest());
            for (int i = 0; i < padded; i += T.Count)
                VectorMath.Exp(T.Load(logits + i) - shift).Store(logits + i);
            for (int i = bins; i < padded; i++)
                logits[i] = 0;
            for (int i = 0; i < padded; i += T.Count)
                sum += T.Load(logits + i);
            double expected = 0;
            for (int i = 0; i < half; i++)
                expected += ((double)logits[above + i] - logits[half - 1 - i]) * values[above + i];
            *target = (float)(expected / sum.Sum());
        }
    }

    /// <summary>A softmax over each group of a row's values, from x to y (SimNorm); nothing behind a row of y is written.</summary>
    /// <param name="x">Is overwritten.</param>
    [MethodImpl(Kernel)]
    public static void Simplex<T>(int rows, int width, int group, float* x, nint stride, float* y, nint yStride)
        where T : unmanaged, ILanes<T>
    {
        for (; rows > 0; rows--, x += stride, y += yStride)
        {
            for (int g = 0; g < width; g += group)
            {
                float largest = x[g + Largest(x + g, group)];
                for (int i = g; i < g + group; i++)
                    x[i] -= largest;
            }
            for (int i = 0; i < width; i += T.Count)
                VectorMath.Exp(T.Load(x + i)).Store(x + i);
            for (int g = 0; g < width; g += group)
            {
                float sum = 0;
                for (int i = g; i < g + group; i++)
                    sum += x[i];
                sum = 1 / sum;
                for (int i = g; i < g + group; i++)
                    y[i] = x[i] * sum;
            }
        }
    }

    /// <summary>w · x + b of each row.</summary>
    [MethodImpl(Kernel)]
    public static void Dot<T>(int rows, int width, float* x, nint stride, float* w, float bias, float* target)
        where T : unmanaged, ILanes<T>
    {
        int whole = width / (4 * T.Count) * (4 * T.Count);
        for (; rows > 0; rows--, x += stride, target++)
        {
            T a = T.Create(0), b = a, c = a, d = a;
            for (int i = 0; i < whole; i += 4 * T.Count)
            {
                a.Accumulate(T.Load(x + i), T.Load(w + i));
                b.Accumulate(T.Load(x + i + T.Count), T.Load(w + i + T.Count));
                c.Accumulate(T.Load(x + i + 2 * T.Count), T.Load(w + i + 2 * T.Count));
                d.Accumulate(T.Load(x + i + 3 * T.Count), T.Load(w + i + 3 * T.Count));
            }
            float sum = (a + b + (c + d)).Sum();
            for (int i = whole; i < width; i++)
                sum += x[i] * w[i];
            *target = sum + bias;
        }
    }

    private static int Largest(float* values, int count)
    {
        int best = 0;
        for (int i = 1; i < count; i++)
            if (values[i] > values[best])
                best = i;
        return best;
    }

    private static int Sampled(float* logits, int count, float largest, float unimix, float* expGumbel)
    {
        float sum = 0;
        for (int i = 0; i < count; i++)
        {
            VectorMath.Exp(Lane.Create(logits[i] - largest)).Store(logits + i);
            sum += logits[i];
        }
        int best = 0;
        float most = float.NegativeInfinity;
        for (int i = 0; i < count; i++)
        {
            float weight = ((1 - unimix) * logits[i] + unimix / count * sum) * expGumbel[i];
            if (weight > most)
                (best, most) = (i, weight);
        }
        return best;
    }
}
