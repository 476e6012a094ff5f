using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// Registers, digital and analog inputs and outputs. Source: URScript manual 5.12, module interfaces. Nothing is wired to the simulated
/// control box: its inputs are low.
/// </summary>
internal sealed class InputOutputBuiltins(RobotContext robot)
{
    public void AddTo(BuiltinLibrary library)
    {
        AddRegisters(library);
        AddDigital(library, "standard", 0, 8);
        AddDigital(library, "configurable", 8, 8);
        AddDigital(library, "tool", 16, 2);
        AddAnalog(library);
        AddToolCommunication(library);
    }

    private void AddRegisters(BuiltinLibrary library)
    {
        ControllerState state = robot.State;
        library.Add("read_input_integer_register(address)", (_, a) => Value.Int(state.InputInt[Register(a[0])]));
        library.Add("read_input_float_register(address)", (_, a) => Value.Float(state.InputDouble[Register(a[0])]));
        library.Add("read_input_boolean_register(address)", (_, a) => Value.Bool(state.InputBit[BitRegister(a[0])]));
        library.Add("read_output_integer_register(address)", (_, a) => Value.Int(state.OutputInt[Register(a[0])]));
        library.Add("read_output_float_register(address)", (_, a) => Value.Float(state.OutputDouble[Register(a[0])]));
        library.Add("read_output_boolean_register(address)", (_, a) => Value.Bool(state.OutputBit[BitRegister(a[0])]));
        library.Add("write_output_integer_register(address, value)", (_, a) =>
        {
            state.OutputInt[Register(a[0])] = a[1].AsInt();
            return Value.None;
        });
        library.Add("write_output_float_register(address, value)", (_, a) =>
        {
            state.OutputDouble[Register(a[0])] = a[1].AsNumber();
            return Value.None;
        });
        library.Add("write_output_boolean_register(address, value)", (_, a) =>
        {
            state.OutputBit[BitRegister(a[0])] = a[1].AsBool();
            return Value.None;
        });
    }

    private void AddDigital(BuiltinLibrary library, string kind, int firstBit, int count)
    {
        ControllerState state = robot.State;
        library.Add($"set_{kind}_digital_out(n, b)", (_, a) =>
        {
            int bit = firstBit + Arguments.Below(a[0], count);
            state.DigitalOutputs = a[1].AsBool() ? state.DigitalOutputs | 1ul << bit : state.DigitalOutputs & ~(1ul << bit);
            return Value.None;
        });
        library.Add($"get_{kind}_digital_out(n)",
            (_, a) => Value.Bool((state.DigitalOutputs >> (firstBit + Arguments.Below(a[0], count)) & 1) != 0));
        library.Add($"get_{kind}_digital_in(n)", (_, a) =>
        {
            Arguments.Below(a[0], count);
            return Value.Bool(false);
        });
    }

    private void AddAnalog(BuiltinLibrary library)
    {
        ControllerState state = robot.State;
        library.Add("set_standard_analog_out(n, f)", (_, a) =>
        {
            double level = Arguments.Between(a[1], 0, 1, "set_standard_analog_out: f");
            if (Arguments.Below(a[0], 2) == 0)
                state.AnalogOutput0 = level;
            else
                state.AnalogOutput1 = level;
            return Value.None;
        });
        library.Add("get_standard_analog_out(n)",
            (_, a) => Value.Float(Arguments.Below(a[0], 2) == 0 ? state.AnalogOutput0 : state.AnalogOutput1));
        foreach (string kind in (string[])["standard", "tool"])
            library.Add($"get_{kind}_analog_in(n)", (_, a) =>
            {
                Arguments.Below(a[0], 2);
                return Value.Float(0);
            });
        AddDomain(library, "set_analog_outputdomain(port, domain)", 2, ofTool: false);
        AddDomain(library, "set_standard_analog_input_domain(port, domain)", 0, ofTool: false);
        AddDomain(library, "set_tool_analog_input_domain(port, domain)", 0, ofTool: true);
        library.Add("set_tool_voltage(voltage)", (_, a) =>
        {
            int volts = Arguments.Whole(a[0], "set_tool_voltage: voltage");
            state.ToolVoltage = volts is 0 or 12 or 24
                ? volts
                : throw new ScriptFaultException($"set_tool_voltage: the voltage must be 0, 12 or 24, not {volts}");
            return Value.None;
        });
    }

    // Nothing is wired to the simulated tool connector: what is set is checked, and then nobody talks through it. Source: URScript
    // manual 5.12, set_tool_communication.
    private static void AddToolCommunication(BuiltinLibrary library) => library.Add(
        "set_tool_communication(enabled, baud_rate, parity, stop_bits, rx_idle_chars, tx_idle_chars)", static (_, a) =>
        {
            a[0].AsBool();
            int baud = Arguments.Whole(a[1], "set_tool_communication: baud_rate");
            if (baud is not (9600 or 19200 or 38400 or 57600 or 115200 or 1_000_000 or 2_000_000 or 5_000_000))
                throw new ScriptFaultException($"set_tool_communication: the tool has no baud rate {baud}");
            Arguments.Between(a[2], 0, 2, "set_tool_communication: parity");
            Arguments.Between(a[3], 1, 2, "set_tool_communication: stop_bits");
            Arguments.Between(a[4], 1, 40, "set_tool_communication: rx_idle_chars");
            Arguments.Between(a[5], 0, 40, "set_tool_communication: tx_idle_chars");
            return Value.None;
        });

    // 0 is a current, 1 a voltage.
    private void AddDomain(BuiltinLibrary library, string signature, int firstBit, bool ofTool)
    {
        ControllerState state = robot.State;
        library.Add(signature, (_, a) =>
        {
            uint bit = 1u << (firstBit + Arguments.Below(a[0], 2));
            bool volts = Arguments.Below(a[1], 2) == 1;
            ref uint voltages = ref ofTool ? ref state.ToolVoltages : ref state.AnalogVoltages;
            voltages = volts ? voltages | bit : voltages & ~bit;
            return Value.None;
        });
    }

    private static int Register(in Value address) => Arguments.Below(address, ControllerState.Registers);

    private static int BitRegister(in Value address) => Arguments.Below(address, ControllerState.BitRegisters);
}
