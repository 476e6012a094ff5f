using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.UniversalRobots;

public class RtdeOutputsTests
{
    [Fact]
    public void What_the_controller_does_not_send_is_not_a_number()
    {
        string[] names = ["timestamp", "actual_q", "actual_qd"];
        var outputs = new RtdeOutputs(1, names, [RtdeType.Double, RtdeType.Vector6D, RtdeType.Vector6D]);
        RobotState state = RtdeOutputs.Initial();
        outputs.Decode(new byte[outputs.Bytes], ref state);
        Assert.True(state.Q.IsFinite && state.Qd.IsFinite);
        foreach (var unsent in new[] { state.Current, state.TargetQ, state.TargetQd, state.TcpPose, state.TcpSpeed, state.TcpOffset })
            Assert.All(unsent.ToArray(), v => Assert.Equal(double.NaN, v));
        Assert.True(double.IsNaN(state.PayloadCog.Length) && double.IsNaN(state.Analog.Input0) && double.IsNaN(state.Analog.Output1));
        Assert.Equal(-1, state.Analog.ToolSupply);
    }

    [SkippableFact]
    public void Signals_and_the_tool_are_those_that_the_controller_sends()
    {
        using var mini = new UrMini();
        foreach (string order in (string[])["payload_cog 0.01 0.02 0.03", "standard_analog_input0 4.5", "standard_analog_input1 0.012",
            "standard_analog_output0 0.004", "standard_analog_output1 7", "analog_io_types 9", "tool_analog_input0 1.5",
            "tool_analog_input1 0.02", "tool_analog_input_types 1", "tool_output_voltage 24"])
            mini.Order($"set {order}");
        using var arm = new UrArm(mini.Options());
        arm.Start();
        Eventually.True(() => arm.States.TryGetNewest(out _), "data");
        arm.States.TryGetNewest(out var sample);
        AnalogSignals analog = sample.Value.Analog;
        Assert.Equal(new(0.01, 0.02, 0.03), sample.Value.PayloadCog);
        Assert.Equal((4.5, 0.012, 0.004, 7), (analog.Input0, analog.Input1, analog.Output0, analog.Output1));
        Assert.Equal((1.5, 0.02, 9u, 1u, 24),
            (analog.ToolInput0, analog.ToolInput1, analog.Voltages, analog.ToolVoltages, analog.ToolSupply));
        Assert.True(double.IsNaN(analog.ToolCurrent)); // which this one does not send
    }
}
