using System.Collections.Concurrent;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>The service as systemd sees it (sd_notify): a datagram socket takes systemd's place.</summary>
public sealed class SystemdTests : IDisposable
{
    private readonly TestCell _cell = new(cameras: 0);
    private readonly Socket _notify = new(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
    private readonly ConcurrentQueue<string> _said = [];

    [Fact]
    public void It_says_when_it_is_ready_that_it_lives_and_when_it_stops()
    {
        string path = _cell["notify.sock"];
        _notify.Bind(new UnixDomainSocketEndPoint(path));
        _ = Task.Run(ListenAsync);
        string text = File.ReadAllText(_cell.Config), config = _cell["unfelt.yaml"];
        int force = text.IndexOf("force:\n", StringComparison.Ordinal);
        File.WriteAllText(config, text.Remove(force, text.IndexOf("gripper:\n", StringComparison.Ordinal) - force));
        var service = _cell.StartProgram("env", $"NOTIFY_SOCKET={path}", "WATCHDOG_USEC=2000000",
            RobotProcess.Program, "run", "--config", config, "--data", _cell.Data);
        Eventually.True(() => _said.Any(s => s.StartsWith("READY=1\n", StringComparison.Ordinal)), $"READY=1\n{service.Err}", 60);
        Eventually.True(() => _said.Count(s => s == "WATCHDOG=1") >= 3, "the watchdog is fed", 30);
        service.Signal(RobotProcess.SigTerm);
        service.WaitForEnd().MustEndWith(ExitCode.Done); // systemd calls anything else a failure
        Eventually.True(() => _said.Contains("STOPPING=1"), "STOPPING=1", 10);
        Assert.Contains("robot: force is not watched", service.Err, StringComparison.Ordinal);
    }

    [SkippableFact]
    public void Its_unit_is_one_that_systemd_understands()
    {
        string unit = File.ReadAllText(Repository.Path("systemd", "robot-runtime.service"));
        Assert.Contains("Type=notify\n", unit, StringComparison.Ordinal);
        Assert.Contains("WatchdogSec=", unit, StringComparison.Ordinal);
        Assert.Contains("KillMode=mixed\n", unit, StringComparison.Ordinal); // a stop must not end the encoder of what it has to save
        string path = _cell["robot-runtime.service"];
        File.WriteAllText(path, unit.Replace("/opt/robotworldmodel/robot", RobotProcess.Program, StringComparison.Ordinal));
        Skip.IfNot(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed");
        var verified = _cell.StartProgram("systemd-analyze", "verify", path).WaitForEnd().MustEndWith(0);
        Assert.DoesNotContain("robot-runtime", verified.Err, StringComparison.Ordinal);
    }

    public void Dispose()
    {
        _cell.Dispose();
        _notify.Dispose();
    }

    private async Task ListenAsync()
    {
        byte[] buffer = new byte[4096];
        try
        {
            while (true)
                _said.Enqueue(Encoding.UTF8.GetString(buffer, 0, await _notify.ReceiveAsync(buffer)));
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            // the test is over
        }
    }
}
