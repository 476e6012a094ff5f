using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Drivers.Time;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Mcap;

public class McapWriterTests
{
    [SkippableFact]
    public void A_closed_file_is_sound_for_an_independent_reader()
    {
        using var folder = new TempFolder();
        using (var writer = new McapWriter(folder["a.mcap"], TestLogs.SmallChunks))
        {
            var channels = TestLogs.AddChannels(writer, 3);
            writer.AddMetadata("first", new Dictionary<string, string> { ["json"] = "{\"grüße\":1}", ["empty"] = "" });
            TestLogs.Write(writer, channels, 0, 500);
            writer.AddMetadata("second", new Dictionary<string, string>());
            TestLogs.Write(writer, channels, 500, 501);
            writer.Close();
            Assert.Null(writer.Failure);
            Assert.Equal(0, writer.Lost);
            Assert.Equal(new FileInfo(folder["a.mcap"]).Length, writer.Bytes);
        }
        var report = McapPeer.Check(folder["a.mcap"]);
        Assert.Equal(1001, report.GetProperty("messages").GetInt32());
        Assert.Equal(TestLogs.Chunks(File.ReadAllBytes(folder["a.mcap"])).Count, report.GetProperty("chunks").GetInt32());
        Assert.Equal(334, report.GetProperty("channels").GetProperty("/topic_0").GetProperty("count").GetInt32());
        Assert.Equal("{\"grüße\":1}", report.GetProperty("metadata")[0].GetProperty("values").GetProperty("json").GetString());
        Assert.Equal(Enumerable.Range(0, 1001).Select(n => (long)n), TestLogs.ReadAll(folder["a.mcap"], out var state));
        Assert.Equal(McapReadState.Ended, state);
    }

    [SkippableFact]
    public void An_empty_log_and_a_channel_without_messages_are_sound_too()
    {
        using var folder = new TempFolder();
        using (var writer = new McapWriter(folder["empty.mcap"]))
            TestLogs.AddChannels(writer, 2);
        var report = McapPeer.Check(folder["empty.mcap"]);
        Assert.Equal(0, report.GetProperty("messages").GetInt32());
        Assert.Empty(TestLogs.ReadAll(folder["empty.mcap"], out var state));
        Assert.Equal(McapReadState.Ended, state);
    }

    [SkippableFact]
    public void Chunks_keep_within_their_span_and_size_and_a_larger_message_gets_one_of_its_own()
    {
        using var folder = new TempFolder();
        var options = new McapWriterOptions { ChunkBytes = 64 << 10 };
        byte[] large = new byte[300_000];
        using (var writer = new McapWriter(folder["a.mcap"], options))
        {
            var plain = writer.AddChannel(null, "/bytes", "raw");
            var random = new Random(3);
            long time = TestLogs.FirstLogTimeNs;
            for (uint n = 0; n < 3000; n++)
            {
                // One stream's backlog before the next one's: times that jump back must not make a chunk longer.
                time += n % 100 == 0 ? -120_000_000 : random.Next(2_000_000);
                int bytes = n % 500 == 7 ? large.Length : random.Next(400);
                writer.Write(plain, n, time, time, HostClock.NowNs, large.AsSpan(0, bytes));
            }
        }
        var report = McapPeer.Check(folder["a.mcap"]);
        Assert.Equal(3000, report.GetProperty("messages").GetInt32());
        Assert.InRange(report.GetProperty("longest_chunk_ns").GetInt64(), 1, 200_000_000);
        Assert.All(ChunkSizes(folder["a.mcap"]), size => Assert.True(size <= 64 << 10 || size is > 300_000 and < 310_000, $"{size}"));
    }

    [Fact]
    public void A_rare_message_does_not_wait_for_the_next_one()
    {
        using var folder = new TempFolder();
        using var writer = new McapWriter(folder["a.mcap"]);
        var channels = TestLogs.AddChannels(writer, 1);
        TestLogs.Write(writer, channels, 0, 1);
        writer.FlushChunkIfDue(HostClock.NowNs + 1_000_000_000);
        using var reader = new McapReader(folder["a.mcap"]);
        var got = new List<long>();
        Eventually.True(() =>
        {
            got.AddRange(TestLogs.ReadAll(reader));
            return got.Count == 1;
        }, "the message is in the file");
        Eventually.True(() => writer.Sync.Syncs > 0, "and synced");
        Assert.True(writer.Sync.WorstDelayNs > 0);
    }

    [Fact]
    public void A_file_that_exists_is_not_touched()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.mcap"], "keep me");
        Assert.Throws<IOException>(() => new McapWriter(folder["a.mcap"]));
        Assert.Equal("keep me", File.ReadAllText(folder["a.mcap"]));
    }

    [Fact]
    public void A_reader_follows_the_file_while_it_grows()
    {
        using var folder = new TempFolder();
        const int Count = 20_000;
        using var writer = new McapWriter(folder["a.mcap"], TestLogs.SmallChunks);
        var writing = new Thread(() =>
        {
            var channels = TestLogs.AddChannels(writer, 4);
            TestLogs.Write(writer, channels, 0, Count);
            writer.Close();
        });
        writing.Start();
        using var reader = new McapReader(folder["a.mcap"]);
        var numbers = new List<long>();
        int reads = 0;
        Eventually.True(() =>
        {
            var more = TestLogs.ReadAll(reader);
            reads += more.Count > 0 ? 1 : 0;
            numbers.AddRange(more);
            return reader.State != McapReadState.Open;
        }, "the file's end is seen", 60);
        writing.Join();
        Assert.Null(reader.Damage);
        Assert.Equal(McapReadState.Ended, reader.State);
        Assert.Equal(Enumerable.Range(0, Count).Select(n => (long)n), numbers);
    }

    private static IEnumerable<int> ChunkSizes(string path)
    {
        byte[] file = File.ReadAllBytes(path);
        for (int at = 8; at + 9 <= file.Length; at += 9 + (int)BitConverter.ToInt64(file, at + 1))
            if (file[at] == 6)
                yield return (int)BitConverter.ToInt64(file, at + 1);
    }
}
