using System.Buffers.Binary;
using RobotWorldModel.Drivers.Modbus;

namespace RobotWorldModel.Simulation.Devices;

/// <summary>What a simulated Modbus device holds. Each returns 0, or the exception code that it refuses with.</summary>
internal interface IModbusRegisters
{
    /// <param name="input">Input registers (function 4), else holding registers.</param>
    int Read(bool input, int address, Span<ushort> into);

    int Write(int address, ReadOnlySpan<ushort> values);
}

/// <summary>
/// A Modbus unit's side of its wire, RTU or TCP: functions 3, 4, 6, 16 and 23. What is for another unit, or broken, is passed over in
/// silence; a request that has begun and does not go on is forgotten.
/// </summary>
internal sealed class ModbusUnit(byte unit, bool tcp, IModbusRegisters registers)
{
    private const int LongestAnswer = 260;

    private const long ForgetAfterNs = 50_000_000;
    private const int IllegalFunction = 1, IllegalValue = 3, HeaderBytes = 6; // before the unit, of Modbus TCP
    private readonly byte[] _in = new byte[1024], _out = new byte[LongestAnswer];
    private readonly ushort[] _values = new ushort[125];
    private int _length;
    private long _lastNs;

    public void Reset() => _length = 0;

    /// <summary>Takes in bytes, and gives the next answer; empty where there is none yet. Call again, without bytes, until then.</summary>
    public ReadOnlySpan<byte> Next(ReadOnlySpan<byte> bytes, long nowNs)
    {
        if (nowNs - _lastNs > ForgetAfterNs && bytes.Length > 0)
            _length = 0;
        if (bytes.Length > 0)
            _lastNs = nowNs;
        int room = Math.Min(bytes.Length, _in.Length - _length);
        bytes[..room].CopyTo(_in.AsSpan(_length));
        _length += room;
        while (true)
        {
            (int whole, bool mine) = tcp ? FrameOfTcp() : FrameOfLine();
            if (whole == 0)
                return [];
            ReadOnlySpan<byte> answer = mine ? Answer(_in.AsSpan(0, whole)) : [];
            _in.AsSpan(whole, _length - whole).CopyTo(_in);
            _length -= whole;
            if (answer.Length > 0)
                return answer;
        }
    }

    /// <summary>Bytes of the frame in front, 0 where it is not whole; a byte that begins none is one that is not ours.</summary>
    private (int Whole, bool Mine) FrameOfLine()
    {
        if (_length < 8)
            return (0, false);
        int length = PduBytes(_in.AsSpan(1, _length - 1)) + 3;
        if (length > _length)
            return length > 300 ? (1, false) : (0, false);
        return length >= 8 && Crc16.Ends(_in.AsSpan(0, length)) ? (length, _in[0] == unit) : (1, false);
    }

    private (int Whole, bool Mine) FrameOfTcp()
    {
        if (_length < HeaderBytes + 2)
            return (0, false);
        int length = HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(_in.AsSpan(4));
        if (length > 300)
            return (_length, false);
        if (length > _length)
            return (0, false);
        int pdu = length - HeaderBytes - 1;
        bool whole = pdu > 0 && pdu >= PduBytes(_in.AsSpan(HeaderBytes + 1, pdu));
        return (length, whole && _in[HeaderBytes] == unit);
    }

    /// <summary>The bytes of a request by what it says, as far as it is there.</summary>
    private static int PduBytes(ReadOnlySpan<byte> pdu) => pdu[0] switch
    {
        16 when pdu.Length > 5 => 6 + pdu[5],
        16 => 6,
        23 when pdu.Length > 9 => 10 + pdu[9],
        23 => 10,
        _ => 5,
    };

    private ReadOnlySpan<byte> Answer(ReadOnlySpan<byte> frame)
    {
        int at = tcp ? HeaderBytes + 1 : 1;
        ReadOnlySpan<byte> request = tcp ? frame[at..] : frame[at..^2];
        int length = at + Reply(request, _out.AsSpan(at));
        _out[at - 1] = unit;
        if (tcp)
        {
            frame[..4].CopyTo(_out);
            BinaryPrimitives.WriteUInt16BigEndian(_out.AsSpan(4), (ushort)(length - HeaderBytes));
            return _out.AsSpan(0, length);
        }
        Crc16.Close(_out.AsSpan(0, length + 2));
        return _out.AsSpan(0, length + 2);
    }

    private int Reply(ReadOnlySpan<byte> request, Span<byte> reply)
    {
        reply[0] = request[0];
        int first = Word(request, 1), second = Word(request, 3), refused;
        switch (request[0])
        {
            case 3 or 4:
                return ReplyWithRegisters(request[0] == 4, first, second, reply);
            case 6:
                refused = registers.Write(first, [(ushort)second]);
                break;
            case 16:
                refused = Store(first, second, request[6..]);
                break;
            case 23:
                refused = Store(Word(request, 5), Word(request, 7), request[10..]);
                if (refused == 0)
                    return ReplyWithRegisters(false, first, second, reply);
                break;
            default:
                refused = IllegalFunction;
                break;
        }
        if (refused != 0)
            return Refuse(reply, refused);
        request[..5].CopyTo(reply);
        return 5;
    }

    private int Store(int address, int count, ReadOnlySpan<byte> bytes)
    {
        if (count is < 1 or > 123 || bytes.Length != 2 * count)
            return IllegalValue;
        for (int i = 0; i < count; i++)
            _values[i] = (ushort)Word(bytes, 2 * i);
        return registers.Write(address, _values.AsSpan(0, count));
    }

    private int ReplyWithRegisters(bool input, int address, int count, Span<byte> reply)
    {
        if (count is < 1 or > 125)
            return Refuse(reply, IllegalValue);
        if (registers.Read(input, address, _values.AsSpan(0, count)) is not 0 and var code)
            return Refuse(reply, code);
        reply[1] = (byte)(2 * count);
        for (int i = 0; i < count; i++)
            BinaryPrimitives.WriteUInt16BigEndian(reply[(2 + 2 * i)..], _values[i]);
        return 2 + 2 * count;
    }

    private static int Refuse(Span<byte> reply, int code)
    {
        reply[0] |= 0x80;
        reply[1] = (byte)code;
        return 2;
    }

    private static int Word(ReadOnlySpan<byte> bytes, int at) => BinaryPrimitives.ReadUInt16BigEndian(bytes[at..]);
}
