using System.Text.Json.Nodes;
using RobotWorldModel.Bench;
using RobotWorldModel.Bench.Gpu;
using static TorchSharp.torch;

// What bench/gpu.sh runs: `export FOLDER` writes the problems for the peer, `measure` measures. Exits with 1 where a number was missed.
try
{
    bool quick = args.Contains("--quick");
    switch (args.FirstOrDefault())
    {
        case "export":
            foreach (var problem in (Problem[])[Problem.P1(quick), Problem.TdMpc2(quick)])
                problem.Export(args[1]);
            return 0;
        case "measure":
            var results = new Results("gpu");
            var peers = Value("--peers") is { } file ? JsonNode.Parse(File.ReadAllText(file))!.AsObject() : null;
            if (Value("--of") is { } commit)
                results.Note($"built from {commit}");
            new GpuBench(results, device(Value("--device") ?? "cuda"), int.Parse(Value("--plans") ?? "1000",
                System.Globalization.CultureInfo.InvariantCulture), quick, peers).Run(quick ? 1 : 3);
            return results.Finish(Value("--results")) ? 0 : 1;
        default:
            Console.Error.WriteLine("usage: export FOLDER | measure [--device cuda] [--plans N] [--peers FILE] [--results DIR] [--quick]");
            return 64;
    }
}
catch (Exception e) when (e is System.Runtime.InteropServices.ExternalException or DllNotFoundException or IOException)
{
    Console.Error.WriteLine($"gpu: {e.Message}");
    return 69;
}

string? Value(string name) => Array.IndexOf(args, name) is >= 0 and var at && at + 1 < args.Length ? args[at + 1] : null;

namespace RobotWorldModel.Bench
{
    /// <summary>Where the results' commit is asked for: where bench/gpu.sh runs.</summary>
    internal static class Checkout
    {
        public static string Root => Environment.CurrentDirectory;
    }
}
