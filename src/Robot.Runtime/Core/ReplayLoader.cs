using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>Reads an episode for replay and checks that it belongs on this cell.</summary>
internal static class ReplayLoader
{
    private const double TcpTolerance = 1e-3; // m, rad

    /// <exception cref="RobotException">No folder, no episode, damaged, of another robot or tool, or without joint actions.</exception>
    public static ReplayPlan Load(string folder, CellConfig config)
    {
        if (!Directory.Exists(folder))
            throw new RobotException(ExitCode.Usage,
                $"{folder}: there is no such folder; name one episode's, e.g. data/demonstrations/demo_000");
        try
        {
            var episode = EpisodeReader.Open(folder);
            Check(episode.Metadata, config);
            var actions = episode.ReadActions() ?? throw new RobotException(ExitCode.Usage, $"{folder}: has no actions to replay");
            var joints = episode.ReadJoints() ?? throw new RobotException(ExitCode.Usage, $"{folder}: has no joints to compare with");
            var gripper = episode.ReadGripper();
            FillSkipped(actions, folder);
            return new(episode.Metadata.Id, episode.Metadata.RateHz,
                [.. actions.Select(a => new Vector6(a.Action.AsSpan(0, 6)))],
                [.. actions.Select(a => a.Action.Length > 6 ? a.Action[6] : double.NaN)],
                [.. joints.Select(j => j.Q)],
                [.. gripper?.Select(g => g.Position) ?? actions.Select(_ => double.NaN)],
                SimulatedWorld.SceneOf(episode.Metadata.Simulation));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            throw new RobotException(ExitCode.FaultsFound, $"{folder}: cannot be read as an episode: {e.Message}");
        }
    }

    /// <summary>How far and how fast, for the person.</summary>
    public static string Describe(ReplayPlan plan)
    {
        double fastest = 0;
        for (int k = 1; k < plan.Rows; k++)
            fastest = Math.Max(fastest, (plan.Actions[k] - plan.Actions[k - 1]).MaxAbs * plan.RateHz);
        var low = plan.Actions.Aggregate((a, b) => Pick(a, b, Math.Min));
        var high = plan.Actions.Aggregate((a, b) => Pick(a, b, Math.Max));
        return $"joints move over {(high - low).MaxAbs:0.00} rad at most, at up to {fastest:0.00} rad/s";
    }

    /// <summary>A skipped tick handed over nothing: the target before stayed in force, and so it does in the replay.</summary>
    private static void FillSkipped((double Timestamp, double[] Action)[] actions, string folder)
    {
        int first = Array.FindIndex(actions, a => a.Action.All(double.IsFinite));
        if (first < 0)
            throw new RobotException(ExitCode.FaultsFound, $"{folder}: actions.csv has no action; there is nothing to replay");
        for (int k = 0; k < actions.Length; k++)
            if (!actions[k].Action.All(double.IsFinite))
                actions[k].Action = actions[Math.Max(first, k - 1)].Action;
    }

    /// <summary>As poses: the recorded one is as the controller writes it, which may give the same rotation by another vector.</summary>
    internal static bool IsSameTool(double[] recorded, double[] configured)
    {
        Pose then = Pose.FromVector(new(recorded)), now = Pose.FromVector(new(configured));
        return (then.Position - now.Position).Length <= TcpTolerance
            && (then.Rotation * now.Rotation.Inverse).ToRotationVector().Length <= TcpTolerance;
    }

    private static Vector6 Pick(in Vector6 a, in Vector6 b, Func<double, double, double> choose)
    {
        Vector6 r = default;
        for (int i = 0; i < 6; i++)
            r[i] = choose(a[i], b[i]);
        return r;
    }

    private static void Check(EpisodeMetadata metadata, CellConfig config)
    {
        if (config.Robot is not { } robot)
            throw new RobotException(ExitCode.Config, $"{config.File}: this cell has no robot to replay on");
        if (metadata.Robot is not { } recorded || metadata.Action is not { Kind: ActionKind.JointPosition })
            throw new RobotException(ExitCode.Usage, $"{metadata.Id}: was not recorded from an arm with joint actions");
        if (!recorded.Model.Equals(robot.Model, StringComparison.OrdinalIgnoreCase))
            throw new RobotException(ExitCode.Usage,
                $"{metadata.Id}: was recorded on a {recorded.Model}, this cell has a {robot.Model}; it is not replayed");
        if (!IsSameTool(recorded.Tcp, robot.Tcp))
            throw new RobotException(ExitCode.Usage,
                $"{metadata.Id}: was recorded with TCP [{string.Join(", ", recorded.Tcp)}], "
                + $"this cell has [{string.Join(", ", robot.Tcp)}]; it is not replayed");
        if (Math.Abs(metadata.RateHz - config.RateHz) > 1e-6)
            throw new RobotException(ExitCode.Usage,
                $"{metadata.Id}: was recorded at {metadata.RateHz} Hz, this cell ticks at {config.RateHz} Hz; it is not replayed");
    }
}
