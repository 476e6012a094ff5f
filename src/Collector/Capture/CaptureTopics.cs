using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Collector.Mcap;

namespace RobotWorldModel.Collector.Capture;

/// <summary>Where things stand in a capture log.</summary>
public static class CaptureTopics
{
    public const string RobotState = "/robot/state", JointStates = "/robot/joint_states", TcpPose = "/robot/tcp_pose",
        TcpTwist = "/robot/tcp_twist", Wrench = "/ft/wrench", WrenchTimes = "/ft/times", GripperState = "/gripper/state",
        Tick = "/tick", Command = "/command", Plan = "/plan", Decision = "/decision", Event = "/event";

    /// <summary>Ends of a camera's topics; a picture's times stand in a small message before it, and stay when pictures go.</summary>
    public const string Image = "/image_raw", CameraInfo = "/camera_info", Times = "/times";

    /// <summary>Start of the topics of a camera's colour or depth pictures.</summary>
    public static string Camera(string name, bool depth) => $"/camera/{name}/{(depth ? "depth" : "color")}";

    /// <summary>Name of the metadata records that hold an episode's description.</summary>
    public const string MetadataName = "robotworldmodel";

    /// <summary>What stays of a log that keeps its numbers and leaves its pictures; for <see cref="McapCopy"/>.</summary>
    public static bool IsNumbers(McapChannel channel) => channel.Schema?.Name != RosSchemas.Image.Name;
}
