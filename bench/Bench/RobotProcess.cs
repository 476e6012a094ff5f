using System.Diagnostics;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>One <c>robot</c> process, with the moments at which it was started and said that it is ready.</summary>
internal sealed class RobotProcess : IDisposable
{
    private static readonly TimeSpan s_endDeadline = TimeSpan.FromMinutes(2);
    private readonly Process _process;
    private readonly string _readyText;
    private readonly List<string> _said = [];
    private readonly TaskCompletionSource<long> _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Thread _reader;

    private RobotProcess(Process process, string readyText, long startedNs)
    {
        (_process, _readyText, StartedNs) = (process, readyText, startedNs);
        process.ErrorDataReceived += (_, e) => Said(e.Data);
        process.BeginErrorReadLine();
        _reader = new Thread(Read) { IsBackground = true, Name = "output" };
        _reader.Start();
    }

    public int Pid => _process.Id;

    /// <summary>Host time just before it was started.</summary>
    public long StartedNs { get; }

    /// <param name="readyText">Part of the line on its standard output that says it is ready.</param>
    public static RobotProcess Start(string readyText, params string[] arguments)
    {
        var info = new ProcessStartInfo(Checkout.Program("src/Robot.Runtime", "robot"), arguments)
        {
            RedirectStandardInput = true, // a child of ours ends when this pipe does: with us, however we end
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        info.Environment["ROBOT_CHILD"] = "1";
        long startedNs = HostClock.NowNs;
        return new(Process.Start(info)!, readyText, startedNs);
    }

    /// <returns>Host time at which its ready line was read.</returns>
    /// <exception cref="RobotException">It ended, or said nothing in time.</exception>
    public async Task<long> ReadyAsync(TimeSpan deadline, CancellationToken cancel)
    {
        try
        {
            return await _ready.Task.WaitAsync(deadline, cancel);
        }
        catch (TimeoutException)
        {
            throw new RobotException(ExitCode.Device,
                $"'robot {_process.StartInfo.ArgumentList[0]}' was not ready within {deadline.TotalSeconds:0} s: {LastWords()}");
        }
    }

    /// <summary>Ends it as a power cut would.</summary>
    public void Kill()
    {
        Libc.Kill(_process.Id, Libc.SigKill);
        _process.WaitForExit();
    }

    /// <summary>Asks it to end and waits; after two minutes it is killed.</summary>
    public void Dispose()
    {
        if (!_process.HasExited)
        {
            Libc.Kill(_process.Id, Libc.SigTerm);
            if (!_process.WaitForExit(s_endDeadline))
                Kill();
        }
        _process.Dispose();
    }

    private void Read()
    {
        while (_process.StandardOutput.ReadLine() is { } line)
        {
            if (line.Contains(_readyText, StringComparison.Ordinal))
                _ready.TrySetResult(HostClock.NowNs);
            Said(line);
        }
        _ready.TrySetException(new RobotException(ExitCode.Device, $"a robot process ended: {LastWords()}"));
        _ = _ready.Task.Exception; // seen: perhaps nobody waits
    }

    private void Said(string? line)
    {
        if (line is null)
            return;
        lock (_said)
            _said.Add(line);
    }

    private string LastWords()
    {
        lock (_said)
            return _said.Count > 0 ? string.Join(" | ", _said.TakeLast(3)) : "it said nothing";
    }
}
