using System.IO.Compression;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Codecs;

public sealed class NpzArraysTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [SkippableFact]
    public void NumPy_reads_what_is_written()
    {
        Write(_folder["ours.npz"]);
        string[] lines = Peer.RunPython("plan_npz.py", "describe", _folder["ours.npz"]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            ["ints <i4 2x3 15.0", "floats <f4 2 0.5", "flags |b1 3 2.0", "rng <u8 1x2 6.0", "none <f8 0x4 0.0"], lines);
    }

    [SkippableFact]
    public void What_NumPy_writes_is_read()
    {
        Peer.RunPython("plan_npz.py", "write", _folder["theirs.npz"]);
        var arrays = NpzArrays.Read(_folder["theirs.npz"]);
        Assert.Equal([0, 1, 2, 3, 4, 5], arrays["ints"].As<int>());
        Assert.Equal([2, 3], arrays["ints"].Shape);
        Assert.Equal([0.5f, float.NaN], arrays["floats"].As<float>());
        Assert.Equal([true, false, true], arrays["flags"].As<bool>());
        Assert.Equal([ulong.MaxValue, 7ul], arrays["rng"].As<ulong>());
        Assert.Throws<InvalidDataException>(() => arrays["rng"].As<float>().Length);
    }

    [Fact]
    public void The_same_arrays_give_the_same_bytes_and_no_changed_byte_goes_unseen()
    {
        Write(_folder["a.npz"]);
        Write(_folder["b.npz"]);
        byte[] bytes = File.ReadAllBytes(_folder["a.npz"]);
        Assert.Equal(bytes, File.ReadAllBytes(_folder["b.npz"]));
        using (ZipArchive zip = ZipFile.OpenRead(_folder["a.npz"]))
            Assert.All(zip.Entries, e => Assert.Equal(e.Length, e.CompressedLength));
        int at = bytes.AsSpan().IndexOf("'<f4'"u8) + 110; // in the values
        bytes[at] ^= 1;
        File.WriteAllBytes(_folder["a.npz"], bytes);
        Assert.Throws<InvalidDataException>(() => NpzArrays.Read(_folder["a.npz"]));
        Assert.Throws<ArgumentException>(() => new NpzWriter(Stream.Null).Add<float>("x", [1, 2, 3], 2));
    }

    private static void Write(string path)
    {
        using var npz = new NpzWriter(File.Create(path));
        npz.Add<int>("ints", [0, 1, 2, 3, 4, 5], 2, 3);
        npz.Add<float>("floats", [0.5f, float.NaN], 2);
        npz.Add<bool>("flags", [true, false, true], 3);
        npz.Add<ulong>("rng", [ulong.MaxValue, 7], 1, 2);
        npz.Add<double>("none", [], 0, 4);
    }
}
