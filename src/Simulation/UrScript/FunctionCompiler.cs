namespace RobotWorldModel.Simulation.UrScript;

/// <summary>Compiles one function's body.</summary>
internal sealed class FunctionCompiler(ScriptCompiler program, FunctionCode into, Function function)
{
    private readonly List<Instruction> _code = [];
    private readonly List<string> _locals = [];
    private readonly Stack<(int Start, List<int> Breaks)> _loops = new();
    private bool _globalsOnly;

    private bool IsMain => function.Kind is FunctionKind.Program or FunctionKind.Secondary;

    public void Compile()
    {
        foreach (Parameter parameter in function.Parameters)
            _locals.Add(parameter.At.Text);
        if (!IsMain)
            CollectLocals(function.Body);
        Compile(function.Body);
        Emit(Op.Constant, function.At, program.Constant(Value.None));
        Emit(Op.Return, function.At);
        into.Code = [.. _code];
        into.Locals = [.. _locals];
    }

    private void CollectLocals(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
        {
            switch (statement)
            {
                case Assign a when a.Scope == Scope.Local || (a.Scope == Scope.Free && program.Global(a.At.Text) < 0):
                    if (!_locals.Contains(a.At.Text))
                        _locals.Add(a.At.Text);
                    break;
                case If i:
                    foreach (var (_, branch) in i.Branches)
                        CollectLocals(branch);
                    CollectLocals(i.Else);
                    break;
                case While w:
                    CollectLocals(w.Body);
                    break;
            }
        }
    }

    private void Compile(IReadOnlyList<Statement> body)
    {
        foreach (Statement statement in body)
            Compile(statement);
    }

    private void Compile(Statement statement)
    {
        switch (statement)
        {
            case Assign a:
                Compile(a.Value);
                Store(a.At, a.Scope);
                break;
            case AssignIndex a:
                foreach (Expression index in a.Indices)
                    Compile(index);
                Compile(a.Value);
                var (slot, isLocal) = Find(a.At);
                Emit(isLocal ? Op.StoreLocalItem : Op.StoreGlobalItem, a.At, slot, a.Indices.Count);
                break;
            case AssignMember a:
                Compile(a.Value);
                var (variable, local) = Find(a.At);
                Emit(local ? Op.StoreLocalMember : Op.StoreGlobalMember, a.At, variable, Name(a.Member.Text));
                break;
            case Evaluate e:
                Compile(e.Value);
                Emit(Op.Pop, e.At);
                break;
            case If i:
                CompileIf(i);
                break;
            case While w:
                CompileWhile(w);
                break;
            case Return r:
                Compile(r.Value ?? new Literal(r.At, Value.None));
                Emit(Op.Return, r.At);
                break;
            case ThreadControl t:
                Compile(t.Thread);
                Emit(t.At.Text == "join" ? Op.Join : Op.Kill, t.At);
                break;
            case Simple s:
                CompileSimple(s);
                break;
        }
    }

    private void CompileSimple(Simple statement)
    {
        switch (statement.At.Text)
        {
            case "halt":
                Emit(Op.Halt, statement.At);
                break;
            case "enter_critical":
                Emit(Op.EnterCritical, statement.At);
                break;
            case "exit_critical":
                Emit(Op.ExitCritical, statement.At);
                break;
            case "break" or "continue":
                if (!_loops.TryPeek(out var loop))
                    throw new ScriptCompileException(
                        $"compile_error_outside_loop:{statement.At.Text}:", statement.At.Line, statement.At.Column);
                if (statement.At.Text == "break")
                    loop.Breaks.Add(Emit(Op.Jump, statement.At));
                else
                    Emit(Op.Jump, statement.At, loop.Start);
                break;
        }
    }

    private void CompileIf(If statement)
    {
        var ends = new List<int>();
        foreach (var (condition, body) in statement.Branches)
        {
            Compile(condition);
            int skip = Emit(Op.JumpIfFalse, condition.At);
            Compile(body);
            ends.Add(Emit(Op.Jump, statement.At));
            Land(skip);
        }
        Compile(statement.Else);
        ends.ForEach(Land);
    }

    private void CompileWhile(While statement)
    {
        _loops.Push((_code.Count, []));
        Compile(statement.Condition);
        int exit = Emit(Op.JumpIfFalse, statement.Condition.At);
        Compile(statement.Body);
        var (start, breaks) = _loops.Pop();
        Emit(Op.Jump, statement.At, start);
        Land(exit);
        breaks.ForEach(Land);
    }

    private void Compile(Expression expression)
    {
        switch (expression)
        {
            case Literal l:
                Emit(Op.Constant, l.At, program.Constant(l.Value));
                break;
            case Variable v:
                var (slot, isLocal) = Find(v.At);
                Emit(isLocal ? Op.LoadLocal : Op.LoadGlobal, v.At, slot);
                break;
            case ListLiteral l:
                foreach (Expression item in l.Items)
                    Compile(item);
                Emit(l.IsPose ? Op.MakePose : Op.MakeList, l.At, l.Items.Count);
                break;
            case IndexOf i:
                Compile(i.Of);
                foreach (Expression index in i.Indices)
                {
                    Compile(index);
                    Emit(Op.Index, i.At);
                }
                break;
            case MemberOf m:
                Compile(m.Of);
                Emit(Op.Member, m.At, Name(m.At.Text));
                break;
            case Unary u:
                Compile(u.Operand);
                Emit(u.At.Text == "not" ? Op.Not : Op.Negate, u.At);
                break;
            case Binary b:
                CompileBinary(b);
                break;
            case Call c:
                CompileCall(c);
                break;
            case RunThread r:
                if (program.FindFunction(r.At.Text) is not (int thread, { Kind: FunctionKind.Thread }))
                    throw ScriptCompileException.NameNotFound(r.At.Text, r.At);
                Emit(Op.Run, r.At, thread);
                break;
        }
    }

    private void CompileBinary(Binary binary)
    {
        Compile(binary.Left);
        if (binary.At.Text is "and" or "or")
        {
            int skip = Emit(binary.At.Text == "and" ? Op.JumpIfFalseElsePop : Op.JumpIfTrueElsePop, binary.At);
            Compile(binary.Right);
            Emit(Op.ToBool, binary.Right.At);
            Land(skip);
            return;
        }
        Compile(binary.Right);
        Emit(binary.At.Text switch
        {
            "+" => Op.Add,
            "-" => Op.Subtract,
            "*" => Op.Multiply,
            "/" => Op.Divide,
            "%" => Op.Modulo,
            "==" => Op.Equal,
            "!=" => Op.NotEqual,
            "<" => Op.Less,
            "<=" => Op.LessOrEqual,
            ">" => Op.Greater,
            ">=" => Op.GreaterOrEqual,
            _ => Op.Xor,
        }, binary.At);
    }

    private void CompileCall(Call call)
    {
        if (call.At.Text == "struct")
        {
            CompileStruct(call);
            return;
        }
        if (program.FindFunction(call.At.Text) is ({ } index, { Kind: FunctionKind.Function } target))
        {
            var names = new string[target.Parameters.Count];
            for (int i = 0; i < names.Length; i++)
                names[i] = target.Parameters[i].At.Text;
            Argument?[] given = Arrange(call, names);
            for (int i = 0; i < names.Length; i++)
                CompileArgument(call, names[i], given[i], target.Parameters[i].Default);
            Emit(Op.CallFunction, call.At, index, names.Length);
            return;
        }
        Builtin builtin = program.FindBuiltin(call.At.Text) ?? throw ScriptCompileException.NameNotFound(call.At.Text, call.At);
        Argument?[] arguments = Arrange(call, builtin.Parameters);
        for (int i = 0; i < arguments.Length; i++)
            CompileArgument(call, builtin.Parameters[i], arguments[i],
                builtin.Defaults[i] is { } value ? new Literal(call.At, value) : null);
        Emit(Op.CallBuiltin, call.At, program.BuiltinIndex(builtin), arguments.Length);
    }

    // struct(name=value, …): a value with named members. Source: URScript manual, "Struct".
    private void CompileStruct(Call call)
    {
        var names = new List<Value>();
        foreach (Argument argument in call.Arguments)
        {
            Token name = argument.Keyword ?? throw WrongArguments(call, "needs a name for every member", call.At);
            if (names.Exists(n => n.AsString() == name.Text))
                throw WrongArguments(call, $"has two members '{name.Text}'", name);
            names.Add(Value.String(name.Text));
            Compile(argument.Value);
        }
        Emit(Op.MakeStruct, call.At, program.Constant(Value.List([.. names])), names.Count);
    }

    private int Name(string text) => program.Constant(Value.String(text));

    private static Argument?[] Arrange(Call call, IReadOnlyList<string> parameters)
    {
        var given = new Argument?[parameters.Count];
        for (int i = 0; i < call.Arguments.Count; i++)
        {
            Argument argument = call.Arguments[i];
            int place = i;
            if (argument.Keyword is { } keyword)
                for (place = 0; place < parameters.Count && parameters[place] != keyword.Text; place++)
                {
                    // looking for the parameter of that name
                }
            if (place >= parameters.Count || given[place] != null)
                throw WrongArguments(call, $"takes ({string.Join(", ", parameters)})", argument.Keyword ?? call.At);
            given[place] = argument;
        }
        return given;
    }

    private void CompileArgument(Call call, string name, Argument? given, Expression? fallback)
    {
        if (given is { } argument)
        {
            Compile(argument.Value);
            return;
        }
        _globalsOnly = true; // a default knows nothing of the caller's locals
        Compile(fallback ?? throw WrongArguments(call, $"needs '{name}'", call.At));
        _globalsOnly = false;
    }

    private static ScriptCompileException WrongArguments(Call call, string what, Token at) =>
        new($"compile_error_wrong_arguments:{call.At.Text} {what}:", at.Line, at.Column);

    private void Store(Token name, Scope scope)
    {
        if (scope == Scope.Global || IsMain)
        {
            Emit(Op.StoreGlobal, name, program.Global(name.Text));
            return;
        }
        int local = _locals.IndexOf(name.Text);
        Emit(local >= 0 ? Op.StoreLocal : Op.StoreGlobal, name, local >= 0 ? local : program.Global(name.Text));
    }

    private (int Slot, bool IsLocal) Find(Token name)
    {
        int local = _globalsOnly ? -1 : _locals.IndexOf(name.Text);
        if (local >= 0)
            return (local, true);
        int global = program.Global(name.Text);
        return global >= 0 ? (global, false) : throw ScriptCompileException.NameNotFound(name.Text, name);
    }

    private int Emit(Op op, Token at, int a = 0, int b = 0)
    {
        _code.Add(new(op, a, b, at.Line, at.Column));
        return _code.Count - 1;
    }

    private void Land(int jump) => _code[jump] = _code[jump] with { A = _code.Count };
}
