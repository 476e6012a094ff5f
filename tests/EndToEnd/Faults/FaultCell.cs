using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Cell;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests.Faults;

/// <summary>What a recording shows of something that went wrong in it.</summary>
/// <param name="Said">The command that recorded.</param>
internal sealed record Recorded(CommandResult Said, EpisodeReader Episode, IReadOnlyList<CaptureEvent> Events)
{
    /// <summary>The arm's status of every row.</summary>
    public StreamCell[] Robot => Episode.ReadStream("robot")!;

    public IEnumerable<string> EventsOf(string kind) => Events.Where(e => e.Kind == kind).Select(e => e.Text);
}

/// <summary>
/// An arm without anything else, and its service, for tests that break something between the two and mend it. What the arm does meanwhile
/// is asked of the cell itself. Each test leaves an arm that is ready.
/// </summary>
public class FaultCell : IDisposable
{
    /// <summary>Slower than this the arm is not on its way in these tests, rad/s.</summary>
    private const double MovesRadS = 0.05;

    /// <summary>How far down <see cref="StartMove"/> goes, m.</summary>
    internal const double MoveM = 0.15;

    private readonly Lazy<string> _episode;
    private readonly CellControl _control;

    public FaultCell()
        : this(wired: false)
    {
    }

    /// <param name="wired">All between service and controller passes a <see cref="Wire"/>.</param>
    private protected FaultCell(bool wired)
    {
        Cell = new(armOnly: true);
        try
        {
            Sim = Cell.StartSim();
            Wire = wired ? new(Cell.Host) : null;
            Config = Wire is null ? Cell.Config : Cell.ConfigWith($"host: {Cell.Host}", $"host: {Wire.Host}");
            Service = StartService();
            Cell.WaitForDevices();
            _control = new(Cell.Control);
        }
        catch
        {
            Wire?.Dispose();
            Cell.Dispose();
            throw;
        }
        _episode = new(RecordMove);
    }

    internal TestCell Cell { get; }

    internal RobotProcess Sim { get; }

    internal RobotProcess Service { get; private set; }

    internal Wire? Wire { get; }

    /// <summary>The service's.</summary>
    internal string Config { get; }

    /// <summary>A recorded move of some seconds, which can be replayed.</summary>
    internal string Episode => _episode.Value;

    public void Dispose()
    {
        _control.Dispose();
        Wire?.Dispose();
        Cell.Dispose();
        GC.SuppressFinalize(this);
    }

    internal RobotProcess StartService() =>
        Service = Cell.Start("run", "--config", Config, "--data", Cell.Data).MustSay("ready; dashboard");

    /// <summary>./robot arm …, to its end.</summary>
    internal CommandResult Arm(string what, params string[] more) => StartArm(what, more).WaitForEnd();

    /// <summary>A person's word: the arm goes home, and is there.</summary>
    internal void Home() => Arm("home", "--share", "0.9").MustEndWith(ExitCode.Done);

    /// <summary>A move down of some seconds from home, which is under way when this returns.</summary>
    internal RobotProcess StartMove()
    {
        var move = StartArm("move", "--by", $"0,0,-{MoveM}", "--share", "0.3");
        MustMove(move);
        return move;
    }

    /// <summary>Begins to record whatever happens.</summary>
    internal RobotProcess StartRecording()
    {
        var recording = Cell.Start(
            "record", "--config", Config, "--data", Cell.Data, "--task", "test", "--seconds", "120");
        Cell.WaitForRecording(0.5);
        return recording;
    }

    /// <summary>Lets the recording go on for a while.</summary>
    internal void RecordOn(double seconds = 0.5) => Cell.WaitForRecording(Cell.Status().Recording!.Seconds + seconds);

    /// <summary>Ends the recording, not the motion; it is committed when this returns.</summary>
    internal Recorded EndRecording(RobotProcess recording)
    {
        string episode = Cell.Episode(int.Parse(Cell.Status().Recording!.Id.AsSpan("demo_".Length)));
        Cell.Ask(CoreMethods.RecordStop, new { outcome = "unknown" });
        var said = recording.WaitForEnd();
        Assert.True(Directory.Exists(episode), $"{episode} is not committed: {said.Out}\n{said.Err}\n{Service.Said()}");
        var events = new List<CaptureEvent>();
        using var log = new CaptureReader(Path.Combine(episode, EpisodeLayout.CaptureLog));
        while (log.TryRead(out var message))
            if (message.Kind == CaptureKind.Event)
                events.Add(message.Event());
        return new(said, EpisodeReader.Open(episode), events);
    }

    /// <summary>The arm's own line in the status.</summary>
    internal string Says() => Cell.Status().Streams.Single(s => s.Name == "robot").Message;

    /// <summary>Waits for a state of the arm, as docs/safety.md lists them.</summary>
    internal void WaitForArm(string state, double seconds = 30)
    {
        Eventually.True(() => Cell.Status().Motion.Arm == state,
            () => $"the arm is {state}; it is {Cell.Status().Motion.Arm}: {Says()}", seconds);
    }

    /// <summary>Lets something go wrong in the cell.</summary>
    /// <param name="seconds">0: until it is undone.</param>
    /// <returns>Host time just before, ns.</returns>
    internal long Order(string fault, double? seconds = null, double? value = null)
    {
        long now = HostClock.NowNs;
        _control.Call("fault", new() { ["name"] = fault, ["seconds"] = seconds, ["value"] = value });
        return now;
    }

    /// <summary>What the arm truly did, from one host time to another, ns.</summary>
    internal MotionLog.Account Witness(long fromNs, long toNs)
    {
        JsonNode told = _control.Call("motion", new() { ["from"] = fromNs, ["to"] = toNs })!;
        return new((double)told["max_joint_speed"]!, Times("began"), Times("ceased"), (long)told["cycles"]!);

        long[] Times(string name) => [.. told[name]!.AsArray().Select(t => (long)t!)];
    }

    /// <summary>Waits until the arm truly moves.</summary>
    /// <param name="command">What has it moved, where that is a command of here.</param>
    internal void MustMove(RobotProcess? command = null) => Eventually.True(
        () =>
        {
            bool ended = command is { HasExited: true };
            bool moves = Witness(HostClock.NowNs - 50_000_000, HostClock.NowNs).MaxJointSpeed > MovesRadS;
            Assert.False(ended && !moves, $"the command ended before the arm moved: {command?.Said()}");
            return moves;
        },
        () => $"the arm moves; it is {Cell.Status().Motion.Arm}: {Says()}; {command?.Said()}", 60);

    /// <summary>The arm was on its way until something happened, stood within a time of it, and has not moved since.</summary>
    /// <returns>After how long it stood, s.</returns>
    internal double MustStandWithin(double seconds, long happenedNs)
    {
        Assert.True(Witness(happenedNs - 100_000_000, happenedNs).MaxJointSpeed > MovesRadS, "the arm moved when it happened");
        long fromNs = happenedNs + (long)(seconds * 1e9);
        Eventually.True(() => HostClock.NowNs > fromNs + 500_000_000, "there is something to look at");
        MustStandSince(fromNs);
        var all = Witness(happenedNs, fromNs);
        return all.Ceased.Count == 0 ? 0 : (all.Ceased[^1] - happenedNs) * 1e-9;
    }

    /// <summary>Nothing of the arm has moved since a time, and the cell has looked.</summary>
    internal void MustStandSince(long fromNs)
    {
        var since = Witness(fromNs, HostClock.NowNs);
        Assert.True(since.Cycles > 0, "the cell has no record of that time");
        Assert.True(since.Began.Count == 0, $"the arm moved at up to {since.MaxJointSpeed:0.0000} rad/s, from "
            + $"{since.Began.Select(t => (t - fromNs) * 1e-9).FirstOrDefault():0.000} s on");
    }

    private RobotProcess StartArm(string what, params string[] more) =>
        Cell.Start(["arm", what, .. more, "--config", Config, "--data", Cell.Data]);

    private string RecordMove()
    {
        Home();
        var recording = StartRecording();
        Arm("move", "--by", "0,0,-0.06", "--share", "0.3").MustEndWith(ExitCode.Done);
        return EndRecording(recording).Episode.Folder;
    }
}

/// <summary>The same with a wire of the test's own between service and controller.</summary>
public sealed class WiredCell() : FaultCell(wired: true);

[CollectionDefinition(Name)]
public sealed class FaultCellCollection : ICollectionFixture<FaultCell>
{
    public const string Name = "fault cell";
}
