using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>A program that is steered through registers, as control programs of this field are: targets and a counter in, a state out.</summary>
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
              if silent * steptime >= 0.5 and counter > 0:
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
        private int _counter;

        public Steering()
        {
            Rtde = RtdeClient.Connect(Bench.Host);
            Rtde.Outputs("output_int_register_24,output_int_register_25,actual_q,actual_qd,runtime_state");
            Rtde.Inputs(string.Join(',', Enumerable.Range(24, 6).Select(i => $"input_double_register_{i}")) + ",input_int_register_24,input_int_register_25");
            Rtde.Start();
            Primary = ScriptClient.Connect(Bench.Host);
            Primary.Send(Program);
            Assert.Equal("PROGRAM_XXX_STARTED steered", Primary.Message().Key);
        }

        public ControllerBench Bench { get; } = new();

        public RtdeClient Rtde { get; }

        public ScriptClient Primary { get; }

        /// <summary>One set-point; comes back with the state of a cycle.</summary>
        public byte[] Send(in Vector6 q, int mode)
        {
            Rtde.Send(1, q[0], q[1], q[2], q[3], q[4], q[5], ++_counter, mode);
            return Rtde.Data();
        }

        public static Vector6 Q(byte[] data) => RtdeClient.Vector(data.AsSpan(8));

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
        byte[] data = steering.Rtde.Until(d => RtdeClient.Int(d.AsSpan(4)) == -1, "the program notices the silence");
        Assert.Equal("finished: -1", steering.Primary.Message(0).Text(0));
        Assert.Equal("PROGRAM_XXX_STOPPED steered", steering.Primary.Message().Key);
        Assert.Equal(target[1], Steering.Q(data)[1], 1e-4);
        steering.Rtde.Until(d => RtdeClient.Int(d.AsSpan(104)) == 1 && RtdeClient.Vector(d.AsSpan(56)).MaxAbs == 0, "stopped, and at rest");
    }

    [Fact]
    public void Asked_to_stop_in_motion_it_slows_down_and_halts()
    {
        using var steering = new Steering();
        Vector6 target = steering.Bench.Physics.Q;
        for (int i = 0; i < 200; i++)
        {
            target[0] += 0.001;
            steering.Send(target, 1);
        }
        steering.Send(target, 3);
        double fastest = 0;
        steering.Rtde.Until(d =>
        {
            fastest = Math.Max(fastest, RtdeClient.Double(d.AsSpan(56)));
            return RtdeClient.Int(d.AsSpan(4)) == 3;
        }, "the program halts");
        Assert.InRange(fastest, 0.1, 1);
        Assert.Equal("finished: 3", steering.Primary.Message(0).Text(0));
    }

    [Fact]
    public void In_freedrive_the_hand_leads_and_afterwards_servoj_goes_on_from_there()
    {
        using var steering = new Steering();
        Vector6 start = steering.Bench.Physics.Q;
        Eventually.True(() => RtdeClient.Int(steering.Send(start, 2)) > 0, "the program listens");
        steering.Bench.Physics.HandWrench = new(0, 15, 0, 0, 0, 0);
        byte[] data = [];
        Eventually.True(() => (Steering.Q(data = steering.Send(start, 2)) - start).MaxAbs > 0.1, "the hand moves the arm");
        steering.Bench.Physics.HandWrench = default;
        Eventually.True(() => RtdeClient.Vector((data = steering.Send(start, 0)).AsSpan(56)).MaxAbs == 0, "it comes to rest");
        Vector6 target = Steering.Q(data);
        target[5] += 0.05;
        Eventually.True(() => (Steering.Q(steering.Send(target, 1)) - target).MaxAbs < 1e-4, "servoj goes on from where it is");
        Assert.True(steering.Bench.Controller.Status.ProgramRunning);
    }
}
