using System.Buffers.Text;
using System.Net.Sockets;
using RobotWorldModel.Drivers.Sockets;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Drivers.Robotiq;

/// <summary>
/// The URCap's gripper protocol: <c>GET VAR</c> is answered <c>VAR value</c> and a line end, <c>SET VAR n …</c> by <c>ack</c> with or
/// without one. One request in flight. Allocates nothing after construction.
/// </summary>
internal sealed class GripperWire(Socket socket, CancellationToken stop)
{
    private const int AnswerMs = 250, Tries = 4;
    private readonly byte[] _in = new byte[512];
    private int _length;

    /// <summary>When the last request left and its answer came, host ns.</summary>
    public (long SentNs, long AnsweredNs) RoundTrip { get; private set; }

    /// <exception cref="DeviceLostException">No answer to four tries.</exception>
    public int Get(GripperVariable variable)
    {
        Exchange(variable.Request, variable.Name, out int value);
        return value;
    }

    /// <exception cref="DeviceLostException">No answer to four tries.</exception>
    public void Set(ReadOnlySpan<byte> request) => Exchange(request, "ack"u8, out _);

    private void Exchange(ReadOnlySpan<byte> request, ReadOnlySpan<byte> expected, out int value)
    {
        for (int attempt = 0; attempt < Tries; attempt++)
        {
            DrainLateAnswers();
            long sent = HostClock.NowNs;
            SocketDevice.Send(socket, request, AnswerMs, stop);
            long deadline = sent + AnswerMs * 1_000_000L;
            while (true)
            {
                if (TryTake(expected, out value))
                {
                    RoundTrip = (sent, HostClock.NowNs);
                    return;
                }
                if (_length == _in.Length)
                    throw new DeviceLostException("it answers with a line that never ends: is that the gripper's port?");
                int waitMs = (int)((deadline - HostClock.NowNs) / 1_000_000);
                if (waitMs <= 0)
                    break;
                _length += SocketDevice.Receive(socket, _in.AsSpan(_length), waitMs, stop);
            }
        }
        throw new DeviceLostException($"no answer within {AnswerMs * Tries} ms: look at the gripper URCap on the pendant");
    }

    /// <summary>What still lies here answers a request that was given up; taken for the next one's, it would be a stale value.</summary>
    private void DrainLateAnswers()
    {
        _length = 0;
        while (socket.Available > 0)
            _ = SocketDevice.Receive(socket, _in, 0, stop);
    }

    /// <summary>Takes the expected answer out of the bytes; other whole lines are thrown away.</summary>
    private bool TryTake(ReadOnlySpan<byte> expected, out int value)
    {
        value = GripperLink.Unavailable;
        while (true)
        {
            ReadOnlySpan<byte> rest = _in.AsSpan(0, _length).TrimStart(" \r\n\0"u8);
            if (expected.SequenceEqual("ack"u8))
            {
                if (rest.StartsWith("ack"u8))
                    return true;
            }
            int end = rest.IndexOf((byte)'\n');
            if (end < 0)
                return false;
            ReadOnlySpan<byte> line = rest[..end].Trim(" \r\t"u8);
            if (line.StartsWith("ack"u8)) // of a SET that was given up
                line = line["ack"u8.Length..].Trim(" \r\t"u8);
            bool mine = line.StartsWith(expected) && line.Length > expected.Length && line[expected.Length] == ' ';
            bool unknown = line.SequenceEqual("?"u8);
            if (mine)
                value = ParseValue(line[expected.Length..].Trim((byte)' '));
            if (mine || unknown)
                return true;
            int used = _length - rest.Length + end + 1;
            _in.AsSpan(used, _length - used).CopyTo(_in);
            _length -= used;
        }
    }

    /// <summary>
    /// A number; "?" is unavailable. Some versions write FLT in hexadecimal (0x0A, 0A, 09) or as two bytes (00 09), where the last is the
    /// fault.
    /// </summary>
    internal static int ParseValue(ReadOnlySpan<byte> text)
    {
        int last = text.LastIndexOf((byte)' ');
        if (last >= 0)
            text = text[(last + 1)..];
        bool prefixed = text.StartsWith("0x"u8) || text.StartsWith("0X"u8);
        if (prefixed)
            text = text[2..];
        bool hex = prefixed || (text.Length == 2 && (text[0] == '0' || text.ContainsAnyInRange((byte)'A', (byte)'F')
            || text.ContainsAnyInRange((byte)'a', (byte)'f')));
        return Utf8Parser.TryParse(text, out int value, out int used, hex ? 'X' : 'D') && used == text.Length
            ? value
            : GripperLink.Unavailable;
    }
}

/// <summary>A variable's name and its ready request.</summary>
internal sealed class GripperVariable(string name)
{
    public static readonly GripperVariable Position = new("POS"), Object = new("OBJ"), Echo = new("PRE"), Fault = new("FLT"),
        Status = new("STA"), Activate = new("ACT"), Force = new("FOR");

    private readonly byte[] _name = System.Text.Encoding.ASCII.GetBytes(name);
    private readonly byte[] _request = System.Text.Encoding.ASCII.GetBytes($"GET {name}\n");

    public ReadOnlySpan<byte> Name => _name;

    public ReadOnlySpan<byte> Request => _request;
}
