using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using RobotWorldModel.Simulation.UrScript;

namespace RobotWorldModel.Simulation.Controller;

/// <summary>
/// The socket functions. Source: URScript manual, module interfaces. Whatever they wait for, the control cycle goes on: a thread that
/// waits asks once a cycle. A read whose data is there takes no time; one that fails takes a cycle, so that a loop over a connection
/// that its peer has closed does not starve the others.
/// </summary>
internal sealed class SocketBuiltins(double stepTimeS)
{
    private const double ConnectTimeoutS = 2, SendTimeoutS = 2, AnswerTimeoutS = 2;
    private const int MaxValues = 30, MaxString = 1023;
    private readonly Dictionary<string, ScriptSocket> _open = [];

    /// <summary>Tries to take a value out of what has been received; null: more must come first.</summary>
    private delegate Value? Reader(ScriptSocket socket);

    /// <summary>Closes what the program left open.</summary>
    public void CloseAll()
    {
        foreach (ScriptSocket socket in _open.Values)
            socket.Dispose();
        _open.Clear();
    }

    public void AddTo(BuiltinLibrary library)
    {
        library.Add("socket_open(address, port, socket_name='socket_0')", (thread, a) =>
            Open(thread, a[0].AsString(), Arguments.Whole(a[1], "socket_open: port"), a[2].AsString()));
        library.Add("socket_close(socket_name='socket_0')", (_, a) =>
        {
            Close(a[0].AsString());
            return Value.None;
        });
        AddReads(library);
        AddSends(library);
        AddVariables(library);
    }

    private void AddReads(BuiltinLibrary library)
    {
        library.Add("socket_read_binary_integer(number, socket_name='socket_0', timeout=2)", (thread, a) =>
            ReadNumbers(thread, a, static (data, count) =>
            {
                if (data.Length < 4 * count)
                    return null;
                var values = new Value[count];
                for (int i = 0; i < count; i++)
                    values[i] = Value.Int(BinaryPrimitives.ReadInt32BigEndian(data[(4 * i)..]));
                return (values, 4 * count);
            }, Value.Int(-1)));
        library.Add("socket_read_byte_list(number, socket_name='socket_0', timeout=2)", (thread, a) =>
            ReadNumbers(thread, a, static (data, count) =>
            {
                if (data.Length < count)
                    return null;
                var values = new Value[count];
                for (int i = 0; i < count; i++)
                    values[i] = Value.Int(data[i]);
                return (values, count);
            }, Value.Int(-1)));
        library.Add("socket_read_ascii_float(number, socket_name='socket_0', timeout=2)", (thread, a) =>
            ReadNumbers(thread, a, AsciiFloats, Value.Float(double.NaN)));
        library.Add("socket_read_line(socket_name='socket_0', timeout=2)", (thread, a) =>
            Read(thread, a[0].AsString(), a[1].AsNumber(), static socket => TakeLine(socket) is { } line ? Value.String(line) : null,
                Value.String("")));
        library.Add("socket_read_string(socket_name='socket_0', prefix='', suffix='', interpret_escape=False, timeout=2)", (thread, a) =>
        {
            bool escaped = a[3].AsBool();
            string prefix = Plain(a[1].AsString(), escaped), suffix = Plain(a[2].AsString(), escaped);
            return Read(thread, a[0].AsString(), a[4].AsNumber(), socket => TakeString(socket, prefix, suffix), Value.String(""));
        });
    }

    private void AddSends(BuiltinLibrary library)
    {
        library.Add("socket_send_string(str, socket_name='socket_0')",
            (thread, a) => Send(thread, a[1].AsString(), Encoding.Latin1.GetBytes(a[0].ToString())));
        library.Add("socket_send_line(str, socket_name='socket_0')",
            (thread, a) => Send(thread, a[1].AsString(), Encoding.Latin1.GetBytes(a[0] + "\n")));
        library.Add("socket_send_byte(value, socket_name='socket_0')",
            (thread, a) => Send(thread, a[1].AsString(), [unchecked((byte)Arguments.Whole(a[0], "socket_send_byte: value"))]));
        library.Add("socket_send_int(value, socket_name='socket_0')", (thread, a) =>
        {
            var bytes = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(bytes, Arguments.Whole(a[0], "socket_send_int: value"));
            return Send(thread, a[1].AsString(), bytes);
        });
    }

    private void AddVariables(BuiltinLibrary library)
    {
        library.Add("socket_set_var(name, value, socket_name='socket_0')", (thread, a) =>
        {
            int value = Arguments.Whole(a[1], "socket_set_var: value");
            Send(thread, a[2].AsString(), Encoding.Latin1.GetBytes($"SET {a[0].AsString()} {value}\n"));
            return Value.None;
        });
        library.Add("socket_get_var(name, socket_name='socket_0')", (thread, a) =>
        {
            string name = a[0].AsString(), socketName = a[1].AsString();
            if (!Send(thread, socketName, Encoding.Latin1.GetBytes($"GET {name}\n")).IsTrue)
                return thread.WaitFor(static () => Value.Int(0));
            return Read(thread, socketName, AnswerTimeoutS, socket =>
            {
                while (TakeLine(socket) is { } line)
                    if (line.StartsWith(name + " ", StringComparison.Ordinal) && int.TryParse(line.AsSpan(name.Length + 1), out int value))
                        return Value.Int(value);
                return null;
            }, Value.Int(0));
        });
    }

    private Value Open(ScriptThread thread, string host, int port, string name)
    {
        if (port is < 1 or > 65535)
            throw new ScriptFaultException($"socket_open: the port must be in 1..65535, not {port}");
        Close(name);
        var socket = new ScriptSocket(host, port);
        _open.Add(name, socket);
        socket.Connect(); // begins it
        long deadline = Deadline(thread, ConnectTimeoutS);
        return thread.WaitFor(() =>
        {
            Progress progress = socket.Connect();
            if (progress == Progress.Pending && thread.Run.Cycle < deadline)
                return null;
            if (progress != Progress.Done && ReferenceEquals(socket, _open.GetValueOrDefault(name)))
                Close(name);
            return Value.Bool(progress == Progress.Done);
        });
    }

    private void Close(string name)
    {
        if (_open.Remove(name, out ScriptSocket? socket))
            socket.Dispose();
    }

    /// <param name="timeoutS">0: waits for ever.</param>
    private Value Read(ScriptThread thread, string name, double timeoutS, Reader reader, Value failed)
    {
        if (!_open.TryGetValue(name, out ScriptSocket? socket))
            return thread.WaitFor(() => failed);
        Progress progress = socket.Receive();
        if (reader(socket) is { } there)
            return there;
        if (progress == Progress.Failed)
            return thread.WaitFor(() => failed);
        long deadline = timeoutS > 0 ? Deadline(thread, timeoutS) : long.MaxValue;
        return thread.WaitFor(() =>
        {
            if (!ReferenceEquals(socket, _open.GetValueOrDefault(name))) // closed by another thread
                return failed;
            Progress now = socket.Receive();
            return reader(socket) ?? (now == Progress.Failed || thread.Run.Cycle >= deadline ? failed : null);
        });
    }

    private delegate (Value[] Values, int Taken)? NumberReader(ReadOnlySpan<byte> data, int count);

    // [how many, the numbers …]; where they did not come: [0, a filler …].
    private Value ReadNumbers(ScriptThread thread, ReadOnlySpan<Value> a, NumberReader reader, Value filler)
    {
        int count = Arguments.Whole(a[0], "number");
        if (count is < 1 or > MaxValues)
            throw new ScriptFaultException($"At most {MaxValues} values can be read in one command, and at least one: not {count}");
        var failed = new Value[count + 1];
        Array.Fill(failed, filler);
        failed[0] = Value.Int(0);
        return Read(thread, a[1].AsString(), a[2].AsNumber(), socket =>
        {
            if (reader(socket.Received, count) is not { } read)
                return null;
            socket.Take(read.Taken);
            return Value.List(read.Values.Length == count ? [Value.Int(count), .. read.Values] : failed);
        }, Value.List(failed));
    }

    // "(1.5, 2, …)": whatever else is between the brackets is no answer.
    private static (Value[] Values, int Taken)? AsciiFloats(ReadOnlySpan<byte> data, int count)
    {
        int open = data.IndexOf((byte)'('), close = data.IndexOf((byte)')');
        if (close < 0)
            return null;
        if (open < 0 || open > close)
            return ([], close + 1);
        string[] parts = Encoding.Latin1.GetString(data[(open + 1)..close]).Split(',');
        var values = new Value[parts.Length == count ? count : 0];
        for (int i = 0; i < values.Length; i++)
            if (double.TryParse(parts[i], NumberStyles.Float, CultureInfo.InvariantCulture, out double value))
                values[i] = Value.Float(value);
            else
                return ([], close + 1);
        return (values, close + 1);
    }

    private static string? TakeLine(ScriptSocket socket)
    {
        int end = socket.Received.IndexOf((byte)'\n');
        if (end < 0)
            return null;
        string line = Encoding.Latin1.GetString(socket.Received[..end]).TrimEnd('\r');
        socket.Take(end + 1);
        return line;
    }

    // What stands before the prefix is dropped, what comes after the suffix stays for the next read.
    private static Value? TakeString(ScriptSocket socket, string prefix, string suffix)
    {
        string text = Encoding.Latin1.GetString(socket.Received);
        int start = text.IndexOf(prefix, StringComparison.Ordinal);
        if (start < 0 || text.Length == 0)
            return null;
        start += prefix.Length;
        int end = suffix.Length == 0 ? text.Length : text.IndexOf(suffix, start, StringComparison.Ordinal);
        if (end < 0)
            return null;
        end = Math.Min(end, start + MaxString);
        socket.Take(end + (suffix.Length > 0 && string.CompareOrdinal(text, end, suffix, 0, suffix.Length) == 0 ? suffix.Length : 0));
        return Value.String(text[start..end]);
    }

    private static string Plain(string text, bool escaped) => !escaped ? text
        : text.Replace("\\n", "\n", StringComparison.Ordinal).Replace("\\r", "\r", StringComparison.Ordinal)
            .Replace("\\t", "\t", StringComparison.Ordinal);

    private Value Send(ScriptThread thread, string name, byte[] data)
    {
        if (!_open.TryGetValue(name, out ScriptSocket? socket))
            return Value.Bool(false);
        int sent = 0;
        Progress progress = socket.Send(data, ref sent);
        if (progress != Progress.Pending)
            return Value.Bool(progress == Progress.Done);
        long deadline = Deadline(thread, SendTimeoutS);
        return thread.WaitFor(() =>
        {
            Progress now = ReferenceEquals(socket, _open.GetValueOrDefault(name)) ? socket.Send(data, ref sent) : Progress.Failed;
            return now == Progress.Pending && thread.Run.Cycle < deadline ? null : Value.Bool(now == Progress.Done);
        });
    }

    private long Deadline(ScriptThread thread, double seconds) => thread.Run.Cycle + (long)Math.Ceiling(seconds / stepTimeS);
}
