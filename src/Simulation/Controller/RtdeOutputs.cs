using System.Buffers.Binary;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

internal delegate void FieldWriter(ControllerState state, Span<byte> into);

/// <summary>An RTDE output: its type, how its value gets into a data package, and which versions have it.</summary>
internal sealed record RtdeOutput(RtdeType Type, FieldWriter Write, Since Since = default);

/// <summary>
/// The outputs that this controller has, by the names of the RTDE guide. What is not simulated is not listed, so clients are told
/// NOT_FOUND and not a made-up number; analog inputs and outputs are those of a control box with nothing connected.
/// </summary>
internal static class RtdeOutputs
{
    private static readonly Dictionary<string, RtdeOutput> s_fields = Create();

    /// <summary>Null for a name that this controller does not have.</summary>
    public static RtdeOutput? Find(string name, ControllerVersion version) =>
        s_fields.TryGetValue(name, out RtdeOutput? output) && version.Has(output.Since) ? output : null;

    public static IEnumerable<string> Names => s_fields.Keys;

    private static Dictionary<string, RtdeOutput> Create()
    {
        var fields = new Dictionary<string, RtdeOutput>();
        AddMotion(fields);
        AddStates(fields);
        AddCabinet(fields);
        AddRegisters(fields);
        foreach (var (name, since) in NewerFields())
            fields[name] = fields[name] with { Since = since };
        return fields;
    }

    // Source: Real-Time Data Exchange guide, "Robot controller outputs"; tcp_offset: compatibility notes of UR's client library. From
    // which 5.x on actual_current_as_torque is there is not said; 5.23 is ours.
    private static IEnumerable<(string Name, Since Since)> NewerFields()
    {
        yield return ("safety_status", Since.Both(10, 4));
        yield return ("payload", new(11, 0, 5, 1));
        yield return ("payload_cog", new(11, 0, 5, 1));
        yield return ("tcp_offset", new(12, 3, 5, 1));
        yield return ("script_control_line", Since.Both(14, 9));
        yield return ("ft_raw_wrench", Since.ESeries(9));
        yield return ("payload_inertia", Since.Both(15, 11));
        yield return ("actual_current_as_torque", Since.ESeries(23));
        foreach (string direction in (string[])["input", "output"])
        {
            for (int i = 24; i < ControllerState.Registers; i++)
            {
                yield return ($"{direction}_int_register_{i}", Since.Both(9, 3));
                yield return ($"{direction}_double_register_{i}", Since.Both(9, 3));
            }
            for (int i = 64; i < ControllerState.BitRegisters; i++)
                yield return ($"{direction}_bit_register_{i}", Since.Both(9, 3));
        }
    }

    private static void AddMotion(Dictionary<string, RtdeOutput> f)
    {
        Double(f, "timestamp", static s => s.TimestampS);
        Vector(f, "target_q", static s => s.TargetQ);
        Vector(f, "target_qd", static s => s.TargetQd);
        Vector(f, "target_qdd", static s => s.TargetQdd);
        Vector(f, "target_current", static s => s.Current);
        Vector(f, "target_moment", static s => s.Torque);
        Vector(f, "actual_q", static s => s.Q);
        Vector(f, "actual_qd", static s => s.Qd);
        Vector(f, "actual_current", static s => s.Current);
        Vector(f, "actual_current_as_torque", static s => s.Torque);
        Vector(f, "joint_control_output", static s => s.Current);
        Vector(f, "actual_TCP_pose", static s => s.TcpPose);
        Vector(f, "actual_TCP_speed", static s => s.TcpSpeed);
        Vector(f, "actual_TCP_force", static s => s.TcpForce);
        Vector(f, "ft_raw_wrench", static s => s.FtRawWrench);
        Vector(f, "target_TCP_pose", static s => s.TargetTcpPose);
        Vector(f, "target_TCP_speed", static s => s.TargetTcpSpeed);
        Vector(f, "tcp_offset", static s => s.TcpOffset);
        Double(f, "tcp_force_scalar",
            static s => Math.Sqrt(s.TcpForce[0] * s.TcpForce[0] + s.TcpForce[1] * s.TcpForce[1] + s.TcpForce[2] * s.TcpForce[2]));
        Double(f, "payload", static s => s.PayloadKg);
        f["payload_cog"] = new(RtdeType.Vector3D, static (s, into) =>
        {
            BinaryPrimitives.WriteDoubleBigEndian(into, s.PayloadCog.X);
            BinaryPrimitives.WriteDoubleBigEndian(into[8..], s.PayloadCog.Y);
            BinaryPrimitives.WriteDoubleBigEndian(into[16..], s.PayloadCog.Z);
        });
        Vector(f, "payload_inertia", static s => s.PayloadInertia);
        Double(f, "joint_position_deviation_ratio", static s => s.DeviationRatio);
    }

    private static void AddStates(Dictionary<string, RtdeOutput> f)
    {
        Int32(f, "robot_mode", static s => (int)s.Mode);
        Int32(f, "safety_mode", static s => (int)s.Safety);
        Int32(f, "safety_status", static s => (int)s.Safety);
        UInt32(f, "robot_status_bits", static s => s.StatusBits);
        UInt32(f, "safety_status_bits", static s => (uint)s.SafetyBits);
        UInt32(f, "runtime_state", static s => (uint)s.Runtime);
        UInt32(f, "script_control_line", static s => s.ScriptLine);
        Double(f, "speed_scaling", static _ => 1);
        Double(f, "target_speed_fraction", static s => s.SpeedFraction);
        Double(f, "actual_execution_time", static s => s.ExecutionTimeS);
        f["joint_mode"] = new(RtdeType.Vector6Int32, static (s, into) =>
        {
            for (int i = 0; i < 6; i++)
                BinaryPrimitives.WriteInt32BigEndian(into[(i * 4)..], s.JointMode);
        });
    }

    private static void AddCabinet(Dictionary<string, RtdeOutput> f)
    {
        f["actual_digital_input_bits"] = new(RtdeType.UInt64, static (_, into) => BinaryPrimitives.WriteUInt64BigEndian(into, 0));
        f["actual_digital_output_bits"] = new(RtdeType.UInt64,
            static (s, into) => BinaryPrimitives.WriteUInt64BigEndian(into, s.DigitalOutputs));
        Double(f, "standard_analog_output0", static s => s.AnalogOutput(0));
        Double(f, "standard_analog_output1", static s => s.AnalogOutput(1));
        foreach (string name in (string[])["standard_analog_input0", "standard_analog_input1", "tool_analog_input0", "tool_analog_input1",
            "tool_output_current", "io_current"])
            Double(f, name, static _ => 0);
        Double(f, "actual_main_voltage", static _ => 48);
        Double(f, "actual_robot_voltage", static s => s.JointMode == 239 ? 0 : 48);
        Double(f, "actual_robot_current", static s => s.TotalCurrent);
        Double(f, "tool_temperature", static _ => 28);
        Vector(f, "joint_temperatures", static _ => new(28, 28, 28, 28, 28, 28));
        Vector(f, "actual_joint_voltage", static s => s.JointMode == 239 ? default : new(48, 48, 48, 48, 48, 48));
        UInt32(f, "analog_io_types", static s => s.AnalogVoltages);
        UInt32(f, "tool_mode", static s => (uint)s.JointMode);
        UInt32(f, "tool_analog_input_types", static s => s.ToolVoltages);
        Int32(f, "tool_output_voltage", static s => s.ToolVoltage);
    }

    private static void AddRegisters(Dictionary<string, RtdeOutput> f)
    {
        for (int register = 0; register < ControllerState.Registers; register++)
        {
            int i = register; // each writer keeps its own
            Int32(f, $"output_int_register_{i}", s => s.OutputInt[i]);
            Double(f, $"output_double_register_{i}", s => s.OutputDouble[i]);
            Int32(f, $"input_int_register_{i}", s => s.InputInt[i]);
            Double(f, $"input_double_register_{i}", s => s.InputDouble[i]);
        }
        for (int register = 64; register < ControllerState.BitRegisters; register++)
        {
            int i = register;
            f[$"output_bit_register_{i}"] = new(RtdeType.Bool, (s, into) => into[0] = s.OutputBit[i] ? (byte)1 : (byte)0);
            f[$"input_bit_register_{i}"] = new(RtdeType.Bool, (s, into) => into[0] = s.InputBit[i] ? (byte)1 : (byte)0);
        }
        UInt32(f, "output_bit_registers0_to_31", static s => ControllerState.ToBits(s.OutputBit, 0));
        UInt32(f, "output_bit_registers32_to_63", static s => ControllerState.ToBits(s.OutputBit, 32));
        UInt32(f, "input_bit_registers0_to_31", static s => ControllerState.ToBits(s.InputBit, 0));
        UInt32(f, "input_bit_registers32_to_63", static s => ControllerState.ToBits(s.InputBit, 32));
    }

    private static void Double(Dictionary<string, RtdeOutput> f, string name, Func<ControllerState, double> value) =>
        f[name] = new(RtdeType.Double, (s, into) => BinaryPrimitives.WriteDoubleBigEndian(into, value(s)));

    private static void Int32(Dictionary<string, RtdeOutput> f, string name, Func<ControllerState, int> value) =>
        f[name] = new(RtdeType.Int32, (s, into) => BinaryPrimitives.WriteInt32BigEndian(into, value(s)));

    private static void UInt32(Dictionary<string, RtdeOutput> f, string name, Func<ControllerState, uint> value) =>
        f[name] = new(RtdeType.UInt32, (s, into) => BinaryPrimitives.WriteUInt32BigEndian(into, value(s)));

    private static void Vector(Dictionary<string, RtdeOutput> f, string name, Func<ControllerState, Vector6> value) =>
        f[name] = new(RtdeType.Vector6D, (s, into) =>
        {
            Vector6 v = value(s);
            for (int i = 0; i < 6; i++)
                BinaryPrimitives.WriteDoubleBigEndian(into[(i * 8)..], v[i]);
        });
}
