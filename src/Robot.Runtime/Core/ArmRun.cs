using System.Text.Json;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Runtime.Configuration;
using RobotWorldModel.Runtime.Core.Policies;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>What a person has the arm do by itself: a move to a pose or by a step.</summary>
internal sealed class ArmRun(CellConfig config, CellDevices devices, PolicyRunner policies)
{
    private const double DefaultShare = 0.3, LeastShare = 0.02;
    private volatile Task<PolicyEnd>? _moving;

    /// <summary>Looks where a move leads, and begins it unless only that was asked for.</summary>
    /// <returns>How far and how fast.</returns>
    /// <exception cref="RobotException">It leads out of what the cell allows, or motion is refused.</exception>
    public ArmMove Move(JsonElement parameters)
    {
        if (devices.Motion is not { } motion)
            throw new RobotException(ExitCode.Device, "this cell has no arm to move");
        if (parameters.ValueKind != JsonValueKind.Object)
            throw new RobotException(ExitCode.Usage, "where to is missing; give joints, pose, by or home");
        double share = parameters.TryGetProperty("share", out var s) ? s.GetDouble() : DefaultShare;
        if (!(share is > 0 and <= SafetyFilter.SpeedShare))
            throw new RobotException(ExitCode.Usage, $"a share of {share} is out of range; above 0 and at most {SafetyFilter.SpeedShare}");
        if (!devices.Arm!.States.TryGetNewest(out _))
            throw new RobotException(ExitCode.Device, $"robot: {devices.Arm.Status.Message}");
        IMotion Make() => MotionTo(parameters, motion, share);
        MoveRehearsal Rehearse() =>
            MoveRehearsal.Of(Make(), motion.CommandedJoints, devices.Arm.Kinematics, motion.Limits, config.RateHz);
        var rehearsal = Rehearse();
        for (; rehearsal.TooFast && share > LeastShare; rehearsal = Rehearse())
            share /= 2; // near a singularity joints turn faster than the tool's speed tells
        if (rehearsal.Obstruction is { } obstruction)
            throw new RobotException(ExitCode.Usage, $"{obstruction}; nothing moved");
        if (!(parameters.TryGetProperty("plan", out var plan) && plan.GetBoolean()))
            _moving = policies.Start("move", _ => new MovePolicy(Make()));
        return new(rehearsal.Seconds, rehearsal.JointsRad, rehearsal.TcpM, $"{rehearsal}");
    }

    /// <summary>Another motion that <see cref="MovedAsync"/> waits for: the fingers' alone.</summary>
    public void Follow(Task<PolicyEnd> motion) => _moving = motion;

    /// <summary>Waits until the move has ended.</summary>
    /// <exception cref="RobotException">It did not get to its end, or none has been begun.</exception>
    public async Task<object> MovedAsync()
    {
        var end = await (_moving ?? throw new RobotException(ExitCode.Usage, "no move has been begun"));
        if (!end.Completed)
            throw new RobotException(end.Code, $"the move ended before its end: {end.Why}");
        if (policies.Current is MovePolicy or GripperPolicy)
            policies.End("the move is done");
        return new { };
    }

    private IMotion MotionTo(JsonElement parameters, ArmMotion motion, double share)
    {
        if (Six(parameters, "joints") is { } joints)
            return motion.MoveTo(joints, share);
        if (Six(parameters, "pose") is { } pose)
            return motion.MoveLine(Pose.FromVector(pose), share);
        if (Six(parameters, "by") is { } by)
        {
            Pose at = motion.CommandedTcp, step = Pose.FromVector(by);
            return motion.MoveLine(new(at.Position + step.Position, (step.Rotation * at.Rotation).Normalized), share);
        }
        if (parameters.TryGetProperty("home", out _))
            return motion.MoveTo(new Vector6(config.Robot?.Home ?? throw new RobotException(ExitCode.Config,
                $"{config.File}: robot.home is not set; give the six joint angles in rad")), share);
        throw new RobotException(ExitCode.Usage, "where to is missing; give joints, pose, by or home");
    }

    private static Vector6? Six(JsonElement parameters, string name)
    {
        if (!parameters.TryGetProperty(name, out var value))
            return null;
        double[] six = value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(NumberOf)] : [];
        return six.Length == 6 && six.All(double.IsFinite)
            ? new Vector6(six)
            : throw new RobotException(ExitCode.Usage, $"'{name}' takes six numbers");
    }

    private static double NumberOf(JsonElement value) => value.ValueKind == JsonValueKind.Number ? value.GetDouble() : double.NaN;
}
