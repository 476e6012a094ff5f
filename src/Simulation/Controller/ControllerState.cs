using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>RTDE safety_mode.</summary>
internal enum SafetyMode
{
    Normal = 1, Reduced, ProtectiveStop, Recovery, SafeguardStop, SystemEmergencyStop, RobotEmergencyStop, Violation, Fault,
}

/// <summary>
/// A force-torque sensor of someone else's, whose values come in over RTDE. Source: URScript manual, ft_rtde_input_enable.
/// </summary>
/// <param name="Offset">From the flange to where it measures, flange frame, m.</param>
internal sealed record ExternalSensor(Vec3 Offset)
{
    /// <summary>What it measures (N, N·m, flange axes), as force and torque at the flange.</summary>
    public (Vec3 Force, Vec3 Torque) AtFlange(in Vector6 measured)
    {
        Vec3 force = new(measured[0], measured[1], measured[2]);
        return (force, new Vec3(measured[3], measured[4], measured[5]) + Offset.Cross(force));
    }
}

/// <summary>
/// All that the controller's interfaces show. Only the control cycle touches it. Units as in the RTDE guide: rad, m, N, A, s.
/// </summary>
internal sealed class ControllerState
{
    public const int Registers = 48, BitRegisters = 128;

    public double TimestampS, ExecutionTimeS;

    /// <summary>Time since start by the device's clock, µs: the stamp of primary messages.</summary>
    public ulong TimestampUs;

    public Vector6 TargetQ, TargetQd, TargetQdd, Q, Qd, Torque, Current;
    public Vector6 TcpPose, TcpSpeed, TcpForce, TargetTcpPose, TargetTcpSpeed, FtRawWrench;

    /// <summary>Where the elbow's axis is and how fast it moves, base frame: m, m/s.</summary>
    public Vector6 Elbow;

    /// <summary>Flange to TCP.</summary>
    public Vector6 TcpOffset;

    public double PayloadKg, DeviationRatio;
    public Vec3 PayloadCog;
    public Vector6 PayloadInertia, ExternalForceTorque;

    /// <summary>In use in place of the built-in one; null: it is not.</summary>
    public ExternalSensor? ExternalSensor;

    /// <summary>The acceleration that the arm feels, base frame, m/s²: upwards where it stands. <c>set_gravity</c> changes it.</summary>
    public Vec3 Gravity = new(0, 0, 9.80665);

    /// <summary>At the tool's connector: 0, 12 or 24 V.</summary>
    public int ToolVoltage;

    public RobotMode Mode;
    public SafetyMode Safety;
    public RuntimeState Runtime;
    public uint StatusBits, ScriptLine;
    public SafetyStatusBits SafetyBits;

    /// <summary>The slider, 0..1.</summary>
    public double SpeedFraction = 1;

    /// <summary>Bits 0-7 standard, 8-15 configurable, 16-17 tool.</summary>
    public ulong DigitalOutputs;

    /// <summary>Of the analog outputs, 0..1 of the range that their domain has.</summary>
    public double AnalogOutput0, AnalogOutput1;

    /// <summary>
    /// Set where an analog signal is a voltage: bits 0 and 1 the inputs, 2 and 3 the outputs; of the tool bits 0 and 1 its inputs. At
    /// first as an installation has them that nobody has changed: inputs are voltages, outputs currents.
    /// </summary>
    public uint AnalogVoltages = UsualVoltages, ToolVoltages = 3;

    private const uint UsualVoltages = 3;

    /// <summary>An analog output as it can be measured: 4..20 mA in A, or 0..10 V in V.</summary>
    public double AnalogOutput(int n)
    {
        double level = n == 0 ? AnalogOutput0 : AnalogOutput1;
        return (AnalogVoltages >> (2 + n) & 1) != 0 ? level * 10 : 0.004 + level * 0.016;
    }

    public readonly int[] InputInt = new int[Registers], OutputInt = new int[Registers];
    public readonly double[] InputDouble = new double[Registers], OutputDouble = new double[Registers];
    public readonly bool[] InputBit = new bool[BitRegisters], OutputBit = new bool[BitRegisters];

    /// <summary>The 253 of a running joint, 255 idle, 239 without power.</summary>
    public int JointMode => Mode switch { RobotMode.Running => 253, RobotMode.Idle or RobotMode.PowerOn => 255, _ => 239 };

    /// <summary>What all joints draw, A.</summary>
    public double TotalCurrent
    {
        get
        {
            double sum = 0;
            foreach (double current in Current)
                sum += Math.Abs(current);
            return sum;
        }
    }

    /// <summary>As a controller that has just been switched on: registers, outputs and slider, TCP and payload.</summary>
    public void Reset(in Vector6 tcpOffset, double payloadKg, Vec3 payloadCog)
    {
        Array.Clear(InputInt);
        Array.Clear(OutputInt);
        Array.Clear(InputDouble);
        Array.Clear(OutputDouble);
        Array.Clear(InputBit);
        Array.Clear(OutputBit);
        (DigitalOutputs, AnalogOutput0, AnalogOutput1, SpeedFraction) = (0, 0, 0, 1);
        (AnalogVoltages, ToolVoltages, ToolVoltage) = (UsualVoltages, 3, 0);
        (TcpOffset, PayloadKg, PayloadCog) = (tcpOffset, payloadKg, payloadCog);
        (PayloadInertia, ExternalForceTorque) = (default, default);
    }

    public static uint ToBits(bool[] bits, int from)
    {
        uint value = 0;
        for (int i = 0; i < 32; i++)
            value |= bits[from + i] ? 1u << i : 0;
        return value;
    }

    public static void FromBits(bool[] bits, int from, uint value)
    {
        for (int i = 0; i < 32; i++)
            bits[from + i] = (value >> i & 1) != 0;
    }
}
