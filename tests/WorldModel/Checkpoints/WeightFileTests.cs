using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Checkpoints;

namespace RobotWorldModel.WorldModel.Tests.Checkpoints;

/// <summary>Files of Module.save, against an independent reader and writer with NumPy, and damaged.</summary>
public class WeightFileTests
{
    [SkippableFact]
    public void What_others_write_is_read()
    {
        using var folder = new TempFolder();
        string path = Written(folder);
        var file = WeightFile.Read(path);
        Assert.Equal(["cell.weight_ih", "norm.num_batches_tracked", new string('é', 70), "empty"], file.Weights.Keys);
        float[] ramp = file.Get("cell.weight_ih", 300, 7);
        Assert.Equal((0f, 2099 / 8f), (ramp[0], ramp[2099]));
        Assert.Equal([16777216], file.Get("norm.num_batches_tracked"));
        Assert.True(file.Weights["norm.num_batches_tracked"].Integer);
        Assert.Equal([1.5f, -2.25f], file.Get(new string('é', 70), 2));
        Assert.Empty(file.Get("empty", 0, 3));
    }

    [SkippableFact]
    public void What_is_written_others_read()
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "w.dat"), copy = Path.Combine(folder.Path, "copy.dat");
        new WeightFile(path, [
            new("a", new Weight([2, 3], [1, 2, 3, 4, 5, -0.125f])), new("b.steps", new Weight([], [77], Integer: true))]).Write(path);
        using var reader = new PythonPeer("weight_file.py", "read", path);
        Assert.Equal("a float32 2x3 54.25", reader.ReadLine());
        Assert.Equal("b.steps int64  77.0", reader.ReadLine());
        Assert.Equal("end", reader.ReadLine());
        WeightFile.Read(path).Write(copy);
        Assert.Equal(File.ReadAllBytes(path), File.ReadAllBytes(copy));
    }

    [SkippableFact]
    public void Other_types_are_refused_by_name()
    {
        using var folder = new TempFolder();
        string path = Written(folder, "<f8");
        var refused = Assert.Throws<InvalidDataException>(() => WeightFile.Read(path));
        Assert.Equal($"{path}: weight 'scale' is of type float64; only float32 and int64 are read here: save the model in float32",
            refused.Message);
    }

    [SkippableFact]
    public void A_file_cut_short_anywhere_is_refused_in_one_line()
    {
        using var folder = new TempFolder();
        string path = Written(folder);
        byte[] whole = File.ReadAllBytes(path);
        foreach (int length in (int[])[0, 1, 5, 16, 18, 19, 20, 21, 22, 100, 8000, 8450, 8500, whole.Length - 3, whole.Length - 1])
        {
            File.WriteAllBytes(path, whole[..length]);
            var refused = Assert.Throws<InvalidDataException>(() => WeightFile.Read(path));
            Assert.StartsWith(path, refused.Message, StringComparison.Ordinal);
            Assert.Contains("damaged", refused.Message);
            Assert.DoesNotContain('\n', refused.Message);
        }
        File.WriteAllBytes(path, [.. whole, 0]);
        Assert.Contains("more behind them", Assert.Throws<InvalidDataException>(() => WeightFile.Read(path)).Message);
    }

    [Theory]
    [InlineData(new byte[] { 1, 1, (byte)'a', 6, 17 }, "its number of dimensions is 17")]
    [InlineData(new byte[] { 1, 1, (byte)'a', 6, 2, 0xff, 0xff, 0xff, 0xff, 7, 0xff, 0xff, 0xff, 0xff, 7 }, "weight 'a' needs more than")]
    [InlineData(new byte[] { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff }, "the number of entries has no end")]
    [InlineData(new byte[] { 1, 2, 0xc3, 0x28 }, "a name is not UTF-8")]
    [InlineData(new byte[] { 2, 1, (byte)'a', 6, 0, 0, 0, 0, 0, 1, (byte)'a', 6, 0, 0, 0, 0, 0 }, "weight 'a' is there twice")]
    [InlineData(new byte[] { 1, 1, (byte)'a', 4, 0, 1, 0, 0, 1, 0, 0, 0, 0 }, "has the integer 16777217")]
    public void What_no_writer_makes_is_refused(byte[] content, string why)
    {
        using var folder = new TempFolder();
        string path = Path.Combine(folder.Path, "w.dat");
        File.WriteAllBytes(path, content);
        Assert.Contains(why, Assert.Throws<InvalidDataException>(() => WeightFile.Read(path)).Message);
    }

    [Fact]
    public void A_weight_of_another_model_is_told_by_name_and_shape()
    {
        var file = new WeightFile("run/best.dat", [new("a", new Weight([2, 1], [1, 2]))]);
        Assert.StartsWith("run/best.dat: weight 'b' is missing", Assert.Throws<InvalidDataException>(() => file.Get("b", 2)).Message);
        Assert.StartsWith("run/best.dat: weight 'a' is [2, 1], expected [1, 2]",
            Assert.Throws<InvalidDataException>(() => file.Get("a", 1, 2)).Message);
    }

    private static string Written(TempFolder folder, params string[] more)
    {
        string path = Path.Combine(folder.Path, "w.dat");
        using var writer = new PythonPeer("weight_file.py", ["write", path, .. more]);
        Assert.Equal("written", writer.ReadLine());
        return path;
    }
}
