using System.Collections.Concurrent;
using System.Diagnostics;

namespace RobotWorldModel.Tests.Shared;

/// <summary>Independent programs in C, compiled once a test run.</summary>
public static class CPeer
{
    private static readonly ConcurrentDictionary<string, Lazy<string>> s_built = new();
    private static readonly Lazy<string> s_folder = new(MakeFolder);

    /// <summary>The path of the program or library made of a source file.</summary>
    /// <param name="source">Below tests/, e.g. peers/modbus_server.c.</param>
    /// <param name="options">More for gcc: libraries, -shared.</param>
    public static string Build(string source, params string[] options) =>
        s_built.GetOrAdd($"{source} {string.Join(' ', options)}", _ => new(() => Compile(source, options))).Value;

    private static string Compile(string source, string[] options)
    {
        Skip.IfNot(File.Exists("/usr/bin/gcc"), "gcc is missing: make setup installs it");
        string name = Path.GetFileNameWithoutExtension(source) + (options.Contains("-shared") ? ".so" : "");
        string output = Path.Combine(s_folder.Value, name);
        var start = new ProcessStartInfo("/usr/bin/gcc",
            ["-O2", "-Wall", "-Werror", "-o", output, Path.Combine(PeerProcess.Root, "tests", source), .. options])
        {
            RedirectStandardError = true,
        };
        using Process gcc = Process.Start(start)!;
        string errors = gcc.StandardError.ReadToEnd();
        gcc.WaitForExit();
        Assert.True(gcc.ExitCode == 0, errors);
        return output;
    }

    private static string MakeFolder()
    {
        string folder = Directory.CreateTempSubdirectory("rwm-c-").FullName;
        AppDomain.CurrentDomain.ProcessExit += (_, _) => Directory.Delete(folder, recursive: true);
        return folder;
    }
}
