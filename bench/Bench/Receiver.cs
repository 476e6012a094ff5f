using System.Diagnostics;
using System.Globalization;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>
/// A process that receives a device's data and does nothing else: a driver of ours (<see cref="DriverProcess"/>) or a client in C. It says
/// "ready" when data flows, is told from when to when to measure, and prints what it has found.
/// </summary>
internal sealed class Receiver : IDisposable
{
    private static readonly TimeSpan s_readyDeadline = TimeSpan.FromSeconds(30), s_resultDeadline = TimeSpan.FromSeconds(20);

    /// <summary>From the moment at which data flows to the one from which is measured.</summary>
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(2);

    private readonly Process _process;
    private readonly Task<string> _errors;

    private Receiver(string program, IEnumerable<string> arguments)
    {
        _process = Process.Start(new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _errors = _process.StandardError.ReadToEndAsync();
    }

    /// <summary>Our driver, connected.</summary>
    public static Task<Receiver> OursAsync(BenchCell cell, CancellationToken cancel)
    {
        var robot = cell.Config.Robot!;
        return StartAsync(Checkout.Bench,
            [RtdeDriver.CommandName, cell.Host, robot.Model, robot.LatencyMs.ToString(CultureInfo.InvariantCulture)], cancel);
    }

    /// <summary>The client in C, connected, with the recipe that our driver has on this controller.</summary>
    /// <param name="program">Where it was compiled to.</param>
    public static Task<Receiver> InCAsync(string program, BenchCell cell, string fields, CancellationToken cancel) =>
        StartAsync(program, [cell.Host, $"{RtdeWire.DefaultPort}", $"{RealTime.Priority}", fields], cancel);

    /// <summary>Both times are still to come.</summary>
    public void Measure(long fromNs, long toNs)
    {
        _process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{fromNs} {toNs}"));
        _process.StandardInput.Flush();
    }

    /// <summary>What it printed at its end, which is waited for; what it complained of goes into the notes.</summary>
    /// <exception cref="RobotException">It failed, or does not end.</exception>
    public async Task<string> ResultAsync(long toNs, Results results, CancellationToken cancel)
    {
        var wait = TimeSpan.FromMilliseconds((toNs - HostClock.NowNs) * 1e-6) + s_resultDeadline;
        try
        {
            string said = await _process.StandardOutput.ReadToEndAsync(cancel).WaitAsync(wait, cancel);
            await _process.WaitForExitAsync(cancel);
            string errors = await _errors;
            if (_process.ExitCode != 0)
                throw new RobotException(ExitCode.Device, $"{Name} ended with {_process.ExitCode}: {errors.Trim()}");
            foreach (string line in errors.Split('\n', StringSplitOptions.RemoveEmptyEntries))
                results.Note(line);
            return said;
        }
        catch (TimeoutException)
        {
            throw new RobotException(ExitCode.Device, $"{Name} did not end {s_resultDeadline.TotalSeconds:0} s after its time");
        }
    }

    /// <summary>What the client in C prints: processor time between its two moments, s, and when each package arrived, host ns.</summary>
    public static (double CpuS, long[] ArrivalsNs) ReadC(string said)
    {
        string[] lines = said.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return lines is [var cpu, ..] && cpu.StartsWith("cpu ", StringComparison.Ordinal)
            ? (Number(cpu[4..]) * 1e-9, [.. lines.Skip(1).Select(Number)])
            : throw new InvalidDataException($"client.c printed '{lines.FirstOrDefault()}' where its processor time was expected");

        static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill();
            _process.WaitForExit();
        }
        _process.Dispose();
    }

    /// <summary>One of them alone, from two seconds after its data flows; what it prints.</summary>
    public static async Task<string> MeasureAsync(
        string program, IEnumerable<string> arguments, Results results, double seconds, CancellationToken cancel)
    {
        using Receiver receiver = await StartAsync(program, arguments, cancel);
        long fromNs = HostClock.NowNs + (long)(s_settle.TotalSeconds * 1e9), toNs = fromNs + (long)(seconds * 1e9);
        receiver.Measure(fromNs, toNs);
        return await receiver.ResultAsync(toNs, results, cancel);
    }

    private string Name => Path.GetFileName(_process.StartInfo.FileName);

    /// <summary>Any of them, once data flows.</summary>
    public static async Task<Receiver> StartAsync(string program, IEnumerable<string> arguments, CancellationToken cancel)
    {
        var receiver = new Receiver(program, arguments);
        try
        {
            string? first = await receiver._process.StandardOutput.ReadLineAsync(cancel).AsTask().WaitAsync(s_readyDeadline, cancel);
            return first == "ready"
                ? receiver
                : throw new RobotException(ExitCode.Device, $"{receiver.Name} received nothing: {(await receiver._errors).Trim()}");
        }
        catch (TimeoutException)
        {
            receiver.Dispose();
            throw new RobotException(ExitCode.Device, $"{receiver.Name} received nothing for {s_readyDeadline.TotalSeconds:0} s");
        }
        catch
        {
            receiver.Dispose();
            throw;
        }
    }
}
