using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Tests.Shared;
using Xunit.Abstractions;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>What the service finds at the robot's address is no controller, or not yet one: rows of docs/faults.md.</summary>
public sealed class StrangerTests : IDisposable
{
    private const int Rtde = 30004;
    private readonly TestCell _cell = new(armOnly: true);
    private readonly ITestOutputHelper _output;

    public StrangerTests(ITestOutputHelper output)
    {
        _output = output;
        _cell.StartService();
    }

    [Fact]
    public void A_port_on_which_something_else_answers_or_nothing_is_said_and_nothing_is_recorded()
    {
        WaitToSay("refused port 30004", "is this a UR controller, and has it booted?");
        _cell.Run("arm", "home", "--config", _cell.Config).MustRefuse(ExitCode.Device, "refused port 30004");
        using (new Stranger(_cell.Host, [0, 0, 0, 0])) // a size that no RTDE package has
            WaitToSay("does not speak RTDE", "RTDE is on 30004");
        using (new Stranger(_cell.Host, "SSH-2.0-OpenSSH_9.2\r\n"u8.ToArray()))
            WaitToSay("port 30004 takes connections and does not answer", "is this a UR controller?");
        _cell.Run("record", "--config", _cell.Config, "--task", "test", "--seconds", "1").MustRefuse(ExitCode.Device, _cell.Host);
        Assert.Empty(_cell.Episodes);
    }

    [Fact]
    public void A_controller_that_boots_is_waited_for_and_moves_when_it_is_powered_and_asked()
    {
        WaitToSay("refused port 30004", "has it booted?");
        string booting = _cell.ConfigWith("delay_ms_min: 1, delay_ms_max: 1", "delay_ms_min: 1, delay_ms_max: 1, start: booting");
        long started = HostClock.NowNs;
        _cell.Start("sim", "--config", booting).MustSay("is ready");
        long there = HostClock.NowNs;
        Eventually.True(() => _cell.Status() is { Robot.Mode: "booting", Motion.Arm: "connecting" }, "it boots", 30);
        _output.WriteLine($"data {(HostClock.NowNs - there) * 1e-9:0.00} s after the controller's ports are open");
        var refused = Assert.Throws<RobotException>(() => _cell.Ask(CoreMethods.ArmMove, new { home = true }));
        Assert.Contains("Booting, not Running; wait until it has booted", refused.Message, StringComparison.Ordinal);
        Eventually.True(() => _cell.Status().Motion.Arm == "powered_off", "it has booted", 30);
        _cell.Run("arm", "home", "--config", _cell.Config).MustRefuse(ExitCode.Device, "PowerOff", "power it on");
        Assert.Contains("ready", _cell.Run("arm", "power", "on", "--config", _cell.Config).MustEndWith(ExitCode.Done).Out,
            StringComparison.Ordinal);
        using (var control = new Simulation.Cell.CellControl(_cell.Control))
            Assert.Equal(0, (double)control.Call("motion", new() { ["from"] = started, ["to"] = HostClock.NowNs })!["max_joint_speed"]!);
        _cell.Run("arm", "move", "--by", "0,0,-0.03", "--config", _cell.Config).MustEndWith(ExitCode.Done);
    }

    public void Dispose() => _cell.Dispose();

    private void WaitToSay(params string[] words)
    {
        string said = "";
        Eventually.True(() => (said = _cell.Status().Streams.Single().Message) is var line
            && words.All(w => line.Contains(w, StringComparison.Ordinal)), $"it says {string.Join(" … ", words)}; it says: {said}", 30);
    }

    /// <summary>Something else at the port of RTDE: says one thing to whoever comes, and no more.</summary>
    private sealed class Stranger : IDisposable
    {
        private readonly TcpListener _listener;
        private readonly List<Socket> _guests = [];

        public Stranger(string host, byte[] says)
        {
            _listener = new(IPAddress.Parse(host), Rtde);
            _listener.Start();
            new Thread(() => Serve(says)) { IsBackground = true }.Start();
        }

        public void Dispose()
        {
            _listener.Stop();
            lock (_guests)
                _guests.ForEach(g => g.Dispose());
        }

        private void Serve(byte[] says)
        {
            try
            {
                while (true)
                {
                    Socket guest = _listener.AcceptSocket();
                    lock (_guests)
                        _guests.Add(guest);
                    guest.Send(says);
                }
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                // the test is over, or the guest has left
            }
        }
    }
}
