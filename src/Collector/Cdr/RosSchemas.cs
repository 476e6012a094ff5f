using System.Text;

namespace RobotWorldModel.Collector.Cdr;

/// <summary>
/// A ROS 2 message type with the text that a <c>ros2msg</c> schema carries: its own .msg, then each type it needs after a line of '='.
/// </summary>
public sealed class RosType
{
    private const int SeparatorLength = 80;

    internal RosType(string name, string text, params RosType[] needs)
    {
        Name = name;
        OwnText = text.ReplaceLineEndings("\n");
        Needs = needs;
        var all = new List<RosType>();
        Gather(this, all);
        var full = new StringBuilder(OwnText);
        foreach (var type in all.Skip(1))
        {
            full.Append('\n').Append('=', SeparatorLength).Append('\n');
            full.Append("MSG: ").Append(type.Name.Replace("/msg/", "/")).Append('\n').Append(type.OwnText);
        }
        FullText = full.Append('\n').ToString();
    }

    /// <summary>As <c>sensor_msgs/msg/Image</c>.</summary>
    public string Name { get; }

    /// <summary>The .msg file.</summary>
    public string OwnText { get; }

    /// <summary>The .msg file and those that it needs.</summary>
    public string FullText { get; }

    private IReadOnlyList<RosType> Needs { get; }

    private static void Gather(RosType type, List<RosType> to)
    {
        if (to.Contains(type))
            return;
        to.Add(type);
        foreach (var need in type.Needs)
            Gather(need, to);
    }
}

/// <summary>The types of a capture log. The package rwm_msgs is our own; all its host times are of the host's monotonic clock.</summary>
public static class RosSchemas
{
    public static readonly RosType Time = new("builtin_interfaces/msg/Time", """
        int32 sec
        uint32 nanosec
        """);

    public static readonly RosType Header = new("std_msgs/msg/Header", """
        builtin_interfaces/Time stamp
        string frame_id
        """, Time);

    public static readonly RosType Vector3 = new("geometry_msgs/msg/Vector3", """
        float64 x
        float64 y
        float64 z
        """);

    public static readonly RosType Point = new("geometry_msgs/msg/Point", """
        float64 x
        float64 y
        float64 z
        """);

    public static readonly RosType Quaternion = new("geometry_msgs/msg/Quaternion", """
        float64 x 0
        float64 y 0
        float64 z 0
        float64 w 1
        """);

    public static readonly RosType Pose = new("geometry_msgs/msg/Pose", """
        Point position
        Quaternion orientation
        """, Point, Quaternion);

    public static readonly RosType Twist = new("geometry_msgs/msg/Twist", """
        Vector3 linear
        Vector3 angular
        """, Vector3);

    public static readonly RosType Wrench = new("geometry_msgs/msg/Wrench", """
        Vector3 force
        Vector3 torque
        """, Vector3);

    public static readonly RosType PoseStamped = new("geometry_msgs/msg/PoseStamped", """
        std_msgs/Header header
        Pose pose
        """, Header, Pose);

    public static readonly RosType TwistStamped = new("geometry_msgs/msg/TwistStamped", """
        std_msgs/Header header
        Twist twist
        """, Header, Twist);

    public static readonly RosType WrenchStamped = new("geometry_msgs/msg/WrenchStamped", """
        std_msgs/Header header
        Wrench wrench
        """, Header, Wrench);

    public static readonly RosType JointState = new("sensor_msgs/msg/JointState", """
        std_msgs/Header header
        string[] name
        float64[] position
        float64[] velocity
        float64[] effort
        """, Header);

    public static readonly RosType Image = new("sensor_msgs/msg/Image", """
        std_msgs/Header header
        uint32 height
        uint32 width
        string encoding
        uint8 is_bigendian
        uint32 step
        uint8[] data
        """, Header);

    public static readonly RosType RegionOfInterest = new("sensor_msgs/msg/RegionOfInterest", """
        uint32 x_offset
        uint32 y_offset
        uint32 height
        uint32 width
        bool do_rectify
        """);

    public static readonly RosType CameraInfo = new("sensor_msgs/msg/CameraInfo", """
        std_msgs/Header header
        uint32 height
        uint32 width
        string distortion_model
        float64[] d
        float64[9] k
        float64[9] r
        float64[12] p
        uint32 binning_x
        uint32 binning_y
        RegionOfInterest roi
        """, Header, RegionOfInterest);

    public static readonly RosType RobotState = new("rwm_msgs/msg/RobotState", """
        # One cycle of the arm's controller. Stamp: when it was true. Angles in rad, currents in A, poses and wrench in the base frame.
        std_msgs/Header header
        # Counts the device's samples.
        int64 sequence
        # The controller's own stamp, ns on its own clock; -9223372036854775808: none.
        int64 device_ns
        float64[6] q
        float64[6] qd
        float64[6] current
        # The controller's own set-point.
        float64[6] target_q
        float64[6] target_qd
        # x, y, z in m, then the rotation vector in rad.
        float64[6] tcp_pose
        # m/s, then rad/s.
        float64[6] tcp_speed
        # The controller's estimate, N and N.m.
        float64[6] tcp_force
        # RTDE robot_mode, safety_status_bits, robot_status_bits, runtime_state.
        int32 robot_mode
        uint32 safety_status
        uint32 status_bits
        int32 runtime_state
        # 0..1.
        float64 speed_scaling
        float64 target_speed_fraction
        # As the controller is set: m and rotation vector, kg.
        float64[6] tcp_offset
        float64 payload
        # Of the control program on the controller.
        int32 heartbeat
        int32 program_status
        int32 echoed_counter
        """, Header);

    public static readonly RosType GripperState = new("rwm_msgs/msg/GripperState", """
        std_msgs/Header header
        int64 sequence
        # -9223372036854775808: none.
        int64 device_ns
        # 0 open .. 1 closed.
        float64 position
        # m between the pads.
        float64 width
        # N, as asked of the gripper.
        float64 force
        bool object_detected
        bool moving
        # 0: none.
        int32 fault
        """, Header);

    public static readonly RosType SampleTimes = new("rwm_msgs/msg/SampleTimes", """
        # What a standard message cannot carry of its sample; the message of the same stamp follows on the stream's main topic.
        std_msgs/Header header
        int64 sequence
        # The device's own stamp, ns on its own clock; -9223372036854775808: none.
        int64 device_ns
        """, Header);

    public static readonly RosType Tick = new("rwm_msgs/msg/Tick", """
        # One tick of the grid. Stamp: the slot's time. All _ns are of the host's monotonic clock.
        std_msgs/Header header
        int64 slot
        int64 slot_ns
        int64 wake_ns
        int64 lateness_ns
        # Slots passed over so far.
        int64 missed
        # Slots a second.
        int64 rate_numerator
        int64 rate_denominator
        """, Header);

    public static readonly RosType Command = new("rwm_msgs/msg/Command", """
        # What the lease's owner asked for at a tick and what the safety filter made of it. Stamp: when it was handed to the arm.
        uint8 JOINT_POSITION=0
        uint8 JOINT_VELOCITY=1
        uint8 TCP_POSE=2
        uint8 TCP_VELOCITY=3
        std_msgs/Header header
        # The tick's slot.
        int64 tick
        # Who held the lease.
        string source
        uint8 kind
        # By kind: rad, rad/s, m and rotation vector, m/s and rad/s.
        float64[6] requested
        # Joint positions after the filter, rad.
        float64[6] guarded
        # 0 open .. 1 closed; NaN: left as it is.
        float64 gripper
        # Host monotonic clock: when the arm should be there, and when the target was handed over.
        int64 due_ns
        int64 handed_over_ns
        # Which limits changed it.
        uint32 clamped
        bool refused
        """, Header);

    public static readonly RosType Plan = new("rwm_msgs/msg/Plan", """
        # A plan that was made, and what it began from. Stamp: when it was begun. All _ns are of the host's monotonic clock.
        std_msgs/Header header
        # The tick that it was made for.
        int64 slot
        int64 began_ns
        int64 ended_ns
        # Of the generator of random numbers: its seed, and the number of the plan.
        uint64 seed
        uint64 number
        # Actions of the plan before that had been executed since.
        int32 shift
        # Rounds that were finished.
        int32 iterations
        # There was a plan before: else warm_start and carried say nothing.
        bool warm
        float32 expected_return
        # The model's state that it was made from, and the action that led there as the model takes it.
        float32[] latent
        float32[] action_before
        # The plan before, and what else the planner carries from plan to plan: sequences one behind the other, as the planner has them.
        float32[] warm_start
        float32[] carried
        # The plan, in the units of actions.
        float32[] sequence
        # Of the last round, the best first.
        float32[] elite_returns
        """, Header);

    public static readonly RosType Decision = new("rwm_msgs/msg/Decision", """
        # What a tick did with its plan, and what the task says of it. Stamp: the slot's time.
        std_msgs/Header header
        int64 slot
        # The plan for this tick was not there.
        bool late
        # Not this tick's plan was followed.
        bool fallback
        # In the units of actions. As planned, not a number where no plan had one; and as the safety filter let it through.
        float32[] action
        float32[] guarded
        # Something fresh was seen: else what follows says nothing.
        bool seen
        float32[] observation
        float64 reward
        bool terminal
        bool success
        """, Header);

    public static readonly RosType Event = new("rwm_msgs/msg/Event", """
        std_msgs/Header header
        # Host monotonic clock.
        int64 time_ns
        string kind
        string text
        """, Header);
}
