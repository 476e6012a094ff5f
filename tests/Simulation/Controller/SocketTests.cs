using System.Net;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.UrScript;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>The socket functions against a real peer; the test makes the cycles: a time-out is counted and not waited for.</summary>
public sealed class SocketTests : IDisposable
{
    private const double StepTimeS = 0.002;
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly BuiltinLibrary _library = new();
    private readonly SocketBuiltins _sockets = new(StepTimeS);
    private readonly List<string> _notes = [];
    private Socket? _peer;

    public SocketTests()
    {
        _listener.Start();
        MathBuiltins.AddTo(_library);
        _sockets.AddTo(_library);
        _library.Add("note(value)", (_, a) =>
        {
            _notes.Add(a[0].ToString());
            return Value.None;
        });
        _library.Add("sync()", static (thread, _) =>
        {
            thread.WaitCycles(1);
            return Value.None;
        });
    }

    private int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public void Dispose()
    {
        _sockets.CloseAll();
        _peer?.Dispose();
        _listener.Dispose();
    }

    [Theory]
    [InlineData("socket_read_binary_integer(2)", new byte[] { 0, 0, 1, 0, 255, 255, 255, 254 }, "[2,256,-2]")]
    [InlineData("socket_read_byte_list(3)", new byte[] { 1, 2, 255 }, "[3,1,2,255]")]
    public void Bytes_are_read_as_numbers(string call, byte[] sent, string value) => Assert.Equal(value, Reading(call, sent));

    [Theory]
    [InlineData("socket_read_ascii_float(3)", "x(1.5, 2,-3e1)", "[3,1.5,2,-30]")]
    [InlineData("socket_read_ascii_float(2)", "(1, two)", "[0,nan,nan]")]
    [InlineData("socket_read_line()", "a line\r\nanother\n", "a line")]
    [InlineData("socket_read_string()", "all of it", "all of it")]
    [InlineData("socket_read_string(prefix=\"<\", suffix=\">\")", "lost<kept>left", "kept")]
    [InlineData("socket_read_string(suffix=\"\\n\", interpret_escape=True)", "one\ntwo", "one")]
    public void Text_is_read_as_the_manual_says(string call, string sent, string value) =>
        Assert.Equal(value, Reading(call, Encoding.Latin1.GetBytes(sent)));

    [Theory]
    [InlineData("socket_read_binary_integer(2, timeout=0.1)", "[0,-1,-1]")]
    [InlineData("socket_read_byte_list(1, timeout=0.1)", "[0,-1]")]
    [InlineData("socket_read_ascii_float(1, timeout=0.1)", "[0,nan]")]
    [InlineData("socket_read_line(timeout=0.1)", "")]
    [InlineData("socket_read_string(timeout=0.1)", "")]
    public void What_does_not_come_is_told_when_the_time_is_over(string call, string value)
    {
        ScriptRun run = Start($"note(\"asks\")\nnote({call})");
        Until(run, () => _notes.Count == 1);
        for (int i = 0; i < 49; i++)
            run.RunCycle();
        Assert.Single(_notes);
        for (int i = 0; i < 3; i++)
            run.RunCycle();
        Assert.Equal(["asks", value], _notes);
    }

    [Fact]
    public void A_read_without_a_time_out_waits_and_lets_the_other_threads_run()
    {
        ScriptRun run = Start("n = 0\nthread t():\nwhile True:\nn = n + 1\nsync()\nend\nend\nrun t()\n"
            + "enter_critical\nnote(socket_read_binary_integer(1, timeout=0))\nexit_critical\nnote(n > 2000)");
        for (int i = 0; i < 3000; i++)
            run.RunCycle();
        Assert.Empty(_notes);
        _peer!.Send([0, 0, 0, 7]);
        Until(run, () => run.Ended);
        Assert.Equal(["[1,7]", "True"], _notes);
    }

    [Fact]
    public void What_is_there_is_read_in_one_cycle_and_the_rest_of_a_number_is_waited_for()
    {
        ScriptRun run = Start(
            "note(socket_read_byte_list(1)[1])\nnote(socket_read_byte_list(1)[1])\nnote(socket_read_binary_integer(1)[1])");
        _peer!.Send([5, 6, 0, 0]);
        Until(run, () => _notes.Count == 2);
        for (int i = 0; i < 10; i++)
            run.RunCycle();
        _peer.Send([1, 1]);
        Until(run, () => run.Ended);
        Assert.Equal(["5", "6", "257"], _notes);
    }

    [Fact]
    public void After_the_peer_has_gone_a_read_gives_what_came_before_and_then_fails_a_cycle_later()
    {
        ScriptRun run = Start("sync()\nn = 0\nwhile n < 200:\na = socket_read_byte_list(1, timeout=0)\n"
            + "if a[0] == 1:\nnote(a[1])\nend\nn = n + 1\nend");
        _peer!.Send([9]);
        _peer.Shutdown(SocketShutdown.Both);
        int cycles = Until(run, () => run.Ended);
        Assert.Equal(["9"], _notes);
        Assert.True(cycles >= 199);
    }

    [Fact]
    public void What_a_program_sends_arrives()
    {
        Start("note(socket_send_int(-2))\nsocket_send_byte(65)\nsocket_send_string(\"text\")\nsocket_send_line([1, 2])\n"
            + "socket_set_var(\"x\", 3)\nsocket_close()", toEnd: true);
        var received = new byte[64];
        int length = 0;
        for (int count; (count = _peer!.Receive(received.AsSpan(length))) > 0;)
            length += count;
        Assert.Equal([0xFF, 0xFF, 0xFF, 0xFE, .. Encoding.Latin1.GetBytes("Atext[1,2]\nSET x 3\n")], received[..length]);
        Assert.Equal(["True"], _notes);
    }

    [Fact]
    public void A_variable_is_asked_for_by_name()
    {
        ScriptRun run = Start("note(socket_get_var(\"height\"))");
        var received = new byte[64];
        Until(run, () => _peer!.Available >= 11);
        Assert.Equal("GET height\n", Encoding.Latin1.GetString(received, 0, _peer!.Receive(received)));
        _peer.Send(Encoding.Latin1.GetBytes("width 2\nheight -12\n"));
        Until(run, () => run.Ended);
        Assert.Equal(["-12"], _notes);
    }

    [Fact]
    public void Where_nobody_listens_a_socket_does_not_open_and_what_is_not_open_sends_and_reads_nothing()
    {
        int port = Ports.FreePort();
        ScriptRun run = new(ScriptCompiler.Compile(
            $"def f():\nnote(socket_open(\"127.0.0.1\", {port}, \"s\"))\nnote(socket_send_int(1, \"s\"))\n"
            + "note(socket_read_byte_list(1, \"s\"))\nsocket_close(\"s\")\nend", _library));
        Until(run, () => run.Ended);
        Assert.Equal(["False", "False", "[0,-1]"], _notes);
    }

    [Fact]
    public void A_name_is_looked_up_in_the_background()
    {
        ScriptRun run = new(ScriptCompiler.Compile($"def f():\nnote(socket_open(\"localhost\", {Port}))\nend", _library));
        Until(run, () => run.Ended);
        Assert.Equal(["True"], _notes);
    }

    [Theory]
    [InlineData("socket_read_byte_list(31)", "At most 30 values")]
    [InlineData("socket_read_byte_list(0)", "At most 30 values")]
    [InlineData("socket_open(\"127.0.0.1\", 70000)", "1..65535")]
    [InlineData("socket_send_int(0.5)", "a whole number")]
    public void What_makes_no_sense_is_a_fault(string call, string text)
    {
        ScriptRun run = new(ScriptCompiler.Compile($"def f():\n{call}\nend", _library));
        Assert.Contains(text, Assert.Throws<ScriptFaultException>(run.RunCycle).Message);
    }

    private string Reading(string call, byte[] sent)
    {
        ScriptRun run = Start($"note({call})");
        _peer!.Send(sent);
        Until(run, () => run.Ended);
        return Assert.Single(_notes);
    }

    // Up to where the connection stands.
    private ScriptRun Start(string body, bool toEnd = false)
    {
        var run = new ScriptRun(ScriptCompiler.Compile($"def f():\nsocket_open(\"127.0.0.1\", {Port})\n{body}\nend", _library));
        run.RunCycle();
        _peer = _listener.AcceptSocket();
        if (toEnd)
            Until(run, () => run.Ended);
        return run;
    }

    // Each cycle is followed by a moment for the network.
    private static int Until(ScriptRun run, Func<bool> done)
    {
        int cycles = 0;
        Eventually.True(
            () =>
            {
                if (done())
                    return true;
                run.RunCycle();
                cycles++;
                return done();
            },
            "the program gets there");
        return cycles;
    }
}
