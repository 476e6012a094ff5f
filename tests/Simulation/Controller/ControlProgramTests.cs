using System.Buffers.Binary;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>
/// Our own program on the controller, cycle by cycle: what it does when the PC is gone, late or wrong. Nothing here depends on how busy
/// the machine is.
/// </summary>
public class ControlProgramTests
{
    private const double Dt = 0.002;

    [Theory]
    [InlineData(0.3, 100)]
    [InlineData(1.5, 100)]
    [InlineData(1.5, 200)]
    public void When_the_PC_is_gone_the_arm_slows_down_on_its_path_and_the_program_halts(double speed, int watchdogMs)
    {
        using var driven = new Driven(new() { Host = "-", WatchdogMs = watchdogMs });
        driven.SpeedUp(speed);
        double fastest = driven.Qd[5], from = driven.Q[5];
        int cycles = 0;
        for (; driven.Runtime != RuntimeState.Stopped || driven.Qd.MaxAbs > 0; cycles++)
        {
            Assert.True(cycles < 1000, "it comes to rest");
            driven.Cycle();
            Assert.InRange(driven.Qd[5], 0, fastest * (1 + 1e-6) + 1e-9); // neither faster nor back
        }
        Assert.Equal(ControlProgram.EndedSilent, driven.Status);
        Assert.Equal("RobotWorldModel: control program ends with status -2", driven.Said);
        double path = (driven.Q[5] - from) / speed; // half the watchdog's time at full speed, and servoj's lag of 0.03 s
        Assert.InRange(path, 0.0005 * watchdogMs + 0.02, 0.0005 * watchdogMs + 0.04);
        Assert.InRange(cycles, watchdogMs / 2, watchdogMs / 2 + (int)(speed / 8 / Dt) + 5); // stopj takes 8 rad/s² off what is left
        Console.WriteLine($"the PC gone at {speed} rad/s: standstill {cycles * 2} ms after the last set-point (watchdog {watchdogMs} ms)");
    }

    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Packets_that_do_not_come_are_bridged(int missing)
    {
        using var driven = new Driven();
        driven.SpeedUp(1);
        for (int i = 0; i < 200; i++)
        {
            driven.Step(1, sent: i % 40 >= missing);
            Assert.InRange(driven.Qd[5], 0.9, 1.1);
        }
        Assert.Equal((int)ArmMode.Servo, driven.Status);
        Assert.InRange(driven.Q[5] - driven.Wanted[5], -0.05, 0); // the lag of servoj
    }

    [Fact]
    public void A_jump_of_the_set_point_is_clamped_to_the_joints_speed()
    {
        using var driven = new Driven(new() { Host = "-", JointSpeedLimit = 0.5 });
        driven.SpeedUp(0.1);
        driven.Wanted += new Vector6(0, 0, 0, 0, 0, 0.4);
        double fastest = 0;
        for (int i = 0; i < 600; i++)
        {
            driven.Step(0);
            fastest = Math.Max(fastest, driven.Qd[5]);
        }
        Assert.InRange(fastest, 0.45, 0.55); // unclamped, servoj would reach 5 rad/s
        Assert.Equal(driven.Wanted[5], driven.Q[5], 6);
    }

    [Fact]
    public void A_first_target_far_from_the_arm_ends_the_program_without_a_move()
    {
        using var driven = new Driven();
        Vector6 start = driven.Q;
        driven.Wanted += new Vector6(0, 0.06, 0, 0, 0, 0);
        driven.Send(ArmMode.Servo, default);
        driven.Until(() => driven.Runtime == RuntimeState.Stopped, "it ends");
        Assert.Equal(ControlProgram.EndedFar, driven.Status);
        Assert.Equal(start, driven.Q);
    }

    [Fact]
    public void Asked_to_stop_it_decelerates_and_halts()
    {
        using var driven = new Driven();
        driven.SpeedUp(1);
        driven.Send(ArmMode.Stop, default);
        double before = driven.Qd[5];
        driven.Until(
            () =>
            {
                Assert.InRange(driven.Qd[5], Math.Max(0, before - 8 * Dt - 1e-9), before);
                before = driven.Qd[5];
                return driven.Runtime == RuntimeState.Stopped;
            },
            "it ends");
        Assert.Equal((0, (int)ArmMode.Stop), (driven.Qd.MaxAbs, driven.Status));
    }

    [Fact]
    public void What_an_older_client_left_in_the_registers_moves_nothing_and_the_program_does_not_wait_for_ever()
    {
        using var driven = new Driven(left: (77, ArmMode.Servo, new(0.5, 0, 0, 0, 0, 0)));
        Vector6 start = driven.Q;
        int cycles = driven.Until(() => driven.Runtime == RuntimeState.Stopped, "it gives up");
        Assert.InRange(cycles, 1, (int)(ControlProgram.FirstCounterS / Dt) + 5);
        Assert.Equal((start, ControlProgram.EndedSilent), (driven.Q, driven.Status));
    }

    [Fact]
    public void Held_it_commands_nothing_and_goes_on_from_where_the_arm_is()
    {
        using var driven = new Driven();
        Vector6 start = driven.Q;
        for (int i = 0; i < 100; i++)
        {
            driven.Send(ArmMode.Hold, default);
            driven.Cycle();
        }
        Assert.Equal((start, (int)ArmMode.Hold), (driven.Q, driven.Status));
        driven.SpeedUp(0.5);
        Assert.Equal(0.5, driven.Qd[5], 0.02);
        Assert.Equal((int)ArmMode.Servo, driven.Status);
    }

    [Fact]
    public void A_setting_is_made_once_while_the_arm_holds_or_moves_and_an_old_one_never()
    {
        using var driven = new Driven();
        driven.Physics.SensorWrench = new(0, 0, 7, 0, 0, 0);
        Hold(driven);
        Assert.Equal((5, 0ul), (driven.SettingMade, driven.Outputs));
        driven.Set(new(ArmSettingKind.StandardOutput, 2, true));
        Hold(driven);
        Assert.Equal((6, 1ul << 2), (driven.SettingMade, driven.Outputs));
        driven.Set(new(ArmSettingKind.ConfigurableOutput, 7, true));
        driven.SpeedUp(0.2);
        Assert.Equal((7, 1ul << 2 | 1ul << 15), (driven.SettingMade, driven.Outputs));
        driven.Set(new(ArmSettingKind.StandardOutput, 2, false));
        driven.Step(0.2);
        driven.Step(0.2);
        Assert.Equal(1ul << 15, driven.Outputs);
        Assert.True(driven.TcpForce.MaxAbs > 1);
        driven.Set(new(ArmSettingKind.ZeroForceSensor));
        Hold(driven);
        Assert.Equal(9, driven.SettingMade);
        Assert.Equal(0, driven.TcpForce.MaxAbs, 1e-9);
        driven.Physics.SensorWrench = new(0, 0, 9, 0, 0, 0);
        Hold(driven);
        Assert.Equal(2, driven.TcpForce.Norm, 1e-9); // once: the same number asks for nothing more
        Assert.Equal((int)ArmMode.Hold, driven.Status);

        static void Hold(Driven driven)
        {
            for (int i = 0; i < 100; i++)
            {
                driven.Send(ArmMode.Hold, default);
                driven.Cycle();
            }
        }
    }

    /// <summary>The program on a controller whose cycles the test makes.</summary>
    private sealed class Driven : IDisposable
    {
        private readonly ControllerBench _bench = new();
        private readonly RtdeClient _rtde;
        private readonly ScriptClient _primary;
        private readonly Func<RtdeClient, byte[]> _cycle;
        private byte[] _data;
        private (int Number, ArmSetting Make) _setting = (5, default); // as another client may have left it
        private int _counter = 77;
        private double _speed;

        public Driven(UrArmOptions? options = null, (int Counter, ArmMode Mode, Vector6 Away)? left = null)
        {
            _rtde = RtdeClient.Connect(_bench.Host);
            _rtde.Outputs("timestamp,output_int_register_25,runtime_state,actual_q,actual_qd,output_int_register_27,"
                + "actual_digital_output_bits,actual_TCP_force");
            _rtde.Inputs(ControlProgram.InputNames);
            _rtde.Start();
            Wanted = _bench.Physics.Q;
            if (left is { } old)
                Write(old.Counter, old.Mode, Wanted + old.Away, default);
            _data = _rtde.Data();
            _primary = ScriptClient.Connect(_bench.Host);
            _primary.Send(ControlProgram.Text(options ?? new() { Host = "-" }, ControlProgram.NewHeartbeat(0)));
            Assert.Equal("PROGRAM_XXX_STARTED robot_world_model", _primary.Message().Key);
            _cycle = _bench.TakeOver();
            Until(() => Runtime == RuntimeState.Playing, "it runs");
        }

        public RigidPhysics Physics => _bench.Physics;

        /// <summary>The set-point, rad.</summary>
        public Vector6 Wanted { get; set; }

        public int Status => RtdeClient.Int(_data.AsSpan(8));

        public RuntimeState Runtime => (RuntimeState)RtdeClient.Int(_data.AsSpan(12));

        public Vector6 Q => RtdeClient.Vector(_data.AsSpan(16));

        public Vector6 Qd => RtdeClient.Vector(_data.AsSpan(64));

        /// <summary>The next text message.</summary>
        public string Said => _primary.Message(0).Text(0);

        public void Cycle() => _data = _cycle(_rtde);

        public void Send(ArmMode mode, in Vector6 qd) => Write(++_counter, mode, Wanted, qd);

        /// <summary>Goes out with every packet from now on, under the next number.</summary>
        public void Set(ArmSetting setting) => _setting = (_setting.Number + 1, setting);

        public int SettingMade => RtdeClient.Int(_data.AsSpan(112));

        public ulong Outputs => BinaryPrimitives.ReadUInt64BigEndian(_data.AsSpan(116));

        public Vector6 TcpForce => RtdeClient.Vector(_data.AsSpan(124));

        /// <summary>One cycle of the last joint at a speed; its packet may get lost.</summary>
        public void Step(double speed, bool sent = true)
        {
            Vector6 qd = new(0, 0, 0, 0, 0, speed);
            Wanted += qd * Dt;
            if (sent)
                Send(ArmMode.Servo, qd);
            Cycle();
        }

        /// <summary>From rest, at 5 rad/s², and then on until servoj has caught up.</summary>
        public void SpeedUp(double speed)
        {
            while (_speed < speed)
                Step(_speed = Math.Min(speed, _speed + 5 * Dt));
            for (int i = 0; i < 150; i++)
                Step(speed);
            Assert.Equal(speed, Qd[5], 0.01 * speed);
        }

        /// <summary>Lets cycles pass without a packet; how many.</summary>
        public int Until(Func<bool> done, string what)
        {
            for (int cycles = 0; cycles < 5000; cycles++)
            {
                if (done())
                    return cycles;
                Cycle();
            }
            throw new TimeoutException($"not within 5000 cycles: {what}");
        }

        public void Dispose()
        {
            _primary.Dispose();
            _rtde.Dispose();
            _bench.Dispose();
        }

        private void Write(int counter, ArmMode mode, in Vector6 q, in Vector6 qd) => _rtde.Send(
            1, q[0], q[1], q[2], q[3], q[4], q[5], qd[0], qd[1], qd[2], qd[3], qd[4], qd[5],
            Value(0), Value(1), Value(2), Value(3), Value(4), Value(5), counter, (int)mode,
            _setting.Number, (int)_setting.Make.Kind, _setting.Make.Output, _setting.Make.Level ? 1 : 0);

        private double Value(int i) => _setting.Make.Values[i];
    }
}
