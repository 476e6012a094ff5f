using System.Diagnostics;
using System.Text;

namespace RobotWorldModel.Tests.Shared;

/// <summary>An independent program that runs beside a test and ends with it.</summary>
public class PeerProcess : IDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _errors = new();
    private bool _disposed;

    public PeerProcess(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        _process = Process.Start(start)!;
        _process.ErrorDataReceived += (_, line) =>
        {
            lock (_errors)
                _errors.AppendLine(line.Data);
        };
        _process.BeginErrorReadLine();
    }

    /// <summary>tests/peers of the source tree.</summary>
    public static string Folder => Path.Combine(Root, "tests", "peers");

    public static string Root
    {
        get
        {
            var folder = new DirectoryInfo(AppContext.BaseDirectory);
            while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "RobotWorldModel.sln")))
                folder = folder.Parent;
            return folder?.FullName ?? throw new InvalidOperationException("the source tree was not found above the test's folder");
        }
    }

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    /// <summary>What it wrote to its error stream.</summary>
    public string Errors
    {
        get
        {
            lock (_errors)
                return _errors.ToString();
        }
    }

    /// <summary>The next line it prints; fails where it ends or says nothing for long.</summary>
    public string ReadLine(double seconds = 60)
    {
        Task<string?> line = _process.StandardOutput.ReadLineAsync();
        if (!line.Wait(TimeSpan.FromSeconds(seconds)))
            Assert.Fail($"the peer said nothing for {seconds} s: {Errors}");
        return line.Result ?? throw new InvalidOperationException($"the peer ended: {Errors}");
    }

    /// <summary>Writes a line to its input.</summary>
    public void WriteLine(string line)
    {
        _process.StandardInput.WriteLine(line);
        _process.StandardInput.Flush();
    }

    /// <summary>Waits for its end and returns all that it printed; fails unless it ended well.</summary>
    public string ReadToEnd(double seconds = 60)
    {
        Task<string> all = _process.StandardOutput.ReadToEndAsync();
        if (!all.Wait(TimeSpan.FromSeconds(seconds)))
            Assert.Fail($"the peer did not end within {seconds} s: {Errors}");
        _process.WaitForExit();
        Assert.True(_process.ExitCode == 0, Errors);
        return all.Result;
    }

    /// <summary>Kills it at once, as a power cut would.</summary>
    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        if (!_process.HasExited)
            _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
    }
}
