using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Tests.Time;

public class RealTimeTests
{
    /// <summary>
    /// A thread that the runtime started before hands its old class on, although the kernel has it as real-time: the arm's thread was an
    /// ordinary one in programs that had awaited something, and every fifteenth set-point came late.
    /// </summary>
    [SkippableFact]
    public void What_a_raised_thread_starts_is_real_time_also_where_the_thread_is_an_older_one()
    {
        string? before = null, refused = null, after = null;
        var older = new Thread(() =>
        {
            before = RealTime.WhyNotInherited();
            refused = RealTime.SetFifoForHeirs();
            after = RealTime.WhyNotInherited();
        });
        older.Start();
        older.Join();
        Skip.If(refused is not null, refused);
        Assert.Equal("a new thread is of class 0, not SCHED_FIFO", before);
        Assert.Null(after);
    }
}
