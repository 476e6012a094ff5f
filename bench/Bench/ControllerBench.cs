using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// What the simulated 500 Hz controller takes of a core, and how evenly it makes its cycles as a client in C sees them: without a program,
/// and with ours running servoj. The cell has nothing but the arm.
/// </summary>
internal static class ControllerBench
{
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    public static async Task RunAsync(Results results, int runs, double seconds, CancellationToken cancel)
    {
        results.Note("jitter as bench/Rtde/client.c sees it, the transport's thread included");
        using var cell = new BenchCell(robotOnly: true);
        string program = await CProgram.CompileAsync("Rtde/client.c", cell.Folder, cancel);
        var (sim, _) = await cell.StartSimAsync(cancel);
        using var simulated = sim;
        ArmDriving.Raise(results); // also the client that looks at the controller, which inherits it
        string fields = RtdeBench.FieldsOf(cell);
        for (int run = 0; run < runs; run++)
        {
            await MeasureAsync("idle", cell, sim.Pid, program, fields, results, seconds, cancel);
            using var driving = ArmDriving.Start(cell, results, cancel);
            await MeasureAsync("servoj", cell, sim.Pid, program, fields, results, seconds, cancel);
            driving.ThrowIfEnded();
        }
    }

    private static async Task MeasureAsync(
        string state, BenchCell cell, int pid, string program, string fields, Results results, double seconds, CancellationToken cancel)
    {
        using var client = await Receiver.InCAsync(program, cell, fields, cancel);
        long fromNs = HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), toNs = fromNs + (long)(seconds * 1e9);
        client.Measure(fromNs, toNs);
        await Task.Delay(TimeSpan.FromMilliseconds((fromNs - HostClock.NowNs) * 1e-6), cancel);
        double cpu = CpuSeconds(pid);
        long began = HostClock.NowNs;
        await Task.Delay(TimeSpan.FromMilliseconds((toNs - HostClock.NowNs) * 1e-6), cancel);
        cpu = CpuSeconds(pid) - cpu;
        results.Add($"{state}: CPU of the controller", "% core", 100 * cpu / ((HostClock.NowNs - began) * 1e-9));
        var (_, arrivals) = Receiver.ReadC(await client.ResultAsync(toNs, results, cancel));
        RtdeBench.AddJitter(results, state, RtdeBench.Intervals(arrivals));
    }

    private static double CpuSeconds(int pid) =>
        ProcessUse.CpuSeconds(pid) ?? throw new RobotException(ExitCode.Device, "the simulated cell has ended");
}
