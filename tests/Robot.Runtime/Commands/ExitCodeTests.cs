using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Runtime.Commands;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Tests.Desk.Fakes;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Runtime.Tests.Commands;

/// <summary>Exit codes of commands that need no service.</summary>
public sealed class ExitCodeTests : IDisposable
{
    private static readonly string s_config = Repository.Path("hardware-configs", "sim-cell.yaml");
    private readonly TempFolder _folder = new();

    private string Data => _folder["data"];

    [Fact]
    public async Task A_mark_is_set()
    {
        string episode = FakeEpisode.Write(Data, "demo_000", frames: 2);
        Assert.Equal(ExitCode.Done, await MarkAsync(episode + "/"));
        Assert.Equal("slipped", EpisodeMetadata.Read(episode).Note);
    }

    [Fact]
    public async Task What_is_no_episode_is_not_marked()
    {
        FakeEpisode.Write(Data, "demo_000", frames: 2);
        Assert.Equal(ExitCode.Usage, await MarkAsync(_folder["nowhere"]));
        Assert.Equal(ExitCode.Usage, await MarkAsync(Data));
        Directory.CreateDirectory(Path.Combine(Data, "demonstrations", "demo_001.recording"));
        Assert.Equal(ExitCode.Busy, await MarkAsync(Path.Combine(Data, "demonstrations", "demo_001.recording")));
    }

    [Theory]
    [InlineData("metadata.json", "{")]
    [InlineData("metadata.json", null)]
    [InlineData("SHA256SUMS", "garbage")]
    [InlineData("SHA256SUMS", null)]
    public async Task A_damaged_episode_has_faults(string file, string? text)
    {
        string path = Path.Combine(FakeEpisode.Write(Data, "demo_000", frames: 2), file);
        File.Delete(path);
        if (text is not null)
            File.WriteAllText(path, text);
        Assert.Equal(ExitCode.FaultsFound, await MarkAsync(Path.GetDirectoryName(path)!));
    }

    [Fact]
    public async Task One_that_somebody_changes_just_now_is_busy()
    {
        string episode = FakeEpisode.Write(Data, "demo_000", frames: 2);
        using (FolderLock.Take(episode))
            Assert.Equal(ExitCode.Busy, await MarkAsync(episode));
        Assert.Equal(ExitCode.Done, await MarkAsync(episode));
    }

    [Theory]
    [InlineData("list")]
    [InlineData("show")]
    public async Task One_that_cannot_be_read_hides_no_other(string command)
    {
        FakeEpisode.Write(Data, "demo_000", frames: 2);
        string damaged = Path.Combine(FakeEpisode.Write(Data, "demo_001", frames: 2), "metadata.json");
        Assert.Equal(ExitCode.Done, await CommandLine.RunAsync(["episodes", command, Data]));
        File.Delete(damaged);
        Assert.Equal(ExitCode.FaultsFound, await CommandLine.RunAsync(["episodes", command, Data]));
        Directory.CreateDirectory(damaged); // may not be opened as a file
        Assert.Equal(ExitCode.FaultsFound, await CommandLine.RunAsync(["episodes", command, Data]));
    }

    [Fact]
    public async Task What_is_not_there_is_not_replayed() =>
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(["replay", _folder["nowhere"], "--config", s_config]));

    [Theory]
    [InlineData("nan")]
    [InlineData("1e999")]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("90000")]
    public async Task Seconds_that_cannot_be_are_refused(string seconds)
    {
        string[] record = ["record", "--config", s_config, "--task", "test", "--data", Data, "--seconds", seconds];
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(record));
        Assert.Equal(ExitCode.Usage, await CommandLine.RunAsync(["demo", "--config", s_config, "--out", Data, "--seconds", seconds]));
        Assert.False(Directory.Exists(Data));
    }

    public void Dispose() => _folder.Dispose();

    private static Task<int> MarkAsync(string path) => CommandLine.RunAsync(["episodes", "mark", path, "--note", "slipped"]);
}
