using System.Buffers.Binary;
using System.Text;
using RobotWorldModel.Collector.Cdr;
using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Drivers.Time;

namespace RobotWorldModel.Collector.Tests.Mcap;

/// <summary>Logs whose every message can be told from its number.</summary>
internal static class TestLogs
{
    /// <summary>Chunks so small that a short file has many.</summary>
    public static readonly McapWriterOptions SmallChunks = new() { ChunkBytes = 4096, ChunkSpan = TimeSpan.FromHours(1) };

    public const long FirstLogTimeNs = 1_700_000_000_000_000_000;

    /// <summary>A CDR message of rwm_msgs/Event, as the peer can decode it: number in the time, text of a length of its own.</summary>
    public static byte[] Event(long number)
    {
        long time = FirstLogTimeNs + number * 1_000_000;
        var w = new CdrWriter(new byte[512]);
        RosMessages.WriteHeader(ref w, new RosHeader(time, ""));
        w.I64(number);
        w.Text("test");
        w.Text(new string((char)('a' + number % 26), (int)(number * 7919 % 200)));
        return w.Finish().ToArray();
    }

    /// <summary>Writes messages number first to first + count - 1 over some channels.</summary>
    public static void Write(McapWriter writer, IReadOnlyList<McapChannel> channels, long first, int count)
    {
        for (long n = first; n < first + count; n++)
        {
            long time = FirstLogTimeNs + n * 1_000_000;
            writer.Write(channels[(int)(n % channels.Count)], (uint)n, time, time, HostClock.NowNs, Event(n));
        }
    }

    public static List<McapChannel> AddChannels(McapWriter writer, int count)
    {
        var schema = writer.AddSchema(RosSchemas.Event.Name, "ros2msg", Encoding.UTF8.GetBytes(RosSchemas.Event.FullText));
        return [.. Enumerable.Range(0, count).Select(i => writer.AddChannel(schema, $"/topic_{i}", "cdr"))];
    }

    /// <summary>The numbers of all messages that a reader hands out at present; each must be what was written.</summary>
    public static List<long> ReadAll(McapReader reader)
    {
        var numbers = new List<long>();
        while (reader.TryRead(out var message))
        {
            long n = message.Sequence;
            Assert.Equal(FirstLogTimeNs + n * 1_000_000, message.LogTimeNs);
            Assert.True(message.Data.SequenceEqual(Event(n)), $"message {n} is not as it was written");
            numbers.Add(n);
        }
        return numbers;
    }

    public static List<long> ReadAll(string path, out McapReadState state)
    {
        using var reader = new McapReader(path);
        var numbers = ReadAll(reader);
        state = reader.State;
        return numbers;
    }

    /// <summary>For each chunk of a file its end and the messages in it, found without the code under test.</summary>
    public static List<(int End, int Messages)> Chunks(byte[] file)
    {
        var chunks = new List<(int, int)>();
        for (int at = 8; at + 9 <= file.Length;)
        {
            int length = Length(at);
            if (file[at] == 6)
            {
                int messages = 0;
                for (int inner = at + 49; inner < at + 9 + length; inner += 9 + Length(inner))
                    messages += file[inner] == 5 ? 1 : 0;
                chunks.Add((at + 9 + length, messages));
            }
            at += 9 + length;
        }
        return chunks;

        int Length(int record) => (int)BinaryPrimitives.ReadInt64LittleEndian(file.AsSpan(record + 1));
    }
}
