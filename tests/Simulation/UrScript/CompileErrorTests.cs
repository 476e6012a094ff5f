using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Tests.UrScript;

public class CompileErrorTests
{
    // Texts, lines and columns of the first four are what real controllers have been seen to send.
    [Theory]
    [InlineData("def illegal_fun():\n  calldoesntexist()\nend", "compile_error_name_not_found:calldoesntexist:", 2, 3)]
    [InlineData("def unbalanced_parens():\n    note(\"log \", norm(1)\nend", "syntax_error_on_line:3:end:", 3, 1)]
    [InlineData("def undefined_function():\n    note(get_tcp_pose())\nend", "compile_error_name_not_found:get_tcp_pose:", 2, 10)]
    [InlineData("def f():\n  a = 1\n  b = 2\n    note([0.5, -1, a=0.25)\nend",
        "syntax_error_on_line:4:    note([0.5, -1, a=0.25):", 4, 21)]
    [InlineData("def f():\n  note(unknown_variable)\nend", "compile_error_name_not_found:unknown_variable:", 2, 8)]
    [InlineData("def f():\n  unknown[0] = 1\nend", "compile_error_name_not_found:unknown:", 2, 3)]
    [InlineData("def f():\n def g():\n  local a = 1\n end\n def h():\n  note(a)\n end\nend", "compile_error_name_not_found:a:", 6, 8)]
    [InlineData("def f():\n  run nothing()\nend", "compile_error_name_not_found:nothing:", 2, 7)]
    [InlineData("def f():\n  while True\n  end\nend", "syntax_error_on_line:2:  while True:", 2, 13)]
    [InlineData("def f():\n  note(1)\n", "syntax_error_on_line:3::", 3, 1)]
    [InlineData("def f():\n  note(1)\nend\nend\n", "syntax_error_on_line:4:end:", 4, 1)]
    [InlineData("def f():\n  for i in 3:\n  end\nend", "syntax_error_on_line:2:  for i in 3::", 2, 7)]
    [InlineData("def f():\n  a = 'x'\nend", "syntax_error_on_line:2:  a = 'x':", 2, 7)]
    [InlineData("def f():\n  a = \"x\nend", "syntax_error_on_line:2:  a = \"x:", 2, 7)]
    [InlineData("def f():\n  a = 1.2.3\nend", "syntax_error_on_line:2:  a = 1.2.3:", 2, 7)]
    [InlineData("def f():\n  a = p[1, 2, 3]\nend", "syntax_error_on_line:2:  a = p[1, 2, 3]:", 2, 7)]
    [InlineData("def f():\n  a = p[1, 2]\nend", "compile_error_name_not_found:p:", 2, 7)] // an index of a variable that is not there
    [InlineData("def f():\n  a = 1 +\nend", "syntax_error_on_line:3:end:", 3, 1)]
    [InlineData("def f():\n  a = struct(1)\nend", "compile_error_wrong_arguments:struct needs a name for every member:", 2, 7)]
    [InlineData("def f():\n  a = struct(b=1, b=2)\nend", "compile_error_wrong_arguments:struct has two members 'b':", 2, 19)]
    [InlineData("def f():\n  a.b = 1\nend", "compile_error_name_not_found:a:", 2, 3)]
    [InlineData("def f():\n  1 + 2\nend", "syntax_error_on_line:2:  1 + 2:", 2, 8)]
    [InlineData("def f():\n  note(1) = 2\nend", "syntax_error_on_line:2:  note(1) = 2:", 2, 3)]
    [InlineData("def f(a):\nend", "syntax_error_on_line:1:def f(a)::", 1, 7)]
    [InlineData("def f():\n  break\nend", "compile_error_outside_loop:break:", 2, 3)]
    [InlineData("def f():\n  move()\nend", "compile_error_wrong_arguments:move needs 'a':", 2, 3)]
    [InlineData("def f():\n  move(1, 2, 3, 4)\nend", "compile_error_wrong_arguments:move takes (a, b, c):", 2, 3)]
    [InlineData("def f():\n  move(1, d=4)\nend", "compile_error_wrong_arguments:move takes (a, b, c):", 2, 11)]
    [InlineData("def f():\n  move(1, a=4)\nend", "compile_error_wrong_arguments:move takes (a, b, c):", 2, 11)]
    [InlineData("def f():\n  move(a=1, 2)\nend", "syntax_error_on_line:2:  move(a=1, 2):", 2, 13)]
    [InlineData("def f():\n  def norm(a):\n  end\nend", "compile_error_name_already_defined:norm:", 2, 7)]
    [InlineData("def f():\n  g()\n  thread g():\n  end\nend", "compile_error_name_not_found:g:", 2, 3)]
    public void What_the_controller_does_not_know_is_refused_with_line_and_column(string script, string message, int line, int column)
    {
        var error = Assert.Throws<ScriptCompileException>(() => new ScriptBench().Compile(script));
        Assert.Equal(message, error.Message);
        Assert.Equal((line, column), (error.Line, error.Column));
    }

    [Fact]
    public void No_cut_of_a_program_compiles_or_breaks_the_compiler()
    {
        const string Program = "def f():\n  a = [1, 2.5]\n  while a[0] < 3 and not False:\n    a[0] = a[0] + 1\n    if a[0] == 2:\n"
            + "      note(p[1, 2, 3, 4, 5, 6])\n    else:\n      move(1, b=-2)\n    end\n  end\n"
            + "  thread t():\n    sync()\n  end\n  join run t()\nend\n";
        new ScriptBench().Run(Program);
        for (int length = 8; length < Program.Length - 4; length++)
            Assert.Throws<ScriptCompileException>(() => new ScriptBench().Compile(Program[..length]));
    }
}
