using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Tests.UrScript;

public class ThreadTests
{
    [Fact]
    public void Sync_and_sleep_let_cycles_pass()
    {
        var bench = new ScriptBench();
        ScriptRun run = bench.Start("def f():\nnote(1)\nsync()\nnote(2)\nsleep(0.01)\nnote(3)\nend");
        var seen = new List<int>();
        while (!run.Ended)
        {
            run.RunCycle();
            seen.Add(bench.Notes.Count);
        }
        Assert.Equal([1, 2, 2, 2, 2, 2, 3], seen);
    }

    [Fact]
    public void Threads_take_turns_and_share_the_globals()
    {
        var bench = new ScriptBench();
        bench.Run("""
            def f():
              count = 0
              thread adder():
                i = 0
                while i < 10:
                  count = count + 1
                  i = i + 1
                  sync()
                end
              end
              a = run adder()
              b = run adder()
              join a
              join b
              note(count)
            end
            """);
        Assert.Equal(["20"], bench.Notes);
    }

    [Fact]
    public void The_program_ends_with_its_main_function()
    {
        var bench = new ScriptBench();
        ScriptRun run = bench.Run("def f():\nthread t():\nwhile True:\nsync()\nend\nend\nrun t()\nsync()\nend");
        Assert.True(run.Ended);
        Assert.InRange(run.Cycle, 2, 3);
    }

    [Fact]
    public void A_killed_thread_does_no_more_and_orphans_its_motion()
    {
        var bench = new ScriptBench();
        bench.Run("def f():\nthread t():\nmove(1)\nnote(\"never\")\nend\n"
            + "t1 = run t()\nsync()\nkill t1\nsleep(0.1)\njoin t1\nnote(\"end\")\nend");
        Assert.Equal(["move 1 2 3", "end"], bench.Notes);
        Assert.Equal(1, bench.MotionsOrphaned);
    }

    [Fact]
    public void Two_threads_that_move_the_robot_in_one_cycle_fault()
    {
        var bench = new ScriptBench();
        ScriptRun run = bench.Start("def f():\nthread t():\nmove(1)\nend\nrun t()\nsync()\nmove(2)\nend");
        run.RunCycle();
        var fault = Assert.Throws<ScriptFaultException>(run.RunCycle);
        Assert.Equal("Another thread is already controlling the robot", fault.Message);
        Assert.Equal(7, fault.Line);
    }

    [Fact]
    public void One_after_the_other_may_move_the_robot()
    {
        var bench = new ScriptBench();
        bench.Run("def f():\nthread t():\nmove(1)\nend\njoin run t()\nmove(2)\nend");
        Assert.Equal(["move 1 2 3", "move 2 2 3"], bench.Notes);
    }

    [Fact]
    public void A_critical_section_without_a_wait_is_finished_before_others_run_however_long_it_takes()
    {
        var bench = new ScriptBench();
        bench.Run("""
            def f():
              done = False
              thread t():
                while not done:
                  note("other")
                  sync()
                end
              end
              run t()
              sync()
              enter_critical
              note("in")
              x = 0
              while x < 5000:
                x = x + 1
              end
              note("out")
              done = True
              exit_critical
              sync()
            end
            """);
        Assert.Equal(["other", "in", "out"], bench.Notes);
    }

    // As UR's own client library relies on: its main loop waits for its socket in one, while another thread's servoj must go on.
    [Fact]
    public void Who_waits_in_a_critical_section_keeps_no_other_from_running_not_even_through_one_of_his_own()
    {
        var bench = new ScriptBench();
        bench.Run("""
            def f():
              n = 0
              thread t():
                while True:
                  enter_critical
                  n = n + 1
                  move(n)
                  exit_critical
                end
              end
              run t()
              enter_critical
              sleep(0.02)
              note(n)
              exit_critical
            end
            """);
        Assert.Equal(["move 1 2 3", "move 2 2 3", "move 3 2 3", "move 4 2 3", "4"], bench.Notes);
    }

    [Fact]
    public void A_thread_takes_the_threads_that_it_started_with_it_when_it_is_killed()
    {
        var bench = new ScriptBench();
        bench.Run("""
            def f():
              n = 0
              thread child():
                while True:
                  n = n + 1
                  sync()
                end
              end
              thread parent():
                run child()
                while True:
                  sync()
                end
              end
              t = run parent()
              sleep(0.01)
              kill t
              seen = n
              sleep(0.01)
              note(seen > 0 and n == seen)
            end
            """);
        Assert.Equal(["True"], bench.Notes);
    }

    [Fact]
    public void A_handle_is_a_number_above_zero_and_zero_is_no_thread_to_join_or_kill()
    {
        var bench = new ScriptBench();
        bench.Run("def f():\nt = 0\nthread idle():\nsync()\nend\njoin t\nkill t\nif t == 0:\nt = run idle()\nend\n"
            + "note(t > 0)\njoin t\nkill t\nnote(\"end\")\nend");
        Assert.Equal(["True", "end"], bench.Notes);
    }

    [Fact]
    public void A_loop_that_never_yields_is_set_aside_at_first_and_faults_in_the_end()
    {
        var bench = new ScriptBench();
        ScriptRun run = bench.Start(
            "def f():\nthread t():\nwhile True:\nnote(1)\nsync()\nend\nend\nrun t()\nx = 0\nwhile True:\nx = x + 1\nend\nend");
        for (int i = 0; i < ScriptRun.MaxBusyCycles - 1; i++)
            run.RunCycle();
        Assert.Equal(ScriptRun.MaxBusyCycles - 1, bench.Notes.Count); // the other thread had its turns
        var fault = Assert.Throws<ScriptFaultException>(run.RunCycle);
        Assert.Contains("Runtime is too much behind", fault.Message);
        Assert.InRange(fault.Line, 10, 12);
    }

    [Fact]
    public void A_long_computation_that_yields_in_the_end_is_no_fault()
    {
        var bench = new ScriptBench();
        bench.Run("def f():\nx = 0\nwhile x < 20000:\nx = x + 1\nend\nnote(x)\nend");
        Assert.Equal(["20000"], bench.Notes);
    }

    [Theory]
    [InlineData("sync()")]
    [InlineData("sleep(0.1)")]
    [InlineData("move(1)")]
    [InlineData("while True:\nend")]
    public void A_secondary_program_must_end_within_its_cycle(string body)
    {
        ScriptRun run = new ScriptBench().Start($"sec s():\n{body}\nend");
        Assert.True(run.Program.IsSecondary);
        var fault = Assert.Throws<ScriptFaultException>(run.RunCycle);
        Assert.Contains("Runtime is too much behind", fault.Message);
    }

    [Theory]
    [InlineData("join 1.5")]
    [InlineData("kill \"t\"")]
    public void What_is_no_handle_is_nothing_to_join_or_kill(string statement)
    {
        var fault = Assert.Throws<ScriptFaultException>(() => new ScriptBench().Run($"def f():\n{statement}\nend"));
        Assert.Contains("a thread is needed", fault.Message);
    }
}
