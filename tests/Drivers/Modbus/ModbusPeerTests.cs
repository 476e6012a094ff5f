using RobotWorldModel.Drivers.Modbus;
using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Modbus;

/// <summary>The client against servers of other people: pymodbus and libmodbus, over a serial line and over TCP.</summary>
public class ModbusPeerTests
{
    private const int AnswerMs = 3000;

    private static PeerProcess Serve(string peer, params string[] where)
    {
        Skip.IfNot(Directory.Exists("/usr/lib/python3/dist-packages/pymodbus") && File.Exists("/usr/include/modbus/modbus.h"),
            "pymodbus or libmodbus is missing: make setup installs them");
        PeerProcess server = peer == "pymodbus"
            ? new PythonPeer("modbus_server.py", where)
            : new PeerProcess(CPeer.Build("peers/modbus_server.c", "-lmodbus"), where);
        Assert.Equal("ready", server.ReadLine());
        return server;
    }

    [SkippableTheory]
    [InlineData("pymodbus")]
    [InlineData("libmodbus")]
    public void Every_function_over_a_serial_line(string peer)
    {
        using var line = new SerialPair();
        using PeerProcess server = Serve(peer, "rtu", line.Far);
        using var port = SerialPort.Open(line.Near, 115200, CancellationToken.None);
        Exercise(unit => ModbusClient.Over(PortKind.Serial, port, unit, AnswerMs));
        var other = new ModbusRtu(port, 7, 100);
        Assert.Equal(ModbusFailure.NoAnswer, Assert.Throws<ModbusException>(() => other.ReadHolding(0, new ushort[1])).Failure);
    }

    [SkippableTheory]
    [InlineData("pymodbus")]
    [InlineData("libmodbus")]
    public void Every_function_over_Tcp(string peer)
    {
        int number = Ports.FreePort();
        using PeerProcess server = Serve(peer, "tcp", "127.0.0.1", $"{number}");
        BytePort? opened = null;
        Eventually.True(() =>
        {
            try
            {
                opened = new PortAddress(PortKind.ModbusTcp, "127.0.0.1", number).Open(0, "the peer", CancellationToken.None);
                return true;
            }
            catch (IOException)
            {
                return false; // pymodbus says that it is ready before it listens
            }
        }, "the peer's port");
        using BytePort port = opened!;
        Exercise(unit => ModbusClient.Over(PortKind.ModbusTcp, port, unit, AnswerMs));
    }

    private static void Exercise(Func<byte, ModbusClient> connect)
    {
        ModbusClient client = connect(9);
        ushort[] six = new ushort[6], most = new ushort[125], one = new ushort[1];
        WaitForAnswer(client);
        client.ReadHolding(180, six);
        Assert.Equal([541, 544, 547, 550, 553, 556], six);
        client.ReadHolding(1000, most);
        Assert.Equal(3 * 1124 + 1, most[124]);
        client.ReadInput(180, six);
        Assert.Equal([1260, 1267, 1274, 1281, 1288, 1295], six);

        client.WriteSingle(410, 0x0200);
        client.ReadHolding(410, one);
        Assert.Equal(0x0200, one[0]);
        client.WriteMultiple(0x03E8, [0x0900, 0x00FF, 0xFFFF]);
        client.ReadHolding(0x03E8, six);
        Assert.Equal([0x0900, 0x00FF, 0xFFFF, 3010, 3013, 3016], six);
        client.ReadWrite(0x03E8, six.AsSpan(0, 3), 0x03E9, [7, 8]);
        Assert.Equal([0x0900, 7, 8], six[..3]);

        var refused = Assert.Throws<ModbusException>(() => client.ReadHolding(5000, six));
        Assert.Equal((ModbusFailure.Refused, 2), (refused.Failure, refused.Code));
        Assert.Contains("illegal address", refused.Message);
        client.ReadHolding(0, one); // and it goes on
        Assert.Equal(1, one[0]);
        Assert.Equal(0, Allocations.OfOneRound(() => client.ReadHolding(180, six)));
    }

    /// <summary>A serial server may be ready before it has opened its end.</summary>
    private static void WaitForAnswer(ModbusClient client) => Eventually.True(() =>
    {
        try
        {
            client.ReadHolding(0, new ushort[1]);
            return true;
        }
        catch (ModbusException)
        {
            return false;
        }
    }, "the peer's first answer");
}
