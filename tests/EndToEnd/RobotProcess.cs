using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>How a command ended, and what it said.</summary>
internal sealed record CommandResult(string Command, int ExitCode, string Out, string Err)
{
    public string[] ErrLines => Err.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    public CommandResult MustEndWith(int code)
    {
        Assert.True(ExitCode == code, $"{this}\nexpected exit code {code}");
        return this;
    }

    /// <summary>
    /// A refusal is one line on the error stream, which begins as every line of the program does and says each of some words.
    /// </summary>
    public void MustRefuse(int code, params string[] words)
    {
        MustEndWith(code);
        Assert.True(ErrLines.Length == 1 && Err.StartsWith("robot: ", StringComparison.Ordinal), $"{this}\nexpected one line of error");
        Assert.All(words, word => Assert.Contains(word, Err, StringComparison.Ordinal));
    }

    public override string ToString() => $"robot {Command}: exit code {ExitCode}\n--- out\n{Out}\n--- err\n{Err}";
}

/// <summary>The built program as a process, which ends with the test at the latest.</summary>
internal sealed partial class RobotProcess : IDisposable
{
    public const int SigInt = 2, SigKill = 9, SigTerm = 15;
    private readonly Process _process;
    private readonly string _command;
    private readonly StringBuilder _out = new(), _err = new();

    /// <param name="runtimeFolder">XDG_RUNTIME_DIR: sockets, locks and service files go there.</param>
    public RobotProcess(string runtimeFolder, params string[] arguments)
        : this(runtimeFolder, Program, arguments, string.Join(' ', arguments))
    {
    }

    private RobotProcess(string runtimeFolder, string program, IEnumerable<string> arguments, string command)
    {
        _command = command;
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["XDG_RUNTIME_DIR"] = runtimeFolder;
        foreach (string name in (string[])["RUNTIME_DIRECTORY", "NOTIFY_SOCKET", "ROBOT_CHILD"])
            start.Environment.Remove(name);
        _process = Process.Start(start)!;
        _process.OutputDataReceived += (_, line) => Append(_out, line.Data);
        _process.ErrorDataReceived += (_, line) => Append(_err, line.Data);
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
    }

    /// <summary>The built program that a person runs, compiled ahead of time, not the copy beside these tests.</summary>
    public static string Program { get; } = Repository.Path("src/Robot.Runtime", Path.GetRelativePath(
        Repository.Path("tests/EndToEnd"), Path.Combine(AppContext.BaseDirectory, "robot")));

    /// <summary>Something else than the program itself.</summary>
    public static RobotProcess Of(string runtimeFolder, string program, params string[] arguments) =>
        new(runtimeFolder, program, arguments, $"{program} {string.Join(' ', arguments)}");

    /// <summary>
    /// In a terminal of its own (the command script makes one), 120 columns wide: keys are pressed with <see cref="Press"/>.
    /// </summary>
    public static RobotProcess InTerminal(string runtimeFolder, params string[] arguments)
    {
        string command = string.Join(' ', arguments);
        return new(runtimeFolder, "script", ["-qec", $"stty cols 120 rows 40; exec '{Program}' {command}", "/dev/null"], command);
    }

    public int Id => _process.Id;

    /// <summary>Types into it.</summary>
    public void Press(string keys)
    {
        _process.StandardInput.Write(keys);
        _process.StandardInput.Flush();
    }

    public bool HasExited => _process.HasExited;

    public string Out => Text(_out);

    public string Err => Text(_err);

    /// <summary>The command and the last of its output, for the message of a test that failed.</summary>
    public string Said()
    {
        string said = $"{Out}\n{Err}".Trim();
        return $"--- robot {_command}{(HasExited ? $": ended with {_process.ExitCode}" : "")}\n{said[Math.Max(0, said.Length - 3000)..]}";
    }

    /// <summary>Waits until it has printed a text; fails where it ends before.</summary>
    public RobotProcess MustSay(string text, double seconds = 60)
    {
        Eventually.True(() => Out.Contains(text, StringComparison.Ordinal) || HasExited,
            $"'{text}' from robot {_command}\n{Out}\n{Err}", seconds);
        if (!Out.Contains(text, StringComparison.Ordinal))
            Eventually.True(() => Out.Contains(text, StringComparison.Ordinal),
                $"robot {_command} ended before '{text}'\n{Out}\n{Err}", 2);
        return this;
    }

    /// <summary>Waits for its end; fails, and kills it, where it does not come.</summary>
    public CommandResult WaitForEnd(double seconds = 120)
    {
        if (!_process.WaitForExit(TimeSpan.FromSeconds(seconds)))
        {
            _process.Kill(entireProcessTree: true);
            Assert.Fail($"robot {_command} did not end within {seconds} s\n--- out\n{Out}\n--- err\n{Err}");
        }
        _process.WaitForExit(); // and for its last lines
        return new(_command, _process.ExitCode, Out, Err);
    }

    public void Signal(int signal) => Signal(Id, signal);

    public static void Signal(int pid, int signal) => Assert.Equal(0, kill(pid, signal));

    /// <summary>To a process that may have ended.</summary>
    public static void TrySignal(int pid, int signal) => _ = kill(pid, signal);

    /// <summary>At once, as a crash would; returns when it is gone.</summary>
    public void Kill()
    {
        if (!_process.HasExited)
            Signal(SigKill);
        _process.WaitForExit();
    }

    public void Dispose()
    {
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }

    private static void Append(StringBuilder to, string? line)
    {
        if (line is null)
            return;
        lock (to)
            to.Append(line).Append('\n');
    }

    private static string Text(StringBuilder from)
    {
        lock (from)
            return from.ToString();
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);
}
