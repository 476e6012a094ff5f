using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.EndToEnd.Tests;

/// <summary>
/// An RTDE client beside the service, bytes by hand: in every cycle of the controller, what set-point lies in its input registers and
/// where the arm is. Both are of the same cycle, so that no clock is between them.
/// </summary>
internal sealed class ControllerWitness : IDisposable
{
    // Output register 25 tells the mode that the control program obeys: 1 is servo.
    private const int Servo = 1, ModeAt = 8 + 6 * 8 + 6 * 8;
    private static readonly string s_recipe = "timestamp,actual_q,"
        + string.Join(',', Enumerable.Range(24, 6).Select(i => $"input_double_register_{i}")) + ",output_int_register_25";

    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
    private readonly List<(double Seconds, double[] Q)> _commanded = [], _measured = [];
    private readonly Thread _thread;
    private volatile bool _stop;
    private Exception? _failure;

    public ControllerWitness(string host, double rateHz)
    {
        _socket.Connect(host, 30004);
        _socket.ReceiveTimeout = 10_000;
        Assert.Equal([1], Ask('V', [0, 2]));
        byte[] request = new byte[8 + s_recipe.Length];
        BinaryPrimitives.WriteDoubleBigEndian(request, rateHz);
        Encoding.ASCII.GetBytes(s_recipe, request.AsSpan(8));
        Assert.DoesNotContain("NOT_FOUND", Encoding.ASCII.GetString(Ask('O', request)), StringComparison.Ordinal);
        Assert.Equal([1], Ask('S', []));
        _thread = new(Listen) { IsBackground = true };
        _thread.Start();
    }

    /// <summary>
    /// By how much the arm was later than the set-points in the controller's registers, ms: what servoj makes, without the way to the
    /// controller. Ends the listening.
    /// </summary>
    public double ShiftMs()
    {
        Stop();
        if (_failure is not null)
            throw new InvalidOperationException($"the witness has seen nothing any more: {_failure.Message}", _failure);
        return Alignment.ShiftMs(_commanded, _measured);
    }

    public void Dispose()
    {
        Stop();
        _socket.Dispose();
    }

    private void Stop()
    {
        _stop = true;
        _thread.Join();
    }

    private void Listen()
    {
        try
        {
            while (!_stop)
            {
                var (type, data) = Read();
                if (type == 'U' && BinaryPrimitives.ReadInt32BigEndian(data.AsSpan(1 + ModeAt)) == Servo)
                    Add(Double(data, 0), Six(data, 8), Six(data, 8 + 6 * 8));
            }
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            _failure = e;
        }
    }

    private void Add(double seconds, double[] q, double[] target)
    {
        if (_commanded.Count == 0) // it stood there
            _commanded.Add((seconds - 1, target));
        _commanded.Add((seconds, target));
        _measured.Add((seconds, q));
    }

    private static double[] Six(byte[] data, int at) => [.. Enumerable.Range(0, 6).Select(i => Double(data, at + 8 * i))];

    // Behind the recipe's id.
    private static double Double(byte[] data, int at) => BinaryPrimitives.ReadDoubleBigEndian(data.AsSpan(1 + at));

    private byte[] Ask(char type, byte[] payload)
    {
        byte[] package = [0, 0, (byte)type, .. payload];
        BinaryPrimitives.WriteUInt16BigEndian(package, (ushort)package.Length);
        _socket.Send(package);
        while (true)
        {
            var (got, reply) = Read();
            if (got == type)
                return reply;
        }
    }

    private (char Type, byte[] Payload) Read()
    {
        byte[] header = ReadExactly(3);
        return ((char)header[2], ReadExactly(BinaryPrimitives.ReadUInt16BigEndian(header) - 3));
    }

    private byte[] ReadExactly(int count)
    {
        byte[] bytes = new byte[count];
        for (int at = 0; at < count;)
        {
            int n = _socket.Receive(bytes.AsSpan(at));
            at += n > 0 ? n : throw new EndOfStreamException("the controller closed the connection");
        }
        return bytes;
    }
}
