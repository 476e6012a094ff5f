using RobotWorldModel.Drivers.Modbus;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// A gripper on its own serial line, 115200 baud, or behind a gateway: three registers tell all of it, three take all that is asked
/// (Robotiq's 2F-85 and 2F-140 manual, section 4.4). It calls itself disconnected after a second without a request.
/// </summary>
internal sealed class GripperModbusLink(ModbusClient client) : GripperLink
{
    public const int Baud = 115200;
    public const ushort RequestRegister = 0x03E8, StatusRegister = 0x07D0;
    private const int Tries = 3;
    private const int ActivateBit = 1, GoToBit = 8, ReleaseBit = 16, ReleaseOpensBit = 32;
    private readonly ModbusClient _client = client;
    private readonly ushort[] _status = new ushort[3], _request = new ushort[3];
    private bool _asked;

    public override void ReadAll(ref GripperRegisters registers) => Read(ref registers, false);

    public override void Read(ref GripperRegisters registers, bool echoFirst)
    {
        Retry(static link => link._client.ReadHolding(StatusRegister, link._status));
        PositionTrip = _client.RoundTrip;
        int status = _status[0] >> 8;
        registers = new()
        {
            Activated = status & ActivateBit,
            Status = status >> 4 & 3,
            Object = status >> 6,
            Fault = _status[1] >> 8 & 15,
            Echo = _status[1] & 0xFF,
            Position = _status[2] >> 8,
            Force = _asked ? _request[2] & 0xFF : Unavailable, // it does not tell
        };
    }

    public override void ReadActivation(ref GripperRegisters registers) => Read(ref registers, false);

    public override void Reset() => Ask(0, 0, 0, 0);

    public override void Activate() => Ask(ActivateBit, 0, 0, 0);

    public override void Move(int position, int speed, int force) => Ask(ActivateBit | GoToBit, position, speed, force);

    public override void Stop(bool activating)
    {
        bool active = !activating && (_status[0] >> 8 & ActivateBit) != 0;
        Ask(active ? ActivateBit : 0, _request[1], _request[2] >> 8, _request[2] & 0xFF);
    }

    public override void Release(bool open) => Ask(ActivateBit | ReleaseBit | (open ? ReleaseOpensBit : 0), 0, 0, 0);

    private void Ask(int action, int position, int speed, int force)
    {
        (_request[0], _request[1], _request[2]) = ((ushort)(action << 8), (ushort)position, (ushort)(speed << 8 | force));
        _asked = true;
        Retry(static link => link._client.WriteMultiple(RequestRegister, link._request));
    }

    /// <summary>A disturbed exchange is made again: reading is harmless, and a request written twice is one.</summary>
    private void Retry(Action<GripperModbusLink> exchange)
    {
        for (int i = 1; ; i++)
        {
            try
            {
                exchange(this);
                return;
            }
            catch (ModbusException e) when (i < Tries && e.Failure != ModbusFailure.Refused)
            {
                // asked once more
            }
        }
    }
}
