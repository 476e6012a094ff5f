namespace RobotWorldModel.Simulation.UrScript;

/// <summary>
/// A program that runs: its threads take turns within each control cycle until all of them wait. As on the controller, a thread that
/// computes without end is set aside until the next cycle; one that does so for <see cref="MaxBusyCycles"/> cycles on end is taken for a
/// loop that never yields and faults. Source: URScript manual, "Thread scheduling".
/// <para>
/// A critical section ensures that its code finishes before another thread runs, unless something in it takes time: then others may run
/// (manual, "Threads"). So it is no lock: who waits in one, for a motion or a socket, keeps nobody from running, not even through a
/// critical section of his own. Since threads change places only where they wait or have used up their slice, all that is left to do is
/// that nobody runs while one whose slice ended is in a critical section.
/// </para>
/// </summary>
public sealed class ScriptRun
{
    /// <summary>A thread's slice of one cycle: some tenths of a millisecond.</summary>
    public const int InstructionsPerCycle = 10_000;

    public const int MaxBusyCycles = 50;
    private const int MaxThreads = 100;

    private readonly List<ScriptThread> _threads = [];
    private readonly Action? _motionOrphaned;
    private ScriptThread? _robotUser, _interrupted;
    private long _robotCycle = -1;
    private int _threadsStarted;

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
            bool othersMayRun = _interrupted == null || Step(_interrupted);
            while (othersMayRun && !Ended && RunRound())
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
        var thread = new ScriptThread(this, code, ++_threadsStarted) { InstructionsLeft = InstructionsPerCycle };
        _threads.Add(thread);
        return thread;
    }

    /// <summary>Null: it has ended, or there never was one.</summary>
    internal ScriptThread? FindThread(int handle)
    {
        foreach (ScriptThread thread in _threads)
            if (thread.Handle == handle)
                return thread;
        return null;
    }

    internal void OrphanMotion() => _motionOrphaned?.Invoke();

    internal void End() => Ended = true;

    private bool RunRound()
    {
        bool progress = false;
        for (int i = 0; i < _threads.Count && !Ended; i++)
        {
            ScriptThread thread = _threads[i];
            if (!thread.CanRun())
                continue;
            progress = true;
            if (!Step(thread))
                return false;
        }
        return progress;
    }

    /// <summary>False: its slice is over in the middle of a critical section, and no other runs before it goes on.</summary>
    private bool Step(ScriptThread thread)
    {
        thread.Step();
        if (_threads[0].Ended)
            End(); // the main function is done, and with it the program
        _interrupted = thread.IsInterruptedInCritical ? thread : null;
        return _interrupted == null;
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
