using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>A Robotiq gripper through the URCap's socket on the robot's controller.</summary>
public sealed class RobotiqGripperSocket : RobotiqGripper
{
    /// <exception cref="ArgumentException">An option out of range; says which.</exception>
    public RobotiqGripperSocket(RobotiqGripperOptions options) : base(options)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(options.Host, $"{options.Name}.host");
        Address = $"{options.Host}:{options.Port}";
        Device = new SocketDevice(options.Name, DeviceAddress.Tcp(options.Host, options.Port, "the Robotiq gripper URCap"),
            (socket, stop) => Session(new GripperUrcapLink(new(socket, stop)), stop));
    }

    private protected override ConnectedDevice Device { get; }

    private protected override string Address { get; }
}

/// <summary>A Robotiq gripper on a serial line of its own, behind its gateway, or by Modbus TCP.</summary>
public sealed class RobotiqGripperModbus : RobotiqGripper
{
    /// <exception cref="ArgumentException">An option is missing or out of range; says which.</exception>
    public RobotiqGripperModbus(RobotiqGripperOptions options) : base(options)
    {
        PortAddress line = options.Line ?? throw new ArgumentException($"{options.Name}.line must be {PortAddress.Forms}");
        Address = line.ToString();
        Device = new PortDevice(options.Name, line, GripperModbusLink.Baud, "the gateway of the gripper",
            (port, stop) => Session(
                new GripperModbusLink(ModbusClient.Over(line.Kind, port, options.Unit, options.AnswerMs)), stop));
    }

    private protected override ConnectedDevice Device { get; }

    private protected override string Address { get; }
}
