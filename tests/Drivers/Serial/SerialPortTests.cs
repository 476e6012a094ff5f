using RobotWorldModel.Drivers.Serial;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Drivers.Tests.Serial;

public class SerialPortTests
{
    private static SerialPort Open(string path, int baud = 19200, CancellationToken stop = default) => SerialPort.Open(path, baud, stop);

    [Theory]
    [InlineData(9600)]
    [InlineData(19200)]
    [InlineData(115200)]
    [InlineData(250000)]
    [InlineData(460800)]
    public void Bytes_go_through_as_they_are_at_any_baud_rate(int baud)
    {
        using var device = new PseudoTerminal();
        using SerialPort port = Open(device.Path, baud);
        byte[] all = [.. Enumerable.Range(0, 256).Select(i => (byte)i)], got = new byte[256];
        port.Send(all, 1000);
        int length = 0;
        Eventually.True(() => (length += device.Read(got.AsSpan(length))) == 256, "256 bytes at the device");
        Assert.Equal(all, got);
        device.Write(all);
        for (length = 0; length < 256;)
            length += port.Receive(got.AsSpan(length), 1000) is > 0 and var read ? read : throw new TimeoutException();
        Assert.Equal(all, got);
        Assert.Equal(0, port.Receive(got, 1));
        Assert.Equal(baud, port.Baud);
    }

    [Fact]
    public void Only_one_program_has_a_port_and_the_next_one_after_it()
    {
        using var device = new PseudoTerminal();
        using (Open(device.Path))
            Assert.Contains("another program uses", Assert.Throws<DeviceLostException>(() => Open(device.Path)).Message);
        Open(device.Path).Dispose();
    }

    [SkippableFact]
    public void A_port_that_another_program_has_locked_is_left_to_it()
    {
        using var line = new SerialPair();
        using var other = new PythonPeer("serial_lock.py", line.Near);
        Assert.Equal("locked", other.ReadLine());
        Assert.Contains("sudo fuser", Assert.Throws<DeviceLostException>(() => Open(line.Near)).Message);
    }

    [Fact]
    public void What_is_no_serial_port_says_so()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["file"], "");
        Assert.Contains("is no serial port", Assert.Throws<DeviceLostException>(() => Open(folder["file"])).Message);
        Assert.Contains("is it plugged in?", Assert.Throws<DeviceLostException>(() => Open(folder["nothing"])).Message);
    }

    [Fact]
    public void A_wait_ends_at_once_with_the_stop()
    {
        using var device = new PseudoTerminal();
        using var stop = new CancellationTokenSource();
        using SerialPort port = Open(device.Path, stop: stop.Token);
        var waits = new ManualResetEventSlim();
        bool ended = false;
        var reader = new Thread(() =>
        {
            waits.Set();
            ended = Record.Exception(() => port.Receive(new byte[16], 600_000)) is OperationCanceledException;
        });
        reader.Start();
        waits.Wait();
        stop.Cancel();
        Assert.True(reader.Join(TimeSpan.FromSeconds(30)) && ended, "the wait went on");
        Assert.Throws<OperationCanceledException>(() => port.Send(new byte[1], 1000));
    }

    [Fact]
    public void An_unplugged_port_is_a_loss_for_reader_and_writer()
    {
        var device = new PseudoTerminal();
        using SerialPort port = Open(device.Path);
        byte[] bytes = new byte[16];
        device.Dispose();
        Assert.Throws<DeviceLostException>(() => port.Receive(bytes, 60_000));
        Assert.Throws<DeviceLostException>(() => port.Send(bytes, 60_000));
    }

    [Fact]
    public void A_device_is_found_again_by_its_name_after_each_plug()
    {
        using var folder = new TempFolder();
        PseudoTerminal device = new(folder["sensor"]);
        PortDevice? found = null;
        using var driver = found = new PortDevice("sensor", new(PortKind.Serial, folder["sensor"], 0), 19200, "the sensor", Echo);
        driver.Start();
        for (int plug = 0; plug < 3; plug++)
        {
            byte[] got = new byte[1];
            Eventually.True(() => device.Write("x"u8) == 1 && device.Read(got) == 1, "an echo");
            Eventually.True(() => driver.Status is { Connected: true } s && s.Reconnects == plug, "found");
            device.Dispose();
            Eventually.True(() => !driver.Status.Connected, "the unplug");
            Eventually.True(() => driver.Status.Message.Contains($"there is no {folder["sensor"]}"), "what is missing");
            device = new(folder["sensor"]);
        }
        device.Dispose();

        void Echo(BytePort port, CancellationToken stop)
        {
            byte[] bytes = new byte[16];
            while (true)
            {
                if (port.Receive(bytes, 100) is not (> 0 and var read))
                    continue;
                found!.Found("there");
                port.Send(bytes.AsSpan(0, read), 100);
            }
        }
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        using var device = new PseudoTerminal();
        using SerialPort port = Open(device.Path);
        byte[] bytes = new byte[16];
        Assert.Equal(0, Allocations.OfOneRound(() =>
        {
            for (int i = 0; i < 100; i++)
            {
                port.Send(bytes, 100);
                device.Read(bytes);
                device.Write(bytes);
                port.Receive(bytes, 100);
                port.Receive(bytes, 0);
            }
        }));
    }

    [Theory]
    [InlineData("/dev/serial/by-id/usb-FTDI_USB-RS485", PortKind.Serial, "/dev/serial/by-id/usb-FTDI_USB-RS485", 0)]
    [InlineData("tcp://192.168.1.50:4001", PortKind.Gateway, "192.168.1.50", 4001)]
    [InlineData("modbus://gateway.lab:1502", PortKind.ModbusTcp, "gateway.lab", 1502)]
    [InlineData("modbus://192.168.1.50", PortKind.ModbusTcp, "192.168.1.50", 502)]
    public void A_port_is_a_path_a_gateway_or_Modbus_Tcp(string text, PortKind kind, string path, int number)
    {
        Assert.Equal(new PortAddress(kind, path, number), PortAddress.Parse(text));
        Assert.Equal(number == 502 ? text + ":502" : text, PortAddress.Parse(text)!.ToString());
    }

    [Theory]
    [InlineData("")]
    [InlineData("tcp://192.168.1.50")]
    [InlineData("udp://192.168.1.50:3")]
    [InlineData("tcp://:4001")]
    [InlineData("tcp://a:4001/b")]
    public void Anything_else_is_refused(string text) => Assert.Null(PortAddress.Parse(text));
}
