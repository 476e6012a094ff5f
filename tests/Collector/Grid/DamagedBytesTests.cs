using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Grid;
using RobotWorldModel.Collector.Tests.Episodes;

namespace RobotWorldModel.Collector.Tests.Grid;

/// <summary>Whatever byte of an episode is another, verify names its file and never fails itself.</summary>
public sealed class DamagedBytesTests : IDisposable
{
    private readonly MemoryFolder _folder = new();

    [Fact]
    public async Task Every_fifth_byte_of_the_metadata() =>
        AllAreNamed(await EpisodeAsync(), EpisodeLayout.Metadata, length => (0, length), step: 5);

    [Fact]
    public async Task Every_fifth_byte_of_the_logs_head()
    {
        string episode = await EpisodeAsync(), log = Path.Combine(episode, EpisodeLayout.CaptureLog);
        AllAreNamed(episode, EpisodeLayout.CaptureLog, _ => (0, SyntheticRecording.HeadBytes(File.ReadAllBytes(log))), step: 5);
    }

    [Theory]
    [InlineData("rgb/cam1/000001.png")]
    [InlineData("depth/cam2/000001.npz")]
    [InlineData("gripper.csv")]
    public async Task Every_byte_of_a_picture_or_table(string file) => AllAreNamed(await EpisodeAsync(), file, length => (0, length));

    public void Dispose() => _folder.Dispose();

    /// <summary>Small, but with all that a head can say: two cameras whose names are one letter apart.</summary>
    private async Task<string> EpisodeAsync()
    {
        var recording = new SyntheticRecording(_folder.Path, ActionDescription.Demonstrated)
        {
            LastSlot = 3,
            Cameras = [new("cam1"), new("cam2")],
        };
        await recording.RecordAsync();
        string episode = recording.Encode().Path;
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
        return episode;
    }

    private static void AllAreNamed(string episode, string file, Func<int, (int From, int To)> range, int step = 1)
    {
        string path = Path.Combine(episode, file);
        byte[] whole = File.ReadAllBytes(path);
        var (from, to) = range(whole.Length);
        for (int at = from; at < to; at += step)
        {
            if (at > from && whole[at] == ' ' && whole[at - 1] == ' ')
                continue; // of an indent one byte stands for all
            byte[] damaged = [.. whole];
            damaged[at] = Neighbour(whole[at]);
            File.WriteAllBytes(path, damaged);
            var findings = Verify(episode, $"{file}, byte {at}");
            Assert.True(findings.Any(f => f.File == file), $"{file}, byte {at}: found {string.Join(" | ", findings)}");
        }
        File.WriteAllBytes(path, whole);
        Assert.Empty(EpisodeVerifier.Verify(episode, LogReference.For(episode)));
    }

    /// <summary>Digits stay digits and letters letters, so that what is damaged can often still be read.</summary>
    private static byte Neighbour(byte value) =>
        value is >= (byte)'0' and < (byte)'9' ? (byte)(value + 1) : value == (byte)'9' ? (byte)'0' : (byte)(value ^ 1);

    /// <summary>As the command does it.</summary>
    private static IReadOnlyList<Finding> Verify(string episode, string context)
    {
        try
        {
            return EpisodeVerifier.Verify(episode, LogReference.For(episode));
        }
        catch (Exception e)
        {
            throw new Xunit.Sdk.XunitException($"{context}: {e}");
        }
    }
}
