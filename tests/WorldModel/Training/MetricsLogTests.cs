using System.Text.Json;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Tests.Training;

public sealed class MetricsLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string File => _folder["metrics.jsonl"];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_step_is_on_the_disk_when_it_is_written()
    {
        using var log = new MetricsLog(File);
        log.Write(0, [("loss", 0.1), ("kl", double.NaN)]);
        log.Write(2, [("loss", 1e-300), ("a \"tag\"", double.NegativeInfinity)]);
        JsonElement[] lines = Lines();
        Assert.Equal(0.1, lines[0].GetProperty("loss").GetDouble());
        Assert.Equal("NaN", lines[0].GetProperty("kl").GetString());
        Assert.Equal((2, 1e-300), (lines[1].GetProperty("step").GetInt64(), lines[1].GetProperty("loss").GetDouble()));
        Assert.Equal("-Infinity", lines[1].GetProperty("a \"tag\"").GetString());
        Assert.Throws<ArgumentException>(() => log.Write(2, []));
    }

    [Fact]
    public void Going_on_removes_what_the_run_does_again()
    {
        using (var log = new MetricsLog(File))
            for (int step = 1; step <= 5; step++)
                log.Write(step, [("loss", step)]);
        System.IO.File.AppendAllText(File, "{\"step\":6,\"lo"); // killed while it was written
        using (var log = new MetricsLog(File, afterStep: 3))
        {
            Assert.Equal([1, 2, 3], Lines().Select(l => l.GetProperty("step").GetInt32()));
            log.Write(4, [("loss", -4)]);
        }
        Assert.Equal([1, 2, 3, -4], Lines().Select(l => l.GetProperty("loss").GetDouble()));
        new MetricsLog(File, afterStep: 100).Dispose();
        Assert.Equal(4, Lines().Length);
        new MetricsLog(File).Dispose(); // a new run
        Assert.Empty(Lines());
    }

    [Fact]
    public void What_is_no_such_log_is_left_as_it_is()
    {
        System.IO.File.WriteAllText(File, "{\"step\":1}\nnotes\n{\"step\":2}\n");
        Assert.Contains("metrics.jsonl:2 ", Assert.Throws<InvalidDataException>(() => new MetricsLog(File, 5)).Message);
        Assert.Equal("{\"step\":1}\nnotes\n{\"step\":2}\n", System.IO.File.ReadAllText(File));
    }

    private JsonElement[] Lines() =>
        [.. System.IO.File.ReadAllLines(File).Select(l => JsonDocument.Parse(l).RootElement)];
}
