using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;
using RobotWorldModel.Tests.Shared;
using RobotWorldModel.WorldModel.Training;

namespace RobotWorldModel.WorldModel.Tests.Training;

public class EventFileTests
{
    private static readonly JsonSerializerOptions s_options =
        new() { NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    [SkippableFact]
    public void An_independent_reader_finds_what_was_written()
    {
        using var folder = new TempFolder();
        byte[] rgb = RandomNumberGenerator.GetBytes(20 * 14 * 3);
        double before = Now();
        using var file = new EventFile(folder.Path);
        file.Scalars(1, [("loss/total", 0.25), ("loss/kl", -3e-7)]);
        file.Scalar("grad_norm", long.MaxValue, double.PositiveInfinity);
        file.Picture("imagined", 300, rgb, 20, 14);
        file.Text("config", 0, "größe: **64**\n");
        JsonElement[] events = Read(file.Path); // while it is open, as TensorBoard does

        Assert.Matches($@"^events\.out\.tfevents\.\d{{10}}\..+\.{Environment.ProcessId}\.\d+$", Path.GetFileName(file.Path));
        Assert.Equal("brain.Event:2", events[0].GetProperty("version").GetString());
        Assert.All(events, e => Assert.InRange(e.GetProperty("wall_time").GetDouble(), before, Now()));
        Assert.Equal([0, 1, long.MaxValue, 300, 0], events.Select(e => e.GetProperty("step").GetInt64()));
        JsonElement losses = events[1].GetProperty("values");
        Assert.Equal(("loss/total", 0.25f), Scalar(losses[0]));
        Assert.Equal(("loss/kl", -3e-7f), Scalar(losses[1]));
        Assert.Equal("Infinity", events[2].GetProperty("values")[0].GetProperty("scalar").GetString());
        JsonElement picture = events[3].GetProperty("values")[0].GetProperty("picture");
        Assert.Equal((20, 14, Convert.ToHexStringLower(SHA256.HashData(rgb))),
            (picture[0].GetInt32(), picture[1].GetInt32(), picture[2].GetString()));
        JsonElement text = events[4].GetProperty("values")[0];
        Assert.Equal(("größe: **64**\n", "text"), (text.GetProperty("text").GetString(), text.GetProperty("plugin").GetString()));
    }

    [SkippableFact]
    public void A_run_that_goes_on_writes_a_further_file_that_says_from_where()
    {
        using var folder = new TempFolder();
        using var first = new EventFile(folder.Path);
        using var second = new EventFile(folder.Path, resumedAt: 41);
        Assert.NotEqual(first.Path, second.Path);
        JsonElement[] events = Read(second.Path);
        Assert.Equal((1, 41), (events[1].GetProperty("start").GetInt32(), events[1].GetProperty("step").GetInt32()));
        Assert.Single(Read(first.Path));
    }

    [Fact]
    public void The_checksum_is_the_one_of_TFRecords()
    {
        // RFC 3720 B.4: 32 bytes of zeros have the CRC-32C 8a9136aa, "123456789" has e3069283.
        Assert.Equal(Mask(0x8A9136AA), EventFile.MaskedCrc32C(new byte[32]));
        Assert.Equal(Mask(0xE3069283), EventFile.MaskedCrc32C("123456789"u8));

        static uint Mask(uint crc) => (crc >> 15 | crc << 17) + 0xA282EAD8;
    }

    private static double Now() => (DateTimeOffset.UtcNow - DateTimeOffset.UnixEpoch).TotalSeconds;

    private static (string?, float) Scalar(JsonElement value) =>
        (value.GetProperty("tag").GetString(), value.GetProperty("scalar").GetSingle());

    private static JsonElement[] Read(string path)
    {
        using var peer = new PythonPeer("tfevents.py", path);
        return [.. peer.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => JsonSerializer.Deserialize<JsonElement>(line.Replace(": Infinity", ": \"Infinity\""), s_options))];
    }
}
