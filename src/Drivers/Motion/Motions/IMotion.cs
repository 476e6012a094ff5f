namespace RobotWorldModel.Drivers.Motion;

/// <summary>A motion with an end, asked once a tick.</summary>
public interface IMotion
{
    /// <summary>s, at full speed.</summary>
    double Duration { get; }

    /// <summary>The last <see cref="Next"/> was the end of the way.</summary>
    bool Done { get; }

    /// <summary>The command due then; the first is the start.</summary>
    /// <param name="dueNs">Host time, ns.</param>
    /// <param name="gripper">0 open … 1 closed; NaN leaves the gripper as it is.</param>
    /// <param name="speedFraction">The report's: this motion's clock runs as fast as the controller's.</param>
    Command Next(long dueNs, double gripper = double.NaN, double speedFraction = 1);
}
