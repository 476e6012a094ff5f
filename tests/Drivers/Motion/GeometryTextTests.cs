using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Drivers.Tests.Motion;

public class GeometryTextTests
{
    [Fact]
    public void Vectors_rotations_and_poses_can_be_written_in_messages()
    {
        Assert.Equal("[1, 2.5, -3]", new Vec3(1, 2.5, -3).ToString());
        Assert.Equal("[0, 0, 0, 1]", Quat.Identity.ToString());
        Assert.Equal("p[1, 2.5, -3, 0, 0, 0]", new Pose(new(1, 2.5, -3), Quat.Identity).ToString());
    }
}
