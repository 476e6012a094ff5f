using System.Runtime.InteropServices;

namespace RobotWorldModel.Vision.Detection;

/// <summary>
/// The functions of libapriltag 3 (AprilRobotics, BSD-2) that find square markers, looked up at run time: without the library all but
/// finding boards works. Its detector decodes any family of markers that is described to it, ArUco's too.
/// </summary>
internal sealed unsafe class AprilTagLibrary
{
    public const string SystemLibrary = "libapriltag.so.3";

    public readonly delegate* unmanaged[Cdecl]<void*> CreateDetector;
    public readonly delegate* unmanaged[Cdecl]<void*, TagFamily*, int, void> AddFamily;
    public readonly delegate* unmanaged[Cdecl]<void*, TagFamily*, void> RemoveFamily;
    public readonly delegate* unmanaged[Cdecl]<void*, void> DestroyDetector;
    public readonly delegate* unmanaged[Cdecl]<void*, GrayPicture*, FoundArray*> Detect;
    public readonly delegate* unmanaged[Cdecl]<FoundArray*, void> DestroyFound;

    /// <exception cref="VisionException">The library is not there, or older than 3; says what to install.</exception>
    public AprilTagLibrary(string library = SystemLibrary)
    {
        if (!NativeLibrary.TryLoad(library, out nint handle))
            throw new VisionException($"finding a board in a picture needs {library}, which this machine does not have: "
                + "sudo apt-get install libapriltag3");
        CreateDetector = (delegate* unmanaged[Cdecl]<void*>)Export("apriltag_detector_create");
        AddFamily = (delegate* unmanaged[Cdecl]<void*, TagFamily*, int, void>)Export("apriltag_detector_add_family_bits");
        RemoveFamily = (delegate* unmanaged[Cdecl]<void*, TagFamily*, void>)Export("apriltag_detector_remove_family");
        DestroyDetector = (delegate* unmanaged[Cdecl]<void*, void>)Export("apriltag_detector_destroy");
        Detect = (delegate* unmanaged[Cdecl]<void*, GrayPicture*, FoundArray*>)Export("apriltag_detector_detect");
        DestroyFound = (delegate* unmanaged[Cdecl]<FoundArray*, void>)Export("apriltag_detections_destroy");

        nint Export(string name) => NativeLibrary.TryGetExport(handle, name, out nint export)
            ? export
            : throw new VisionException($"{library} has no {name}: it is no libapriltag 3; use Debian's libapriltag3");
    }
}

/// <summary>apriltag_family_t: the same in every 3.x.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct TagFamily
{
    public uint Count;
    public ulong* Codes;
    public int WidthAtBorder, TotalWidth;
    public byte ReversedBorder;
    public uint Bits;
    public uint* BitX, BitY;
    public uint Hamming;
    public byte* Name;
    public void* Implementation;
}

/// <summary>How apriltag_detector_t begins, in every 3.x; its other settings stay as the library has them.</summary>
[StructLayout(LayoutKind.Sequential)]
internal struct TagDetectorHead
{
    public int Threads;
    public float QuadDecimate, QuadSigma;
    public byte RefineEdges;
}

/// <summary>image_u8_t.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct GrayPicture
{
    public int Width, Height, Stride;
    public byte* Pixels;
}

/// <summary>zarray_t of pointers to detections.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FoundArray
{
    public nuint ElementSize;
    public int Count, Allocated;
    public FoundTag** Items;
}

/// <summary>apriltag_detection_t; corners from the bottom left on, counter-clockwise as seen.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct FoundTag
{
    public TagFamily* Family;
    public int Id, Hamming;
    public float DecisionMargin;
    public void* Homography;
    public fixed double Centre[2];
    public fixed double Corners[8];
}
