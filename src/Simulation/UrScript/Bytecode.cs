namespace RobotWorldModel.Simulation.UrScript;

internal enum Op : byte
{
    Constant, LoadLocal, StoreLocal, LoadGlobal, StoreGlobal, StoreLocalItem, StoreGlobalItem, StoreLocalMember, StoreGlobalMember,
    MakeList, MakePose, MakeStruct, Index, Member, Negate, Not, Add, Subtract, Multiply, Divide, Modulo,
    Equal, NotEqual, Less, LessOrEqual, Greater, GreaterOrEqual, Xor, ToBool,
    Jump, JumpIfFalse, JumpIfFalseElsePop, JumpIfTrueElsePop, Pop,
    CallFunction, CallBuiltin, Return, Halt, Run, Join, Kill, EnterCritical, ExitCritical,
}

/// <param name="A">A jump's target, a slot, a constant, a function, a count: by the operation.</param>
/// <param name="B">Number of indices or of arguments; the constant with a member's name.</param>
internal readonly record struct Instruction(Op Op, int A, int B, int Line, int Column);

/// <summary>A compiled function. Its first locals are its parameters.</summary>
internal sealed class FunctionCode(string name, FunctionKind kind)
{
    public string Name { get; } = name;

    public FunctionKind Kind { get; } = kind;

    public Instruction[] Code { get; set; } = [];

    public string[] Locals { get; set; } = [];
}

/// <summary>A compiled script, ready to be run any number of times.</summary>
public sealed class ScriptProgram
{
    internal ScriptProgram(
        FunctionCode main, IReadOnlyList<FunctionCode> functions, IReadOnlyList<Value> constants, IReadOnlyList<string> globals,
        IReadOnlyList<Builtin> builtins)
    {
        Main = main;
        Functions = [.. functions];
        Constants = [.. constants];
        Globals = [.. globals];
        Builtins = [.. builtins];
    }

    /// <summary>As in <c>def name():</c>; "unnamed" for bare lines.</summary>
    public string Name => Main.Name;

    /// <summary>A <c>sec</c> program: it runs beside the main one and may take no time.</summary>
    public bool IsSecondary => Main.Kind == FunctionKind.Secondary;

    internal FunctionCode Main { get; }

    internal FunctionCode[] Functions { get; }

    internal Value[] Constants { get; }

    internal string[] Globals { get; }

    internal Builtin[] Builtins { get; }
}
