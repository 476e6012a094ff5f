using System.Buffers.Binary;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Modbus;

/// <summary>
/// A Modbus client of one unit: one request at a time, each answer taken by the length that the request implies, never by a silence, which
/// USB adapters destroy. Addresses are those on the wire, from 0. Allocates nothing but exceptions.
/// </summary>
internal abstract class ModbusClient(BytePort port, byte unit, int answerMs)
{
    public const int MostRead = 125, MostWritten = 123, MostWrittenWithRead = 121;

    /// <summary>Room for the longest frame; its PDU stands at <see cref="PduAt"/>, behind the MBAP header or the unit alone.</summary>
    protected readonly byte[] Frame = new byte[PduAt + LongestPdu + 2];
    protected const int PduAt = 7, LongestPdu = 253;
    private const int ReadHoldingCode = 3, ReadInputCode = 4, WriteSingleCode = 6, WriteMultipleCode = 16, ReadWriteCode = 23;

    protected BytePort Port { get; } = port;

    protected byte Unit { get; } = unit;

    protected int AnswerMs { get; } = answerMs;

    /// <summary>When the last request had left and when its answer was whole, host ns.</summary>
    public (long SentNs, long AnsweredNs) RoundTrip { get; private set; }

    /// <summary>For the port's kind.</summary>
    /// <param name="answerMs">How long an answer may take.</param>
    public static ModbusClient Over(PortKind kind, BytePort port, byte unit, int answerMs) =>
        kind == PortKind.ModbusTcp ? new ModbusTcp(port, unit, answerMs) : new ModbusRtu(port, unit, answerMs);

    /// <summary>Function 3: holding registers from an address on.</summary>
    /// <param name="into">1 to 125.</param>
    /// <exception cref="ModbusException">No answer, garbage, or a refusal.</exception>
    public void ReadHolding(ushort address, Span<ushort> into) => Read(ReadHoldingCode, address, into);

    /// <summary>Function 4: input registers from an address on.</summary>
    /// <inheritdoc cref="ReadHolding"/>
    public void ReadInput(ushort address, Span<ushort> into) => Read(ReadInputCode, address, into);

    /// <summary>Function 6: one holding register.</summary>
    /// <exception cref="ModbusException">No answer, garbage, or a refusal.</exception>
    public void WriteSingle(ushort address, ushort value)
    {
        Span<byte> pdu = Pdu;
        pdu[0] = WriteSingleCode;
        Put(pdu, 1, address);
        Put(pdu, 3, value);
        Exchange(5, 5);
        if (Get(pdu, 1) != address || Get(pdu, 3) != value)
            throw Garbage($"it answers a write of {value} to {address} with {Get(pdu, 3)} to {Get(pdu, 1)}");
    }

    /// <summary>Function 16: holding registers from an address on.</summary>
    /// <param name="values">1 to 123.</param>
    /// <exception cref="ModbusException">No answer, garbage, or a refusal.</exception>
    public void WriteMultiple(ushort address, ReadOnlySpan<ushort> values)
    {
        CheckCount(values.Length, MostWritten);
        Span<byte> pdu = Pdu;
        pdu[0] = WriteMultipleCode;
        Put(pdu, 1, address);
        int length = PutValues(pdu, 3, values);
        Exchange(length, 5);
        if (Get(pdu, 1) != address || Get(pdu, 3) != values.Length)
            throw Garbage($"it answers a write of {values.Length} registers from {address} with {Get(pdu, 3)} from {Get(pdu, 1)}");
    }

    /// <summary>Function 23: writes registers, then reads others, in one exchange.</summary>
    /// <param name="into">1 to 125.</param>
    /// <param name="values">1 to 121.</param>
    /// <exception cref="ModbusException">No answer, garbage, or a refusal.</exception>
    public void ReadWrite(ushort readAddress, Span<ushort> into, ushort writeAddress, ReadOnlySpan<ushort> values)
    {
        CheckCount(into.Length, MostRead);
        CheckCount(values.Length, MostWrittenWithRead);
        Span<byte> pdu = Pdu;
        pdu[0] = ReadWriteCode;
        Put(pdu, 1, readAddress);
        Put(pdu, 3, (ushort)into.Length);
        Put(pdu, 5, writeAddress);
        int length = PutValues(pdu, 7, values);
        TakeRegisters(length, into);
    }

    /// <summary>Sends the PDU of so many bytes, and waits for its answer, which takes the PDU's place.</summary>
    /// <param name="expected">Bytes of the answer's PDU, unless it is an exception.</param>
    /// <exception cref="ModbusException">No answer, or what came is none.</exception>
    protected abstract void Transact(int length, int expected);

    protected static ModbusException Garbage(string message) => new(ModbusFailure.Garbage, message);

    protected ModbusException NoAnswer(int got, int expected) => new(ModbusFailure.NoAnswer, got == 0
        ? $"unit {Unit} did not answer within {AnswerMs} ms"
        : $"only {got} of {expected} bytes of an answer came within {AnswerMs} ms");

    /// <summary>Reads until so many bytes of <see cref="Frame"/> are there; how many are, where the time is over first.</summary>
    protected int Fill(int from, int to, long deadline)
    {
        while (from < to)
        {
            int waitMs = (int)Math.Max(0, (deadline - HostClock.NowNs + 999_999) / 1_000_000);
            int read = Port.Receive(Frame.AsSpan(from, to - from), waitMs);
            if (read == 0)
                break;
            from += read;
        }
        return from;
    }

    protected void MarkSent() => RoundTrip = (HostClock.NowNs, 0);

    private Span<byte> Pdu => Frame.AsSpan(PduAt, LongestPdu);

    private void Read(byte function, ushort address, Span<ushort> into)
    {
        CheckCount(into.Length, MostRead);
        Span<byte> pdu = Pdu;
        pdu[0] = function;
        Put(pdu, 1, address);
        Put(pdu, 3, (ushort)into.Length);
        TakeRegisters(5, into);
    }

    private void TakeRegisters(int length, Span<ushort> into)
    {
        Exchange(length, 2 + 2 * into.Length);
        if (Pdu[1] != 2 * into.Length)
            throw Garbage($"it answers with {Pdu[1]} bytes of registers instead of {2 * into.Length}");
        for (int i = 0; i < into.Length; i++)
            into[i] = Get(Pdu, 2 + 2 * i);
    }

    private void Exchange(int length, int expected)
    {
        byte function = Pdu[0];
        Transact(length, expected);
        RoundTrip = (RoundTrip.SentNs, HostClock.NowNs);
        if (Pdu[0] == (function | 0x80))
            throw new ModbusException(ModbusFailure.Refused,
                $"it refuses function {function} (code {Pdu[1]}, {ModbusException.Describe(Pdu[1])})", Pdu[1]);
        if (Pdu[0] != function)
            throw Garbage($"it answers function {function} with {Pdu[0]}");
    }

    private static int PutValues(Span<byte> pdu, int at, ReadOnlySpan<ushort> values)
    {
        Put(pdu, at, (ushort)values.Length);
        pdu[at + 2] = (byte)(2 * values.Length);
        for (int i = 0; i < values.Length; i++)
            Put(pdu, at + 3 + 2 * i, values[i]);
        return at + 3 + 2 * values.Length;
    }

    private static void CheckCount(int count, int most)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, most);
    }

    private static void Put(Span<byte> pdu, int at, ushort value) => BinaryPrimitives.WriteUInt16BigEndian(pdu[at..], value);

    private static ushort Get(Span<byte> pdu, int at) => BinaryPrimitives.ReadUInt16BigEndian(pdu[at..]);
}
