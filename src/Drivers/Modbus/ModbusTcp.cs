using System.Buffers.Binary;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Modbus;

/// <summary>Modbus TCP: transaction, protocol 0, length, unit, PDU. An answer to an older transaction is passed over.</summary>
internal sealed class ModbusTcp(BytePort port, byte unit, int answerMs) : ModbusClient(port, unit, answerMs)
{
    private const int HeaderBytes = 7, ExceptionPdu = 2;
    private ushort _transaction;
    private bool _inFrame;

    protected override void Transact(int length, int expected)
    {
        if (_inFrame)
            throw Garbage("an answer broke off in its middle: the connection cannot be used on");
        Span<byte> header = Frame.AsSpan(0, HeaderBytes);
        BinaryPrimitives.WriteUInt16BigEndian(header, ++_transaction);
        BinaryPrimitives.WriteUInt16BigEndian(header[2..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[4..], (ushort)(1 + length));
        header[6] = Unit;
        byte function = Frame[PduAt];
        Port.Send(Frame.AsSpan(0, HeaderBytes + length), AnswerMs);
        MarkSent();
        long deadline = HostClock.NowNs + AnswerMs * 1_000_000L;
        int pdu;
        do
            pdu = TakeFrame(expected, deadline);
        while (BinaryPrimitives.ReadUInt16BigEndian(Frame) != _transaction);
        if (Frame[6] != Unit)
            throw Garbage($"unit {Frame[6]} answers in the place of unit {Unit}");
        if (pdu != (Frame[PduAt] == (function | 0x80) ? ExceptionPdu : expected))
            throw Garbage($"an answer of {pdu} bytes instead of {expected}");
    }

    /// <summary>One frame, whatever it answers; the bytes of its PDU.</summary>
    private int TakeFrame(int expected, long deadline)
    {
        int got = Fill(0, HeaderBytes, deadline);
        _inFrame = got > 0;
        if (got < HeaderBytes)
            throw NoAnswer(got, HeaderBytes + expected);
        int protocol = BinaryPrimitives.ReadUInt16BigEndian(Frame.AsSpan(2));
        int length = BinaryPrimitives.ReadUInt16BigEndian(Frame.AsSpan(4)) - 1;
        if (protocol != 0 || length is < 2 or > LongestPdu)
            throw Garbage($"what answers does not speak Modbus TCP ({Convert.ToHexString(Frame.AsSpan(0, HeaderBytes))})");
        got = Fill(HeaderBytes, HeaderBytes + length, deadline);
        if (got < HeaderBytes + length)
            throw NoAnswer(got, HeaderBytes + length);
        _inFrame = false;
        return length;
    }
}
