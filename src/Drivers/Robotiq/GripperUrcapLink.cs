using System.Text.Unicode;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>A gripper behind the URCap's socket. Each variable takes it some ms: what seldom changes takes turns.</summary>
internal sealed class GripperUrcapLink(GripperWire wire) : GripperLink
{
    private readonly byte[] _request = new byte[64];
    private int _turn;

    public override void ReadAll(ref GripperRegisters registers)
    {
        registers.Status = wire.Get(GripperVariable.Status);
        registers.Fault = wire.Get(GripperVariable.Fault);
        registers.Echo = wire.Get(GripperVariable.Echo);
        registers.Force = wire.Get(GripperVariable.Force);
    }

    public override void Read(ref GripperRegisters registers, bool echoFirst)
    {
        if (registers.Status == Unavailable || registers.Fault == Unavailable)
        {
            registers.Status = wire.Get(GripperVariable.Status); // back from an emergency stop, nothing known before is true any more
            registers.Fault = wire.Get(GripperVariable.Fault);
        }
        registers.Position = registers.Status == Unavailable ? Unavailable : wire.Get(GripperVariable.Position);
        PositionTrip = wire.RoundTrip;
        if (echoFirst)
            registers.Echo = wire.Get(GripperVariable.Echo);
        registers.Object = wire.Get(GripperVariable.Object);
        switch (_turn++ % 4)
        {
            case 0:
                registers.Fault = wire.Get(GripperVariable.Fault);
                break;
            case 1:
                registers.Status = wire.Get(GripperVariable.Status);
                break;
            case 2:
                registers.Echo = wire.Get(GripperVariable.Echo);
                break;
            default:
                registers.Force = wire.Get(GripperVariable.Force);
                break;
        }
    }

    public override void ReadActivation(ref GripperRegisters registers)
    {
        registers.Status = wire.Get(GripperVariable.Status);
        registers.Activated = wire.Get(GripperVariable.Activate);
        registers.Fault = wire.Get(GripperVariable.Fault);
    }

    public override void Reset() => wire.Set("SET ACT 0 ATR 0\n"u8);

    public override void Activate() => wire.Set("SET ACT 1\n"u8);

    public override void Move(int position, int speed, int force)
    {
        Utf8.TryWrite(_request, $"SET POS {position} SPE {speed} FOR {force} GTO 1\n", out int length);
        wire.Set(_request.AsSpan(0, length));
    }

    public override void Stop(bool activating) => wire.Set(activating ? "SET ACT 0 GTO 0\n"u8 : "SET GTO 0\n"u8);

    public override void Release(bool open) => wire.Set(open ? "SET ARD 1 ATR 1\n"u8 : "SET ARD 0 ATR 1\n"u8);
}
