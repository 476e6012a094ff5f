using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// Real-time scheduling where the machine allows it. Every call is best effort and says in words what it could not get: without it
/// everything works, only later under load. In SCHED_FIFO the .NET runtime gives every thread it starts the middle of the range, 50,
/// whatever the process has; so the process has that too, and what must not wait for the thread pool stands above: device readers 60,
/// tick 70, arm 80. Above only while it is steady (<see cref="DeviceThread"/>): the runtime's own locks spin, and a spinning thread does
/// not let one of lower priority go on that holds the lock. That is not enough: a thread that comes back from a system call just while
/// another one lets the threads go on after a garbage collection spins too, steady or not. Seen once on two cores, with arm, tick and
/// readers above a worker in 50: nothing moved any more. And not all that the runtime starts is in 50: the JIT's worker is where the
/// thread that starts it is, the finalizer at 56. Only one priority for all threads of the process ends it.
/// </summary>
public static partial class RealTime
{
    public const int TickPriority = 70, ArmPriority = 80, DevicePriority = 60, ProcessPriority = 50;

    private const int OtherClass = 0, FifoClass = 1;
    private static volatile bool s_raised;

    /// <summary>Puts the calling thread into SCHED_FIFO. Returns null, or the reason why not.</summary>
    public static string? TryRaiseThread(int priority) => SetFifo(0, priority);

    /// <summary>Tries whether threads may be raised so far, on one of its own. Null, or the reason why not.</summary>
    public static string? TryPriority(int priority)
    {
        string? failed = null;
        var thread = new Thread(() => failed = TryRaiseThread(priority));
        thread.Start();
        thread.Join();
        return failed;
    }

    /// <summary>Of the calling thread, as the kernel counts.</summary>
    internal static int ThreadId => gettid();

    /// <summary>Puts a thread of this process into SCHED_FIFO, or with priority 0 to where the process is. Best effort.</summary>
    internal static void SetThread(int id, int priority)
    {
        int none = 0;
        if (priority > 0 || s_raised)
            SetFifo(id, priority > 0 ? priority : ProcessPriority);
        else
            _ = sched_setscheduler(id, OtherClass, ref none);
    }

    /// <summary>
    /// Puts every thread that the process has now, and so all that they start later, into SCHED_FIFO: the garbage collector and the JIT
    /// must not wait behind other programs while a real-time thread waits for them. Returns null, or the reason why not.
    /// </summary>
    public static string? TryRaiseProcess(int priority)
    {
        string? failed = null;
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            // All of them, whatever became of the one before; one that has just ended is no failure.
            if (SetFifo(int.Parse(Path.GetFileName(task)), priority) is { } why && Directory.Exists(task))
                failed ??= why;
        }
        s_raised = failed is null;
        return failed;
    }

    /// <summary>
    /// Locks pages into memory as they are touched (MCL_ONFAULT: .NET reserves far more than it uses). Null, or why not.
    /// </summary>
    public static string? TryLockMemory()
    {
        const int CurrentFutureOnFault = 7;
        return mlockall(CurrentFutureOnFault) == 0 ? null : $"mlockall: {Marshal.GetLastPInvokeErrorMessage()} (raise LimitMEMLOCK)";
    }

    /// <summary>Puts the calling process behind all others (nice 10), for encoders. Best effort.</summary>
    public static void LowerProcess()
    {
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            int id = int.Parse(Path.GetFileName(task));
            int none = 0;
            _ = sched_setscheduler(id, OtherClass, ref none);
            _ = setpriority(0, id, 10);
        }
    }

    private static string? SetFifo(int thread, int priority)
    {
        return sched_setscheduler(thread, FifoClass, ref priority) == 0
            ? null
            : $"SCHED_FIFO {priority}: {Marshal.GetLastPInvokeErrorMessage()} (raise LimitRTPRIO)";
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setscheduler(int pid, int policy, ref int priority);

    [LibraryImport("libc")]
    private static partial int gettid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mlockall(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, int who, int value);
}
