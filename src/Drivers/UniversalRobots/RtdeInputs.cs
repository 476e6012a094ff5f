using System.Buffers.Binary;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Motion;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Drivers.UniversalRobots;

/// <summary>
/// The claimed input recipe of one connection: a whole set-point is one package out of one buffer. One thread at a time.
/// </summary>
internal sealed class RtdeInputs
{
    private const int IntegersAt = ControlProgram.Doubles * 8;
    private const int PackageBytes = RtdeWire.HeaderBytes + 1 + IntegersAt + ControlProgram.Integers * 4;
    private readonly RtdeSession _session;
    private readonly byte[] _package = new byte[PackageBytes];

    private RtdeInputs(RtdeSession session, byte recipe)
    {
        _session = session;
        BinaryPrimitives.WriteUInt16BigEndian(_package, PackageBytes);
        _package[2] = (byte)RtdePackage.Data;
        _package[3] = recipe;
    }

    /// <summary>The setup request for the registers that the control program reads.</summary>
    public static byte[] Request => RtdeWire.Package(RtdePackage.SetupInputs, [], ControlProgram.InputNames);

    /// <summary>Reads the controller's reply. Either the claimed inputs, or what is in the way and what to do, is null.</summary>
    public static (RtdeInputs? Inputs, string? Problem) FromReply(RtdeSession session, ReadOnlySpan<byte> payload)
    {
        string[] names = ControlProgram.InputNames.Split(',');
        if (payload.IsEmpty)
            return (null, $"{session.Host} gave an empty answer to the request for input registers");
        string[] types = RtdeWire.SplitList(payload[1..]);
        if (types.Length != names.Length)
            return (null, $"{session.Host} answered the request for {names.Length} input registers with {types.Length} types");
        string inUse = Refused("IN_USE");
        if (inUse.Length > 0)
            return (null, $"{session.Host} refused RTDE input {inUse} (IN_USE): another client owns it, often EtherNet/IP or PROFINET "
                + "enabled on the robot, or another RTDE program (ur_rtde, a ROS driver): "
                + "disable the fieldbus or end that program, then start again");
        string missing = Refused("NOT_FOUND");
        if (missing.Length > 0)
            return (null, $"{session.Host} does not have RTDE input {missing} (NOT_FOUND): "
                + "registers 24-47 need PolyScope 3.9 or 5.3; update it");
        for (int i = 0; i < names.Length; i++)
        {
            if (types[i] != RtdeWire.Name(i < ControlProgram.Doubles ? RtdeType.Double : RtdeType.Int32))
                return (null, $"{session.Host} says that RTDE input {names[i]} is {types[i]}, which it is not on a UR controller");
        }
        return (new(session, payload[0]), null);

        string Refused(string how)
        {
            string[] refused = [.. names.Where((_, i) => types[i] == how)];
            return refused.Length <= 2 ? string.Join(", ", refused) : $"{refused[0]} and {refused.Length - 1} more";
        }
    }

    public bool BelongsTo(RtdeSession? session) => _session == session;

    /// <summary>False when the connection is gone.</summary>
    public bool Send(ArmMode mode, in Vector6 q, in Vector6 qd, int counter, int setting, in ArmSetting make)
    {
        Span<byte> to = _package.AsSpan(RtdeWire.HeaderBytes + 1);
        for (int i = 0; i < 6; i++)
        {
            BinaryPrimitives.WriteDoubleBigEndian(to[(8 * i)..], q[i]);
            BinaryPrimitives.WriteDoubleBigEndian(to[(48 + 8 * i)..], qd[i]);
        }
        Span<byte> integers = to[IntegersAt..];
        BinaryPrimitives.WriteInt32BigEndian(integers, counter);
        BinaryPrimitives.WriteInt32BigEndian(integers[4..], (int)mode);
        BinaryPrimitives.WriteInt32BigEndian(integers[8..], setting);
        BinaryPrimitives.WriteInt32BigEndian(integers[12..], (int)make.Kind);
        BinaryPrimitives.WriteInt32BigEndian(integers[16..], make.Output);
        BinaryPrimitives.WriteInt32BigEndian(integers[20..], make.Level ? 1 : 0);
        return _session.TryWrite(_package);
    }
}
