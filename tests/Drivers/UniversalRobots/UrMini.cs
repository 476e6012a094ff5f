using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

/// <summary>The Python stand-in for a UR controller, on a loopback address of its own with the maker's ports.</summary>
internal sealed class UrMini : IDisposable
{
    private const string Python = "/usr/bin/python3";
    private readonly Process _process;
    private readonly BlockingCollection<string> _lines = [];

    public UrMini(int major = 5, string? host = null)
    {
        Skip.IfNot(File.Exists(Python), "python3 is not installed");
        Host = host ?? Ports.FreeLoopbackAddress();
        _process = Process.Start(new ProcessStartInfo(Python, [Script(), Host, "--major", $"{major}"])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        _process.OutputDataReceived += (_, e) => _lines.Add(e.Data ?? "<end>");
        _process.ErrorDataReceived += (_, e) => Errors.Enqueue(e.Data ?? "");
        _process.BeginOutputReadLine();
        _process.BeginErrorReadLine();
        Expect("ready");
    }

    public string Host { get; }

    public ConcurrentQueue<string> Errors { get; } = [];

    public UrArmOptions Options(string model = "UR5e") => new() { Host = Host, Model = model, LatencyMs = 1, ClaimInputs = true };

    /// <summary>Gives an order and waits until it is obeyed; returns what it printed before its ok.</summary>
    public string Order(string order)
    {
        _process.StandardInput.WriteLine(order);
        _process.StandardInput.Flush();
        return Expect($"ok {order.Split(' ')[0]}");
    }

    public JsonElement Stat() => JsonDocument.Parse(Order("stat")).RootElement;

    public void Dispose()
    {
        _process.StandardInput.Close();
        if (!_process.WaitForExit(5000))
            _process.Kill();
        _process.Dispose();
    }

    private string Expect(string line)
    {
        string before = "";
        while (_lines.TryTake(out string? got, TimeSpan.FromSeconds(20)))
        {
            if (got == line)
                return before;
            if (got == "<end>")
                break;
            before = got;
        }
        throw new InvalidOperationException($"urmini.py did not say '{line}': {string.Join(" | ", Errors)}");
    }

    private static string Script()
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            string script = Path.Combine(folder, "tests", "peers", "urmini.py");
            if (File.Exists(script))
                return script;
        }
        throw new FileNotFoundException("tests/peers/urmini.py is not above the test's folder");
    }
}
