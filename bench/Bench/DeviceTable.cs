using RobotWorldModel.Drivers.Bota;
using RobotWorldModel.Runtime.Configuration;

namespace RobotWorldModel.Bench;

/// <summary>One driver on one wire, as <see cref="DevicesBench"/> measures it.</summary>
/// <param name="Kind">Of <see cref="DeviceDriver"/>.</param>
/// <param name="RateHz">What is asked of it.</param>
/// <param name="Address">Its line or its host, from the host of the cell.</param>
internal sealed record MeasuredDevice(string Name, string Kind, double RateHz, Func<string, string> Address)
{
    /// <summary>Of a sample on its line, both ways.</summary>
    public double LineBits { get; init; }

    /// <summary>Of its serial line; 0: it is on the network, where a pulled cable may be silence.</summary>
    public int Baud { get; init; }

    /// <summary>It sends by itself: none may be missing.</summary>
    public bool Streams { get; init; }

    /// <summary>How the loop in C is told to read it; null: it is not.</summary>
    public string[]? Loop { get; init; }

    /// <summary>The cell's fault that pulls its cable; null: there is none for it.</summary>
    public string? Cable { get; init; }

    /// <summary>How long the cable is out, s: longer than its driver takes to see it.</summary>
    public double GoneS { get; init; } = 1;

    public bool IsGripper => Kind is DeviceDriver.GripperOnALine or DeviceDriver.GripperBehindUrcap;
}

/// <summary>What hangs on a cell, and what is measured there.</summary>
/// <param name="Sections">Of the config, from the host of the cell.</param>
internal sealed record DeviceSetting(Func<string, string> Sections, params MeasuredDevice[] Measured);

/// <summary>Every driver of a force-torque sensor or a gripper, once on each kind of wire.</summary>
internal static class DeviceTable
{
    private const string ForceLine = "bench-force.tty", GripperLine = "bench-gripper.tty";
    private const string Force = "force_cable", Gripper = "gripper_cable"; // faults of the cell
    private const int GatewayPort = 4001, ModbusPort = 1502; // 502 is root's

    public static readonly DeviceSetting[] All =
    [
        new(_ => Sections($"{{driver: robotiq_ft300_stream, line: {ForceLine}}}", $"{{driver: robotiq_modbus, line: {GripperLine}}}"),
            new("FT 300 stream", DeviceDriver.Ft300Streams, 100, OnForceLine)
            {
                LineBits = 160,
                Baud = 19200,
                Streams = true,
                Cable = Force,
                // fifty bytes of 0xFF end a stream, then a register starts it (Robotiq's manual)
                Loop = ["204E", "16", string.Concat(Enumerable.Repeat("FF", 50)), "0910019A0001020200CDCA"],
            },
            new("gripper on a line", DeviceDriver.GripperOnALine, 60, OnGripperLine)
            {
                LineBits = 190,
                Baud = 115200,
                Cable = Gripper,
            },
            new("arm's own force sensor", DeviceDriver.ArmsOwn, 500, host => host) { Streams = true }),
        new(host => Sections($"{{driver: robotiq_ft300_modbus, line: {ForceLine}}}", $"{{driver: robotiq_socket, host: {host}}}"),
            new("FT 300 polled", DeviceDriver.Ft300Polled, 60, OnForceLine) { LineBits = 250, Baud = 19200, Cable = Force },
            new("gripper on the socket", DeviceDriver.GripperBehindUrcap, 60, host => host) { Cable = Gripper, GoneS = 2 }),
        new(_ => Sections($"{{driver: bota_serial, line: {ForceLine}}}"), Bota(400), Bota(800)),
        new(host => Sections($"{{driver: robotiq_ft300_socket, host: {host}}}", $"{{driver: robotiq_modbus, line: '{ModbusTcp(host)}'}}"),
            new("FT 300 on the socket", DeviceDriver.Ft300BehindUrcap, 100, host => host) { Streams = true, Cable = Force },
            new("gripper by Modbus TCP", DeviceDriver.GripperOnALine, 60, ModbusTcp) { Cable = Gripper }),
        new(host => Sections($"{{driver: robotiq_ft300_stream, line: '{Gateway(host)}'}}"),
            new MeasuredDevice("FT 300 behind a gateway", DeviceDriver.Ft300Streams, 100, Gateway) { Streams = true, Cable = Force }),
        new(host => Sections($"{{driver: ati_netft, host: {host}, http_port: {DeviceDriver.NetFtPage}}}"),
            new MeasuredDevice("Net F/T", DeviceDriver.NetFt, 1000, host => host) { Streams = true, Cable = Force }),
        new(host => Sections($"{{driver: onrobot_hex, host: {host}}}"),
            new MeasuredDevice("HEX", DeviceDriver.Hex, 1000, host => host) { Streams = true, Cable = Force }),
    ];

    private static MeasuredDevice Bota(double rateHz) => new($"Bota at {rateHz} Hz", DeviceDriver.Bota, rateHz, OnForceLine)
    {
        LineBits = BotaWire.FrameBytes * 10,
        Baud = BotaWire.DefaultBaud,
        Streams = true,
        Cable = Force,
        Loop =
        [
            "AA", $"{BotaWire.FrameBytes}", "43", Hex("c,0,1,0,4"), Hex($"f,{BotaWire.SincLengths[(int)rateHz]},0,0,1"), Hex("R"),
        ],
    };

    private static string Hex(string command) => Convert.ToHexString(System.Text.Encoding.ASCII.GetBytes(command));

    private static string OnForceLine(string host) => RuntimeFolder.Resolve(ForceLine);

    private static string OnGripperLine(string host) => RuntimeFolder.Resolve(GripperLine);

    private static string Gateway(string host) => $"tcp://{host}:{GatewayPort}";

    private static string ModbusTcp(string host) => $"modbus://{host}:{ModbusPort}";

    private static string Sections(string force, string? gripper = null) =>
        $"force: {force}\n" + (gripper is null ? "" : $"gripper: {gripper}\n");
}
