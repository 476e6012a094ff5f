namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// Compiles a script to bytecode. Scopes are those of the URScript manual ("Scoping rules"): what the program assigns on its own level is
/// global, as is what says <c>global</c>; in a function a name without a qualifier is the global of that name if there is one, else a
/// local.
/// </summary>
public sealed class ScriptCompiler
{
    private readonly BuiltinLibrary _library;
    private readonly List<FunctionCode> _functions = [];
    private readonly List<Function> _definitions = [];
    private readonly Dictionary<string, int> _functionIndex = [];
    private readonly List<string> _globals = [];
    private readonly List<Value> _constants = [];
    private readonly List<Builtin> _builtins = [];

    private ScriptCompiler(BuiltinLibrary library) => _library = library;

    /// <exception cref="ScriptCompileException">Syntax, or a name that neither the script nor the controller knows.</exception>
    public static ScriptProgram Compile(string text, BuiltinLibrary library) => new ScriptCompiler(library).Compile(Parser.Parse(text));

    private ScriptProgram Compile(Function program)
    {
        CollectFunctions(program.Body);
        CollectGlobals(program.Body, mainLevel: true);
        var main = new FunctionCode(program.At.Text, program.Kind);
        new FunctionCompiler(this, main, program).Compile();
        for (int i = 0; i < _definitions.Count; i++)
            new FunctionCompiler(this, _functions[i], _definitions[i]).Compile();
        return new(main, _functions, _constants, _globals, _builtins);
    }

    // Functions may stand anywhere, and are known everywhere.
    private void CollectFunctions(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
        {
            switch (statement)
            {
                case Function f:
                    if (_library.Find(f.At.Text) != null || !_functionIndex.TryAdd(f.At.Text, _functions.Count))
                        throw new ScriptCompileException($"compile_error_name_already_defined:{f.At.Text}:", f.At.Line, f.At.Column);
                    _functions.Add(new(f.At.Text, f.Kind));
                    _definitions.Add(f);
                    CollectFunctions(f.Body);
                    break;
                case If i:
                    foreach (var (_, branch) in i.Branches)
                        CollectFunctions(branch);
                    CollectFunctions(i.Else);
                    break;
                case While w:
                    CollectFunctions(w.Body);
                    break;
            }
        }
    }

    private void CollectGlobals(IReadOnlyList<Statement> body, bool mainLevel)
    {
        foreach (Statement statement in body)
        {
            switch (statement)
            {
                case Assign a when (mainLevel || a.Scope == Scope.Global) && !_globals.Contains(a.At.Text):
                    _globals.Add(a.At.Text);
                    break;
                case Function f:
                    CollectGlobals(f.Body, mainLevel: false);
                    break;
                case If i:
                    foreach (var (_, branch) in i.Branches)
                        CollectGlobals(branch, mainLevel);
                    CollectGlobals(i.Else, mainLevel);
                    break;
                case While w:
                    CollectGlobals(w.Body, mainLevel);
                    break;
            }
        }
    }

    internal int Global(string name) => _globals.IndexOf(name);

    internal int Constant(in Value value)
    {
        _constants.Add(value);
        return _constants.Count - 1;
    }

    internal int BuiltinIndex(Builtin builtin)
    {
        if (!_builtins.Contains(builtin))
            _builtins.Add(builtin);
        return _builtins.IndexOf(builtin);
    }

    internal Builtin? FindBuiltin(string name) => _library.Find(name);

    internal (int Index, Function Definition)? FindFunction(string name) =>
        _functionIndex.TryGetValue(name, out int i) ? (i, _definitions[i]) : null;
}
