using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Drivers.Samples;

/// <summary>Who the arm is, as its controller says.</summary>
/// <param name="Serial">Empty where the controller does not tell; null where it could not be asked.</param>
/// <param name="KinematicsHash">Hash of the controller's own calibration; empty where it was not read.</param>
public sealed record RobotIdentity(string Model, string? Serial, string ControllerVersion, double RateHz, string KinematicsHash);

/// <summary>An arm as everyone may see it. It moves only through a <see cref="Motion.MotionLease"/>.</summary>
public interface IRobotArm : IDevice
{
    SampleStream<RobotState> States { get; }

    /// <summary>The controller has taken the connection, whether or not data flows yet.</summary>
    bool Reached { get; }

    /// <summary>Null until the controller has been asked.</summary>
    RobotIdentity? Identity { get; }

    /// <summary>
    /// Why the arm of the present connection is not known to be the model of the config, and what to do; null where it is known to be.
    /// Of another one's joints nothing may be concluded for ours.
    /// </summary>
    string? ModelDoubt { get; }

    /// <summary>The arm's geometry: the controller's where it has been read, else nominal.</summary>
    UrKinematics Kinematics { get; }
}

/// <summary>What our program on the controller is asked to do (input integer register 25).</summary>
internal enum ArmMode
{
    /// <summary>Keep the last commanded pose; the program sends no servoj.</summary>
    Hold = 0,

    /// <summary>Follow the set-points.</summary>
    Servo = 1,

    /// <summary>Let a person lead the arm.</summary>
    Freedrive = 2,

    /// <summary>stopj, then halt: the program ends.</summary>
    Stop = 3,
}

/// <summary>The arm's command side, for the arm thread alone.</summary>
internal interface IArmControl
{
    /// <summary>How often the controller takes set-points; 0 before it has said so.</summary>
    double ControlRateHz { get; }

    /// <summary>
    /// From a set-point's sending to the first state that shows that our program has it, ns: the median of the last ones; null before the
    /// first.
    /// </summary>
    long? RoundTripNs { get; }

    /// <summary>Without a new counter for so long our program on the controller ends by itself.</summary>
    double WatchdogMs { get; }

    /// <summary>
    /// Gets our program running on the controller and the input registers claimed; blocks for some seconds at most. Never unlocks, powers
    /// or restarts anything.
    /// </summary>
    /// <returns>Null when the program runs, else one line: what is in the way and what to do about it.</returns>
    string? StartProgram(CancellationToken cancel);

    /// <summary>
    /// Has the controller do what a person has asked for, and waits until it is done: up to a minute. Never called by itself.
    /// </summary>
    /// <param name="text">The name or text of orders that have one.</param>
    /// <returns>Null when it is done, else one line: what is in the way and what to do about it.</returns>
    string? Obey(Motion.ArmOrder order, string text, CancellationToken cancel);

    /// <summary>Asks the controller's dashboard what it shows; blocks for some seconds at most.</summary>
    Motion.PendantReport LookAtPendant();

    /// <summary>Moves the controller's speed slider and waits until it shows it, a second at most; needs no program of ours.</summary>
    /// <param name="fraction">0..1; one percent is the least that is set.</param>
    /// <returns>Null when it is done, else one line: what is in the way and what to do about it.</returns>
    string? SetSpeed(double fraction, CancellationToken cancel);

    /// <summary>
    /// Has our program, which must be running and hear set-points, make a setting; waits until it says that it is made, a second at most.
    /// </summary>
    /// <returns>Null when it is made, else one line: what is in the way and what to do about it.</returns>
    string? Set(in Motion.ArmSetting setting, CancellationToken cancel);

    /// <summary>Why our program on the controller is no longer running, as it said itself; null where it said nothing.</summary>
    string? WhyProgramEnded(in RobotState state);

    /// <summary>
    /// Writes one cycle's mode and set-point (rad, rad/s) under the next counter value; no allocation. False when not connected.
    /// </summary>
    bool Send(ArmMode mode, in Vector6 q, in Vector6 qd);
}

/// <summary>A gripper as everyone may see it. It moves only through a <see cref="Motion.MotionLease"/>.</summary>
public interface IGripper : IDevice
{
    SampleStream<GripperState> States { get; }

    /// <summary>It obeys at once. False: away, at fault, or to be activated first. From any thread.</summary>
    bool Active { get; }
}

/// <summary>What a person may order a gripper beyond a position.</summary>
public enum GripperOrder
{
    None,

    /// <summary>A reset, which clears its faults, and the run through its whole stroke.</summary>
    Activate,

    /// <summary>The emergency release: it opens slowly, and then needs an activation.</summary>
    ReleaseOpening,

    /// <summary>The emergency release of what is gripped from within.</summary>
    ReleaseClosing,

    /// <summary>Opens as far as the fingers go, not fast and weakly: to see what its position reads there.</summary>
    OpenFully,

    /// <summary>Closes as far as the fingers go, not fast and weakly.</summary>
    CloseFully,
}

internal interface IGripperControl : IGripper
{
    /// <summary>Obeys at once, whatever fault it has; what was asked before is forgotten. Never blocks.</summary>
    void Obey(GripperOrder order);

    /// <summary>Asks for a position, 0 open … 1 closed. Never blocks: the gripper's own thread sends the newest request.</summary>
    /// <param name="mayActivate">A gripper that is not active is run through its whole stroke first; else it stays as it is.</param>
    void Request(double position, bool mayActivate);

    /// <summary>Stops the fingers where they are, also in an activation; what was asked is forgotten.</summary>
    void Halt();

    /// <summary>
    /// Whoever asked has given the arm back: what waits for an activation, and an activation whose stroke has not begun, are forgotten. A
    /// motion under way goes on.
    /// </summary>
    void Withdraw();
}
