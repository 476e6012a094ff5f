using System.CommandLine;
using RobotWorldModel.Bench;
using RobotWorldModel.Runtime.Protocol;

// Measurements of the whole program, each a sub-command; docs/benchmarks.md says what they measure. scripts/bench.sh runs all of them.
var keep = new Option<string?>("--results") { Description = "Keep the numbers as DIR/DATE-NAME.json", HelpName = "DIR", Recursive = true };
var root = new RootCommand("Measures RobotWorldModel on this machine, beside the numbers to beat.") { keep };

Measure("rtde", "RTDE driver at 500 Hz beside a client in C: cycles lost, bytes allocated, arrival, processor time",
    RtdeBench.RunAsync, runs: 3, seconds: 60);
Measure("force", "The driver of force sensors on the network at 1000 Hz beside a loop in C: samples lost, bytes allocated, arrival, CPU",
    ForceBench.RunAsync, runs: 3, seconds: 60);
Measure("devices", "The drivers of force-torque sensors and grippers on each of their wires: rate, arrival, losses, allocation, processor "
    + "time, and a cable that is pulled", DevicesBench.RunAsync, runs: 3, seconds: 10);
Measure("cancellation", "A driver that waits for a device which says nothing: from its stop to its thread's end",
    (results, runs, _, cancel) =>
    {
        CancellationBench.Run(results, runs, cancel);
        return Task.CompletedTask;
    }, runs: 5);
Measure("control", "The arm driven at 500 Hz by a callback: watchdog, allocation, lateness", (results, runs, seconds, cancel) =>
    ControlBench.RunAsync(results, runs, seconds, cancel), runs: 1, seconds: 600);
Measure("roundtrip", "From a set-point to the state that shows it, while the arm is driven at 500 Hz",
    RoundTripBench.RunAsync, runs: 3, seconds: 60);
Measure("recovery", "A controller that is gone for a second: back to fresh data, a person's word to motion", (results, runs, _, cancel) =>
    RecoveryBench.RunAsync(results, runs, cancel), runs: 5);
Measure("teleop", "A gamepad's dead man's switch: from its release to the arm's standstill, at full speed", (results, runs, _, cancel) =>
    TeleopBench.RunAsync(results, runs, releases: 20, cancel), runs: 5);
Measure("controller", "The simulated controller: its processor time, the jitter of its cycle",
    ControllerBench.RunAsync, runs: 3, seconds: 30);
Measure("capture", "A long recording of everything: complete, with the right times, and what it costs", (results, runs, seconds, cancel) =>
    CaptureBench.RunAsync(results, runs, seconds, cancel), runs: 1, seconds: 300);
Measure("times", "Start to ready, a lost controller to fresh data, a recording's end to its commit", (results, runs, seconds, cancel) =>
    TimesBench.RunAsync(results, runs, seconds, cancel), runs: 5, seconds: 30);
Measure("webcam", "The webcam driver: processor time and bytes allocated a picture, YUYV and Motion-JPEG; rate, arrival, losses, recovery",
    (results, runs, seconds, cancel) =>
    {
        WebcamBench.Run(results, runs, seconds, cancel);
        return Task.CompletedTask;
    }, runs: 5, seconds: 10);
Measure("realsense", "A RealSense pair of pictures through the stand-in library: arrival, losses, processor time, allocation, recovery",
    RealSenseBench.RunAsync, runs: 3, seconds: 30);
Measure("frame-socket", "A camera process in C at the frame socket: rate, arrival, losses, allocation, processor time, recovery",
    FrameSocketBench.RunAsync, runs: 3, seconds: 30);
Measure("episode-camera", "A recorded episode as a camera: rate, arrival, losses, processor time",
    EpisodeCameraBench.RunAsync, runs: 3, seconds: 30);
Measure("imagination", "The CPU imagination engine on the standard problem beside libtorch in all its arrangements: candidate-steps a "
    + "second, a plan of CEM, allocation", (results, runs, _, cancel) => ImaginationBench.RunAsync(results, runs, cancel), runs: 3);
Measure("encoding", "bench/Encoding, several times", (results, runs, _, _) =>
{
    PeerBenches.Encoding(results, runs);
    return Task.CompletedTask;
}, runs: 5);
Measure("rendering", "bench/Rendering, several times", (results, runs, seconds, _) =>
{
    PeerBenches.Rendering(results, runs, (int)(seconds * 30));
    return Task.CompletedTask;
}, runs: 5, seconds: 20);

var minutes = new Option<double>("--minutes")
{
    Description = "Of the tick and of the C loop each, one minute by turns",
    DefaultValueFactory = _ => 5,
};
var tick = new Command("tick", "Lateness of the 30 Hz tick beside a C loop, with a recording and the dashboard open") { minutes };
tick.SetAction((parsed, cancel) =>
    ShowAsync("tick", parsed.GetValue(keep), results => TickBench.RunAsync(results, parsed.GetValue(minutes), cancel)));
root.Add(tick);

var task = new Option<string?>("--task") { Description = "One alone: pendulum-v1 or cartpole-swingup" };
var work = new Option<string?>("--work")
{
    Description = "Keep episodes and runs there, and go on with those that are there",
    HelpName = "DIR",
};
var quick = new Option<bool>("--quick") { Description = "Far too little of everything: to see that it works" };
var asItIs = new Option<bool>("--as-it-is") { Description = "Runs that are in --work learn no further" };
var learned = new Command("learned-control", "Learning to control offline, beside planning in the true dynamics and what was published")
{
    task, work, quick, asItIs,
};
learned.SetAction((parsed, cancel) => ShowAsync("learned-control", parsed.GetValue(keep), results => Task.Run(() =>
    LearnedControlBench.Run(results, parsed.GetValue(task), parsed.GetValue(work), parsed.GetValue(quick),
        parsed.GetValue(asItIs), cancel))));
root.Add(learned);

var goals = new Option<int>("--goals") { Description = "Of reach's seeds 20000 and on", DefaultValueFactory = _ => 100 };
var disturbed = new Option<int>("--disturbed")
{
    Description = "How many of them on a loaded machine, with late and with lost states each",
    DefaultValueFactory = _ => 20,
};
var reachModel = new Option<string>("--model") { Description = "Another than the shipped one", HelpName = "RUN" };
var cameras = new Option<bool>("--cameras") { Description = "With the cell's cameras on" };
var recorded = new Option<bool>("--record")
{
    Description = "Each goal is recorded, with colour and depth of both cameras at 128x128",
};
var reach = new Command(
    "reach", "Goals by planning in a learned model, through the whole stack at 30 Hz: where the arm truly ends, late plans")
{
    goals, disturbed, reachModel, cameras, recorded,
};
reach.SetAction((parsed, cancel) => ShowAsync("reach", parsed.GetValue(keep), results => ReachBench.RunAsync(
    results, parsed.GetValue(reachModel), parsed.GetValue(goals), parsed.GetValue(disturbed),
    parsed.GetValue(recorded) ? new(true, 128, true) : new(parsed.GetValue(cameras), null, false), cancel)));
root.Add(reach);

var host = new Argument<string>("host");
var model = new Argument<string>("model");
var latency = new Argument<double>("latency-ms");
var driver = new Command(RtdeDriver.CommandName, "A process of rtde") { host, model, latency };
driver.Hidden = true;
driver.SetAction(parsed => RtdeDriver.Run(parsed.GetValue(host)!, parsed.GetValue(model)!, parsed.GetValue(latency)));
root.Add(driver);

var forceHost = new Argument<string>("host");
var httpPort = new Argument<int>("http-port");
var forceDriver = new Command(ForceDriver.CommandName, "A process of force") { forceHost, httpPort };
forceDriver.Hidden = true;
forceDriver.SetAction(parsed => ForceDriver.Run(parsed.GetValue(forceHost)!, parsed.GetValue(httpPort)));
root.Add(forceDriver);

var kind = new Argument<string>("kind");
var address = new Argument<string>("address");
var rateHz = new Argument<double>("rate-hz");
var deviceDriver = new Command(DeviceDriver.CommandName, "A process of devices") { kind, address, rateHz };
deviceDriver.Hidden = true;
deviceDriver.SetAction(parsed => DeviceDriver.Run(parsed.GetValue(kind)!, parsed.GetValue(address)!, parsed.GetValue(rateHz)));
root.Add(deviceDriver);

var cameraKind = new Argument<string>("kind");
var cameraAddress = new Argument<string>("address");
var cameraDriver = new Command(CameraDriver.CommandName, "A process of frame-socket and episode-camera") { cameraKind, cameraAddress };
cameraDriver.Hidden = true;
cameraDriver.SetAction(parsed => CameraDriver.Run(parsed.GetValue(cameraKind)!, parsed.GetValue(cameraAddress)!));
root.Add(cameraDriver);

var problem = new Argument<string>("folder");
var first = new Argument<int>("first");
var count = new Argument<int>("count");
var threads = new Argument<int>("threads");
var torchThreads = new Argument<int>("torch-threads");
var torchPeer = new Command(TorchImagination.CommandName, "A process of imagination") { problem, first, count, threads, torchThreads };
torchPeer.Hidden = true;
torchPeer.SetAction(parsed => TorchImagination.Run(parsed.GetValue(problem)!, parsed.GetValue(first), parsed.GetValue(count),
    parsed.GetValue(threads), parsed.GetValue(torchThreads)));
root.Add(torchPeer);

try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (RobotException e)
{
    Console.Error.WriteLine($"bench: {e.Message}");
    return e.Code;
}
catch (OperationCanceledException)
{
    return ExitCode.Interrupted;
}

void Measure(
    string name, string description, Func<Results, int, double, CancellationToken, Task> measure, int runs, double? seconds = null)
{
    var runsOption = new Option<int>("--runs") { Description = "How often", DefaultValueFactory = _ => runs };
    var secondsOption = new Option<double>("--seconds") { Description = "How long each", DefaultValueFactory = _ => seconds ?? 0 };
    var command = new Command(name, description) { runsOption };
    if (seconds is not null)
        command.Add(secondsOption);
    command.SetAction((parsed, cancel) => ShowAsync(name, parsed.GetValue(keep), results =>
        measure(results, parsed.GetValue(runsOption), seconds is null ? 0 : parsed.GetValue(secondsOption), cancel)));
    root.Add(command);
}

static async Task<int> ShowAsync(string name, string? folder, Func<Results, Task> measure)
{
    var results = new Results(name);
    await measure(results);
    return results.Finish(folder) ? ExitCode.Done : ExitCode.FaultsFound;
}
