using System.Globalization;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>The service and its encoders killed at random moments: ROBOT_KILLS=50 says how often (default 4), ROBOT_SEED when.</summary>
public sealed class RandomKillTests(ITestOutputHelper output) : IDisposable
{
    private const long WorthBytes = 2_500_000;
    private readonly TestCell _cell = new(
        cameras: 1, changes: TestCell.Force("driver: robotiq_ft300_modbus", "line: modbus://{host}:1503"));

    [Fact]
    public void Nothing_committed_changes_and_every_recording_comes_back()
    {
        int kills = Number("ROBOT_KILLS", 4), seed = Number("ROBOT_SEED", Environment.TickCount);
        output.WriteLine($"{kills} kills, ROBOT_SEED={seed}");
        var random = new Random(seed);
        _cell.StartSim();
        var committed = _cell.Hashes();
        var worth = new SortedSet<string>(StringComparer.Ordinal);
        for (int kill = 0; kill < kills; kill++)
        {
            var service = _cell.StartService();
            RobotProcess? recorder = null;
            if (random.Next(4) > 0) // else while it starts and recovers
            {
                _cell.WaitForDevices();
                recorder = _cell.StartRecording(0.3 + random.NextDouble());
            }
            Thread.Sleep(random.Next(3000)); // the random moment: before, in, and after the recording, and in its encoding and commit
            string moment = string.Join(", ", EpisodeCatalog.FindRecordings(_cell.Data).Select(Path.GetFileName));
            recorder?.Kill(); // first: it would start a service of its own
            if (random.Next(2) == 0) // else they notice that the service is gone, and leave
                foreach (int encoder in _cell.Processes("encode"))
                    RobotProcess.TrySignal(encoder, RobotProcess.SigKill);
            service.Kill();
            foreach (string recording in EpisodeCatalog.FindRecordings(_cell.Data))
                if (new FileInfo(Path.Combine(recording, EpisodeLayout.CaptureLog)) is { Exists: true, Length: > WorthBytes })
                    worth.Add(Path.GetFileNameWithoutExtension(recording));
            output.WriteLine($"kill {kill}: {_cell.Episodes.Length} committed, on the way: {moment}");
            var now = _cell.Hashes();
            Assert.All(committed, file => Assert.Equal(file.Value, now[file.Key]));
            committed = now;
        }
        var last = _cell.StartService();
        Eventually.True(() => EpisodeCatalog.FindRecordings(_cell.Data).Count == 0, $"all are finished\n{last.Err}", 120);
        Assert.Empty(worth.Except(_cell.Episodes.Select(e => Path.GetFileName(e))));
        if (_cell.Episodes.Length > 0)
            _cell.MustVerify(_cell.Data);
        var after = _cell.Hashes();
        Assert.All(committed, file => Assert.Equal(file.Value, after[file.Key]));
        int recovered = _cell.Episodes.Count(e => EpisodeMetadata.Read(e).Recovered);
        output.WriteLine($"{_cell.Episodes.Length} episodes, {recovered} of them recovered");
    }

    public void Dispose() => _cell.Dispose();

    private static int Number(string variable, int otherwise) =>
        Environment.GetEnvironmentVariable(variable) is { } text ? int.Parse(text, CultureInfo.InvariantCulture) : otherwise;
}
