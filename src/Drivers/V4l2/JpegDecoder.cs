using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.V4l2;

/// <summary>
/// JPEG to RGB through the TurboJPEG C API (turbojpeg.h, 2.0 and later), looked up when it is needed. Webcams leave the Huffman tables
/// out, as Motion-JPEG allows; the library then takes the standard's.
/// </summary>
internal sealed unsafe class JpegDecoder : IDisposable
{
    public const string SystemLibrary = "libturbojpeg.so.0";
    private const int PixelFormatRgb = 0, AccurateDct = 4096, Warning = 0;
    private readonly nint _library;
    private readonly nint _handle;
    private readonly delegate* unmanaged<nint, byte*, nuint, int*, int*, int*, int*, int> _header;
    private readonly delegate* unmanaged<nint, byte*, nuint, byte*, int, int, int, int, int, int> _decompress;
    private readonly delegate* unmanaged<nint, byte*> _errorText;
    private readonly delegate* unmanaged<nint, int> _errorCode, _destroy;
    private bool _disposed;
    private (int Width, int Height) _size;

    /// <exception cref="DeviceLostException">The library is not there; says what to install.</exception>
    public JpegDecoder(string library = SystemLibrary)
    {
        if (!NativeLibrary.TryLoad(library, out _library))
            throw new DeviceLostException($"format: mjpg needs {library}, which this machine does not have: sudo apt-get install "
                + "libturbojpeg0, or set format: yuyv");
        var init = (delegate* unmanaged<nint>)Export("tjInitDecompress");
        _header = (delegate* unmanaged<nint, byte*, nuint, int*, int*, int*, int*, int>)Export("tjDecompressHeader3");
        _decompress = (delegate* unmanaged<nint, byte*, nuint, byte*, int, int, int, int, int, int>)Export("tjDecompress2");
        _errorText = (delegate* unmanaged<nint, byte*>)Export("tjGetErrorStr2");
        _errorCode = (delegate* unmanaged<nint, int>)Export("tjGetErrorCode");
        _destroy = (delegate* unmanaged<nint, int>)Export("tjDestroy");
        _handle = init();
        if (_handle == 0)
            throw new DeviceLostException($"{library} could not begin: is memory short?");

        nint Export(string name) => NativeLibrary.TryGetExport(_library, name, out nint export)
            ? export
            : throw new DeviceLostException($"{library} has no {name}: it is older than 2.0; use Debian's libturbojpeg0");
    }

    /// <summary>
    /// Decodes a picture of exactly that size. Damage that the decoder papers over is damage; only filling bytes before the end, which
    /// some webcams add, are not. Allocates nothing.
    /// </summary>
    /// <returns>False: <see cref="WhyNot"/> says why.</returns>
    public bool TryDecode(ReadOnlySpan<byte> jpeg, int width, int height, Span<byte> rgb)
    {
        if (rgb.Length != width * height * 3)
            throw new ArgumentException($"{width}x{height} needs {width * height * 3} bytes, there are {rgb.Length}");
        int w = 0, h = 0, subsampling, colorspace;
        _size = (width, height);
        fixed (byte* from = jpeg, to = rgb)
        {
            if (_header(_handle, from, (nuint)jpeg.Length, &w, &h, &subsampling, &colorspace) != 0)
                return false;
            _size = (w, h);
            if (w != width || h != height)
                return false;
            return _decompress(_handle, from, (nuint)jpeg.Length, to, width, 0, height, PixelFormatRgb, AccurateDct) == 0
                || _errorCode(_handle) == Warning && IsFilling(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(_errorText(_handle)));
        }
    }

    /// <summary>Of the last picture that could not be decoded.</summary>
    public string WhyNot(int width, int height) => _size != (width, height)
        ? $"a JPEG of {_size.Width}x{_size.Height}"
        : Marshal.PtrToStringUTF8((nint)_errorText(_handle)) ?? "";

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        _ = _destroy(_handle);
        NativeLibrary.Free(_library);
    }

    /// <summary>The decoder's only complaint is of bytes between the last block and the end.</summary>
    private static bool IsFilling(ReadOnlySpan<byte> text) => text.EndsWith("extraneous bytes before marker 0xd9"u8);
}
