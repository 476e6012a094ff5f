using System.Runtime.CompilerServices;

namespace RobotWorldModel.Planner.Engine;

/// <summary>Some rows of a matrix that stand the same distance apart, and of each row <c>Count</c> values.</summary>
internal readonly unsafe struct Segment(float* start, nint stride, int count)
{
    public readonly float* Start = start;
    public readonly nint Stride = stride;
    public readonly int Count = count;

    public Segment From(int row) => new(Start + row * Stride, Stride, Count);
}

/// <summary>
/// C = init + [first, second] · W for a few rows and one panel of W, two vectors wide: the sums stay in registers. Each is one chain of
/// <see cref="ILanes{T}.MultiplyAdd"/> over the inputs in their order, so that a row's result depends neither on the rows beside it nor on
/// which of these functions made it.
/// </summary>
internal static unsafe class Tile
{
    private const MethodImplOptions Kernel = MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining;

    [MethodImpl(Kernel)]
    public static void Twelve<T>(Segment first, Segment second, float* w, float* init, nint ldi, float* c, nint ldc)
        where T : unmanaged, ILanes<T>
    {
        int v = T.Count;
        T a0 = T.Load(init), b0 = T.Load(init + v);
        T a1 = T.Load(init + ldi), b1 = T.Load(init + ldi + v);
        T a2 = T.Load(init + 2 * ldi), b2 = T.Load(init + 2 * ldi + v);
        T a3 = T.Load(init + 3 * ldi), b3 = T.Load(init + 3 * ldi + v);
        T a4 = T.Load(init + 4 * ldi), b4 = T.Load(init + 4 * ldi + v);
        T a5 = T.Load(init + 5 * ldi), b5 = T.Load(init + 5 * ldi + v);
        T a6 = T.Load(init + 6 * ldi), b6 = T.Load(init + 6 * ldi + v);
        T a7 = T.Load(init + 7 * ldi), b7 = T.Load(init + 7 * ldi + v);
        T a8 = T.Load(init + 8 * ldi), b8 = T.Load(init + 8 * ldi + v);
        T a9 = T.Load(init + 9 * ldi), b9 = T.Load(init + 9 * ldi + v);
        T aa = T.Load(init + 10 * ldi), ba = T.Load(init + 10 * ldi + v);
        T ab = T.Load(init + 11 * ldi), bb = T.Load(init + 11 * ldi + v);
        var segment = first;
        for (int part = 0; part < 2; part++, segment = second)
        {
            nint l1 = segment.Stride, l2 = 2 * segment.Stride;
            float* p0 = segment.Start, p3 = p0 + 3 * l1, p6 = p0 + 6 * l1, p9 = p0 + 9 * l1;
            for (float* end = w + (nint)segment.Count * 2 * v; w < end; w += 2 * v, p0++, p3++, p6++, p9++)
            {
                T u = T.Load(w), x;
                T y = T.Load(w + v);
                x = T.Create(*p0);
                a0.Accumulate(x, u);
                b0.Accumulate(x, y);
                x = T.Create(p0[l1]);
                a1.Accumulate(x, u);
                b1.Accumulate(x, y);
                x = T.Create(p0[l2]);
                a2.Accumulate(x, u);
                b2.Accumulate(x, y);
                x = T.Create(*p3);
                a3.Accumulate(x, u);
                b3.Accumulate(x, y);
                x = T.Create(p3[l1]);
                a4.Accumulate(x, u);
                b4.Accumulate(x, y);
                x = T.Create(p3[l2]);
                a5.Accumulate(x, u);
                b5.Accumulate(x, y);
                x = T.Create(*p6);
                a6.Accumulate(x, u);
                b6.Accumulate(x, y);
                x = T.Create(p6[l1]);
                a7.Accumulate(x, u);
                b7.Accumulate(x, y);
                x = T.Create(p6[l2]);
                a8.Accumulate(x, u);
                b8.Accumulate(x, y);
                x = T.Create(*p9);
                a9.Accumulate(x, u);
                b9.Accumulate(x, y);
                x = T.Create(p9[l1]);
                aa.Accumulate(x, u);
                ba.Accumulate(x, y);
                x = T.Create(p9[l2]);
                ab.Accumulate(x, u);
                bb.Accumulate(x, y);
            }
        }
        Store(a0, b0, c);
        Store(a1, b1, c + ldc);
        Store(a2, b2, c + 2 * ldc);
        Store(a3, b3, c + 3 * ldc);
        Store(a4, b4, c + 4 * ldc);
        Store(a5, b5, c + 5 * ldc);
        Store(a6, b6, c + 6 * ldc);
        Store(a7, b7, c + 7 * ldc);
        Store(a8, b8, c + 8 * ldc);
        Store(a9, b9, c + 9 * ldc);
        Store(aa, ba, c + 10 * ldc);
        Store(ab, bb, c + 11 * ldc);
    }

    [MethodImpl(Kernel)]
    public static void Six<T>(Segment first, Segment second, float* w, float* init, nint ldi, float* c, nint ldc)
        where T : unmanaged, ILanes<T>
    {
        int v = T.Count;
        T a0 = T.Load(init), b0 = T.Load(init + v);
        T a1 = T.Load(init + ldi), b1 = T.Load(init + ldi + v);
        T a2 = T.Load(init + 2 * ldi), b2 = T.Load(init + 2 * ldi + v);
        T a3 = T.Load(init + 3 * ldi), b3 = T.Load(init + 3 * ldi + v);
        T a4 = T.Load(init + 4 * ldi), b4 = T.Load(init + 4 * ldi + v);
        T a5 = T.Load(init + 5 * ldi), b5 = T.Load(init + 5 * ldi + v);
        var segment = first;
        for (int part = 0; part < 2; part++, segment = second)
        {
            nint l1 = segment.Stride, l2 = 2 * segment.Stride;
            float* p0 = segment.Start, p3 = p0 + 3 * l1;
            for (float* end = w + (nint)segment.Count * 2 * v; w < end; w += 2 * v, p0++, p3++)
            {
                T u = T.Load(w), x;
                T y = T.Load(w + v);
                x = T.Create(*p0);
                a0.Accumulate(x, u);
                b0.Accumulate(x, y);
                x = T.Create(p0[l1]);
                a1.Accumulate(x, u);
                b1.Accumulate(x, y);
                x = T.Create(p0[l2]);
                a2.Accumulate(x, u);
                b2.Accumulate(x, y);
                x = T.Create(*p3);
                a3.Accumulate(x, u);
                b3.Accumulate(x, y);
                x = T.Create(p3[l1]);
                a4.Accumulate(x, u);
                b4.Accumulate(x, y);
                x = T.Create(p3[l2]);
                a5.Accumulate(x, u);
                b5.Accumulate(x, y);
            }
        }
        Store(a0, b0, c);
        Store(a1, b1, c + ldc);
        Store(a2, b2, c + 2 * ldc);
        Store(a3, b3, c + 3 * ldc);
        Store(a4, b4, c + 4 * ldc);
        Store(a5, b5, c + 5 * ldc);
    }

    [MethodImpl(Kernel)]
    public static void Four<T>(Segment first, Segment second, float* w, float* init, nint ldi, float* c, nint ldc)
        where T : unmanaged, ILanes<T>
    {
        int v = T.Count;
        T a0 = T.Load(init), b0 = T.Load(init + v);
        T a1 = T.Load(init + ldi), b1 = T.Load(init + ldi + v);
        T a2 = T.Load(init + 2 * ldi), b2 = T.Load(init + 2 * ldi + v);
        T a3 = T.Load(init + 3 * ldi), b3 = T.Load(init + 3 * ldi + v);
        var segment = first;
        for (int part = 0; part < 2; part++, segment = second)
        {
            nint l1 = segment.Stride, l2 = 2 * l1, l3 = 3 * l1;
            float* p = segment.Start;
            for (float* end = w + (nint)segment.Count * 2 * v; w < end; w += 2 * v, p++)
            {
                T u = T.Load(w), x;
                T y = T.Load(w + v);
                x = T.Create(*p);
                a0.Accumulate(x, u);
                b0.Accumulate(x, y);
                x = T.Create(p[l1]);
                a1.Accumulate(x, u);
                b1.Accumulate(x, y);
                x = T.Create(p[l2]);
                a2.Accumulate(x, u);
                b2.Accumulate(x, y);
                x = T.Create(p[l3]);
                a3.Accumulate(x, u);
                b3.Accumulate(x, y);
            }
        }
        Store(a0, b0, c);
        Store(a1, b1, c + ldc);
        Store(a2, b2, c + 2 * ldc);
        Store(a3, b3, c + 3 * ldc);
    }

    /// <summary>One row and four panels, so that no chain waits for itself: a single state, without rows to share a panel with.</summary>
    /// <param name="panel">Values from one panel to the next.</param>
    [MethodImpl(Kernel)]
    public static void FourPanels<T>(Segment first, Segment second, float* w, nint panel, float* init, float* c)
        where T : unmanaged, ILanes<T>
    {
        int v = T.Count;
        T a0 = T.Load(init), b0 = T.Load(init + v);
        T a1 = T.Load(init + 2 * v), b1 = T.Load(init + 3 * v);
        T a2 = T.Load(init + 4 * v), b2 = T.Load(init + 5 * v);
        T a3 = T.Load(init + 6 * v), b3 = T.Load(init + 7 * v);
        nint l2 = 2 * panel, l3 = 3 * panel;
        var segment = first;
        for (int part = 0; part < 2; part++, segment = second)
        {
            float* p = segment.Start;
            for (float* end = w + (nint)segment.Count * 2 * v; w < end; w += 2 * v, p++)
            {
                T x = T.Create(*p);
                a0.Accumulate(x, T.Load(w));
                b0.Accumulate(x, T.Load(w + v));
                a1.Accumulate(x, T.Load(w + panel));
                b1.Accumulate(x, T.Load(w + panel + v));
                a2.Accumulate(x, T.Load(w + l2));
                b2.Accumulate(x, T.Load(w + l2 + v));
                a3.Accumulate(x, T.Load(w + l3));
                b3.Accumulate(x, T.Load(w + l3 + v));
            }
        }
        Store(a0, b0, c);
        Store(a1, b1, c + 2 * v);
        Store(a2, b2, c + 4 * v);
        Store(a3, b3, c + 6 * v);
    }

    [MethodImpl(Kernel)]
    public static void One<T>(Segment first, Segment second, float* w, float* init, float* c) where T : unmanaged, ILanes<T>
    {
        int v = T.Count;
        T a = T.Load(init), b = T.Load(init + v);
        var segment = first;
        for (int part = 0; part < 2; part++, segment = second)
        {
            float* p = segment.Start;
            for (float* end = w + (nint)segment.Count * 2 * v; w < end; w += 2 * v, p++)
            {
                T x = T.Create(*p);
                a.Accumulate(x, T.Load(w));
                b.Accumulate(x, T.Load(w + v));
            }
        }
        Store(a, b, c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(T a, T b, float* c) where T : unmanaged, ILanes<T>
    {
        a.Store(c);
        b.Store(c + T.Count);
    }
}
