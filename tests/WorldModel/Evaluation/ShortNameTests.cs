using RobotWorldModel.WorldModel.Evaluation;

namespace RobotWorldModel.WorldModel.Tests.Evaluation;

public sealed class ShortNameTests
{
    [Theory]
    [InlineData("joint_position", "joint_position")]
    [InlineData("task:goal", "task: goal")]
    [InlineData("task:goal_x,goal_y,goal_z", "task: goal_x/y/z")]
    [InlineData("task:cos,sin,speed", "task: cos, sin, speed")]
    [InlineData("task:x,tcp_speed_x,tcp_speed_y,cos", "task: x, tcp_speed_x/y, cos")]
    [InlineData("task:tcp_speed_x,tcp_speed_y,tcp_speed_z,commanded_less_tcp_x,commanded_less_tcp_y,goal_less_tcp_x",
        "task: tcp_speed_x/y/z, commanded_less_tcp_x/y and 1 more")]
    public void A_name_of_many_columns_is_short(string name, string shown) => Assert.Equal(shown, ShortName.OfModality(name));
}
