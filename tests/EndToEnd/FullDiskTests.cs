using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>
/// A disk that fills up under a recording: a small file system of the test's own, in a mount namespace that the service is started in.
/// </summary>
public sealed class FullDiskTests : IDisposable
{
    private const string Size = "120m";
    private readonly TestCell _cell = new(cameras: 0, changes: TestCell.Force("driver: ati_netft", "host: {host}", "http_port: 8081"));

    [SkippableFact]
    public void A_disk_that_fills_up_ends_the_recording_and_what_was_recorded_is_saved_when_there_is_room_again()
    {
        Directory.CreateDirectory(_cell.Data);
        var holder = _cell.StartProgram(
            "unshare", "-rm", "sh", "-c", $"mount -t tmpfs -o size={Size} tmpfs '{_cell.Data}' && echo mounted && cat");
        Eventually.True(() => holder.HasExited || holder.Out.Contains("mounted", StringComparison.Ordinal), "the small disk is there", 30);
        Skip.If(holder.HasExited, $"no mount namespaces here: {holder.Err}");
        string disk = $"/proc/{holder.Id}/root{_cell.Data}";
        string inside = $"-t {holder.Id} -U -m --preserve-credentials";

        _cell.StartSim();
        var service = StartInside(inside);
        _cell.WaitForDevices();
        _cell.Start("record", "--config", _cell.Config, "--task", "test", "--seconds", "1").WaitForEnd().MustEndWith(ExitCode.Done);
        var recording = _cell.StartRecording(120);
        _cell.WaitForRecording(2);
        string filler = Path.Combine(disk, "filler");
        Fill(filler);
        Eventually.True(() => _cell.Status().Recording is null, "the recording ends by itself", 60);
        Assert.Contains("disk full", _cell.Status().Message, StringComparison.Ordinal);
        Assert.Equal("idle", _cell.Status().Mode);
        var refused = _cell.Start("record", "--config", _cell.Config, "--task", "test", "--seconds", "1").WaitForEnd();
        refused.MustRefuse(ExitCode.Disk, "make room");

        File.Delete(filler);
        Assert.Contains("disk full", recording.WaitForEnd().MustEndWith(ExitCode.Disk).Err, StringComparison.Ordinal);
        service.Signal(RobotProcess.SigTerm); // whether its encoder found room in time or not
        service.WaitForEnd();
        var next = StartInside(inside);
        string second = Path.Combine(disk, "demonstrations", "demo_001");
        Eventually.True(() => Directory.Exists(second), $"it is committed\n{service.Err}\n{next.Err}", 60);
        Assert.InRange(EpisodeMetadata.Read(second).Frames, 30, 3600);
        _cell.StartProgram("nsenter", [.. inside.Split(' '), RobotProcess.Program, "episodes", "verify", _cell.Data])
            .WaitForEnd().MustEndWith(ExitCode.Done);
        next.Signal(RobotProcess.SigTerm);
        next.WaitForEnd();
    }

    public void Dispose() => _cell.Dispose();

    private RobotProcess StartInside(string inside) => _cell
        .StartProgram("nsenter", [.. inside.Split(' '), RobotProcess.Program, "run", "--config", _cell.Config, "--data", _cell.Data])
        .MustSay("ready; dashboard");

    private static void Fill(string path)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0);
        byte[] block = new byte[1 << 20];
        try
        {
            while (true)
                file.Write(block);
        }
        catch (IOException)
        {
            // it is full
        }
    }
}
