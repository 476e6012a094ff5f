using System.Text.Json;
using RobotWorldModel.Runtime.Desk;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Tests.Protocol;

public class ProtocolJsonTests
{
    private static readonly CoreStatus s_status = new(
        "cell", "idle", "", 1, 1, "/data", false, [new("robot", 500, 0, null, false, 0, 0, 0, true, "")], new(30, 0, 0, 0, 0, 0),
        new("UR5e", "1", "running", "normal", "stopped", [0, double.NaN, 0, 0, 0, 0], new double[6], new double[6], double.NaN),
        null, null, new(true, "off", null, "", false), null, [],
        new("demo_000", "done", 1, double.PositiveInfinity, 0.5, ""), new(1, 1));

    [Fact]
    public void Numbers_that_no_device_has_told_are_null_on_the_wire_and_unknown_again_when_read()
    {
        string line = JsonSerializer.Serialize(new(0, Status: s_status), ProtocolJson.Default.CoreReply);
        using var json = JsonDocument.Parse(line);
        JsonElement robot = json.RootElement.GetProperty("status").GetProperty("robot");
        Assert.Equal(JsonValueKind.Null, robot.GetProperty("speed_scaling").ValueKind);
        Assert.Equal(JsonValueKind.Null, robot.GetProperty("q")[1].ValueKind);
        CoreStatus read = JsonSerializer.Deserialize(line, ProtocolJson.Default.CoreReply)!.Status!;
        Assert.Equal(s_status.Robot!.Q, read.Robot!.Q);
        Assert.True(double.IsNaN(read.Robot.SpeedScaling));
        Assert.True(double.IsNaN(read.Replay!.RmsRad));
        Assert.Equal(0.5, read.Replay.MaxRad);
        Assert.Null(read.Streams[0].AgeMs);
    }

    [Fact]
    public void The_desk_passes_them_on()
    {
        string body = JsonSerializer.Serialize(new DeskStatus(new(true, ""), s_status, "cell.yaml"), DeskJson.Default.DeskStatus);
        Assert.Contains("\"speed_scaling\":null", body, StringComparison.Ordinal);
    }
}
