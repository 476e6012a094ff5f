namespace RobotWorldModel.WorldModel.Metrics;

/// <summary>
/// What a model must beat: predictions that know nothing of actions. Both work number by number, so that a rotation vector that turns
/// past π is extrapolated as badly as it is stored.
/// </summary>
public static class Baselines
{
    /// <summary>Every further frame is the last one.</summary>
    /// <param name="seen">Frames [T, D], T at least 1.</param>
    /// <param name="predicted">Filled: [H, D].</param>
    /// <param name="size">D.</param>
    /// <exception cref="ArgumentException">Too few frames, or spans of no whole number of frames.</exception>
    public static void RepeatLast(ReadOnlySpan<float> seen, Span<float> predicted, int size)
    {
        Check(seen, predicted, size, atLeast: 1);
        for (int at = 0; at < predicted.Length; at += size)
            seen[^size..].CopyTo(predicted[at..]);
    }

    /// <summary>Frame T − 1 + k is x[T−1] + k·(x[T−1] − x[T−2]).</summary>
    /// <param name="seen">Frames [T, D], T at least 2.</param>
    /// <param name="predicted">Filled: [H, D].</param>
    /// <param name="size">D.</param>
    /// <exception cref="ArgumentException">Too few frames, or spans of no whole number of frames.</exception>
    public static void ConstantVelocity(ReadOnlySpan<float> seen, Span<float> predicted, int size)
    {
        Check(seen, predicted, size, atLeast: 2);
        ReadOnlySpan<float> last = seen[^size..], before = seen[^(2 * size)..^size];
        for (int k = 1; k <= predicted.Length / size; k++)
            for (int i = 0; i < size; i++)
                predicted[(k - 1) * size + i] = last[i] + k * (last[i] - before[i]);
    }

    private static void Check(ReadOnlySpan<float> seen, ReadOnlySpan<float> predicted, int size, int atLeast)
    {
        if (size < 1 || seen.Length % size != 0 || predicted.Length % size != 0 || seen.Length < atLeast * size)
            throw new ArgumentException(
                $"{atLeast} or more frames of {size} numbers are needed; {seen.Length} were given, and {predicted.Length} to fill");
    }
}
