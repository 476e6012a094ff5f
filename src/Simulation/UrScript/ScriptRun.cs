namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// A program that runs: its threads take turns within each control cycle until all of them wait. As on the controller, a thread that
/// computes without end is set aside until the next cycle; one that does so for <see cref="MaxBusyCycles"/> cycles on end is taken for a
/// loop that never yields and faults. Source: URScript manual, "Thread scheduling".
/// </summary>
public sealed class ScriptRun
{
    /// <summary>A thread's slice of one cycle: some tenths of a millisecond.</summary>
    public const int InstructionsPerCycle = 10_000;

    public const int MaxBusyCycles = 50;
    private const int MaxThreads = 100;

    private readonly List<ScriptThread> _threads = [];
    private readonly Queue<ScriptThread> _criticalQueue = new();
    private readonly Action? _motionOrphaned;
    private ScriptThread? _inCritical, _robotUser;
    private long _robotCycle = -1;

    /// <param name="motionOrphaned">Called when a thread is killed in the middle of a motion.</param>
    public ScriptRun(ScriptProgram program, Action? motionOrphaned = null)
    {
        Program = program;
        Globals = new Value[program.Globals.Length];
        _motionOrphaned = motionOrphaned;
        StartThread(program.Main);
    }

    public ScriptProgram Program { get; }

    /// <summary>Control cycles since it started.</summary>
    public long Cycle { get; private set; }

    /// <summary>Its main function is at its end, it said halt, or it faulted.</summary>
    public bool Ended { get; private set; }

    /// <summary>Threads that have not ended.</summary>
    public int ThreadCount => _threads.Count;

    /// <summary>Where the main function is; 0 once it has ended.</summary>
    public int Line => Ended || _threads[0].Ended ? 0 : _threads[0].Position.Line;

    internal Value[] Globals { get; }

    /// <summary>Runs one control cycle.</summary>
    /// <exception cref="ScriptFaultException">Ends the program; says where.</exception>
    public void RunCycle()
    {
        Cycle++;
        foreach (ScriptThread thread in _threads)
            thread.InstructionsLeft = InstructionsPerCycle;
        try
        {
            while (!Ended && RunRound())
            {
                // until every thread waits or has used up its slice
            }
            CheckBusy();
        }
        catch (ScriptFaultException)
        {
            End();
            throw;
        }
        _threads.RemoveAll(static t => t.Ended);
    }

    /// <summary>The value of a global variable, for tests and displays; <see cref="Value.None"/> where it has none.</summary>
    /// <exception cref="ArgumentException">No variable of that name.</exception>
    public Value Global(string name)
    {
        int i = Array.IndexOf(Program.Globals, name);
        return i >= 0 ? Globals[i] : throw new ArgumentException($"'{name}' is no global variable of {Program.Name}", nameof(name));
    }

    /// <summary>Claims the robot for a thread until its wait is over; motion functions call it.</summary>
    /// <exception cref="ScriptFaultException">Another thread moves it in this cycle.</exception>
    public void ClaimRobot(ScriptThread thread)
    {
        CheckMayWait();
        if (_robotUser != null && _robotUser != thread && !_robotUser.Ended && (_robotUser.HoldsRobot || _robotCycle == Cycle))
            throw new ScriptFaultException("Another thread is already controlling the robot");
        _robotUser = thread;
        _robotCycle = Cycle;
        thread.HoldsRobot = true;
    }

    internal void CheckMayWait()
    {
        if (Program.IsSecondary)
            throw new ScriptFaultException("Runtime is too much behind: a secondary program must end within one control cycle");
    }

    internal ScriptThread StartThread(FunctionCode code)
    {
        if (_threads.Count >= MaxThreads)
            throw new ScriptFaultException($"More than {MaxThreads} threads");
        var thread = new ScriptThread(this, code) { InstructionsLeft = InstructionsPerCycle };
        _threads.Add(thread);
        return thread;
    }

    internal void KillThread(ScriptThread thread)
    {
        bool moving = thread is { HoldsRobot: true, Ended: false };
        thread.Kill();
        if (moving)
            _motionOrphaned?.Invoke();
    }

    internal void End() => Ended = true;

    // First come, first served: who leaves and asks again has to wait for those who waited.
    internal void EnterCritical(ScriptThread thread)
    {
        if (_inCritical == thread)
            return;
        if (_inCritical == null)
        {
            _inCritical = thread;
            return;
        }
        thread.AwaitsCritical = true;
        _criticalQueue.Enqueue(thread);
    }

    internal void LeaveCritical(ScriptThread thread)
    {
        if (_inCritical != thread)
            return;
        _inCritical = null;
        while (_inCritical == null && _criticalQueue.TryDequeue(out ScriptThread? next))
        {
            next.AwaitsCritical = false;
            if (!next.Ended)
                _inCritical = next;
        }
    }

    private bool RunRound()
    {
        bool progress = false;
        for (int i = 0; i < _threads.Count && !Ended; i++)
        {
            ScriptThread thread = _threads[i];
            if (!thread.CanRun())
                continue;
            progress = true;
            thread.Step();
            if (_threads[0].Ended)
                End(); // the main function is done, and with it the program
        }
        return progress;
    }

    private void CheckBusy()
    {
        foreach (ScriptThread thread in _threads)
        {
            thread.BusyCycles = thread.InstructionsLeft > 0 || thread.Ended ? 0 : thread.BusyCycles + 1;
            if (thread.BusyCycles < (Program.IsSecondary ? 1 : MaxBusyCycles))
                continue;
            var (line, column) = thread.Position;
            throw new ScriptFaultException("Runtime is too much behind: a loop runs without sync(), sleep() or a motion")
            {
                Line = line,
                Column = column,
            };
        }
    }
}
