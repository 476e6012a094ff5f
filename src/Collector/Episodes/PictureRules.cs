using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>The rules of pictures: one for every row that is not missing, whole, of the camera's size, and the same again for the same sample.</summary>
internal static class PictureRules
{
    /// <summary>The pictures that statuses promise.</summary>
    public static IEnumerable<string> Expected(EpisodeMetadata metadata, Timeline timeline)
    {
        EpisodeLayout layout = metadata.Layout;
        foreach (CameraDescription camera in metadata.Cameras)
            foreach (bool depth in new[] { false, true })
                if (timeline.Streams.TryGetValue(depth ? EpisodeLayout.DepthStream(camera.Name) : EpisodeLayout.RgbStream(camera.Name), out StreamTrack? track))
                    for (int frame = 0; frame < timeline.Rows; frame++)
                        if (track.Status[frame] != StreamStatus.Missing)
                            yield return depth ? layout.Depth(camera.Name, frame) : layout.Rgb(camera.Name, frame);
    }

    public static void Check(string episode, EpisodeMetadata metadata, Timeline timeline, Findings findings)
    {
        EpisodeLayout layout = metadata.Layout;
        var work = new List<Action>();
        foreach (CameraDescription camera in metadata.Cameras)
        {
            if (timeline.Streams.TryGetValue(EpisodeLayout.RgbStream(camera.Name), out StreamTrack? color))
                work.Add(() => CheckColor(episode, camera, layout, color, metadata, findings));
            if (timeline.Streams.TryGetValue(EpisodeLayout.DepthStream(camera.Name), out StreamTrack? depth))
                work.Add(() => CheckDepth(episode, camera, layout, depth, metadata, findings));
        }
        Parallel.ForEach(work, w => w());
    }

    private static void CheckColor(
        string episode, CameraDescription camera, EpisodeLayout layout, StreamTrack track, EpisodeMetadata metadata, Findings findings)
    {
        var decoder = new PngDecoder();
        var statistics = new ColorStatistics();
        bool whole = CheckEach(episode, frame => layout.Rgb(camera.Name, frame), track, findings, (file, anew) =>
        {
            RgbPicture picture = decoder.Decode(file);
            if (anew)
                statistics.Add(picture.Pixels.Span);
            return WrongSize(picture.Width, picture.Height, camera.Color?.Width, camera.Color?.Height);
        });
        CompareStatistics(whole, EpisodeLayout.RgbStream(camera.Name), layout.RgbFolder(camera.Name), statistics.Result(), metadata, findings);
    }

    private static void CheckDepth(
        string episode, CameraDescription camera, EpisodeLayout layout, StreamTrack track, EpisodeMetadata metadata, Findings findings)
    {
        var reader = new NpzReader();
        var statistics = new DepthStatistics(camera.DepthScale ?? 1);
        bool whole = CheckEach(episode, frame => layout.Depth(camera.Name, frame), track, findings, (file, anew) =>
        {
            DepthPicture picture = reader.Read(file);
            if (anew)
                statistics.Add(picture.Values.Span);
            return WrongSize(picture.Width, picture.Height, camera.Depth?.Width, camera.Depth?.Height);
        });
        CompareStatistics(whole, EpisodeLayout.DepthStream(camera.Name), layout.DepthFolder(camera.Name), statistics.Result(), metadata, findings);
    }

    /// <summary>True where every picture could be decoded.</summary>
    /// <param name="decode">File and whether it is another sample than in the row before; returns what is wrong.</param>
    private static bool CheckEach(string episode, Func<int, string> name, StreamTrack track, Findings findings, Func<byte[], bool, string?> decode)
    {
        bool whole = true;
        byte[]? before = null;
        for (int frame = 0; frame < track.Status.Length; frame++)
        {
            byte[]? file = null;
            string path = Path.Combine(episode, name(frame));
            if (track.Status[frame] != StreamStatus.Missing && File.Exists(path)) // one that is missing has been said
            {
                file = File.ReadAllBytes(path);
                bool same = track.SameAsBefore(frame);
                string? wrong = Decoded(decode, file, !same) ?? (same && before is not null && !file.AsSpan().SequenceEqual(before)
                    ? "the row says that it is the same sample as before; the picture is another" : null);
                whole &= wrong is null;
                if (wrong is not null)
                    findings.Add(name(frame), frame, wrong);
            }
            whole &= file is not null || track.Status[frame] == StreamStatus.Missing;
            before = file;
        }
        return whole;
    }

    private static string? Decoded(Func<byte[], bool, string?> decode, byte[] file, bool anew)
    {
        try
        {
            return decode(file, anew);
        }
        catch (InvalidDataException e)
        {
            return $"is damaged: {e.Message}";
        }
    }

    private static string? WrongSize(int width, int height, int? expectedWidth, int? expectedHeight) =>
        expectedWidth is null || width == expectedWidth && height == expectedHeight
            ? null
            : $"is {width}x{height}; the camera's pictures are {expectedWidth}x{expectedHeight}";

    private static void CompareStatistics(bool whole, string stream, string folder, ModalityStatistics found, EpisodeMetadata metadata, Findings findings)
    {
        if (whole && metadata.Statistics.TryGetValue(stream, out ModalityStatistics? promised) && !found.Agrees(promised))
            findings.Add(folder, null, $"minimum, maximum, mean and deviation of its pixels are not those in {EpisodeLayout.Metadata}");
    }
}
