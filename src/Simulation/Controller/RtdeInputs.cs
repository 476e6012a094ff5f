using System.Buffers.Binary;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.UniversalRobots;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// One package's outputs and slider, applied together once all its fields are read: a mask says which bits mean something.
/// </summary>
internal struct MaskedInputs
{
    public uint SpeedMask;
    public double SpeedFraction;
    public byte StandardMask, Standard, ConfigurableMask, Configurable, ToolMask, Tool, AnalogMask, AnalogTypes;
    public double Analog0, Analog1;

    public readonly void ApplyTo(ControllerState state)
    {
        if ((SpeedMask & 1) != 0)
            state.SpeedFraction = Math.Clamp(SpeedFraction, 0, 1);
        ulong mask = StandardMask | (ulong)ConfigurableMask << 8 | (ToolMask & 3ul) << 16;
        ulong value = Standard | (ulong)Configurable << 8 | (Tool & 3ul) << 16;
        state.DigitalOutputs = (state.DigitalOutputs & ~mask) | (value & mask);
        if ((AnalogMask & 1) != 0)
            state.AnalogOutput0 = Math.Clamp(Analog0, 0, 1);
        if ((AnalogMask & 2) != 0)
            state.AnalogOutput1 = Math.Clamp(Analog1, 0, 1);
        uint outputs = (AnalogMask & 3u) << 2;
        state.AnalogVoltages = (state.AnalogVoltages & ~outputs) | ((uint)AnalogTypes << 2 & outputs);
    }
}

internal delegate void FieldReader(ControllerState state, ref MaskedInputs masked, ReadOnlySpan<byte> from);

/// <summary>An RTDE input.</summary>
/// <param name="Index">Its place among all inputs: whose it is, and when it last came, is kept by it.</param>
/// <param name="OfFieldbus">A fieldbus takes it where one is enabled.</param>
internal sealed record RtdeInput(string Name, RtdeType Type, int Index, bool OfFieldbus, FieldReader Read)
{
    /// <summary>A general purpose register.</summary>
    public bool IsRegister => Name.Contains("_register");

    /// <summary>Registers for external clients came later than those for fieldbuses.</summary>
    public Since Since => IsRegister && !OfFieldbus ? Since.Both(9, 3) : default;
}

/// <summary>The inputs that this controller has, by the names of the RTDE guide.</summary>
internal static class RtdeInputs
{
    private static readonly Dictionary<string, RtdeInput> s_fields = Create();

    public static int Count => s_fields.Count;

    public static RtdeInput? Find(string name) => s_fields.GetValueOrDefault(name);

    /// <summary>Null also for what this version does not have.</summary>
    public static RtdeInput? Find(string name, ControllerVersion version) =>
        Find(name) is { } input && version.Has(input.Since) ? input : null;

    private static Dictionary<string, RtdeInput> Create()
    {
        var f = new Dictionary<string, RtdeInput>();
        for (int register = 0; register < ControllerState.Registers; register++)
        {
            int i = register;
            Add(f, $"input_int_register_{i}", RtdeType.Int32, i < 24,
                (ControllerState s, ref MaskedInputs _, ReadOnlySpan<byte> from) =>
                    s.InputInt[i] = BinaryPrimitives.ReadInt32BigEndian(from));
            Add(f, $"input_double_register_{i}", RtdeType.Double, i < 24,
                (ControllerState s, ref MaskedInputs _, ReadOnlySpan<byte> from) => s.InputDouble[i] = RtdeWire.ReadDouble(from));
        }
        for (int register = 64; register < ControllerState.BitRegisters; register++)
        {
            int i = register;
            Add(f, $"input_bit_register_{i}", RtdeType.Bool, false,
                (ControllerState s, ref MaskedInputs _, ReadOnlySpan<byte> from) => s.InputBit[i] = from[0] != 0);
        }
        Add(f, "input_bit_registers0_to_31", RtdeType.UInt32, true,
            static (ControllerState s, ref MaskedInputs _, ReadOnlySpan<byte> from) =>
                ControllerState.FromBits(s.InputBit, 0, BinaryPrimitives.ReadUInt32BigEndian(from)));
        Add(f, "input_bit_registers32_to_63", RtdeType.UInt32, true,
            static (ControllerState s, ref MaskedInputs _, ReadOnlySpan<byte> from) =>
                ControllerState.FromBits(s.InputBit, 32, BinaryPrimitives.ReadUInt32BigEndian(from)));
        Add(f, "external_force_torque", RtdeType.Vector6D, false,
            static (ControllerState s, ref MaskedInputs _, ReadOnlySpan<byte> from) =>
            {
                Vector6 wrench = default;
                for (int i = 0; i < 6; i++)
                    wrench[i] = RtdeWire.ReadDouble(from[(i * 8)..]);
                s.ExternalForceTorque = wrench;
            });
        AddMasked(f);
        return f;
    }

    private static void AddMasked(Dictionary<string, RtdeInput> f)
    {
        Add(f, "speed_slider_mask", RtdeType.UInt32, true,
            static (ControllerState _, ref MaskedInputs m, ReadOnlySpan<byte> from) =>
                m.SpeedMask = BinaryPrimitives.ReadUInt32BigEndian(from));
        Add(f, "speed_slider_fraction", RtdeType.Double, true,
            static (ControllerState _, ref MaskedInputs m, ReadOnlySpan<byte> from) => m.SpeedFraction = RtdeWire.ReadDouble(from));
        AddByte(f, "standard_digital_output_mask", static (ref MaskedInputs m, byte b) => m.StandardMask = b);
        AddByte(f, "standard_digital_output", static (ref MaskedInputs m, byte b) => m.Standard = b);
        AddByte(f, "configurable_digital_output_mask", static (ref MaskedInputs m, byte b) => m.ConfigurableMask = b);
        AddByte(f, "configurable_digital_output", static (ref MaskedInputs m, byte b) => m.Configurable = b);
        AddByte(f, "tool_digital_output_mask", static (ref MaskedInputs m, byte b) => m.ToolMask = b);
        AddByte(f, "tool_digital_output", static (ref MaskedInputs m, byte b) => m.Tool = b);
        AddByte(f, "standard_analog_output_mask", static (ref MaskedInputs m, byte b) => m.AnalogMask = b);
        AddByte(f, "standard_analog_output_type", static (ref MaskedInputs m, byte b) => m.AnalogTypes = b);
        Add(f, "standard_analog_output_0", RtdeType.Double, true,
            static (ControllerState _, ref MaskedInputs m, ReadOnlySpan<byte> from) => m.Analog0 = RtdeWire.ReadDouble(from));
        Add(f, "standard_analog_output_1", RtdeType.Double, true,
            static (ControllerState _, ref MaskedInputs m, ReadOnlySpan<byte> from) => m.Analog1 = RtdeWire.ReadDouble(from));
    }

    private delegate void ByteSetter(ref MaskedInputs masked, byte value);

    private static void AddByte(Dictionary<string, RtdeInput> f, string name, ByteSetter set) =>
        Add(f, name, RtdeType.UInt8, true, (ControllerState _, ref MaskedInputs m, ReadOnlySpan<byte> from) => set(ref m, from[0]));

    private static void Add(Dictionary<string, RtdeInput> f, string name, RtdeType type, bool ofFieldbus, FieldReader read) =>
        f.Add(name, new(name, type, f.Count, ofFieldbus, read));
}
