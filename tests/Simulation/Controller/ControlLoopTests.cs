using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>
/// A program that is steered through registers, as control programs of this field are: targets and a counter in, a state out.
/// </summary>
public class ControlLoopTests
{
    private const string Program = """
        def steered():
          global mode = 0
          global steptime = get_steptime()
          def read_target():
            local q = [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]
            local i = 0
            while i < 6:
              q[i] = read_input_float_register(24 + i)
              i = i + 1
            end
            return q
          end
          def finish(reason):
            end_freedrive_mode()
            stopj(4.0)
            write_output_integer_register(25, reason)
            textmsg("finished: ", reason)
            halt
          end
          last = read_input_integer_register(24)
          silent = 0
          commanded = get_target_joint_positions()
          while True:
            counter = read_input_integer_register(24)
            if counter != last:
              last = counter
              silent = 0
              wanted = read_input_integer_register(25)
              if wanted == 2 and mode != 2:
                freedrive_mode()
              elif wanted != 2 and mode == 2:
                end_freedrive_mode()
              end
              mode = wanted
              commanded = read_target()
            else:
              silent = silent + 1
              if silent * steptime >= 1.0 and counter > 0:
                finish(-1)
              end
            end
            write_output_integer_register(24, counter)
            if mode == 1:
              servoj(commanded, t=steptime, lookahead_time=0.03, gain=2000)
            elif mode == 3:
              finish(3)
            else:
              sync()
            end
          end
        end

        """;

    private sealed class Steering : IDisposable
    {
        private readonly Func<RtdeClient, byte[]> _cycle;
        private int _counter;

        public Steering()
        {
            Rtde = RtdeClient.Connect(Bench.Host);
            Rtde.Outputs("timestamp,output_int_register_24,output_int_register_25,actual_q,actual_qd,runtime_state");
            Rtde.Inputs(string.Join(',', Enumerable.Range(24, 6).Select(i => $"input_double_register_{i}"))
                + ",input_int_register_24,input_int_register_25");
            Rtde.Start();
            Primary = ScriptClient.Connect(Bench.Host);
            Primary.Send(Program);
            Assert.Equal("PROGRAM_XXX_STARTED steered", Primary.Message().Key);
            _cycle = Bench.TakeOver();
        }

        public ControllerBench Bench { get; } = new();

        public RtdeClient Rtde { get; }

        public ScriptClient Primary { get; }

        /// <summary>One set-point; comes back with the state of the cycle in which the program obeyed it.</summary>
        public byte[] Send(in Vector6 q, int mode)
        {
            Rtde.Send(1, q[0], q[1], q[2], q[3], q[4], q[5], ++_counter, mode);
            return Until(d => RtdeClient.Int(d.AsSpan(8)) == _counter, "the program obeys the set-point");
        }

        /// <summary>Lets cycles pass until one is as wanted.</summary>
        public byte[] Until(Func<byte[], bool> wanted, string what)
        {
            for (int i = 0; i < 5000; i++)
            {
                byte[] data = _cycle(Rtde);
                if (wanted(data))
                    return data;
            }
            throw new TimeoutException($"not within 5000 cycles: {what}");
        }

        public static int Reason(byte[] data) => RtdeClient.Int(data.AsSpan(12));

        public static Vector6 Q(byte[] data) => RtdeClient.Vector(data.AsSpan(16));

        public static Vector6 Qd(byte[] data) => RtdeClient.Vector(data.AsSpan(64));

        public static int Runtime(byte[] data) => RtdeClient.Int(data.AsSpan(112));

        public void Dispose()
        {
            Primary.Dispose();
            Rtde.Dispose();
            Bench.Dispose();
        }
    }

    [Fact]
    public void It_follows_the_targets_and_stops_by_itself_when_they_stay_away()
    {
        using var steering = new Steering();
        Vector6 start = steering.Bench.Physics.Q, target = start;
        for (int i = 0; i < 400; i++)
        {
            target[1] = start[1] + 0.2 * Math.Sin(i * 0.01);
            steering.Send(target, 1);
        }
        byte[] data = steering.Until(d => Steering.Reason(d) == -1, "the program notices the silence");
        Assert.Equal("finished: -1", steering.Primary.Message(0).Text(0));
        Assert.Equal(target[1], Steering.Q(data)[1], 1e-4);
        steering.Until(d => Steering.Runtime(d) == 1 && Steering.Qd(d).MaxAbs == 0, "stopped, and at rest");
        Assert.Equal("PROGRAM_XXX_STOPPED steered", steering.Primary.Message().Key);
    }

    [Fact]
    public void Asked_to_stop_in_motion_it_slows_down_and_halts()
    {
        using var steering = new Steering();
        Vector6 target = steering.Bench.Physics.Q;
        double speed = 0;
        for (int i = 0; i < 200; i++)
        {
            target[0] += 0.001;
            speed = Steering.Qd(steering.Send(target, 1))[0];
        }
        Assert.Equal(0.5, speed, 0.05);
        double before = Steering.Qd(steering.Send(target, 3))[0];
        steering.Until(d =>
        {
            double now = Steering.Qd(d)[0];
            Assert.Equal(Math.Max(0, before - 4 * 0.002), now, 1e-9); // stopj(4) takes this off in each cycle
            before = now;
            return Steering.Reason(d) == 3;
        }, "the program halts");
        Assert.Equal(0, before);
        Assert.Equal("finished: 3", steering.Primary.Message(0).Text(0));
    }

    [Fact]
    public void In_freedrive_the_hand_leads_and_afterwards_servoj_goes_on_from_there()
    {
        using var steering = new Steering();
        Vector6 start = steering.Bench.Physics.Q;
        steering.Send(start, 2);
        steering.Bench.Physics.HandWrench = new(0, 15, 0, 0, 0, 0);
        steering.Until(d => (Steering.Q(d) - start).MaxAbs > 0.1, "the hand moves the arm");
        steering.Bench.Physics.HandWrench = default;
        steering.Send(start, 0);
        byte[] data = steering.Until(d => Steering.Qd(d).MaxAbs == 0, "it comes to rest");
        Vector6 target = Steering.Q(data);
        target[5] += 0.05;
        steering.Send(target, 1);
        steering.Until(d => (Steering.Q(d) - target).MaxAbs < 1e-4, "servoj goes on from where it is");
        Assert.True(steering.Bench.Controller.Status.ProgramRunning);
    }
}
