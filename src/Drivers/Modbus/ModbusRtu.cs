using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Modbus;

/// <summary>Modbus RTU on a serial line, or through a gateway that passes its bytes on: unit, PDU, CRC-16.</summary>
internal sealed class ModbusRtu(BytePort port, byte unit, int answerMs) : ModbusClient(port, unit, answerMs)
{
    private const int FrameAt = PduAt - 1, Exception = 5, LeastAnswer = 5;
    private const int QuietMs = 20, LongestNoiseMs = 500; // of what is still coming after a failed exchange
    private readonly long _gapNs = GapNs(port.Baud);
    private long _lastNs = long.MinValue;
    private bool _settled;

    /// <summary>3.5 characters of silence before a request; a fixed 1.75 ms above 19200 baud (Modbus over serial line, 2.5.1.1).</summary>
    internal static long GapNs(int baud) => baud switch
    {
        0 => 0,
        > 19200 => 1_750_000,
        _ => (long)(3.5 * 10 * 1e9 / baud),
    };

    protected override void Transact(int length, int expected)
    {
        BeginAfterSilence();
        Span<byte> request = Frame.AsSpan(FrameAt, 1 + length + 2);
        request[0] = Unit;
        Crc16.Close(request);
        _settled = false;
        Port.Send(request, AnswerMs);
        MarkSent();
        Take(Frame[PduAt], 1 + expected + 2);
        _settled = true;
        _lastNs = HostClock.NowNs;
    }

    private void BeginAfterSilence()
    {
        // What still comes answers a request that was given up: it must not be taken for the answer to this one.
        long deadline = HostClock.NowNs + LongestNoiseMs * 1_000_000L;
        while (!_settled && Port.Receive(Frame, QuietMs) > 0)
            if (HostClock.NowNs > deadline)
                throw Garbage($"something on the line sends without end, also for {LongestNoiseMs} ms without a request: "
                    + "it is another device, or a sensor that streams");
        Port.Discard();
        if (_gapNs > 0 && _lastNs != long.MinValue)
            AbsoluteGrid.SleepUntil(_lastNs + _gapNs);
    }

    private void Take(byte function, int length)
    {
        long deadline = HostClock.NowNs + AnswerMs * 1_000_000L;
        int end = Fill(FrameAt, FrameAt + LeastAnswer, deadline) - FrameAt;
        if (end < LeastAnswer)
            throw NoAnswer(end, length);
        if (Frame[PduAt] == (function | 0x80))
            length = Exception;
        end = Fill(FrameAt + end, FrameAt + length, deadline) - FrameAt;
        ReadOnlySpan<byte> answer = Frame.AsSpan(FrameAt, end);
        if (end < length)
            throw NoAnswer(end, length);
        if (!Crc16.Ends(answer))
            throw Garbage($"an answer with a wrong checksum ({Convert.ToHexString(answer[..Math.Min(answer.Length, 16)])}): "
                + "check cable, ground and baud rate");
        if (answer[0] != Unit)
            throw Garbage($"unit {answer[0]} answers in the place of unit {Unit}");
    }
}
