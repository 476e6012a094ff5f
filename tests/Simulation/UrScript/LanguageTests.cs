using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Tests.UrScript;

public class LanguageTests
{
    [Theory]
    [InlineData("1 + 2 * 3", "7")]
    [InlineData("(1 + 2) * 3", "9")]
    [InlineData("7 - 2 - 1", "4")]
    [InlineData("1 / 2", "0.5")]
    [InlineData("7 % 4", "3")]
    [InlineData("7.5 % 2", "1.5")]
    [InlineData("-2 * -3", "6")]
    [InlineData("2 - -3", "5")]
    [InlineData("+4", "4")]
    [InlineData("1e-5", "1e-05")]
    [InlineData("1234567.0", "1.23457e+06")]
    [InlineData("0.1 + 0.2", "0.3")]
    [InlineData("1.0 == 1", "True")]
    [InlineData("1 != 2", "True")]
    [InlineData("2 >= 2", "True")]
    [InlineData("2 > 2", "False")]
    [InlineData("1 < 2 and 2 < 3", "True")]
    [InlineData("True and not False", "True")]
    [InlineData("not True or True", "True")]
    [InlineData("True xor True", "False")]
    [InlineData("False or False xor True", "True")]
    [InlineData("not 1 > 2", "True")]
    [InlineData("\"a\" == \"a\"", "True")]
    [InlineData("[1, 2] == [1, 2.0]", "True")]
    [InlineData("[1, 2] == [1, 3]", "False")]
    [InlineData("p[1, 2, 3, 0, 0, 0.5]", "p[1,2,3,0,0,0.5]")]
    [InlineData("p[1, 2, 3, 0, 0, 0.5][5]", "0.5")]
    [InlineData("[1, 2, 3] + [10, 20, 30]", "[11,22,33]")]
    [InlineData("[10, 20, 30] - [1, 2, 3]", "[9,18,27]")]
    [InlineData("[1, 2, 3] * [10, 20, 30]", "[10,40,90]")]
    [InlineData("[10, 20, 30] / 10", "[1,2,3]")]
    [InlineData("10 / [10, 20, 40]", "[1,0.5,0.25]")]
    [InlineData("[10, 21] % [3, 4]", "[1,1]")]
    [InlineData("5 * [[1, 2], [3, 4]]", "[[5,10],[15,20]]")]
    [InlineData("[[1,2],[3,4],[5,6]] * [[10,20,30],[40,50,60]]", "[[90,120,150],[190,260,330],[290,400,510]]")]
    [InlineData("[[1,2],[3,4],[5,6]] * [10,20]", "[50,110,170]")]
    [InlineData("-[1, 2]", "[-1,-2]")]
    [InlineData("[[1, 2], [3, 4]][1, 0]", "3")]
    [InlineData("[[1, 2], [3, 4]][1][0]", "3")]
    [InlineData("[]", "[]")]
    [InlineData("str_cat(\"a\", 2)", "a2")]
    [InlineData("True and 3", "True")]
    [InlineData("0 or False", "False")]
    [InlineData("not 0.5", "False")]
    [InlineData("struct(a=1, b=[2, 3]).b[1]", "3")]
    [InlineData("struct(a=1, b=\"x\")", "struct(a=1,b=x)")]
    [InlineData("struct(a=1, b=2) == struct(a=1.0, b=2)", "True")]
    [InlineData("struct(a=1) == struct(b=1)", "False")]
    public void An_expression_has_the_value_that_the_manual_gives_it(string expression, string value) =>
        Assert.Equal(value, ScriptBench.Expression(expression));

    [Theory]
    [InlineData("norm(-3)", "3")]
    [InlineData("norm([3, 4])", "5")]
    [InlineData("sqrt(9)", "3")]
    [InlineData("sin(0.5)", "0.479426")]
    [InlineData("cos(0.5)", "0.877583")]
    [InlineData("tan(0.5)", "0.546302")]
    [InlineData("asin(0.5)", "0.523599")]
    [InlineData("acos(0.5)", "1.0472")]
    [InlineData("atan(2)", "1.10715")]
    [InlineData("atan2(1, -1)", "2.35619")]
    [InlineData("pow(2, 10)", "1024")]
    [InlineData("log(10, 1000)", "3")]
    [InlineData("floor(-1.5)", "-2")]
    [InlineData("ceil(1.2)", "2")]
    [InlineData("d2r(180)", "3.14159")]
    [InlineData("r2d(3.14159265358979)", "180")]
    [InlineData("length([1, 2, 3])", "3")]
    [InlineData("get_list_length([1, 2])", "2")]
    [InlineData("to_str([1, True, 0.5])", "[1,True,0.5]")]
    [InlineData("to_num(\"4\") + to_num(\"0.5\")", "4.5")]
    [InlineData("str_len(\"abc\")", "3")]
    [InlineData("str_at(\"abc\", 1)", "b")]
    [InlineData("str_empty(\"\")", "True")]
    [InlineData("pose_trans(p[1,0,0,0,0,1.5707963267949], p[1,0,0,0,0,0])", "p[1,1,0,0,0,1.5708]")]
    [InlineData("pose_inv(p[1,2,3,0,0,1.5707963267949])[0]", "-2")]
    [InlineData("pose_add(p[1,0,0,0,0,0.5], p[1,0,0,0,0,0.25])", "p[2,0,0,0,0,0.75]")]
    [InlineData("pose_sub(p[3,0,0,0,0,0.5], p[1,0,0,0,0,0.25])", "p[2,0,0,0,0,0.25]")]
    [InlineData("interpolate_pose(p[0,0,0,0,0,0], p[2,0,0,0,0,1], 0.5)", "p[1,0,0,0,0,0.5]")]
    [InlineData("binary_list_to_integer([True, False, True])", "5")]
    [InlineData("integer_to_binary_list(6)[2]", "True")]
    [InlineData("get_list_length(integer_to_binary_list(-1))", "32")]
    [InlineData("random() < 1 and random() >= 0", "True")]
    [InlineData("str_sub(\"abcdef\", 2, 3)", "cde")]
    [InlineData("str_sub(\"abcdef\", 4)", "ef")]
    [InlineData("str_find(\"banana\", \"na\", 3)", "4")]
    [InlineData("str_find(\"banana\", \"x\")", "-1")]
    [InlineData("normalize([3, 4])", "[0.6,0.8]")]
    [InlineData("size([[1, 2, 3], [4, 5, 6]])", "[2,3]")]
    [InlineData("transpose([[1, 2, 3], [4, 5, 6]])", "[[1,4],[2,5],[3,6]]")]
    [InlineData("inv([[0, 2], [1, 0]])", "[[0,1],[0.5,0]]")]
    [InlineData("rpy2rotvec([0, 0, 0.5])", "[0,0,0.5]")]
    [InlineData("rotvec2rpy(rpy2rotvec([0.1, 0.2, 0.3]))", "[0.1,0.2,0.3]")]
    [InlineData("wrench_trans(p[1,0,0,0,0,0], [0,0,10,0,0,0])", "[0,0,10,0,10,0]")]
    [InlineData("point_dist(p[0,0,0,0,0,0], p[3,4,0,0,0,1])", "5")]
    [InlineData("pose_dist(p[0,0,0,0,0,0], p[3,4,0,0,0,0])", "5")]
    public void A_function_gives_what_the_manual_says(string expression, string value) =>
        Assert.Equal(value, ScriptBench.Expression(expression));

    [Theory]
    [InlineData("i = 0\nwhile i < 3:\n note(i)\n i = i + 1\nend", "0 1 2")]
    [InlineData("i = 0\nwhile True:\n i = i + 1\n if i == 2:\n continue\n elif i > 4:\n break\n else:\n note(i)\n end\nend", "1 3 4")]
    [InlineData("if False:\nnote(1)\nelif False:\nnote(2)\nend\nnote(3)", "3")]
    [InlineData("a = [1, 2, 3]\nb = a\nb[1] = 9\nnote(a)\nnote(b)", "[1,2,3] [1,9,3]")] // a list is a value
    [InlineData("m = [[1, 2], [3, 4]]\nm[1, 0] = 7\nm[0][1] = 8\nnote(m)", "[[1,8],[7,4]]")]
    [InlineData("a = p[1,2,3,4,5,6]\na[2] = 0\nnote(a)", "p[1,2,0,4,5,6]")]
    [InlineData("def f(a, b=2):\nreturn a * 10 + b\nend\nnote(f(1))\nnote(f(1, 5))\nnote(f(b=3, a=4))", "12 15 43")]
    [InlineData("def f(n):\nif n < 2:\nreturn 1\nend\nreturn n * f(n - 1)\nend\nnote(f(6))", "720")]
    [InlineData("def f():\nnote(1)\nreturn 5\nnote(2)\nend\nf()", "1")]
    [InlineData("note(move(1))\nmove(1, c=5)\nmove(b=8, a=9)", "move 1 2 3 7 move 1 2 5 move 9 8 3")]
    [InlineData("# a comment\nnote(1) # and another\n\n  $ 3 \"a label\"\nnote(\"#no\")", "1 #no")]
    [InlineData("note(str_cat(\n \"a\",\n \"b\"))", "ab")] // brackets hold a line together
    [InlineData("if 1 == 2 or\n 2 == 2 or\n 1 == 3:\nnote(\"on\")\nend", "on")] // an operator at a line's end needs the next line
    [InlineData("a = 1 +\n\n # in between\n 2\nnote(a)", "3")]
    [InlineData("if 0.5:\nnote(1)\nend\nif 0:\nnote(2)\nend\nn = 2\nwhile n:\nn = n - 1\nend\nnote(n)", "1 0")]
    [InlineData("p = p[1, 2, 3, 4, 5, 6]\np[1] = p[0] * 20\nnote(p)", "p[1,20,3,4,5,6]")] // p is a name like any other
    [InlineData("p = [[1, 2], [3, 4]]\np[1, 0] = 7\nnote(p[1, 0])\nnote(p[0][1])", "7 2")]
    [InlineData("def f(p, k):\np[2] = p[2] * k\nreturn p\nend\nnote(f(p[1, 2, 3, 4, 5, 6], 2))", "p[1,2,6,4,5,6]")]
    [InlineData("norm = 3\nnote(norm)\nnote(norm(-2))", "3 2")] // and so are the names of functions
    [InlineData("s = struct(x=1, y=2)\nt = s\nt.x = 5\nnote(s.x)\nnote(t.x + t.y)", "1 7")]
    [InlineData("def f():\nlocal s = struct(n=0)\ns.n = s.n + 1\nreturn s.n\nend\nnote(f())", "1")]
    [InlineData("pass\nnote(1)\nhalt\nnote(2)", "1")]
    [InlineData("x = False and 1 / 0 > 1\nnote(x)", "False")] // not looked at
    public void Statements_do_what_they_say(string body, string notes) => Assert.Equal(notes, ScriptBench.Result(body));

    // The manual's own examples of "Scoping rules".
    [Theory]
    [InlineData("global a = 0\ndef f():\nlocal a = 1\nnote(a)\nend\nf()\nnote(a)", "1 0")]
    [InlineData("global a = 0\ndef f():\na = 1\nend\nf()\nnote(a)", "1")]
    [InlineData("a = 0\ndef f():\na = 1\nend\nf()\nnote(a)", "1")]
    [InlineData("global a = 0\ndef f():\nlocal a = 1\ndef g():\na = 2\nend\ng()\nnote(a)\nend\nf()\nnote(a)", "1 2")]
    [InlineData("def f():\nglobal made = 4\nend\nf()\nnote(made)", "4")]
    [InlineData("def f():\nonly_here = 1\nonly_here = only_here + 1\nreturn only_here\nend\nnote(f())\nnote(f())", "2 2")]
    [InlineData("def f(a):\na = a + 1\nreturn a\nend\na = 5\nnote(f(a))\nnote(a)", "6 5")] // arguments are values
    public void Names_are_found_as_the_manual_scopes_them(string body, string notes) => Assert.Equal(notes, ScriptBench.Result(body));

    [Theory]
    [InlineData("note(1 / 0)", "Division by zero", 2, 8)]
    [InlineData("note(1 % 0)", "Division by zero", 2, 8)]
    [InlineData("a = [1, 2]\nnote(a[2])", "Index out of bounds", 3, 7)]
    [InlineData("a = [1, 2]\na[-1] = 0", "Index out of bounds", 3, 1)]
    [InlineData("a = [1, 2]\nnote(a[0.0])", "an integer is needed", 3, 7)]
    [InlineData("note(\"a\" + 1)", "Type error", 2, 10)]
    [InlineData("note([1, 2] + [1])", "lists of one length", 2, 13)]
    [InlineData("if \"a\":\nend", "a boolean is needed", 2, 4)]
    [InlineData("note(True and [3])", "a boolean is needed", 2, 15)]
    [InlineData("s = struct(a=1)\nnote(s.b)", "no member 'b'", 3, 8)]
    [InlineData("s = struct(a=1)\ns.b = 2", "no member 'b'", 3, 1)]
    [InlineData("s = 4\nnote(s.b)", "a struct is needed", 3, 8)]
    [InlineData("if False:\na = 1\nend\nnote(a)", "'a' has no value yet", 5, 6)]
    [InlineData("def f():\nend\na = f()", "gives no value", 4, 1)]
    [InlineData("def f():\nf()\nend\nf()", "Stack overflow", 3, 1)]
    [InlineData("note(sqrt(-1))", "outside of the function's domain", 2, 6)]
    public void A_fault_ends_the_program_and_says_where(string body, string message, int line, int column)
    {
        ScriptRun run = new ScriptBench().Start($"def test():\n{body}\nend\n");
        var fault = Assert.Throws<ScriptFaultException>(run.RunCycle);
        Assert.Contains(message, fault.Message);
        Assert.Equal((line, column), (fault.Line, fault.Column));
        Assert.True(run.Ended);
    }

    [Fact]
    public void A_bare_line_is_a_program_without_a_name()
    {
        var bench = new ScriptBench();
        ScriptRun run = bench.Run("note(3)\n");
        Assert.Equal(["3"], bench.Notes);
        Assert.Equal("unnamed", run.Program.Name);
    }
}
