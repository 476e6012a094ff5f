using System.Runtime.InteropServices;

namespace RobotWorldModel.Drivers.Time;

/// <summary>
/// Real-time scheduling where the machine allows it. Every call is best effort, and the Try… say in words what they could not get:
/// without it everything works, only later under load. In a real-time process every thread has the same SCHED_FIFO priority, so that none
/// takes a core from another. The .NET runtime's threads wait for each other without sleeping in places: a thread that comes back from a
/// system call while another one is just ending a garbage collection spins until that one is through. Let it be of higher priority, and the
/// same happen on the other cores, and the one that is waited for never goes on: the whole machine stands. Measured on two cores, threads
/// of 70 above collections in 50: within 6 s; all in 50: 230 000 collections without it. Threads of one priority on a core take their turns
/// as they wake up.
/// </summary>
public static partial class RealTime
{
    /// <summary>Of every thread: the middle of the range is what the runtime gives those that it starts.</summary>
    public const int Priority = 50;

    private const int OtherClass = 0, FifoClass = 1, ResetOnFork = 0x40000000;
    private const int TimedPriority = Priority + 10;

    /// <summary>
    /// Puts every thread that the process has now into SCHED_FIFO, and so all that the calling one starts later: the garbage collector and
    /// the JIT must not wait behind other programs while the tick waits for them. Returns null, or the reason why not. To be called from
    /// Main, before anything is awaited: what the thread pool has by then hands its old class on (<see cref="SetFifoForHeirs"/>).
    /// </summary>
    public static string? TryRaiseProcess()
    {
        // The finalizer's thread puts itself above the others once, when it first runs. Let it have been.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        string? failed = null;
        foreach (string task in Directory.EnumerateDirectories("/proc/self/task"))
        {
            // All of them, whatever became of the one before; one that has just ended is no failure.
            if (SetFifo(int.Parse(Path.GetFileName(task))) is { } why && Directory.Exists(task))
                failed ??= why;
        }
        return failed ?? SetFifoForHeirs() ?? WhyNotInherited();
    }

    /// <summary>
    /// Locks pages into memory as they are touched (MCL_ONFAULT: .NET reserves far more than it uses). Null, or why not.
    /// </summary>
    public static string? TryLockMemory()
    {
        const int CurrentFutureOnFault = 7;
        return mlockall(CurrentFutureOnFault) == 0 ? null : $"mlockall: {Marshal.GetLastPInvokeErrorMessage()} (raise LimitMEMLOCK)";
    }

    /// <summary>Whether a thread of this process may be put into SCHED_FIFO, tried on one that ends at once. Null, or why not.</summary>
    public static string? WhyNoFifo()
    {
        string? why = null;
        var probe = new Thread(() => why = SetFifo(0));
        probe.Start();
        probe.Join();
        return why;
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

    /// <summary>
    /// Puts the calling thread behind the others of the normal class, for what computes between deadlines. In a real-time process it changes
    /// nothing. Best effort.
    /// </summary>
    /// <param name="nice">1 to 19, the last in line.</param>
    public static void LowerThread(int nice) => _ = setpriority(0, 0, nice); // Linux: of the calling thread alone

    /// <summary>
    /// Puts the calling thread, in a process that is not real-time, above the real-time processes beside it, so that a simulated device
    /// keeps its times as a real one does. All such threads share one core: should one of them spin for a thread of the normal class, that
    /// one has another core to go on. What the thread starts is of the normal class again. Best effort: not without a second core.
    /// </summary>
    public static void RaiseThreadOntoOneCore()
    {
        Span<ulong> cores = stackalloc ulong[16];
        nuint bytes = (nuint)(cores.Length * sizeof(ulong));
        int priority = TimedPriority;
        // Bound to one core it would only be later where it may not be real-time.
        if (sched_getaffinity(0, bytes, cores) >= 0 && TryKeepLast(cores)
            && sched_setscheduler(0, FifoClass | ResetOnFork, ref priority) == 0)
            _ = sched_setaffinity(0, bytes, cores);
    }

    /// <summary>Leaves the highest of the set bits; false where there is only one.</summary>
    private static bool TryKeepLast(Span<ulong> cores)
    {
        int last = -1, count = 0;
        for (int core = 0; core < cores.Length * 64; core++)
        {
            if ((cores[core / 64] >> (core % 64) & 1) != 0)
                (last, count) = (core, count + 1);
        }
        if (count < 2)
            return false;
        cores.Clear();
        cores[last / 64] = 1UL << (last % 64);
        return true;
    }

    private static string? SetFifo(int thread)
    {
        int priority = Priority;
        return sched_setscheduler(thread, FifoClass, ref priority) == 0
            ? null
            : $"SCHED_FIFO {Priority}: {Marshal.GetLastPInvokeErrorMessage()} (raise LimitRTPRIO)";
    }

    /// <summary>
    /// Seen: a thread that the runtime started before sched_setscheduler starts others in its old class, Main does not, and
    /// pthread_setschedparam mends it. Our explanation: glibc keeps a copy of the class for threads whose priority was set through it, as
    /// the runtime does for each that it starts, and hands the copy on. Only the calling thread's handle is known, so only it is mended.
    /// </summary>
    internal static string? SetFifoForHeirs()
    {
        int priority = Priority;
        return pthread_setschedparam(pthread_self(), FifoClass, ref priority) is not 0 and var error
            ? $"pthread_setschedparam: {Marshal.GetPInvokeErrorMessage(error)}"
            : null;
    }

    internal static string? WhyNotInherited()
    {
        int inherited = OtherClass;
        var probe = new Thread(() => inherited = sched_getscheduler(0));
        probe.Start();
        probe.Join();
        return inherited == FifoClass ? null : $"a new thread is of class {inherited}, not SCHED_FIFO";
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setscheduler(int pid, int policy, ref int priority);

    [LibraryImport("libc")]
    private static partial int sched_getscheduler(int pid);

    [LibraryImport("libc")]
    private static partial nint pthread_self();

    [LibraryImport("libc")]
    private static partial int pthread_setschedparam(nint thread, int policy, ref int priority);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_getaffinity(int pid, nuint bytes, Span<ulong> cores);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int sched_setaffinity(int pid, nuint bytes, ReadOnlySpan<ulong> cores);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int mlockall(int flags);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int setpriority(int which, int who, int value);
}
