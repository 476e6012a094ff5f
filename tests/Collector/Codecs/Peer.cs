using System.Diagnostics;

namespace RobotWorldModel.Collector.Tests;

/// <summary>Other programs that read what we write. They share no code with ours.</summary>
internal static class Peer
{
    private const string Python = "/usr/bin/python3";

    /// <summary>Runs a script of tests/peers and returns what it prints.</summary>
    public static string RunPython(string script, params string[] arguments)
    {
        Skip.IfNot(File.Exists(Python), $"{Python} is not installed");
        return Run(Python, Path.GetTempPath(), [PathOf(script), .. arguments]);
    }

    public static Process StartPython(string script, params string[] arguments)
    {
        Skip.IfNot(File.Exists(Python), $"{Python} is not installed");
        return Start(Python, Path.GetTempPath(), [PathOf(script), .. arguments]);
    }

    /// <summary>Runs a program in a folder; it must end with 0.</summary>
    public static string Run(string program, string folder, params string[] arguments)
    {
        using Process process = Start(program, folder, arguments);
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0,
            $"{program} {string.Join(' ', arguments)} ended with {process.ExitCode}: {output}{errors.Result}");
        return output;
    }

    private static Process Start(string program, string folder, string[] arguments)
    {
        var start = new ProcessStartInfo(program)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (string argument in arguments)
            start.ArgumentList.Add(argument);
        return Process.Start(start)!;
    }

    private static string PathOf(string script)
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (Path.Combine(folder.FullName, "tests", "peers", script) is var path && File.Exists(path))
                return path;
        throw new FileNotFoundException($"tests/peers/{script} was not found above {AppContext.BaseDirectory}");
    }
}
