using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using F = System.Runtime.Intrinsics.Vector256<float>;
using I = System.Runtime.Intrinsics.Vector256<int>;
using U = System.Runtime.Intrinsics.Vector256<uint>;

namespace RobotWorldModel.Simulation.Rendering;

/// <summary>
/// What a sensor does to an ideal picture: soft edges between things, colour noise that grows with the light, depth noise that grows with
/// the square of the distance, no depth outside the range. Noise is drawn from eight xorshift generators (Marsaglia, "Xorshift RNGs",
/// 2003) that each row seeds anew, four bytes added up for one near-normal number.
/// </summary>
internal sealed class SensorNoise(CameraModel camera, RenderOptions options)
{
    private const float InverseSigma = 1 / 147.8f; // of the sum of four even bytes
    private static readonly U s_laneSeeds =
        Vector256.Create(0x9E3779B9u, 0x3C6EF372, 0xDAA66D2B, 0x78DDE6E4, 0x1715609D, 0xB54CDA56, 0x5384540F, 0xF1BBCDC8);

    private readonly float _color = (float)options.ColorNoise, _depth = (float)options.DepthNoise * 1000;
    private readonly float _near = (float)options.MinDepth, _far = (float)options.MaxDepth;

    /// <param name="z">The row's distances along the optical axis, m.</param>
    /// <param name="picture">The whole picture's bytes.</param>
    public void WriteDepthRow(int y, ulong seed, ReadOnlySpan<float> z, Span<byte> picture)
    {
        U state = Seed(seed, 2 * y);
        ref float from = ref MemoryMarshal.GetReference(z);
        ref ushort to = ref MemoryMarshal.GetReference(MemoryMarshal.Cast<byte, ushort>(picture.Slice(2 * y * z.Length, 2 * z.Length)));
        for (int x = 0; x < z.Length; x += 8)
        {
            F t = Vector256.LoadUnsafe(ref from, (nuint)x);
            F inside = Vector256.GreaterThanOrEqual(t, Lanes.All(_near)) & Vector256.LessThanOrEqual(t, Lanes.All(_far));
            F millimetres = t * Lanes.MulAdd(t, Normal(ref state) * Lanes.All(_depth), Lanes.All(1000));
            I whole = Vector256.ConvertToInt32Native((millimetres + Lanes.All(0.5f)) & inside);
            Vector128.Narrow(whole.GetLower().AsUInt32(), whole.GetUpper().AsUInt32()).StoreUnsafe(ref to, (nuint)x);
        }
    }

    /// <param name="pixels">The whole picture as <see cref="Shader"/> leaves it.</param>
    /// <param name="picture">The whole picture's bytes, red first.</param>
    public void WriteColorRow(int y, ulong seed, ReadOnlySpan<int> pixels, Span<byte> picture)
    {
        int width = camera.Width, row = y * width;
        U state = Seed(seed, 2 * y + 1);
        F gain = Lanes.All(_color / 255f), floor = Lanes.All(_color * 0.5f);
        ref int above = ref Unsafe.AsRef(in pixels[y == 0 ? row : row - width]);
        ref int here = ref Unsafe.AsRef(in pixels[row]);
        ref int below = ref Unsafe.AsRef(in pixels[y == camera.Height - 1 ? row : row + width]);
        Span<byte> line = picture.Slice(3 * row, 3 * width);
        for (int x = 0; x < width; x += 8)
        {
            I pixel = Vector256.LoadUnsafe(ref here, (nuint)x);
            if (x > 0 && x < width - 8)
                pixel = Soften(pixel, ref above, ref here, ref below, (nuint)x);
            I red = Noisy(pixel & Vector256.Create(255), ref state, gain, floor);
            I green = Noisy((pixel >> 8) & Vector256.Create(255), ref state, gain, floor);
            I blue = Noisy((pixel >> 16) & Vector256.Create(255), ref state, gain, floor);
            Pack(red | (green << 8) | (blue << 16), line[(3 * x)..]);
        }
    }

    // Where a neighbour shows another primitive: half the pixel, an eighth of each neighbour.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static I Soften(I pixel, ref int above, ref int here, ref int below, nuint x)
    {
        I left = Vector256.LoadUnsafe(ref here, x - 1), right = Vector256.LoadUnsafe(ref here, x + 1);
        I up = Vector256.LoadUnsafe(ref above, x), down = Vector256.LoadUnsafe(ref below, x);
        I differs = (pixel ^ left) | (pixel ^ right) | (pixel ^ up) | (pixel ^ down);
        I same = Vector256.Equals(differs & Vector256.Create(unchecked((int)0xFF000000)), I.Zero);
        if (Vector256.ExtractMostSignificantBits(same) == 0xFF)
            return pixel;
        I evenMask = Vector256.Create(0x00FF00FF);
        I even = ((pixel & evenMask) << 2) + (left & evenMask) + (right & evenMask) + (up & evenMask) + (down & evenMask);
        I odd = (((pixel >> 8) & evenMask) << 2) + ((left >> 8) & evenMask) + ((right >> 8) & evenMask) + ((up >> 8) & evenMask)
            + ((down >> 8) & evenMask);
        I soft = (Vector256.ShiftRightLogical(even, 3) & evenMask) | ((Vector256.ShiftRightLogical(odd, 3) & evenMask) << 8);
        return Vector256.ConditionalSelect(same, pixel, soft);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static I Noisy(I channel, ref U state, F gain, F floor)
    {
        F value = Vector256.ConvertToSingle(channel);
        value = Lanes.MulAdd(Normal(ref state), Lanes.MulAdd(value, gain, floor), value + Lanes.All(0.5f));
        return Vector256.ConvertToInt32Native(Vector256.MinNative(Vector256.MaxNative(value, F.Zero), Lanes.All(255)));
    }

    // 8 x RGB0 to 24 bytes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Pack(I pixels, Span<byte> to)
    {
        Vector128<byte> order = Vector128.Create((byte)0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
        Vector128<byte> low = Vector128.Shuffle(pixels.GetLower().AsByte(), order);
        Vector128<byte> high = Vector128.Shuffle(pixels.GetUpper().AsByte(), order);
        ref byte at = ref MemoryMarshal.GetReference(to[..24]);
        Unsafe.WriteUnaligned(ref at, low.AsUInt64().ToScalar());
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, 8), low.AsUInt32().GetElement(2));
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, 12), high.AsUInt64().ToScalar());
        Unsafe.WriteUnaligned(ref Unsafe.Add(ref at, 20), high.AsUInt32().GetElement(2));
    }

    private static U Seed(ulong seed, int stream)
    {
        // SplitMix64 (Steele, Lea, Flood, 2014) tells rows and frames apart; the lanes' constants tell lanes apart.
        ulong z = seed + 0x9E3779B97F4A7C15 * (ulong)(stream + 1);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
        U state = (s_laneSeeds ^ Vector256.Create((uint)z)) * Vector256.Create((uint)(z >> 32) | 1);
        return Vector256.ConditionalSelect(Vector256.Equals(state, U.Zero), U.One, state); // xorshift never leaves zero
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static F Normal(ref U state)
    {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        U mask = Vector256.Create(0x00FF00FFu);
        U pairs = (state & mask) + ((state >> 8) & mask);
        U sum = (pairs + (pairs >> 16)) & Vector256.Create(0x7FFu);
        return (Vector256.ConvertToSingle(sum.AsInt32()) - Lanes.All(510)) * Lanes.All(InverseSigma);
    }
}
