using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>A second arm leads this one through the whole service; both are simulated controllers in processes of their own.</summary>
public sealed class LeaderTests : IDisposable
{
    private const string Led = "def led():\n  freedrive_mode()\n  sleep(1000)\nend\n";
    private const string Over = "def over():\n  end_freedrive_mode()\nend\n";
    private readonly TestCell _leader = new(armOnly: true), _cell;

    public LeaderTests() => _cell = new(cameras: 0, changes:
        ("motion:\n", $"teleoperation: {{driver: leader, host: {_leader.Host}}}\n\nmotion:\n"));

    public void Dispose()
    {
        _cell.Dispose();
        _leader.Dispose();
    }

    [Fact]
    public void It_leads_while_it_is_free_and_what_it_makes_the_arm_do_is_recorded_with_its_source()
    {
        _leader.StartSim();
        _cell.StartSim();
        _cell.StartService();
        _cell.WaitForDevices();
        Eventually.True(() => _cell.Status().Teleop is { Connected: true, State: "off" }, "the leader is there", 30);

        var teleop = _cell.Start("teleop", "--config", _cell.Config);
        Eventually.True(() => _cell.Status().Teleop!.State == "released", "it has the arm", 30);
        teleop.Signal(2);
        teleop.WaitForEnd().MustEndWith(ExitCode.Interrupted);
        Eventually.True(() => _cell.Status().Teleop!.State == "off", "it has let go of the arm", 30);

        var recording = _cell.Start("record", "--config", _cell.Config, "--data", _cell.Data, "--task", "led", "--source", "teleop",
            "--seconds", "60");
        _cell.WaitForRecording(0.5);
        double[] from = _cell.Status().Robot!.Tcp;
        using var hand = new CellControl(_leader.Control);
        hand.Call("hand", new() { ["pattern"] = "circle", ["seconds"] = 3600 });
        Program(Led);
        Eventually.True(
            () =>
            {
                if (_cell.Status().Teleop!.State == "held") // a busy machine read the leader too late: it was halted, and waits
                {
                    Program(Over);
                    Eventually.True(() => _cell.Status().Teleop!.State == "released", "it is let go", 30);
                    Program(Led);
                }
                return Far(from) > 0.04;
            },
            () => $"the arm follows; {_cell.Status().Teleop}", 60);
        Program(Over);
        Eventually.True(
            () => _cell.Status() is { Teleop.State: "released" } s && s.Robot!.Qd.All(q => Math.Abs(q) < 1e-3), "it stands", 30);
        _cell.Ask(CoreMethods.RecordStop, new { outcome = "success" });
        recording.WaitForEnd().MustEndWith(ExitCode.Done);

        EpisodeReader episode = EpisodeReader.Open(_cell.Episodes.Single());
        Assert.Equal("teleop_leader", episode.Metadata.Action!.Source);
        var (joints, actions) = (episode.ReadJoints()!, episode.ReadActions()!);
        double fastest = joints.Max(j => j.Qd.MaxAbs);
        Assert.InRange(fastest, 0.02, TeleopGate.JointSpeed + 0.05);
        Assert.True(actions.Count(a => a.Action.All(double.IsFinite)) > 0.9 * actions.Length, "nearly every tick commanded");
        Assert.InRange(Enumerable.Range(0, 6).Max(i => Math.Abs(actions[^1].Action[i] - joints[^1].Q[i])), 0, 0.01); // it stands there
        _cell.MustVerify(_cell.Episodes.Single());
    }

    private double Far(double[] from)
    {
        double[] now = _cell.Status().Robot!.Tcp;
        return Math.Sqrt(from.Zip(now).Take(3).Sum(p => (p.First - p.Second) * (p.First - p.Second)));
    }

    /// <summary>As from the leader's pendant.</summary>
    private void Program(string script)
    {
        using var client = new TcpClient(_leader.Host, 30002);
        client.GetStream().Write(Encoding.ASCII.GetBytes(script));
        Assert.True(client.GetStream().Read(new byte[16]) > 0); // it is there and has taken the connection
    }
}
