using System.Runtime.InteropServices;
using RobotWorldModel.Vision.Boards;

namespace RobotWorldModel.Vision.Detection;

/// <summary>A marker in a picture.</summary>
/// <param name="Corners">
/// Pixels, (0, 0) the centre of the first one: top left, top right, bottom right, bottom left of the marker as printed.
/// </param>
internal sealed record SeenMarker(int Id, IReadOnlyList<(double X, double Y)> Corners);

/// <summary>Finds the markers of one dictionary in pictures. Not thread-safe.</summary>
internal sealed unsafe class MarkerDetector : IDisposable
{
    private readonly AprilTagLibrary _library;
    private readonly List<nint> _memory = [];
    private readonly TagFamily* _family;
    private readonly void* _detector;
    private bool _disposed;

    /// <param name="firstId">Of the markers that are looked for: fewer make mistaking something else for one less likely.</param>
    /// <exception cref="VisionException">The library is not there.</exception>
    public MarkerDetector(MarkerDictionary dictionary, int firstId, int count)
    {
        _library = new();
        FirstId = firstId;
        _family = Describe(dictionary, firstId, count);
        _detector = _library.CreateDetector();
        var head = (TagDetectorHead*)_detector;
        (head->Threads, head->QuadDecimate) = (1, 1); // every pixel counts: boards are small, and time is no matter
        _library.AddFamily(_detector, _family, dictionary.Name == MarkerDictionary.AprilTag ? 2 : 1);
    }

    private int FirstId { get; }

    /// <param name="gray">One byte a pixel, rows from the top.</param>
    public IReadOnlyList<SeenMarker> Detect(ReadOnlySpan<byte> gray, int width, int height)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var seen = new List<SeenMarker>();
        fixed (byte* pixels = gray)
        {
            GrayPicture picture = new() { Width = width, Height = height, Stride = width, Pixels = pixels };
            FoundArray* found = _library.Detect(_detector, &picture);
            for (int i = 0; i < found->Count; i++)
            {
                FoundTag* tag = found->Items[i];
                // Bottom left, bottom right, top right, top left; its pixels' centres are at halves.
                double* p = tag->Corners;
                seen.Add(new(FirstId + tag->Id, [Corner(p + 6), Corner(p + 4), Corner(p + 2), Corner(p)]));
            }
            _library.DestroyFound(found);
        }
        return seen;

        static (double, double) Corner(double* p) => (p[0] - 0.5, p[1] - 0.5);
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _library.RemoveFamily(_detector, _family); // frees what it made of it
        _library.DestroyDetector(_detector);
        foreach (nint memory in _memory)
            NativeMemory.Free((void*)memory);
    }

    /// <summary>
    /// The library turns a code by a quarter by turning its bits round by a quarter of their number: their places must be four turned
    /// copies of one quarter, and the middle one last.
    /// </summary>
    private TagFamily* Describe(MarkerDictionary dictionary, int firstId, int count)
    {
        int n = dictionary.Cells, quarter = n / 2 * ((n + 1) / 2);
        var places = new List<(int X, int Y)>();
        for (int turn = 0; turn < 4; turn++)
            for (int i = 0; i < quarter; i++)
            {
                (int x, int y) = (i % ((n + 1) / 2), i / ((n + 1) / 2));
                for (int t = 0; t < turn; t++)
                    (x, y) = (n - 1 - y, x);
                places.Add((x, y));
            }
        if (n % 2 != 0)
            places.Add((n / 2, n / 2));
        var family = (TagFamily*)Allocate(sizeof(TagFamily));
        family->Count = (uint)count;
        family->Bits = (uint)places.Count;
        (family->WidthAtBorder, family->TotalWidth) = (n + 2, n + 4);
        family->Codes = (ulong*)Allocate(count * sizeof(ulong));
        family->BitX = (uint*)Allocate(places.Count * sizeof(uint));
        family->BitY = (uint*)Allocate(places.Count * sizeof(uint));
        family->Name = (byte*)Allocate(1);
        for (int i = 0; i < places.Count; i++)
            (family->BitX[i], family->BitY[i]) = ((uint)places[i].X + 1, (uint)places[i].Y + 1);
        for (int id = 0; id < count; id++)
            foreach (var (x, y) in places)
                family->Codes[id] = family->Codes[id] << 1 | (dictionary.IsWhite(firstId + id, x, y) ? 1UL : 0);
        return family;
    }

    private void* Allocate(int bytes)
    {
        void* memory = NativeMemory.AllocZeroed((nuint)bytes);
        _memory.Add((nint)memory);
        return memory;
    }
}
