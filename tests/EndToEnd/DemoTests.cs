using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>What a visitor sees first.</summary>
public class DemoTests
{
    [Fact]
    public void The_demo_records_verifies_replays_and_reaches()
    {
        using var cell = new TestCell(cameras: 1);
        string folder = cell["demo"];
        var demo = cell.Run("demo", "--config", cell.Config, "--out", folder, "--seconds", "3", "--goals", "1").MustEndWith(ExitCode.Done);
        Assert.Contains("verified 3 episodes: all good", demo.Out, StringComparison.Ordinal);
        Assert.Contains($"dashboard: {cell.Url}", demo.Out, StringComparison.Ordinal);
        using var report = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "report.json")));
        Assert.Equal(1, report.RootElement.GetProperty("schema").GetInt32());
        JsonElement[] episodes = [.. report.RootElement.GetProperty("episodes").EnumerateArray()];
        Assert.Equal(3, episodes.Length);
        foreach (JsonElement e in episodes)
        {
            Assert.True(Directory.Exists(e.GetProperty("path").GetString()));
            Assert.True(e.GetProperty("frames").GetInt32() is >= 60 and <= 100, demo.Out + demo.Err);
            Assert.Equal(0, e.GetProperty("dropped").GetInt32());
            string[] streams = [.. e.GetProperty("received").EnumerateObject().Select(s => s.Name)];
            Assert.Equal(streams.Order(), e.GetProperty("sent").EnumerateObject().Select(s => s.Name).Order());
            foreach (string stream in (string[])["robot", "wrist_rgb", "wrist_depth"])
                Assert.Equal(
                    e.GetProperty("sent").GetProperty(stream).GetInt64(), e.GetProperty("received").GetProperty(stream).GetInt64());
            JsonElement lateness = e.GetProperty("lateness_ms");
            Assert.True(lateness.GetProperty("max").GetDouble() >= lateness.GetProperty("p50").GetDouble());
        }
        JsonElement replay = report.RootElement.GetProperty("replay");
        Assert.Equal(episodes[0].GetProperty("id").GetString(), replay.GetProperty("episode").GetString());
        Assert.InRange(replay.GetProperty("rms_rad").GetDouble(), 1e-9, 0.005);
        Assert.InRange(replay.GetProperty("max_rad").GetDouble(), 1e-9, 0.02);
        JsonElement mpc = report.RootElement.GetProperty("mpc");
        Assert.Equal((1, 1), (mpc.GetProperty("goals").GetInt32(), mpc.GetProperty("reached").GetInt32()));
        Assert.InRange(Assert.Single(mpc.GetProperty("final_error_m").EnumerateArray()).GetDouble(), 0, 0.02);
        Assert.True(mpc.GetProperty("plan_ms").GetProperty("p99").GetDouble() >= mpc.GetProperty("plan_ms").GetProperty("p50").GetDouble());
        Assert.InRange(mpc.GetProperty("misses").GetInt32(), 0, 150);
    }
}
