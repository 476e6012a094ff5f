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
    public void A_critical_section_keeps_the_others_out_but_is_handed_on()
    {
        var bench = new ScriptBench();
        bench.Run("""
            def f():
              inside = 0
              done = 0
              thread t():
                i = 0
                while i < 5:
                  enter_critical
                  inside = inside + 1
                  sync()
                  note(inside)
                  inside = inside - 1
                  exit_critical
                  i = i + 1
                end
                done = done + 1
              end
              run t()
              run t()
              while done < 2:
                sync()
              end
            end
            """);
        Assert.Equal(Enumerable.Repeat("1", 10), bench.Notes);
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

    [Fact]
    public void A_thread_that_nobody_started_and_a_number_are_no_threads_to_join()
    {
        var fault = Assert.Throws<ScriptFaultException>(() => new ScriptBench().Run("def f():\nx = 3\njoin x\nend"));
        Assert.Contains("a thread is needed", fault.Message);
    }
}
