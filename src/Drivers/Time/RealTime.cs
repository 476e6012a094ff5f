using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// Real-time scheduling where the machine allows it. Every call is best effort and says in words what it could not get: without it
/// everything works, only later under load. In SCHED_FIFO the .NET runtime gives every thread it starts the middle of the range, 50,
/// whatever the process has; so what must not wait for the thread pool stands above that: device readers 60, tick 70, arm 80.
/// </summary>
public static partial class RealTime
{
    public const int TickPriority = 70, ArmPriority = 80, DevicePriority = 60, ProcessPriority = 10;

    private const int LowNice = 10;

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

    /// <summary>Puts the calling thread behind all others (nice 10). Best effort.</summary>
    public static void LowerThread() => _ = setpriority(0, 0, LowNice);

    /// <summary>Puts the calling process behind all others (nice 10), for encoders. Best effort.</summary>
    public static void LowerProcess()
    {
        const int OtherClass = 0;
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            int id = int.Parse(Path.GetFileName(task));
            int none = 0;
            _ = sched_setscheduler(id, OtherClass, ref none);
            _ = setpriority(0, id, LowNice);
        }
    }

    private static string? SetFifo(int thread, int priority)
    {
        const int FifoClass = 1;
        return sched_setscheduler(thread, FifoClass, ref priority) == 0
            ? null
            : $"SCHED_FIFO {priority}: {Marshal.GetLastPInvokeErrorMessage()} (raise LimitRTPRIO)";
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setscheduler(int pid, int policy, ref int priority);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mlockall(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, int who, int value);
}
