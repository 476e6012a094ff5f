using RobotWorldModel.Drivers.Teleoperation;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Runtime.Devices;

/// <summary>What may stand under <c>teleoperation</c>.</summary>
internal static class TeleopDrivers
{
    public const string Leader = "leader";

    private static readonly string[] s_hand =
        ["device", "axes", "slow", "dead_zone", "linear_scale", "angular_scale", "frame", "grab"];

    public static readonly DriverTable<TeleoperationConfig, ITeleopDevice> All = new(
        ["dead_man", "gripper_open", "gripper_close"],
        [
            new("gamepad", [], s_hand, Claim, c => new HandController(Hand(c))),
            new("spacemouse", [], s_hand, Claim, c => new HandController(Hand(c))),
            new(Leader, ["host"], ["model", "scale"], c => c.Host, c => new LeaderArm(Arm(c))),
        ]);

    /// <exception cref="ArgumentException">A button or an axis that is none; says which.</exception>
    public static void Validate(TeleoperationConfig config)
    {
        if (config.Driver == Leader)
            Arm(config).Validate();
        else
            Hand(config).Validate();
    }

    /// <summary>How what comes from the device moves the arm.</summary>
    public static ITeleopMotion Motion(TeleoperationConfig config, string model, Drivers.Motion.ArmMotion motion) =>
        config.Driver == Leader
            ? new LeaderMotion(config.Scale, (config.Model ?? model) == model, q => motion.TcpOf(q))
            : new HandMotion(config.LinearScale, config.AngularScale, config.Frame, q => motion.TcpOf(q));

    private static string Claim(TeleoperationConfig config) =>
        config.Device.Length == 0 ? config.Driver
        : config.Device.StartsWith('/') ? DeviceFile.ClaimOf(config.Device)
        : config.Device.Replace('/', '_'); // its name, or vendor and product

    private static HandControllerOptions Hand(TeleoperationConfig config) => new()
    {
        Kind = config.Driver == "spacemouse" ? HandKind.SpaceMouse : HandKind.Gamepad,
        Device = config.Device,
        Axes = config.Axes,
        DeadMan = config.DeadMan,
        GripperOpen = config.GripperOpen,
        GripperClose = config.GripperClose,
        Slow = config.Slow,
        DeadZone = config.DeadZone,
        Grab = config.Grab,
    };

    private static LeaderArmOptions Arm(TeleoperationConfig config) => new()
    {
        Host = config.Host,
        Model = config.Model ?? "UR5e",
        DeadMan = config.DeadMan ?? LeaderArmOptions.Freedrive,
        GripperOpen = config.GripperOpen ?? "",
        GripperClose = config.GripperClose ?? "",
    };
}
