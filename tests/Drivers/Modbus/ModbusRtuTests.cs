using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Modbus;

/// <summary>What goes over the line, byte by byte, with answers right and wrong.</summary>
public sealed class ModbusRtuTests : IDisposable
{
    private readonly PseudoTerminal _device = new();
    private readonly SerialPort _port;
    private readonly ModbusRtu _client;

    public ModbusRtuTests()
    {
        _port = SerialPort.Open(_device.Path, 115200, CancellationToken.None);
        _client = new(_port, 9, 300);
    }

    public void Dispose()
    {
        _port.Dispose();
        _device.Dispose();
    }

    [Fact]
    public void Requests_and_answers_are_those_of_the_makers_manuals()
    {
        ushort[] one = new ushort[1], three = new ushort[3], six = new ushort[6];
        Talk(() => _client.ReadHolding(0x07D0, three), "09 03 07 D0 00 03 04 0E", "09 03 06 39 00 00 FF 0E 0A F7 8B");
        Assert.Equal([0x3900, 0x00FF, 0x0E0A], three);
        Talk(() => _client.ReadInput(0x07D0, three), "09 04 07 D0 00 03 B1 CE", "09 04 06 B9 00 00 FF BD 00 5C 9A");
        Assert.Equal([0xB900, 0x00FF, 0xBD00], three);
        Talk(() => _client.ReadHolding(0x07D0, three), "09 03 07 D0 00 03 04 0E", "09 03 06 F9 00 00 00 0D 00 56 4C");
        Assert.Equal([0xF900, 0x0000, 0x0D00], three);
        Talk(() => _client.ReadInput(0x07D0, three), "09 04 07 D0 00 03 B1 CE", "09 04 06 F9 00 00 00 0D 00 17 AA");
        Assert.Equal([0xF900, 0x0000, 0x0D00], three);
        Talk(() => _client.WriteMultiple(0x03E8, [0, 0, 0]), "09 10 03 E8 00 03 06 00 00 00 00 00 00 73 30", "09 10 03 E8 00 03 01 30");
        Talk(() => _client.WriteMultiple(0x03E8, [0x0100, 0, 0]),
            "09 10 03 E8 00 03 06 01 00 00 00 00 00 72 E1", "09 10 03 E8 00 03 01 30");
        Talk(() => _client.WriteMultiple(0x03E8, [0x0900, 0, 0xFFFF]),
            "09 10 03 E8 00 03 06 09 00 00 00 FF FF 72 19", "09 10 03 E8 00 03 01 30");
        Talk(() => _client.WriteMultiple(0x03E8, [0x0900, 0x00FF, 0xFFFF]),
            "09 10 03 E8 00 03 06 09 00 00 FF FF FF 42 29", "09 10 03 E8 00 03 01 30");
        Talk(() => _client.WriteMultiple(410, [0x0200]), "09 10 01 9A 00 01 02 02 00 CD CA", Closed("09 10 01 9A 00 01"));
        Talk(() => _client.ReadWrite(0x07D0, three.AsSpan(0, 2), 0x03E8, [0x0100]),
            Closed("09 17 07 D0 00 02 03 E8 00 01 02 01 00"), "09 17 04 01 00 09 E6 F6 C1");
        Assert.Equal([0x0100, 0x09E6], three[..2]);
        Talk(() => _client.ReadHolding(0x00B4, one), "09 03 00 B4 00 01 C5 64", Closed("09 03 02 FF 38"));
        Assert.Equal(-200, (short)one[0]);
        Talk(() => _client.ReadHolding(0x00B4, six), "09 03 00 B4 00 06 84 A6", Closed("09 03 0C FF 38 00 01 00 02 00 03 00 04 80 00"));
        Assert.Equal([0xFF38, 1, 2, 3, 4, 0x8000], six);
    }

    [Theory]
    [InlineData("09 83 02 00 00", true, ModbusFailure.Refused, "illegal address")]
    [InlineData("09 83 0B 00 00", true, ModbusFailure.Refused, "nothing answered the gateway")]
    [InlineData("09 03 02 00 01 00 00", false, ModbusFailure.Garbage, "wrong checksum")]
    [InlineData("08 03 02 00 01 00 00", true, ModbusFailure.Garbage, "unit 8 answers in the place of unit 9")]
    [InlineData("09 04 02 00 01 00 00", true, ModbusFailure.Garbage, "answers function 3 with 4")]
    [InlineData("09 03 04 00 01 00 00", true, ModbusFailure.Garbage, "4 bytes of registers instead of 2")]
    [InlineData("09 03 02", false, ModbusFailure.NoAnswer, "only 3 of 7 bytes")]
    [InlineData("", false, ModbusFailure.NoAnswer, "unit 9 did not answer within 300 ms")]
    internal void What_is_no_answer_is_told_apart_and_the_next_one_is_taken(
        string answer, bool close, ModbusFailure failure, string expected)
    {
        byte[] bytes = Bytes(answer);
        if (close)
            Crc16.Close(bytes);
        ushort[] one = new ushort[1];
        ModbusException wrong = Assert.Throws<ModbusException>(
            () => Talk(() => _client.ReadHolding(1, one), Closed("09 03 00 01 00 01"), Convert.ToHexString(bytes)));
        Assert.Equal(failure, wrong.Failure);
        Assert.Contains(expected, wrong.Message);
        _device.Write(Bytes(Closed("09 03 02 BA D0"))); // what comes late belongs to the request that was given up
        Talk(() => _client.ReadHolding(1, one), Closed("09 03 00 01 00 01"), Closed("09 03 02 12 34"));
        Assert.Equal(0x1234, one[0]);
    }

    [Fact]
    public void A_line_that_is_never_silent_is_said()
    {
        using var heard = new CancellationTokenSource();
        var noise = new Thread(() =>
        {
            while (!heard.IsCancellationRequested)
                _device.Write("noise"u8);
        });
        noise.Start();
        ModbusException wrong = Assert.Throws<ModbusException>(() => _client.ReadHolding(1, new ushort[1]));
        heard.Cancel();
        noise.Join();
        Assert.Equal(ModbusFailure.Garbage, wrong.Failure);
        Assert.Contains("sends without end", wrong.Message);
    }

    [Fact]
    public void An_answer_in_pieces_is_put_together()
    {
        ushort[] two = new ushort[2];
        string answer = Closed("09 03 04 00 01 FF FE");
        Talk(() => _client.ReadHolding(1, two), Closed("09 03 00 01 00 02"), [.. answer.Split(' ')]);
        Assert.Equal([1, 0xFFFE], two);
    }

    [Theory]
    [InlineData(9600, 3_645_833)]
    [InlineData(19200, 1_822_916)]
    [InlineData(115200, 1_750_000)]
    [InlineData(0, 0)]
    public void The_silence_before_a_request_is_three_and_a_half_characters(int baud, long ns) => Assert.Equal(ns, ModbusRtu.GapNs(baud));

    [Fact]
    public void Counts_beyond_the_protocols_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => _client.ReadHolding(0, new ushort[126]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _client.ReadHolding(0, []));
        Assert.Throws<ArgumentOutOfRangeException>(() => _client.WriteMultiple(0, new ushort[124]));
        Assert.Throws<ArgumentOutOfRangeException>(() => _client.ReadWrite(0, new ushort[1], 0, new ushort[122]));
    }

    /// <summary>Makes a request, checks its bytes, and answers it.</summary>
    private void Talk(Action request, string expected, params string[] answer)
    {
        Task device = Task.Run(() =>
        {
            byte[] wanted = Bytes(expected), got = new byte[wanted.Length];
            int length = 0;
            Eventually.True(() => (length += _device.Read(got.AsSpan(length))) == got.Length, $"the request {expected}");
            Assert.Equal(wanted, got);
            foreach (string piece in answer)
                _device.Write(Bytes(piece));
        });
        try
        {
            request();
        }
        finally
        {
            device.GetAwaiter().GetResult();
        }
    }

    private static string Closed(string frame)
    {
        byte[] bytes = [.. Bytes(frame), 0, 0];
        Crc16.Close(bytes);
        return string.Join(' ', bytes.Select(b => $"{b:X2}"));
    }

    private static byte[] Bytes(string hex) => Convert.FromHexString(hex.Replace(" ", ""));
}
