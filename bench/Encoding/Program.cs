using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using RobotWorldModel.Bench.Encoding;
using RobotWorldModel.Collector.Codecs;

// Colour and depth encoders on one core, beside their peers.
//   dotnet run -c Release --project bench/Encoding [-- --json bench/results/encoding.json]
// Every figure is the CPU time of one thread for one picture; each run goes over different pictures of the same scene.
const int Pictures = 8, Runs = 400, PeerRuns = 60;
string? jsonPath = args is ["--json", { } path] ? path : null;
if (args.Length > 0 && jsonPath is null)
{
    Console.Error.WriteLine("usage: Encoding.Bench [--json FILE]");
    return 64;
}

var colors = new byte[Pictures][];
var depths = new ushort[Pictures][];
for (int i = 0; i < Pictures; i++)
{
    colors[i] = ReferencePicture.Color(i + 1, ReferencePicture.NoiseSigma);
    depths[i] = ReferencePicture.Depth(i + 1);
}

var results = new List<Measurement>();
var png = new PngEncoder();
var npz = new NpzEncoder();
var pngDecoder = new PngDecoder();
var npzReader = new NpzReader();
byte[][] pngs = [.. colors.Select(c => png.Encode(c, ReferencePicture.Width, ReferencePicture.Height).ToArray())];
byte[][] npzs = [.. depths.Select(d => npz.Encode(d, ReferencePicture.Width, ReferencePicture.Height).ToArray())];
for (int i = 0; i < Pictures; i++)
{
    if (!pngDecoder.Decode(pngs[i]).Pixels.Span.SequenceEqual(colors[i]) || !npzReader.Read(npzs[i]).Values.Span.SequenceEqual(depths[i]))
        throw new InvalidOperationException("a picture did not come back as it was");
}

Measure("colour PNG", "ours", Runs, i => png.Encode(colors[i], ReferencePicture.Width, ReferencePicture.Height).Length);
Measure("depth NPZ", "ours", Runs, i => npz.Encode(depths[i], ReferencePicture.Width, ReferencePicture.Height).Length);
Measure("colour PNG, decoded", "ours", PeerRuns, i => pngDecoder.Decode(pngs[i]).Pixels.Length);
Measure("depth NPZ, decoded", "ours", PeerRuns, i => npzReader.Read(npzs[i]).Values.Length);
Measure("colour PNG", ".NET ZLibStream, Huffman only, our filters", PeerRuns, i => BclPeer.Png(pngs[i]));
Measure("depth NPZ", ".NET ZipArchive, optimal", PeerRuns, i => BclPeer.Npz(depths[i]));
results.AddRange(PythonPeer.Measure(colors[0], depths[0]));

Console.WriteLine($"{"what",-22} {"with",-44} {"median ms",9} {"p99 ms",8} {"bytes",8}");
foreach (Measurement m in results)
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{m.What,-22} {m.With,-44} {m.MedianMs,9:0.00} {m.P99Ms,8:0.00} {m.Bytes,8}"));
if (jsonPath is not null)
    File.WriteAllText(jsonPath, Report().ToJsonString(new() { WriteIndented = true }) + "\n");
return 0;

void Measure(string what, string with, int runs, Func<int, int> encode)
{
    int bytes = 0;
    for (int i = 0; i < Pictures; i++)
        bytes = Math.Max(bytes, encode(i));
    var times = new double[runs];
    for (int run = 0; run < runs; run++)
    {
        double before = ThreadClock.Milliseconds;
        encode(run % Pictures);
        times[run] = ThreadClock.Milliseconds - before;
    }
    results.Add(Measurement.From(what, with, times, bytes));
}

JsonObject Report() => new()
{
    ["schema"] = 1,
    ["measured"] = "CPU time of one thread for one 640x480 picture, ms; bytes: the largest of the pictures",
    ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
    ["machine"] = Machine(),
    ["results"] = new JsonArray([.. results.Select(m => (JsonNode)new JsonObject
    {
        ["what"] = m.What,
        ["with"] = m.With,
        ["median_ms"] = Math.Round(m.MedianMs, 3),
        ["p99_ms"] = Math.Round(m.P99Ms, 3),
        ["bytes"] = m.Bytes,
    })]),
};

static JsonObject Machine()
{
    string? model = File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim();
    return new JsonObject
    {
        ["cpu"] = model ?? "unknown",
        ["cores"] = Environment.ProcessorCount,
        ["os"] = RuntimeInformation.OSDescription,
        ["dotnet"] = Environment.Version.ToString(),
    };
}
