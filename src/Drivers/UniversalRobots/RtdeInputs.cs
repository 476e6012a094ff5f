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

    private static readonly RtdeRecipe s_recipe = new(
        [.. ControlProgram.InputNames.Split(',')
            .Select((name, i) => (name, i < ControlProgram.Doubles ? RtdeType.Double : RtdeType.Int32))],
        "disable the fieldbus or end that program, then start again");

    /// <summary>The setup request for the registers that the control program reads.</summary>
    public static byte[] Request => s_recipe.Request;

    /// <summary>Reads the controller's reply. Either the claimed inputs, or what is in the way and what to do, is null.</summary>
    public static (RtdeInputs? Inputs, string? Problem) FromReply(RtdeSession session, ReadOnlySpan<byte> payload)
    {
        string? problem = s_recipe.Read(session, payload, out byte recipe);
        return problem is null ? (new(session, recipe), null) : (null, problem);
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
            BinaryPrimitives.WriteDoubleBigEndian(to[(96 + 8 * i)..], make.Values[i]);
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
