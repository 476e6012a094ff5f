using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Samples;

/// <summary>
/// One cycle of the arm's controller. Angles in rad, currents in A, poses in the robot's base frame for the configured TCP.
/// </summary>
public struct RobotState
{
    public Vector6 Q, Qd, Current;

    /// <summary>Where the controller's own interpolation is (its set-point, not ours).</summary>
    public Vector6 TargetQ, TargetQd;

    /// <summary>x, y, z in m; rotation vector in rad.</summary>
    public Vector6 TcpPose;

    /// <summary>m/s, rad/s.</summary>
    public Vector6 TcpSpeed;

    /// <summary>The controller's wrench estimate at the TCP, base axes, N and N·m; zero where the controller does not send it.</summary>
    public Vector6 TcpForce;

    /// <summary>
    /// What the sensor in the flange measures, N and N·m, nothing taken out of it. NaN where the controller does not send it or is not
    /// asked to; not recorded with the state.
    /// </summary>
    public Vector6 FlangeForce;

    public RobotMode Mode;
    public SafetyStatusBits Safety;

    /// <summary>b0 power on, b1 program running, b2 teach button, b3 power button.</summary>
    public uint StatusBits;

    public RuntimeState Runtime;

    /// <summary>Limiter scaling and slider, 0..1; their product is how fast the controller's time runs.</summary>
    public double SpeedScaling, TargetSpeedFraction;

    /// <summary>How fast the controller's time runs, 0..1; 1 where it does not tell.</summary>
    public readonly double SpeedFraction =>
        double.IsNaN(SpeedScaling * TargetSpeedFraction) ? 1 : Math.Clamp(SpeedScaling * TargetSpeedFraction, 0, 1);

    /// <summary>
    /// The TCP, payload and its centre of mass that the controller is set to: p[m, rad], kg, m in the flange frame. NaN where it does not
    /// send them.
    /// </summary>
    public Vector6 TcpOffset;
    public double Payload;
    public Vec3 PayloadCog;

    /// <summary>Output integer register 24: our control program's heartbeat; register 25: the command it last obeyed.</summary>
    public int Heartbeat, ProgramStatus;

    /// <summary>The counter that our program last read, echoed in output integer register 26.</summary>
    public int EchoedCounter;

    /// <summary>The number of the setting that our program made last, from output integer register 27.</summary>
    public int SettingMade;

    /// <summary>Bits 0-7 standard, 8-15 configurable, 16-17 tool; 0 where the controller does not send them.</summary>
    public ulong DigitalInputs, DigitalOutputs;

    public AnalogSignals Analog;
}

/// <summary>Analog signals of control box and tool: A or V, by their domain. NaN where the controller does not send them.</summary>
public struct AnalogSignals
{
    public double Input0, Input1, Output0, Output1, ToolInput0, ToolInput1;

    /// <summary>Set where it is a voltage: bits 0 and 1 the inputs, 2 and 3 the outputs; of the tool bits 0 and 1 its inputs.</summary>
    public uint Voltages, ToolVoltages;

    /// <summary>What the tool's connector gives, V; -1 where the controller does not send it.</summary>
    public int ToolSupply;

    /// <summary>What the tool draws, A.</summary>
    public double ToolCurrent;
}

/// <summary>RTDE robot_mode.</summary>
public enum RobotMode
{
    NoController = -1, Disconnected, ConfirmSafety, Booting, PowerOff, PowerOn, Idle, Backdrive, Running, UpdatingFirmware,
}

/// <summary>RTDE runtime_state.</summary>
public enum RuntimeState { Stopping, Stopped, Playing, Pausing, Paused, Resuming }

/// <summary>RTDE safety_status_bits.</summary>
[Flags]
public enum SafetyStatusBits : uint
{
    None = 0, Normal = 1, Reduced = 2, ProtectiveStop = 4, Recovery = 8, SafeguardStop = 16, SystemEmergencyStop = 32,
    RobotEmergencyStop = 64, EmergencyStopped = 128, Violation = 256, Fault = 512, StoppedDueToSafety = 1024, ThreePositionEnabling = 2048,
}

/// <summary>Force (N) and torque (N·m) in the sensor's frame.</summary>
public record struct Wrench(double Fx, double Fy, double Fz, double Tx, double Ty, double Tz)
{
    public readonly double ForceNorm => Math.Sqrt(Fx * Fx + Fy * Fy + Fz * Fz);
}

/// <summary>The gripper as last polled.</summary>
/// <param name="Position">0 open … 1 closed, over the calibrated stroke.</param>
/// <param name="WidthM">Opening between the pads, m.</param>
/// <param name="ForceN">Configured grip force while closing or holding, N: what was asked, the 2F-85 does not measure it.</param>
/// <param name="ObjectDetected">The fingers stopped on something.</param>
/// <param name="Moving">The fingers are on their way.</param>
/// <param name="Fault">The device's fault code, 0 none.</param>
/// <param name="Count">What its own position reads, as the device counts; -1 where it does not tell.</param>
public record struct GripperState(
    double Position, double WidthM, double ForceN, bool ObjectDetected, bool Moving, int Fault, int Count = -1);
