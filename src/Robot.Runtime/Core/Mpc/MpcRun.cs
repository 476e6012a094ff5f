using System.Globalization;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Planner.Engine;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>Control by planning in a learned model, from its request to its end.</summary>
internal sealed class MpcRun(CellConfig config, CellDevices devices, PolicyRunner policies)
{
    private const long StateDeadlineNs = 1_000_000_000; // a dead arm is the lease's to tell
    private volatile Func<string, string, MpcStatus>? _report;
    private volatile MpcStatus? _last;
    private PlanSlot? _slot; // for the process's life: a planner's thread may be writing when all else ends

    /// <summary>Of the run, or the last one; null before the first.</summary>
    public MpcStatus? Status => _report?.Invoke("", "") ?? _last;

    /// <summary>Loads the model, checks that it is one for this cell, takes the lease and begins.</summary>
    /// <param name="delayTicks">See <see cref="PlanningLoop"/>.</param>
    /// <param name="recording">Null: the run is not recorded.</param>
    /// <exception cref="RobotException">The model is none for this cell, a goal cannot be, or motion is refused.</exception>
    public void Start(
        string model, IReadOnlyList<ReachOrder> orders, double seconds, int delayTicks, MpcRecording? recording, Action<string> said)
    {
        if (_report is not null)
            throw new RobotException(ExitCode.Busy, "a model controls the arm already; stop it first");
        if (devices.Arm is not { } arm || devices.Motion is not { } motion)
            throw new RobotException(ExitCode.Device, "this cell has no arm to control");
        (ModelCard card, string weights) = Open(model);
        CheckFit(card, model);
        SeenPictures pictures = PicturesOf(card, model);
        var settings = new PlannerSettings(
            ReachPlanning.Search, ReachPlanning.Objective(card), Seed: 1, delayTicks, RssmEngine.Widest);
        double[] depthScales = [.. pictures.Streams.Select(stream => DepthScale(devices.Frames[stream]))];
        ModelController controller = Controller(card, weights, settings);
        depthScales.CopyTo(controller.Pictures.DepthScales, 0);
        var loop = new PlanningLoop(controller, delayTicks, log: new PlanLogs(recording, Shown(controller, said)));
        try
        {
            controller.WarmUp();
            recording?.Describe(settings.Describe(model, card, controller), settings.Seed);
            WaitForState(arm);
            var task = new ReachTask(arm.Kinematics, motion.Limits);
            MpcPolicy? policy = null;
            var ended = policies.Start("mpc", made =>
            {
                loop.Start();
                return policy = new MpcPolicy(task, loop, controller, orders, made, (int)Math.Round(seconds * ReachTask.RateHz),
                    config.Robot!.LatencyMs, pictures, recording?.Recorder);
            });
            _report = (state, message) => Report(model, orders.Count, policy!, loop, controller, recording, state, message);
            _ = FollowAsync(policy!, loop, recording?.RunAsync(policy!, orders.Count, ended) ?? Task.CompletedTask, ended, said);
        }
        catch
        {
            loop.Dispose();
            throw;
        }
    }

    /// <exception cref="RobotException">The cell has no such camera.</exception>
    private SeenPictures PicturesOf(ModelCard card, string model)
    {
        int[] streams = [.. card.Shape.Images.Select(image => devices.Frames.ToList().FindIndex(f => f.Name == image.Name))];
        return Array.IndexOf(streams, -1) is >= 0 and var missing
            ? throw new RobotException(ExitCode.Config, $"{model} sees {card.Shape.Images[missing].Name}, and this cell has "
                + (devices.Frames.Count == 0 ? "no camera" : $"only {string.Join(", ", devices.Frames.Select(f => f.Name))}"))
            : new(streams, Stale: !card.Config.Data.MaskStale);
    }

    /// <exception cref="RobotException">The camera has not said yet what a unit of its depth is.</exception>
    private double DepthScale(SampleStream<ImageFrame> stream)
    {
        ICamera camera = devices.Cameras.First(c => c.Color == stream || c.Depth == stream);
        return stream == camera.Color ? 0 : camera.Info?.DepthScale ?? throw new RobotException(
            ExitCode.Device, $"the model sees {stream.Name}, and camera '{camera.Name}' is not there: {camera.Status.Message}");
    }

    private PlanShare? Shown(ModelController controller, Action<string> said)
    {
        try
        {
            _slot ??= PlanSlot.Create(PlanSlot.PathOf(RuntimeFolder.Path, config.Cell));
            return new(_slot, controller);
        }
        catch (IOException e)
        {
            said($"mpc: what is imagined cannot be shown: {e.Message}");
            return null;
        }
    }

    // Loading a model may take a core from the arm's thread for longer than a state is believed: our own delay would refuse the motion.
    private static void WaitForState(IRobotArm arm)
    {
        long loadedNs = HostClock.NowNs;
        while (!(arm.States.TryGetNewest(out var state) && state.ArrivalNs > loadedNs) && HostClock.NowNs - loadedNs < StateDeadlineNs)
            Thread.Sleep(1);
    }

    private static (ModelCard Card, string Weights) Open(string model)
    {
        try
        {
            return ModelCard.Open(model);
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.Config, e.Message);
        }
    }

    private static ModelController Controller(ModelCard card, string weights, PlannerSettings settings)
    {
        try
        {
            return new(card, WeightFile.Read(weights), settings.Options with { GivesWay = true }, ReachTask.ObservationNames);
        }
        catch (InvalidDataException e)
        {
            throw new RobotException(ExitCode.Config, e.Message);
        }
    }

    private void CheckFit(ModelCard card, string model)
    {
        Same("robot", card.Data.Robot ?? "none", config.Robot!.Model);
        Same("rate", $"{card.Data.RateHz:0.##} Hz", $"{config.RateHz:0.##} Hz");
        // With a frame skip a model's action is several ticks' actions.
        Same("action", $"{card.Data.Actions.Kind} of {card.Shape.Actions}", $"{ActionKind.Environment} of {ReachTask.ActionSize}");
        if (!double.IsFinite(card.Validation?.OneStepError.GetValueOrDefault("p99_9", double.NaN) ?? double.NaN))
            throw new RobotException(ExitCode.Config, $"{model} was never validated: nobody could tell when it does not know what it "
                + "sees. Train it with episodes to validate on (data.validation)");
        if (!ReachPlanning.Fits(card))
            throw new RobotException(ExitCode.Config, $"{model} was not learned for reach: it sees "
                + string.Join("; ", card.Data.Modalities.Select(m => $"{m.Name} ({string.Join(", ", m.Columns)})")));

        void Same(string what, string its, string ours)
        {
            if (its != ours)
                throw new RobotException(
                    ExitCode.Config, $"{model} was learned with another {what} than this cell has: {its}, not {ours}");
        }
    }

    private async Task FollowAsync(MpcPolicy policy, PlanningLoop loop, Task recorded, Task<PolicyEnd> ended, Action<string> said)
    {
        (string? failed, int code) = (null, ExitCode.Done);
        try
        {
            await recorded;
        }
        catch (Exception e) // a full disk, a device that is away, a mistake of ours: the arm must not go on, nor the next run be refused
        {
            (failed, code) = e is RobotException known
                ? (known.Message, known.Code) : ($"the recording failed: {e.Message}", ExitCode.Device);
            if (policies.Current == policy) // not what somebody else has begun since
                policies.End(failed);
        }
        PolicyEnd end = await ended;
        if (end.Completed && policies.Current == policy)
            policies.End("the goals are done");
        string message = failed ?? (end.Completed ? Summary(policy) : end.Why);
        MpcStatus last = _report!(end.Completed && failed is null ? "done" : "stopped", message) with
        {
            Code = failed is not null ? code : end.Completed ? ExitCode.Done : end.Code,
        };
        (_last, _report) = (last, null);
        loop.Dispose();
        said($"mpc: {message}");
    }

    private static string Summary(MpcPolicy policy)
    {
        int reached = 0;
        double worst = 0;
        foreach (ReachOutcome outcome in policy.Outcomes)
        {
            reached += outcome.Succeeded ? 1 : 0;
            worst = Math.Max(worst, outcome.ErrorM);
        }
        return string.Create(CultureInfo.InvariantCulture,
            $"{reached} of {policy.Outcomes.Length} goals reached, at the end at most {worst * 1000:0.0} mm off");
    }

    private static MpcStatus Report(
        string model, int goals, MpcPolicy policy, PlanningLoop loop, ModelController controller, MpcRecording? recording, string state,
        string message)
    {
        LoopReport report = loop.Report();
        double? Known(double value) => double.IsFinite(value) ? value : null;
        var outcomes = new List<MpcOutcome>();
        foreach (ReachOutcome o in policy.Outcomes)
            outcomes.Add(new(o.ErrorM, o.WorstM, o.Succeeded, o.Return, o.EndNs));
        return new(
            model, "reach", state.Length > 0 ? state : policy.Easing ? "easing" : "controlling", goals, outcomes, policy.Distance,
            policy.Ticks, Known(report.PlanP50Ms), Known(report.PlanP99Ms), Known(report.PlanMaxMs), report.Late, report.Held,
            policy.Clamped, policy.Stale, Known(report.Expected), policy.Return, Known(report.OneStepError),
            Known(controller.OneStepLimit), message, recording?.Episodes ?? [])
        {
            PicturesMissing = controller.Pictures.Count == 0 ? null : report.PicturesMissing,
            Pictures = controller.Pictures.Names,
        };
    }
}
