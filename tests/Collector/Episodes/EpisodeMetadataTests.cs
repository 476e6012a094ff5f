using System.Text;
using System.Text.Json;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Drivers.Geometry;
using RobotWorldModel.Drivers.Samples;

namespace RobotWorldModel.Collector.Tests.Episodes;

public class EpisodeMetadataTests
{
    [Fact]
    public void The_words_are_the_formats()
    {
        string json = Json(demonstrated: true);
        Assert.Contains("\"action_source\": \"demonstrated\"", json, StringComparison.Ordinal);
        Assert.Contains("\"verdict\": \"not judged\"", json, StringComparison.Ordinal);
        Assert.Equal(json, Encoding.UTF8.GetString(EpisodeMetadata.Parse(Encoding.UTF8.GetBytes(json)).ToJson()));
    }

    [Fact]
    public void Files_of_before_the_words_were_the_formats_are_read()
    {
        string json = Json(demonstrated: false)
            .Replace("\"not judged\"", "\"not_judged\"", StringComparison.Ordinal)
            .Replace("  \"action_source\": \"scripted\",\n", "", StringComparison.Ordinal)
            .Replace("  \"never_all_fresh\": false,\n", "", StringComparison.Ordinal)
            .Replace("      \"depth_in_color\": null,\n      \"firmware\": null,\n", "", StringComparison.Ordinal);
        Assert.DoesNotContain("firmware", json, StringComparison.Ordinal);
        EpisodeMetadata metadata = EpisodeMetadata.Parse(Encoding.UTF8.GetBytes(json));
        Assert.DoesNotContain("action_source", json, StringComparison.Ordinal);
        Assert.DoesNotContain("never_all_fresh", json, StringComparison.Ordinal);
        Assert.Equal(("scripted", "scripted", QualityVerdict.NotJudged),
            (metadata.ActionSource, metadata.Action!.Source, metadata.Quality.Verdict));
    }

    [Fact]
    public void Intrinsics_that_nobody_has_measured_are_null()
    {
        byte[] json = Encoding.UTF8.GetBytes(Json(demonstrated: false));
        EpisodeMetadata metadata = EpisodeMetadata.Parse(json);
        CameraDescription webcam = metadata.Cameras[1] with { Color = CameraIntrinsics.Unknown(640, 480) };
        string written = Encoding.UTF8.GetString((metadata with { Cameras = [webcam] }).ToJson());
        Assert.Contains("\"fx\": null", written, StringComparison.Ordinal);
        CameraIntrinsics read = EpisodeMetadata.Parse(Encoding.UTF8.GetBytes(written)).Cameras[0].Color!;
        Assert.Equal((640, 480, double.NaN, double.NaN), (read.Width, read.Height, read.Fx, read.Cy));
    }

    [Fact]
    public void What_a_camera_says_of_itself_comes_back()
    {
        var lens = new CameraIntrinsics(640, 480, 600, 601, 320, 240, [0.1, -0.2, 0, 0, 0]);
        var told = CameraDescription.From(new("wrist", "D435", "1", lens, lens, 0.001, "flange", null)
        {
            DepthInColor = Pose.FromVector(new([0.015, 0, 0.001, 0, 0, 0.1])),
            Firmware = "5.16.0.1",
            Usb = "3.2",
            Library = "librealsense 2.58.2",
            HasMetadata = true,
            Port = "2-1",
            ClockDomain = "camera",
        });
        var silent = CameraDescription.From(new("scene", "", "", lens, null, 0, "base", null));
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 1, frames: 3);
        EpisodeMetadata metadata = EpisodeMetadata.Read(episode) with { Cameras = [told, silent] };
        string json = Encoding.UTF8.GetString(metadata.ToJson());
        foreach (string words in new[] { "\"depth_in_color\": {", "\"frame\": \"color\"", "\"hardware_stamps\": true" })
            Assert.Contains(words, json, StringComparison.Ordinal);
        var back = EpisodeMetadata.Parse(Encoding.UTF8.GetBytes(json)).Cameras;
        Assert.Equal([0.015, 0, 0.001], back[0].DepthInColor!.Translation);
        Assert.Equal(0.1, back[0].DepthInColor!.Rotation[2], 1e-12);
        Assert.Equal(("5.16.0.1", "librealsense 2.58.2", (bool?)true), (back[0].Firmware, back[0].Library, back[0].HardwareStamps));
        Assert.Equal(("2-1", "camera", null), (back[0].Port, back[0].ClockDomain, back[1].ClockDomain));
        Assert.Equal((null, null, null), (back[1].DepthInColor, back[1].Usb, back[1].HardwareStamps));
    }

    [Theory]
    [InlineData("\"not judged\"", "\"not  judged\"")]
    [InlineData("\"not judged\"", "0")]
    [InlineData("\"min\": [", "\"min\": [\"1\",")]
    [InlineData("\"name\": \"scene\"", "\"name\": \"wrist\"")]
    [InlineData("\"tactile\": {\n      \"columns\"", "\"joints\": {\n      \"columns\"")]
    public void What_no_reader_can_work_with_is_no_metadata(string before, string after)
    {
        string json = Json(demonstrated: false);
        Assert.Contains(before, json, StringComparison.Ordinal);
        byte[] changed = Encoding.UTF8.GetBytes(json.Replace(before, after, StringComparison.Ordinal));
        Assert.Throws<JsonException>(() => EpisodeMetadata.Parse(changed));
    }

    [Fact]
    public void A_source_that_is_told_in_two_ways_is_found()
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 1, frames: 12), path = Path.Combine(episode, EpisodeLayout.Metadata);
        File.WriteAllText(path, File.ReadAllText(path).Replace(
            "\"action_source\": \"scripted\"", "\"action_source\": \"demonstrated\"", StringComparison.Ordinal));
        Mutations.HashAgain(episode);
        Finding finding = Assert.Single(EpisodeVerifier.Verify(episode));
        Assert.Contains("action_source", finding.What, StringComparison.Ordinal);
    }

    private static string Json(bool demonstrated)
    {
        using var folder = new MemoryFolder();
        string episode = SyntheticEpisode.Commit(folder.Path, 1, frames: 12, demonstrated);
        return File.ReadAllText(Path.Combine(episode, EpisodeLayout.Metadata));
    }
}
