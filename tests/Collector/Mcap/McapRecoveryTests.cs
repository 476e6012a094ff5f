using RobotWorldModel.Collector.Mcap;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Mcap;

public class McapRecoveryTests
{
    [SkippableFact]
    public void A_log_cut_at_any_byte_gives_back_every_whole_chunk()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 1500);
        var chunks = TestLogs.Chunks(whole);
        Assert.InRange(chunks.Count, 40, 1000);
        var random = new Random(20);
        var forPeer = new List<string>();
        for (int i = 0; i < 1000; i++)
        {
            // Also right at, before and behind the ends of chunks, and into the summary.
            int cut = i < 20 ? i : i % 3 == 0 ? chunks[random.Next(chunks.Count)].End + random.Next(-1, 2) : random.Next(whole.Length);
            string path = folder[i % 40 == 0 ? $"{i}.mcap" : "cut.mcap"];
            File.WriteAllBytes(path, whole.AsSpan(0, cut));
            long[] expected = Numbers(chunks, cut);

            Assert.Equal(expected, TestLogs.ReadAll(path, out var state));
            Assert.NotEqual(McapReadState.Damaged, state);

            var result = McapRecovery.Recover(path);
            Assert.Equal(expected.Length, result.Messages);
            Assert.Null(result.Damage);
            Assert.Equal(expected, TestLogs.ReadAll(path, out state));
            Assert.Equal(McapReadState.Ended, state);
            if (i % 40 == 0)
                forPeer.Add(path);
            if (i % 10 == 0)
                Assert.True(McapRecovery.Recover(path).WasComplete, $"cut at {cut}");
        }
        McapPeer.Check(forPeer);
    }

    [SkippableFact]
    public void Recovery_may_itself_be_cut_off()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 300);
        var chunks = TestLogs.Chunks(whole);
        var random = new Random(21);
        var paths = new List<string>();
        for (int i = 0; i < 30; i++)
        {
            int cut = random.Next(chunks[0].End, whole.Length);
            string path = folder[$"{i}.mcap"];
            File.WriteAllBytes(path, whole.AsSpan(0, cut));
            McapRecovery.Recover(path);
            byte[] recovered = File.ReadAllBytes(path);
            long kept = chunks.Where(c => c.End <= cut).Max(c => c.End);
            File.WriteAllBytes(path, recovered.AsSpan(0, random.Next((int)kept, recovered.Length)));
            Assert.False(McapRecovery.Recover(path).WasComplete);
            Assert.Equal(recovered, File.ReadAllBytes(path));
            paths.Add(path);
        }
        McapPeer.Check(paths);
    }

    [Fact]
    public void A_complete_file_is_left_as_it_is()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 300);
        var result = McapRecovery.Recover(folder["whole.mcap"]);
        Assert.True(result.WasComplete);
        Assert.Equal(300, result.Messages);
        Assert.Equal(whole, File.ReadAllBytes(folder["whole.mcap"]));
    }

    [SkippableFact]
    public void A_log_that_ends_in_zeros_or_rubbish_after_a_power_cut_gives_back_every_whole_chunk()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 600);
        var chunks = TestLogs.Chunks(whole);
        var random = new Random(22);
        var paths = new List<string>();
        for (int i = 0; i < 60; i++)
        {
            int cut = random.Next(chunks[0].End, chunks[^1].End);
            byte[] tail = new byte[random.Next(1, 20_000)];
            if (i % 2 == 0)
                random.NextBytes(tail);
            while (i % 2 != 0 && whole[cut] == 0) // else the zeros may be what was cut off
                cut--;
            if (i % 2 == 0)
                tail[0] |= 0x80; // no record of ours starts so, and none within a chunk keeps its checksum
            string path = folder[$"{i}.mcap"];
            File.WriteAllBytes(path, [.. whole.AsSpan(0, cut), .. tail]);
            Assert.Equal(Numbers(chunks, cut), TestLogs.ReadAll(path, out _));
            var result = McapRecovery.Recover(path);
            Assert.Equal(Numbers(chunks, cut).Length, result.Messages);
            Assert.True(result.CutBytes > 0);
            paths.Add(path);
        }
        McapPeer.Check(paths);
    }

    [Fact]
    public void Zeros_from_any_block_to_the_end_are_a_log_that_was_cut_off()
    {
        const int Block = 512;
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 300);
        var chunks = TestLogs.Chunks(whole);
        string path = folder["zeros.mcap"];
        for (int cut = 0; cut < whole.Length; cut += Block)
        {
            byte[] zeroed = [.. whole.AsSpan(0, cut), .. new byte[whole.Length - cut]];
            File.WriteAllBytes(path, zeroed);
            int lost = cut + whole.AsSpan(cut).IndexOfAnyExcept((byte)0); // the first byte that is another now
            Assert.Equal(Numbers(chunks, lost), TestLogs.ReadAll(path, out var state));
            if (cut <= chunks[^1].End)
                Assert.Equal(McapReadState.Open, state);

            if (cut + Block >= chunks[^1].End)
                continue;
            zeroed[^1] = 1; // what comes after zeros was lost in another way
            File.WriteAllBytes(path, zeroed);
            TestLogs.ReadAll(path, out state);
            Assert.Equal(McapReadState.Damaged, state);
        }
    }

    [Fact]
    public void Half_a_chunk_that_its_writer_cut_off_again_is_no_damage()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 300);
        var chunks = TestLogs.Chunks(whole);
        string path = folder["full.mcap"];
        int kept = chunks[4].End;
        File.WriteAllBytes(path, whole.AsSpan(0, kept + 700)); // more than the disk has room for
        using var reader = new McapReader(path);
        Assert.Equal(Numbers(chunks, kept), TestLogs.ReadAll(reader));
        using var file = new FileStream(path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite);
        file.SetLength(kept);
        Assert.Empty(TestLogs.ReadAll(reader));
        Assert.Equal((McapReadState.Open, null), (reader.State, reader.Damage));
        file.Position = kept;
        file.Write(whole.AsSpan(kept)); // and where it goes on, so does who reads it
        file.Flush();
        Assert.Equal(300 - Numbers(chunks, kept).Length, TestLogs.ReadAll(reader).Count);
    }

    [Fact]
    public void Flipped_bytes_never_give_a_message_that_was_not_written()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 300);
        var random = new Random(23);
        for (int i = 0; i < 500; i++)
        {
            byte[] flipped = [.. whole];
            for (int n = random.Next(1, 4); n > 0; n--)
                flipped[random.Next(flipped.Length)] ^= (byte)(1 << random.Next(8));
            File.WriteAllBytes(folder["flipped.mcap"], flipped);
            List<long> numbers = TestLogs.ReadAll(folder["flipped.mcap"], out _); // checks each message
            Assert.True(numbers.Count <= 300);
            Assert.Equal(numbers.Order(), numbers);
        }
    }

    [Fact]
    public void Lengths_that_lie_are_damage_and_cost_no_memory()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 100);
        int second = TestLogs.Chunks(whole)[0].End;
        foreach (long lie in (long[])[long.MaxValue, -1, 1L << 40, McapReader.MaxRecordBytes + 1])
        {
            byte[] hostile = [.. whole.AsSpan(0, second), 6, .. BitConverter.GetBytes(lie), .. new byte[100]];
            File.WriteAllBytes(folder["hostile.mcap"], hostile);
            using var reader = new McapReader(folder["hostile.mcap"]);
            Assert.Equal(TestLogs.Chunks(whole)[0].Messages, TestLogs.ReadAll(reader).Count);
            Assert.Equal(McapReadState.Damaged, reader.State);
            Assert.Contains("hostile.mcap", reader.Damage);
            Assert.Equal(second, reader.WholeBytes);
        }
    }

    [Fact]
    public void What_is_no_mcap_file_is_refused_and_not_touched()
    {
        using var folder = new TempFolder();
        File.WriteAllText(folder["a.mcap"], "frame,timestamp\n0,0\n");
        Assert.Contains("no MCAP file", Assert.Throws<InvalidDataException>(() => McapRecovery.Recover(folder["a.mcap"])).Message);
        Assert.Equal("frame,timestamp\n0,0\n", File.ReadAllText(folder["a.mcap"]));
    }

    [SkippableFact]
    public void A_copy_keeps_the_channels_asked_for_and_all_metadata()
    {
        using var folder = new TempFolder();
        byte[] whole = WriteLog(folder["whole.mcap"], 600);
        var chunks = TestLogs.Chunks(whole);
        int cut = chunks[chunks.Count / 2].End + 5;
        File.WriteAllBytes(folder["cut.mcap"], whole.AsSpan(0, cut));
        long copied = McapCopy.Copy(folder["cut.mcap"], folder["copy.mcap"], channel => channel.Topic != "/topic_1");
        long[] expected = [.. Numbers(chunks, cut).Where(n => n % 3 != 1)];
        Assert.Equal(expected.Length, copied);
        Assert.Equal(expected, TestLogs.ReadAll(folder["copy.mcap"], out _));
        var report = McapPeer.Check(folder["copy.mcap"]);
        Assert.Equal(2, report.GetProperty("channels").EnumerateObject().Count());
        Assert.Equal("start", report.GetProperty("metadata")[0].GetProperty("name").GetString());
    }

    private static byte[] WriteLog(string path, int messages)
    {
        using (var writer = new McapWriter(path, TestLogs.SmallChunks))
        {
            var channels = TestLogs.AddChannels(writer, 3);
            writer.AddMetadata("start", new Dictionary<string, string> { ["json"] = "{}" });
            TestLogs.Write(writer, channels, 0, messages / 2);
            writer.AddMetadata("middle", new Dictionary<string, string> { ["json"] = "{}" });
            TestLogs.Write(writer, channels, messages / 2, messages - messages / 2);
        }
        return File.ReadAllBytes(path);
    }

    /// <summary>The messages of the chunks that are whole in a file cut at a byte.</summary>
    private static long[] Numbers(List<(int End, int Messages)> chunks, int cut) =>
        [.. Enumerable.Range(0, chunks.Where(c => c.End <= cut).Sum(c => c.Messages)).Select(n => (long)n)];
}
