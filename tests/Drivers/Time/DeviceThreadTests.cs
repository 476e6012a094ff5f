using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Time;

public class DeviceThreadTests
{
    private const int Priority = 20, RealTimePriorityField = 37; // of /proc/…/stat, counted from the state

    [SkippableFact]
    public void A_thread_has_its_priority_while_it_is_steady_and_not_from_an_exception_on()
    {
        SkipWithoutRealTime();
        using var fail = new AutoResetEvent(false);
        using var wait = new AutoResetEvent(false);
        int id = 0, atStart = -1, inTheCatch = -1;
        using var thread = new DeviceThread("steady", Priority, stop =>
        {
            (id, atStart) = (RealTime.ThreadId, PriorityOf(RealTime.ThreadId));
            fail.WaitOne();
            try
            {
                throw new IOException("lost");
            }
            catch (IOException)
            {
                inTheCatch = PriorityOf(id);
            }
            wait.WaitOne();
        });
        thread.Start();
        Eventually.True(() => id != 0 && PriorityOf(id) == Priority, "it is raised");
        Assert.Equal(0, atStart);
        fail.Set();
        Eventually.True(() => inTheCatch >= 0, "it has failed");
        Assert.Equal(0, inTheCatch);
        Eventually.True(() => PriorityOf(id) == Priority, "it is raised again");
        thread.Unsteady();
        Assert.Equal(0, PriorityOf(id));
        thread.Steady();
        Eventually.True(() => PriorityOf(id) == Priority, "it is raised once more");
        wait.Set();
    }

    [SkippableFact]
    public void What_has_run_before_is_raised_at_once()
    {
        SkipWithoutRealTime();
        int atStart = -1;
        using (var thread = new DeviceThread("warm", Priority, _ => atStart = PriorityOf(RealTime.ThreadId), warm: true))
        {
            thread.Start();
            Eventually.True(() => atStart >= 0, "it ran");
        }
        Assert.Equal(Priority, atStart);
    }

    private static void SkipWithoutRealTime()
    {
        string? why = RealTime.TryPriority(Priority);
        Skip.If(why is not null, why);
    }

    private static int PriorityOf(int thread)
    {
        string stat = File.ReadAllText($"/proc/self/task/{thread}/stat");
        return int.Parse(stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[RealTimePriorityField]);
    }
}
