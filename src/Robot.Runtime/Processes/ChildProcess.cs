using System.Diagnostics;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Processes;

/// <summary>
/// Another role of this same program as a child that never outlives its parent: the child reads its standard input, which the parent never
/// writes; when the parent ends, however it ends, the child reads the end and leaves. (The kernel's parent-death signal follows the thread
/// that forked, and the thread pool ends threads at will.)
/// </summary>
internal sealed class ChildProcess : IDisposable
{
    private const string Marker = "ROBOT_CHILD";
    private readonly Process _process;
    private readonly Task<int> _exit; // one for all who wait: a wait that is begun anew never ends where another has disposed the process

    private ChildProcess(Process process)
    {
        (_process, Pid) = (process, process.Id);
        _exit = ExitAsync();
    }

    /// <summary>Whether this process is one: a person's Ctrl-C does not mean it.</summary>
    public static bool IsChild => Environment.GetEnvironmentVariable(Marker) == "1";

    /// <summary>
    /// In a child: lets go of the terminal's process group. Ctrl-C is for who started it, who then ends it in good order. Does nothing in
    /// a process that a person started.
    /// </summary>
    public static void LeaveTerminal()
    {
        if (IsChild)
            _ = Libc.LeaveProcessGroup();
    }

    public int Pid { get; }

    public bool HasExited => _exit.IsCompleted;

    /// <summary>Starts <c>robot ARGUMENTS</c>. Its output goes where ours goes, or to a callback line by line.</summary>
    /// <param name="onLine">Called for each line of its standard output and error; null: they are inherited.</param>
    public static ChildProcess Start(IEnumerable<string> arguments, Action<string>? onLine = null)
    {
        var info = new ProcessStartInfo(Environment.ProcessPath!, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = onLine is not null,
            RedirectStandardError = onLine is not null,
        };
        info.Environment[Marker] = "1";
        foreach (string name in (string[])["NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"])
            info.Environment.Remove(name); // systemd watches core, not its children
        var process = Process.Start(info)!;
        if (onLine is not null)
        {
            process.OutputDataReceived += (_, e) => { if (e.Data is not null) onLine(e.Data); };
            process.ErrorDataReceived += (_, e) => { if (e.Data is not null) onLine(e.Data); };
            process.BeginOutputReadLine();
            process.BeginErrorReadLine();
        }
        return new(process);
    }

    /// <summary>In a child: calls back when the parent has ended. Does nothing in a process that a person started.</summary>
    public static void WhenParentEnds(Action ended)
    {
        if (!IsChild)
            return;
        new Thread(() =>
        {
            using var input = Console.OpenStandardInput();
            while (input.ReadByte() >= 0)
            {
                // the parent writes nothing; bytes would mean nothing
            }
            ended();
        })
        { IsBackground = true, Name = "parent watch" }.Start();
    }

    /// <summary>Its exit code, when it has ended.</summary>
    public Task<int> WaitAsync(CancellationToken cancel = default) => _exit.WaitAsync(cancel);

    /// <summary>Asks it to end (SIGTERM) and waits; after the deadline it is killed.</summary>
    public async Task<int> StopAsync(TimeSpan deadline)
    {
        if (!HasExited)
            Libc.Kill(Pid, Libc.SigTerm);
        try
        {
            return await _exit.WaitAsync(deadline);
        }
        catch (TimeoutException)
        {
            Libc.Kill(Pid, Libc.SigKill);
            return await _exit;
        }
    }

    public void Dispose() => _process.Dispose();

    private async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync();
        return _process.ExitCode;
    }
}
