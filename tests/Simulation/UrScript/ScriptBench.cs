using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Tests.UrScript;

/// <summary>Runs scripts without a robot: the language, the mathematics, sync, sleep, and a motion that takes three cycles.</summary>
internal sealed class ScriptBench
{
    private readonly BuiltinLibrary _library = new();

    public ScriptBench()
    {
        MathBuiltins.AddTo(_library);
        _library.Add("note(value)", (_, a) =>
        {
            Notes.Add(a[0].ToString());
            return Value.None;
        });
        _library.Add("sync()", (thread, _) =>
        {
            thread.WaitCycles(1);
            return Value.None;
        });
        _library.Add("sleep(t)", (thread, a) =>
        {
            thread.WaitCycles((long)Math.Round(a[0].AsNumber() / 0.002));
            return Value.None;
        });
        _library.Add("move(a, b=2, c=3)", (thread, a) =>
        {
            thread.Run.ClaimRobot(thread);
            thread.WaitCycles(3);
            Notes.Add($"move {a[0]} {a[1]} {a[2]}");
            return Value.Int(7);
        });
    }

    public List<string> Notes { get; } = [];

    public int MotionsOrphaned { get; private set; }

    public ScriptProgram Compile(string text) => ScriptCompiler.Compile(text, _library);

    public ScriptRun Start(string text) => new(Compile(text), () => MotionsOrphaned++);

    /// <summary>Runs a program to its end.</summary>
    public ScriptRun Run(string text, int cycles = 1000)
    {
        ScriptRun run = Start(text);
        for (int i = 0; i < cycles && !run.Ended; i++)
            run.RunCycle();
        Assert.True(run.Ended, $"the program still runs after {cycles} cycles");
        return run;
    }

    /// <summary>What a program with these lines as its body notes.</summary>
    public static string Result(string body)
    {
        var bench = new ScriptBench();
        bench.Run($"def test():\n{body}\nend\n");
        return string.Join(" ", bench.Notes);
    }

    public static string Expression(string expression) => Result($"note({expression})");
}
