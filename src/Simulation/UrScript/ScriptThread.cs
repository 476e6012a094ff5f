namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// One thread of a running script: a stack machine that stops wherever it waits and goes on in a later control cycle. It needs no thread
/// of the operating system.
/// </summary>
public sealed class ScriptThread
{
    private const int MaxDepth = 200, MaxStack = 20_000;

    private readonly ScriptProgram _program;
    private readonly List<Frame> _frames = [];
    private readonly Value[] _globals;
    private Value[] _stack = new Value[64];
    private int _top;
    private readonly List<ScriptThread> _children = [];
    private Func<bool>? _until;
    private Func<Value?>? _result;
    private ScriptThread? _joining;
    private long _wakeCycle;
    private bool _inCritical;

    internal ScriptThread(ScriptRun run, FunctionCode code, int handle)
    {
        (Run, Handle) = (run, handle);
        _program = run.Program;
        _globals = run.Globals;
        Push(new Frame(code, 0, 0));
    }

    public ScriptRun Run { get; }

    /// <summary>What <c>run</c> gives: above zero, so that a program can keep 0 for "no thread".</summary>
    internal int Handle { get; }

    internal bool Ended { get; private set; }

    /// <summary>It moves the robot until its wait is over.</summary>
    internal bool HoldsRobot { get; set; }

    /// <summary>Its slice ended between enter_critical and exit_critical, where it did not wait.</summary>
    internal bool IsInterruptedInCritical =>
        _inCritical && !Ended && InstructionsLeft == 0 && _wakeCycle <= Run.Cycle && _joining == null;

    /// <summary>What is left of its slice of this cycle.</summary>
    internal int InstructionsLeft { get; set; }

    /// <summary>Consecutive cycles in which it computed and never waited.</summary>
    internal int BusyCycles { get; set; }

    private readonly record struct Frame(FunctionCode Code, int Next, int Base);

    /// <summary>Lets the time of so many control cycles pass; at least one.</summary>
    public void WaitCycles(long cycles)
    {
        Run.CheckMayWait();
        _wakeCycle = Run.Cycle + Math.Max(1, cycles);
    }

    /// <summary>Waits, one cycle at least, until something is true; asked once a cycle.</summary>
    public void WaitUntil(Func<bool> condition)
    {
        WaitCycles(1);
        _until = condition;
    }

    /// <summary>
    /// Makes a built-in's value one that is not known yet: asked once a cycle, and the thread goes on when there is one. Null: not yet.
    /// </summary>
    public Value WaitFor(Func<Value?> result)
    {
        WaitCycles(1);
        _result = result;
        return Value.None;
    }

    internal bool CanRun()
    {
        if (Ended || InstructionsLeft == 0 || Run.Cycle < _wakeCycle || _joining is { Ended: false })
            return false;
        if (_until != null && !_until())
            return false;
        if (_result != null)
        {
            if (_result() is not { } value)
                return false;
            _stack[_top - 1] = value;
        }
        (_until, _result, _joining) = (null, null, null);
        return true;
    }

    /// <summary>Ends it and the threads that it started. Source: URScript manual, "Threads".</summary>
    internal void Kill()
    {
        if (Ended)
            return;
        bool moving = HoldsRobot;
        End();
        if (moving)
            Run.OrphanMotion();
        foreach (ScriptThread child in _children)
            child.Kill();
    }

    private void End() => (Ended, HoldsRobot, _inCritical) = (true, false, false);

    /// <summary>Runs until it waits, ends or has used up its slice.</summary>
    /// <exception cref="ScriptFaultException">With its line and column.</exception>
    internal void Step()
    {
        HoldsRobot = false;
        _wakeCycle = 0;
        while (InstructionsLeft > 0 && !Ended && !Run.Ended)
        {
            Frame frame = _frames[^1];
            ref readonly Instruction instruction = ref frame.Code.Code[frame.Next];
            _frames[^1] = frame with { Next = frame.Next + 1 };
            InstructionsLeft--;
            try
            {
                Execute(instruction, frame);
            }
            catch (ScriptFaultException fault)
            {
                fault.Line = instruction.Line;
                fault.Column = instruction.Column;
                throw;
            }
            if (_wakeCycle > Run.Cycle || _joining != null)
                return;
        }
    }

    /// <summary>Where it is, for a fault that no instruction raised.</summary>
    internal (int Line, int Column) Position
    {
        get
        {
            Frame frame = _frames[^1];
            Instruction at = frame.Code.Code[Math.Min(frame.Next, frame.Code.Code.Length - 1)];
            return (at.Line, at.Column);
        }
    }

    private void Execute(in Instruction instruction, in Frame frame)
    {
        int a = instruction.A;
        switch (instruction.Op)
        {
            case Op.Constant:
                Push(_program.Constants[a]);
                break;
            case Op.LoadLocal:
                Push(Assigned(_stack[frame.Base + a], frame.Code.Locals[a]));
                break;
            case Op.StoreLocal:
                _stack[frame.Base + a] = Storable(Pop());
                break;
            case Op.LoadGlobal:
                Push(Assigned(_globals[a], _program.Globals[a]));
                break;
            case Op.StoreGlobal:
                _globals[a] = Storable(Pop());
                break;
            case Op.StoreLocalItem:
                StoreItem(ref _stack[frame.Base + a], frame.Code.Locals[a], instruction.B);
                break;
            case Op.StoreGlobalItem:
                StoreItem(ref _globals[a], _program.Globals[a], instruction.B);
                break;
            case Op.MakeList:
                Push(Value.List(PopItems(a)));
                break;
            case Op.MakePose:
                Value[] items = PopItems(6);
                for (int i = 0; i < 6; i++)
                    items[i] = Value.Float(items[i].AsNumber());
                Push(Value.Pose(items));
                break;
            case Op.MakeStruct:
                Value[] values = PopItems(instruction.B);
                Push(Value.Struct(_program.Constants[a].Array, values));
                break;
            case Op.Member:
                Push(Pop().Member(_program.Constants[a].AsString()));
                break;
            case Op.StoreLocalMember:
                StoreMember(ref _stack[frame.Base + a], frame.Code.Locals[a], instruction.B);
                break;
            case Op.StoreGlobalMember:
                StoreMember(ref _globals[a], _program.Globals[a], instruction.B);
                break;
            case Op.Pop:
                Pop();
                break;
            case Op.ToBool:
                Push(Value.Bool(Pop().AsCondition()));
                break;
            case Op.Jump or Op.JumpIfFalse or Op.JumpIfFalseElsePop or Op.JumpIfTrueElsePop:
                Jump(instruction.Op, a);
                break;
            case Op.CallFunction or Op.CallBuiltin or Op.Return or Op.Halt or Op.Run or Op.Join or Op.Kill
                or Op.EnterCritical or Op.ExitCritical:
                Control(instruction, frame);
                break;
            default:
                Compute(instruction.Op);
                break;
        }
    }

    private void Compute(Op op)
    {
        Value b = Pop();
        if (op is Op.Negate or Op.Not)
        {
            Push(op == Op.Not ? Value.Bool(!b.AsCondition()) : Arithmetic.Negate(b));
            return;
        }
        Value a = Pop();
        Push(op switch
        {
            Op.Index => Arithmetic.Index(a, b),
            Op.Equal => Value.Bool(a.SameAs(b)),
            Op.NotEqual => Value.Bool(!a.SameAs(b)),
            Op.Less => Value.Bool(Arithmetic.Less(a, b)),
            Op.LessOrEqual => Value.Bool(!Arithmetic.Less(b, a)),
            Op.Greater => Value.Bool(Arithmetic.Less(b, a)),
            Op.GreaterOrEqual => Value.Bool(!Arithmetic.Less(a, b)),
            Op.Xor => Value.Bool(a.AsCondition() ^ b.AsCondition()),
            _ => Arithmetic.Apply(op, a, b),
        });
    }

    private void Jump(Op op, int target)
    {
        bool condition = op == Op.Jump || Pop().AsCondition();
        bool jumps = op is Op.Jump or Op.JumpIfTrueElsePop ? condition : !condition;
        if (!jumps)
            return;
        _frames[^1] = _frames[^1] with { Next = target };
        if (op is Op.JumpIfFalseElsePop or Op.JumpIfTrueElsePop)
            Push(Value.Bool(condition));
    }

    private void Control(in Instruction instruction, in Frame frame)
    {
        switch (instruction.Op)
        {
            case Op.CallFunction:
                if (_frames.Count >= MaxDepth)
                    throw new ScriptFaultException("Stack overflow: functions call each other too deeply");
                FunctionCode function = _program.Functions[instruction.A];
                Push(new Frame(function, 0, _top - instruction.B), instruction.B);
                break;
            case Op.CallBuiltin:
                int from = _top - instruction.B;
                Value result = _program.Builtins[instruction.A].Function(this, _stack.AsSpan(from, instruction.B));
                _top = from;
                Push(result);
                break;
            case Op.Return:
                Value value = Pop();
                _frames.RemoveAt(_frames.Count - 1);
                _top = frame.Base;
                Push(value);
                if (_frames.Count == 0)
                    End();
                break;
            case Op.Halt:
                Run.End();
                break;
            case Op.Run:
                ScriptThread started = Run.StartThread(_program.Functions[instruction.A]);
                _children.RemoveAll(static child => child.Ended);
                _children.Add(started);
                Push(Value.Int(started.Handle));
                break;
            case Op.Join:
                _joining = PopThread();
                if (_joining == this)
                    throw new ScriptFaultException("a thread cannot join itself");
                Run.CheckMayWait();
                break;
            case Op.Kill:
                PopThread()?.Kill();
                break;
            case Op.EnterCritical or Op.ExitCritical:
                _inCritical = instruction.Op == Op.EnterCritical;
                break;
        }
    }

    // Handles are integers. One of no running thread, such as the 0 of a variable that waits for its first run, is nothing to join or
    // kill.
    private ScriptThread? PopThread()
    {
        Value handle = Pop();
        return Run.FindThread(handle.Kind == ValueKind.Int ? handle.AsInt() : throw handle.Wrong("a thread"));
    }

    private void StoreMember(ref Value variable, string name, int member)
    {
        Value item = Storable(Pop());
        variable = Assigned(variable, name).WithMember(_program.Constants[member].AsString(), item);
    }

    private void StoreItem(ref Value variable, string name, int indices)
    {
        Value item = Storable(Pop());
        Value last = Pop();
        Assigned(variable, name);
        if (indices == 1)
        {
            variable = Arithmetic.WithItem(variable, last, item);
            return;
        }
        Value row = Pop();
        variable = Arithmetic.WithItem(variable, row, Arithmetic.WithItem(Arithmetic.Index(variable, row), last, item));
    }

    private static Value Assigned(in Value value, string name) =>
        value.Kind != ValueKind.None ? value : throw new ScriptFaultException($"The variable '{name}' has no value yet");

    private static Value Storable(in Value value) =>
        value.Kind != ValueKind.None ? value : throw new ScriptFaultException("Type error: the function gives no value to store");

    private Value[] PopItems(int count)
    {
        Value[] items = _stack.AsSpan(_top - count, count).ToArray();
        _top -= count;
        foreach (Value item in items)
            Storable(item);
        return items;
    }

    private Value Pop() => _stack[--_top];

    private void Push(in Value value)
    {
        if (_top == _stack.Length)
            Array.Resize(ref _stack,
                _top < MaxStack ? _top * 2 : throw new ScriptFaultException("Stack overflow: an expression is too large"));
        _stack[_top++] = value;
    }

    // A frame's locals lie on the stack from its base on; the arguments are there already.
    private void Push(in Frame frame, int arguments = 0)
    {
        for (int i = arguments; i < frame.Code.Locals.Length; i++)
            Push(Value.None);
        _frames.Add(frame);
    }
}
