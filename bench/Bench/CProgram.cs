using System.Diagnostics;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Bench;

/// <summary>The peers in C, compiled from their one file when they are needed.</summary>
internal static class CProgram
{
    /// <param name="source">Below bench/, e.g. Tick/loop.c.</param>
    /// <param name="folder">For the program, which is named as its source.</param>
    /// <returns>The program's path.</returns>
    /// <exception cref="RobotException">gcc does not take it.</exception>
    public static async Task<string> CompileAsync(string source, string folder, CancellationToken cancel)
    {
        string program = Path.Combine(folder, Path.GetFileNameWithoutExtension(source));
        using var gcc = Process.Start(
            new ProcessStartInfo("gcc", ["-O2", "-o", program, Path.Combine(Checkout.Root, "bench", source)]))!;
        await gcc.WaitForExitAsync(cancel);
        return gcc.ExitCode == 0
            ? program
            : throw new RobotException(ExitCode.Usage, $"gcc could not compile bench/{source}; 'make setup' installs what it needs");
    }
}
