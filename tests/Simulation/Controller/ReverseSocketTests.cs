using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>
/// A program that connects back to the PC and is streamed to, built as the public control libraries build theirs: the main loop waits for
/// its socket inside a critical section, a thread servos meanwhile, another serves commands, and a time-out ends in stopj and halt.
/// </summary>
public sealed class ReverseSocketTests : IDisposable
{
    private const string Program = """
        def streamed():
          MODE_SERVO = 1
          MODE_PATH = 2
          mode = 0
          target = get_joint_positions()
          fresh = False
          move = 0
          points = 0
          def connect(port, name, attempts=5):
            local i = 0
            while i < attempts:
              if socket_open("127.0.0.1", port, name):
                return True
              end
              sleep(0.1)
              i = i + 1
            end
            return False
          end
          def predict():
            target = target + get_target_joint_speeds() * get_steptime()
            return target
          end
          thread servo():
            while mode == MODE_SERVO:
              enter_critical
              q = target
              if not fresh:
                q = predict()
              end
              fresh = False
              servoj(q, t=get_steptime(), lookahead_time=0.03, gain=2000)
              exit_critical
            end
            stopj(4)
          end
          thread path():
            enter_critical
            while points > 0:
              local point = socket_read_binary_integer(7, "reverse", 0.5)
              points = points - 1
              local radius = point[7] / 1000
              if points == 0:
                radius = 0.0
              end
              movej([point[1], point[2], point[3], point[4], point[5], point[6]] / 1000000, a=2, v=0.8, r=radius)
            end
            exit_critical
            socket_send_int(0, "reverse")
          end
          thread commands():
            while True:
              local command = socket_read_binary_integer(1, "commands", 0)
              if command[0] > 0 and
                command[1] == 3:
                set_tool_voltage(command[1] * 8.0)
                socket_send_int(command[1] + 1, "commands")
              end
            end
          end
          if not (connect(REVERSE, "reverse") and connect(COMMANDS, "commands")):
            popup("no PC", blocking=True)
          end
          run commands()
          timeout = 0.0
          while True:
            enter_critical
            message = socket_read_binary_integer(8, "reverse", timeout)
            if message[0] <= 0:
              mode = -1
              kill move
              stopj(4)
              textmsg("the PC is gone")
              halt
            end
            timeout = message[1] / 1000.0
            if mode != message[8]:
              mode = message[8]
              join move
              if mode == MODE_SERVO:
                target = get_joint_positions()
                move = run servo()
              elif mode == MODE_PATH:
                points = message[2]
                move = run path()
                join move
              end
            end
            if mode == MODE_SERVO:
              target = [message[2], message[3], message[4], message[5], message[6], message[7]] / 1000000
              fresh = True
            end
            exit_critical
          end
        end

        """;

    private readonly ControllerBench _bench = new();
    private readonly TcpListener _reverseListener = new(IPAddress.Loopback, 0), _commandListener = new(IPAddress.Loopback, 0);
    private readonly ScriptClient _primary;
    private readonly Socket _reverse, _commands;

    public ReverseSocketTests()
    {
        _reverseListener.Start();
        _commandListener.Start();
        _primary = ScriptClient.Connect(_bench.Host);
        _primary.Send(Program.Replace("REVERSE", Port(_reverseListener), StringComparison.Ordinal)
            .Replace("COMMANDS", Port(_commandListener), StringComparison.Ordinal));
        Assert.Equal("PROGRAM_XXX_STARTED streamed", _primary.Message(7).Key);
        _reverse = _reverseListener.AcceptSocket();
        _commands = _commandListener.AcceptSocket();
        _reverse.ReceiveTimeout = _commands.ReceiveTimeout = 60_000;
    }

    public void Dispose()
    {
        _reverse.Dispose();
        _commands.Dispose();
        _primary.Dispose();
        _bench.Dispose();
        _reverseListener.Dispose();
        _commandListener.Dispose();
    }

    [Fact]
    public void Servo_targets_are_followed_while_the_main_loop_waits_and_a_time_out_stops_the_arm_and_halts()
    {
        Vector6 target = _bench.Physics.Q;
        for (int i = 0; i < 100; i++)
        {
            target[5] += 0.001;
            Send(_reverse, [60_000, .. Micro(target), 1]);
        }
        Eventually.True(() => Math.Abs(_bench.Physics.Q[5] - target[5]) < 0.02, "the arm is led to the last target");
        Send(_commands, [3]);
        Assert.Equal(4, Receive(_commands)); // the other threads are served meanwhile
        Assert.True(_bench.Controller.Status.ProgramRunning);
        Send(_reverse, [20, .. Micro(_bench.Physics.Q), 1]);
        Assert.Equal("the PC is gone", _primary.Message(0).Text(0));
        Assert.Equal("PROGRAM_XXX_STOPPED streamed", _primary.Message(7).Key);
        Eventually.True(() => _bench.Physics.Qd.MaxAbs == 0, "the arm stands");
    }

    [Fact]
    public void A_path_of_blended_moves_is_read_as_it_is_driven()
    {
        Vector6 start = _bench.Physics.Q;
        Vector6[] points =
            [start + new Vector6(0.2, 0, 0, 0, 0, 0), start + new Vector6(0.2, 0, 0.2, 0, 0, 0), start + new Vector6(0.4, 0, 0.2, 0, 0, 0)];
        Send(_reverse, [60_000, points.Length, 0, 0, 0, 0, 0, 2]);
        foreach (Vector6 point in points)
            Send(_reverse, [.. Micro(point), 30]);
        Assert.Equal(0, Receive(_reverse));
        Eventually.True(() => (_bench.Physics.Q - points[^1]).MaxAbs < 1e-6, "it has arrived");
    }

    private static string Port(TcpListener listener) => $"{((IPEndPoint)listener.LocalEndpoint).Port}";

    private static int[] Micro(Vector6 q) => Array.ConvertAll(q.ToArray(), static v => (int)Math.Round(v * 1e6));

    private static void Send(Socket socket, ReadOnlySpan<int> values)
    {
        var bytes = new byte[4 * values.Length];
        for (int i = 0; i < values.Length; i++)
            BinaryPrimitives.WriteInt32BigEndian(bytes.AsSpan(4 * i), values[i]);
        socket.Send(bytes);
    }

    private static int Receive(Socket socket)
    {
        var bytes = new byte[4];
        Assert.Equal(4, socket.Receive(bytes));
        return BinaryPrimitives.ReadInt32BigEndian(bytes);
    }
}
