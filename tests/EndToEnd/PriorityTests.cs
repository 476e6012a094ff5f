using System.Globalization;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>
/// All threads of a process have one priority: of the runtime's threads, which wait for each other without sleeping, none may take the
/// core from the one that it waits for. The simulated cell's few real-time threads leave the others a core for the same reason.
/// </summary>
[Collection(RunningCellCollection.Name)]
public class PriorityTests(RunningCell running)
{
    private const int PriorityField = 37, PolicyField = 38; // of /proc/…/stat, counted from the state
    private const int OtherClass = 0, FifoClass = 1;

    [SkippableFact]
    public void All_threads_of_the_service_are_real_time_and_none_is_above_another()
    {
        SkipWithoutRealTime();
        var threads = ThreadsOf(running.Service.Id);
        foreach (string name in (string[])["arm", "tick", "robot rtde", ".NET Finalizer"])
            Assert.Contains(threads, t => t.Name == name);
        Assert.All(threads, t => Assert.Equal((FifoClass, 50), (t.Policy, t.Priority)));
    }

    [SkippableFact]
    public void What_is_real_time_of_the_simulated_cell_shares_one_core()
    {
        SkipWithoutRealTime();
        Skip.If(Environment.ProcessorCount == 1, "one core only");
        var threads = ThreadsOf(running.Sim.Id);
        var timed = threads.FindAll(t => t.Policy == FifoClass);
        string core = Assert.Single(timed.Select(t => t.Cores).Distinct());
        Assert.True(int.TryParse(core, out _), $"real-time on the cores {core}");
        foreach (string name in (string[])["cell", "sim-rtde-send"])
            Assert.Contains(timed, t => t.Name == name);
        Assert.All(threads.Except(timed), t => Assert.Equal((OtherClass, 0), (t.Policy, t.Priority)));
        Assert.All(threads.Except(timed), t => Assert.NotEqual(core, t.Cores));
    }

    private void SkipWithoutRealTime() =>
        Skip.If(running.Service.Err.Contains("no real-time class", StringComparison.Ordinal), running.Service.Err);

    private static List<(string Name, int Policy, int Priority, string Cores)> ThreadsOf(int process)
    {
        const string Cores = "Cpus_allowed_list:";
        var threads = new List<(string, int, int, string)>();
        foreach (string folder in Directory.EnumerateDirectories($"/proc/{process}/task"))
        {
            string stat, cores;
            try
            {
                stat = File.ReadAllText(Path.Combine(folder, "stat"));
                cores = File.ReadLines(Path.Combine(folder, "status")).First(l => l.StartsWith(Cores, StringComparison.Ordinal));
            }
            catch (IOException)
            {
                continue; // it has just ended
            }
            string[] fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            threads.Add((
                stat[(stat.IndexOf('(', StringComparison.Ordinal) + 1)..stat.LastIndexOf(')')],
                int.Parse(fields[PolicyField], CultureInfo.InvariantCulture),
                int.Parse(fields[PriorityField], CultureInfo.InvariantCulture),
                cores[Cores.Length..].Trim()));
        }
        return threads;
    }
}
