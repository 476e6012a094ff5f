using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Drivers.UniversalRobots;

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
    }
}
