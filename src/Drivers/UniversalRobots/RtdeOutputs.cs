using System.Buffers.Binary;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// The output recipe: which fields are wished for, and where the accepted ones lie in a data package by the controller's reply.
/// </summary>
internal sealed class RtdeOutputs
{
    /// <summary>In the order of the wish list.</summary>
    private enum Field
    {
        Timestamp, Q, Qd, Current, TargetQ, TargetQd, TcpPose, TcpSpeed, TcpForce, Mode, Safety, StatusBits, Runtime, SpeedScaling,
        TargetSpeedFraction, TcpOffset, Payload, Heartbeat, ProgramStatus, EchoedCounter, SettingMade, DigitalInputs, DigitalOutputs,
        PayloadCog, AnalogInput0, AnalogInput1, AnalogOutput0, AnalogOutput1, AnalogTypes, ToolInput0, ToolInput1, ToolTypes, ToolSupply,
        ToolCurrent, FlangeForce,
    }

    /// <summary>Asked for only where someone wants it.</summary>
    public const string RawWrench = "ft_raw_wrench";

    private static readonly (string Name, RtdeType Type, bool Required)[] s_wished =
    [
        ("timestamp", RtdeType.Double, true),
        ("actual_q", RtdeType.Vector6D, true),
        ("actual_qd", RtdeType.Vector6D, true),
        ("actual_current", RtdeType.Vector6D, false),
        ("target_q", RtdeType.Vector6D, false),
        ("target_qd", RtdeType.Vector6D, false),
        ("actual_TCP_pose", RtdeType.Vector6D, false),
        ("actual_TCP_speed", RtdeType.Vector6D, false),
        ("actual_TCP_force", RtdeType.Vector6D, false),
        ("robot_mode", RtdeType.Int32, false),
        ("safety_status_bits", RtdeType.UInt32, false),
        ("robot_status_bits", RtdeType.UInt32, false),
        ("runtime_state", RtdeType.UInt32, false),
        ("speed_scaling", RtdeType.Double, false),
        ("target_speed_fraction", RtdeType.Double, false),
        ("tcp_offset", RtdeType.Vector6D, false),
        ("payload", RtdeType.Double, false),
        ("output_int_register_24", RtdeType.Int32, false),
        ("output_int_register_25", RtdeType.Int32, false),
        ("output_int_register_26", RtdeType.Int32, false),
        ("output_int_register_27", RtdeType.Int32, false),
        ("actual_digital_input_bits", RtdeType.UInt64, false),
        ("actual_digital_output_bits", RtdeType.UInt64, false),
        ("payload_cog", RtdeType.Vector3D, false),
        ("standard_analog_input0", RtdeType.Double, false),
        ("standard_analog_input1", RtdeType.Double, false),
        ("standard_analog_output0", RtdeType.Double, false),
        ("standard_analog_output1", RtdeType.Double, false),
        ("analog_io_types", RtdeType.UInt32, false),
        ("tool_analog_input0", RtdeType.Double, false),
        ("tool_analog_input1", RtdeType.Double, false),
        ("tool_analog_input_types", RtdeType.UInt32, false),
        ("tool_output_voltage", RtdeType.Int32, false),
        ("tool_output_current", RtdeType.Double, false),
        (RawWrench, RtdeType.Vector6D, false),
    ];

    private static readonly Vector6 s_unknown = new(double.NaN, double.NaN, double.NaN, double.NaN, double.NaN, double.NaN);

    private readonly int[] _at = new int[s_wished.Length]; // offset behind the recipe id; -1: the controller does not have it

    /// <param name="names">What was asked for in the last setup request, all of it accepted.</param>
    /// <param name="types">The types of the reply, in the same order.</param>
    /// <exception cref="InvalidDataException">A type is not the field's by the RTDE guide.</exception>
    public RtdeOutputs(byte recipe, IReadOnlyList<string> names, IReadOnlyList<RtdeType> types)
    {
        Recipe = recipe;
        Array.Fill(_at, -1);
        for (int i = 0; i < names.Count; i++)
        {
            int field = Array.FindIndex(s_wished, w => w.Name == names[i]);
            if (types[i] != s_wished[field].Type)
                throw new InvalidDataException(
                    $"RTDE field '{names[i]}' is of type {RtdeWire.Name(types[i])}, {RtdeWire.Name(s_wished[field].Type)} was expected");
            _at[field] = Bytes;
            Bytes += RtdeWire.Size(types[i]);
        }
    }

    public byte Recipe { get; }

    /// <summary>Length of a data package behind its recipe id.</summary>
    public int Bytes { get; }

    public static string[] WishedNames(bool rawWrench) => [.. s_wished.Select(w => w.Name).Where(n => rawWrench || n != RawWrench)];

    public static bool IsRequired(string name) => s_wished.Any(w => w.Name == name && w.Required);

    public bool Has(string name) => _at[Array.FindIndex(s_wished, w => w.Name == name)] >= 0;

    /// <summary>What a state holds where the controller does not send a field.</summary>
    public static RobotState Initial() => new()
    {
        Current = s_unknown,
        TargetQ = s_unknown,
        TargetQd = s_unknown,
        TcpPose = s_unknown,
        TcpSpeed = s_unknown,
        FlangeForce = s_unknown,
        Mode = RobotMode.NoController,
        SpeedScaling = double.NaN,
        TargetSpeedFraction = double.NaN,
        TcpOffset = s_unknown,
        Payload = double.NaN,
        PayloadCog = new(double.NaN, double.NaN, double.NaN),
        Analog = new()
        {
            Input0 = double.NaN,
            Input1 = double.NaN,
            Output0 = double.NaN,
            Output1 = double.NaN,
            ToolInput0 = double.NaN,
            ToolInput1 = double.NaN,
            ToolCurrent = double.NaN,
            ToolSupply = -1,
        },
    };

    /// <summary>Reads a package's fields into a state and returns the controller's timestamp, s.</summary>
    /// <param name="fields">Behind the recipe id, <see cref="Bytes"/> long.</param>
    public double Decode(ReadOnlySpan<byte> fields, ref RobotState state)
    {
        Read(fields, Field.Q, ref state.Q);
        Read(fields, Field.Qd, ref state.Qd);
        Read(fields, Field.Current, ref state.Current);
        Read(fields, Field.TargetQ, ref state.TargetQ);
        Read(fields, Field.TargetQd, ref state.TargetQd);
        Read(fields, Field.TcpPose, ref state.TcpPose);
        Read(fields, Field.TcpSpeed, ref state.TcpSpeed);
        Read(fields, Field.TcpForce, ref state.TcpForce);
        Read(fields, Field.FlangeForce, ref state.FlangeForce);
        state.Mode = (RobotMode)Read(fields, Field.Mode, (int)state.Mode);
        state.Safety = (SafetyStatusBits)Read(fields, Field.Safety, (int)state.Safety);
        state.StatusBits = (uint)Read(fields, Field.StatusBits, (int)state.StatusBits);
        state.Runtime = (RuntimeState)Read(fields, Field.Runtime, (int)state.Runtime);
        Read(fields, Field.SpeedScaling, ref state.SpeedScaling);
        Read(fields, Field.TargetSpeedFraction, ref state.TargetSpeedFraction);
        Read(fields, Field.TcpOffset, ref state.TcpOffset);
        Read(fields, Field.Payload, ref state.Payload);
        Read(fields, Field.PayloadCog, ref state.PayloadCog);
        state.Heartbeat = Read(fields, Field.Heartbeat, state.Heartbeat);
        state.ProgramStatus = Read(fields, Field.ProgramStatus, state.ProgramStatus);
        state.EchoedCounter = Read(fields, Field.EchoedCounter, state.EchoedCounter);
        state.SettingMade = Read(fields, Field.SettingMade, state.SettingMade);
        state.DigitalInputs = Read(fields, Field.DigitalInputs, state.DigitalInputs);
        state.DigitalOutputs = Read(fields, Field.DigitalOutputs, state.DigitalOutputs);
        Decode(fields, ref state.Analog);
        return RtdeWire.ReadDouble(fields[_at[(int)Field.Timestamp]..]);
    }

    private void Decode(ReadOnlySpan<byte> fields, ref AnalogSignals analog)
    {
        Read(fields, Field.AnalogInput0, ref analog.Input0);
        Read(fields, Field.AnalogInput1, ref analog.Input1);
        Read(fields, Field.AnalogOutput0, ref analog.Output0);
        Read(fields, Field.AnalogOutput1, ref analog.Output1);
        analog.Voltages = (uint)Read(fields, Field.AnalogTypes, (int)analog.Voltages);
        Read(fields, Field.ToolInput0, ref analog.ToolInput0);
        Read(fields, Field.ToolInput1, ref analog.ToolInput1);
        analog.ToolVoltages = (uint)Read(fields, Field.ToolTypes, (int)analog.ToolVoltages);
        analog.ToolSupply = Read(fields, Field.ToolSupply, analog.ToolSupply);
        Read(fields, Field.ToolCurrent, ref analog.ToolCurrent);
    }

    private void Read(ReadOnlySpan<byte> fields, Field field, ref Vec3 into)
    {
        int at = _at[(int)field];
        if (at < 0)
            return;
        fields = fields[at..];
        into = new(RtdeWire.ReadDouble(fields), RtdeWire.ReadDouble(fields[8..]), RtdeWire.ReadDouble(fields[16..]));
    }

    private void Read(ReadOnlySpan<byte> fields, Field field, ref Vector6 into)
    {
        int at = _at[(int)field];
        if (at < 0)
            return;
        for (int i = 0; i < 6; i++)
            into[i] = RtdeWire.ReadDouble(fields[(at + 8 * i)..]);
    }

    private void Read(ReadOnlySpan<byte> fields, Field field, ref double into)
    {
        if (_at[(int)field] >= 0)
            into = RtdeWire.ReadDouble(fields[_at[(int)field]..]);
    }

    private ulong Read(ReadOnlySpan<byte> fields, Field field, ulong otherwise) =>
        _at[(int)field] < 0 ? otherwise : BinaryPrimitives.ReadUInt64BigEndian(fields[_at[(int)field]..]);

    private int Read(ReadOnlySpan<byte> fields, Field field, int otherwise) =>
        _at[(int)field] < 0 ? otherwise : BinaryPrimitives.ReadInt32BigEndian(fields[_at[(int)field]..]);
}
