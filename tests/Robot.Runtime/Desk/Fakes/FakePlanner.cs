using RobotWorldModel.Planner;
using RobotWorldModel.Planner.Live;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Runtime.Simulate;
using RobotWorldModel.Simulation.Tasks;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Checkpoints;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>
/// A real plan of the shipped model, some ticks into a reach faster than real time, shared again and again as a planner shares its plans.
/// </summary>
internal sealed class FakePlanner : IDisposable
{
    private readonly PlanSlot _slot;
    private readonly Timer _timer;
    private readonly float[] _observation = new float[ReachTask.ObservationSize], _actions, _latent;
    private long _number;

    /// <param name="ticks">That the arm has been on its way.</param>
    public FakePlanner(string runtimeFolder, int ticks)
    {
        (ModelCard card, string weights) = ModelCard.Open(Model);
        using var controller = new ModelController(card, WeightFile.Read(weights), new ControlOptions
        {
            Planner = ReachPlanning.Search,
            Objective = ReachPlanning.Objective(card),
        }, ReachTask.ObservationNames);
        var environment = new ReachEnvironment();
        float[] action = new float[ReachTask.ActionSize];
        _actions = new float[controller.Horizon * controller.ActionSize];
        environment.Reset(7, _observation);
        controller.Begin();
        for (int tick = 0; tick <= ticks; tick++)
        {
            controller.Observe(action, _observation);
            controller.Expect([]);
            controller.Plan(new PlanRequest((ulong)tick, Shift: tick == 0 ? 0 : 1));
            controller.CopyPlan(_actions);
            if (tick == ticks)
                break;
            _actions.AsSpan(0, action.Length).CopyTo(action);
            environment.Step(action, _observation);
        }
        _latent = controller.PlannedFrom.ToArray();
        _slot = PlanSlot.Create(PlanSlot.PathOf(runtimeFolder, FakeCore.Cell));
        _timer = new Timer(_ => Share(), null, 0, 33);
    }

    public static string Model => Repository.Path("models/reach");

    public static MpcStatus Status { get; } = new(Model, "reach", "controlling", 5, [], 0.2, 30, 8.1, 12, 19.2, 0, 0, 0, 0, 20.1, 11.3,
        0.31, 0.9, "", []);

    public void Dispose()
    {
        using var ended = new ManualResetEvent(false);
        _timer.Dispose(ended);
        ended.WaitOne(); // nothing writes any more
        _slot.Dispose();
    }

    private void Share() => _slot.Write(Interlocked.Increment(ref _number), _observation, _latent, _actions);
}
