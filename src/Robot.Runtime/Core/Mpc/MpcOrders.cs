using System.Text.Json;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Protocol;
using RobotWorldModel.Simulation.Tasks;

namespace RobotWorldModel.Runtime.Core.Mpc;

/// <summary>What <see cref="CoreMethods.MpcStart"/> asks for, as goals for a <see cref="MpcRun"/>.</summary>
internal sealed class MpcOrders(CellConfig config, CellDevices devices, PolicyRunner policies)
{
    private const double MostSeconds = 60;
    private const int MostGoals = 1000, MostDelayTicks = 10;
    private readonly MpcRun _run = new(config, devices, policies);

    public MpcStatus? Status => _run.Status;

    /// <exception cref="RobotException">A parameter that cannot be, or what <see cref="MpcRun.Start"/> throws.</exception>
    public void Start(JsonElement parameters, MpcRecording? recording, Action<string> said)
    {
        double seconds = parameters.Number("seconds", ReachTask.Seconds);
        if (!(seconds > 0 && seconds <= MostSeconds))
            throw new RobotException(ExitCode.Usage, $"{seconds} s for a goal is out of range; up to {MostSeconds} s are allowed");
        int delay = (int)parameters.Number("delay_ticks", 0);
        if (delay is < 0 or > MostDelayTicks)
            throw new RobotException(ExitCode.Usage, $"a delay of {delay} ticks is out of range; 0 to {MostDelayTicks} are allowed");
        _run.Start(parameters.Text("model"), Orders(parameters), seconds, delay, recording, said);
    }

    private List<ReachOrder> Orders(JsonElement parameters)
    {
        if (devices.Arm is not { } arm || devices.Motion is not { } motion)
            throw new RobotException(ExitCode.Device, "this cell has no arm to control");
        var orders = new List<ReachOrder>();
        if (parameters.TryGetProperty("goals", out JsonElement goals))
        {
            foreach (JsonElement goal in ListOf(goals))
                orders.Add(new(PointOf(goal), null));
        }
        else if (parameters.TryGetProperty("seeds", out JsonElement seeds))
        {
            if (config.Simulation is not null) // some goals are lower than what lies there is high, and the task knows of no objects
                SimulatedWorld.ClearTable(config);
            var task = new ReachTask(arm.Kinematics, motion.Limits);
            foreach (JsonElement seed in ListOf(seeds))
            {
                ReachEpisode episode = task.Draw(seed.ValueKind == JsonValueKind.Number && seed.TryGetUInt64(out ulong number)
                    ? number : throw new RobotException(ExitCode.Usage, $"{seed} is no seed: whole numbers from 0 on are"));
                orders.Add(new(episode.Goal, episode.StartQ));
            }
        }
        if (orders.Count is 0 or > MostGoals)
            throw new RobotException(ExitCode.Usage, $"{orders.Count} goals were asked for; 1 to {MostGoals} are allowed");
        return orders;
    }

    private static JsonElement.ArrayEnumerator ListOf(JsonElement list) => list.ValueKind == JsonValueKind.Array
        ? list.EnumerateArray() : throw new RobotException(ExitCode.Usage, $"{list} is no list of goals or seeds");

    private static Vec3 PointOf(JsonElement goal)
    {
        double[] values = goal.ValueKind == JsonValueKind.Array
            ? [.. goal.EnumerateArray().Select(v => v.ValueKind == JsonValueKind.Number ? v.GetDouble() : double.NaN)] : [];
        return values is [var x, var y, var z] && values.All(double.IsFinite)
            ? new(x, y, z)
            : throw new RobotException(ExitCode.Usage, $"{goal} is no goal: three numbers are needed, m in the base frame");
    }
}
