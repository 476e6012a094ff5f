using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Simulation.Controller;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Tests.Controller;

/// <summary>Pause and resume, cycle by cycle, without a network.</summary>
public class ProgramRunnerTests
{
    private const double Dt = 0.002;
    private static readonly Vector6 s_home = new(0, -Math.PI / 2, Math.PI / 2, -Math.PI / 2, -Math.PI / 2, 0);
    private static readonly Pose s_tool = new(new(0, 0, 0.145), Quat.Identity);

    private readonly ControllerState _state = new() { Q = s_home, TcpOffset = s_tool.ToVector() };
    private readonly MotionGenerator _motion;
    private readonly ProgramRunner _programs;

    public ProgramRunnerTests()
    {
        var options = new UrControllerOptions();
        var kinematics = new UrKinematics(UrModel.Ur5e);
        _motion = new(kinematics, s_home);
        var version = Simulation.Controller.ControllerVersion.Of("", isCb3: false);
        var wire = new Simulation.Controller.PrimaryWire(UrModel.Ur5e, new(UrModel.Ur5e, null), version);
        var messages = new PrimaryMessages(new ScriptServer(options, wire, new(version), new()), _state, () => 0);
        var watchdogs = new InputWatchdogs(new RtdeServer(options, 500, version, new()), 500);
        var library = new BuiltinLibrary();
        MathBuiltins.AddTo(library);
        var builtins = new RobotBuiltins(new(_state, _motion, kinematics, messages, watchdogs), () => { }, () => { });
        builtins.AddTo(library);
        _programs = new(library, _motion, messages, watchdogs, builtins.Sockets);
    }

    [Fact]
    public void A_paused_program_keeps_its_place_and_goes_on_when_it_is_resumed()
    {
        _programs.Start("""
            def f():
              thread count():
                n = 0
                while True:
                  n = n + 1
                  write_output_integer_register(0, n)
                  sync()
                end
              end
              run count()
              movej([1, -1.5, 1.5, -1.5, -1.5, 0], a=2, v=0.8)
              write_output_integer_register(1, 7)
              sleep(0.1)
            end
            """, null);
        Cycles(300);
        Assert.Equal(RuntimeState.Playing, _programs.Runtime);
        Assert.True(_programs.Pause());
        Assert.False(_programs.Pause());
        int counted = _state.OutputInt[0];
        Cycles(1);
        Assert.Equal(RuntimeState.Pausing, _programs.Runtime);
        Cycles(200);
        Assert.Equal((RuntimeState.Paused, 0, counted), (_programs.Runtime, _motion.Qd.MaxAbs, _state.OutputInt[0]));
        Vector6 stands = _motion.Q;
        Cycles(2000);
        Assert.Equal((stands, 0, true), (_motion.Q, _state.OutputInt[1], _programs.IsRunning));
        Assert.True(_programs.Resume());
        Assert.False(_programs.Resume());
        Cycles(1);
        Assert.Equal(RuntimeState.Resuming, _programs.Runtime);
        Cycles(1000);
        Assert.Equal((1, 7), (_motion.Q[0], _state.OutputInt[1]));
        Cycles(100);
        Assert.Equal(RuntimeState.Stopped, _programs.Runtime);
    }

    [Fact]
    public void A_paused_program_can_be_stopped_and_the_next_one_runs_at_full_pace()
    {
        _programs.Start("def f():\n  movej([1, -1.5, 1.5, -1.5, -1.5, 0])\nend", null);
        Cycles(100);
        _programs.Pause();
        Cycles(200);
        _programs.Stop();
        Assert.False(_programs.IsPaused);
        Cycles(200);
        Assert.Equal(RuntimeState.Stopped, _programs.Runtime);
        _programs.Start("def g():\n  movej([0.5, -1.5, 1.5, -1.5, -1.5, 0])\nend", null);
        Cycles(1500);
        Assert.Equal((0.5, RuntimeState.Stopped), (_motion.Q[0], _programs.Runtime));
    }

    [Fact]
    public void Nothing_is_paused_or_resumed_where_nothing_runs() => Assert.False(_programs.Pause() || _programs.Resume());

    [Fact]
    public void Force_mode_and_its_compliance_end_with_the_program()
    {
        _programs.Start("def f():\n  force_mode(p[0,0,0,0,0,0], [0,0,1,0,0,0], [0,0,-5,0,0,0], 2, [0.1,0.1,0.1,0.1,0.1,0.1])\n"
            + "  sleep(0.5)\nend", null);
        Cycles(200);
        Assert.True(_motion.Force.Active);
        Assert.True(_motion.Qd.MaxAbs > 0.01);
        Cycles(500);
        Assert.False(_motion.Force.Active);
        Assert.Equal((0, RuntimeState.Stopped), (_motion.Qd.MaxAbs, _programs.Runtime));
    }

    private void Cycles(int count)
    {
        for (int i = 0; i < count; i++)
        {
            _programs.RunCycle();
            Assert.Null(_motion.Step(Dt, 1, s_tool, default));
        }
    }
}
