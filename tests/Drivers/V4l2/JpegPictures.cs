using System.Buffers.Binary;
using System.Runtime.InteropServices;
using RobotWorldModel.Drivers.V4l2;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.V4l2;

/// <summary>A JPEG that Pillow made, with what Pillow decodes it to.</summary>
internal sealed record JpegPicture(byte[] Jpeg, byte[] Rgb)
{
    private static readonly byte[] s_tables = [0xFF, 0xC4];

    /// <param name="subsampling">0: 4:4:4, 1: 4:2:2, 2: 4:2:0.</param>
    public static JpegPicture Make(int width, int height, int subsampling = 1)
    {
        bool installed = NativeLibrary.TryLoad(JpegDecoder.SystemLibrary, out nint library);
        Skip.IfNot(installed, $"{JpegDecoder.SystemLibrary} is missing: make setup installs it");
        NativeLibrary.Free(library);
        using var folder = new TempFolder();
        using var peer = new PythonPeer("jpeg_picture.py", $"{width}", $"{height}", $"{subsampling}", folder.Path);
        peer.ReadToEnd();
        return new(File.ReadAllBytes(folder["picture.jpg"]), File.ReadAllBytes(folder["picture.rgb"]));
    }

    /// <summary>As most webcams send it: the standard's Huffman tables left out.</summary>
    public byte[] WithoutTables()
    {
        var jpeg = new List<byte>(Jpeg);
        int removed = 0;
        for (int at = 2; jpeg[at] == 0xFF && jpeg[at + 1] != 0xDA;)
        {
            int length = 2 + BinaryPrimitives.ReadUInt16BigEndian(CollectionsMarshal.AsSpan(jpeg)[(at + 2)..]);
            if (jpeg[at + 1] != s_tables[1])
                at += length;
            else
            {
                jpeg.RemoveRange(at, length);
                removed++;
            }
        }
        Assert.True(removed > 0, "there was no Huffman table to take out");
        return [.. jpeg];
    }
}
