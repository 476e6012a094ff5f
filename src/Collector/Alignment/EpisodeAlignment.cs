using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Collector.Files;
using RobotWorldModel.Drivers.Geometry;

namespace RobotWorldModel.Collector.Alignment;

/// <summary>
/// Writes an episode's depth pictures laid over its colour pictures into a folder beside it; the episode itself stays as it is. What is
/// there already is not made again.
/// </summary>
public static class EpisodeAlignment
{
    /// <summary>The cameras of an episode that have both pictures.</summary>
    public static IReadOnlyList<CameraDescription> CamerasOf(EpisodeReader episode) =>
        [.. episode.Metadata.Cameras.Where(c => c is { Color: not null, Depth: not null, DepthScale: not null })];

    /// <summary>
    /// Aligns one camera's pictures: NNNNNN.npz in <paramref name="folder"/>, under the names and in the units of depth/.
    /// </summary>
    /// <param name="progress">Pictures done, of how many.</param>
    /// <returns>How many were made now.</returns>
    /// <exception cref="InvalidDataException">The camera does not say how its lenses stand to each other, or a picture is damaged.
    /// </exception>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    public static int Align(
        EpisodeReader episode, CameraDescription camera, string folder, Action<int, int> progress, CancellationToken cancel)
    {
        DepthAlignment alignment = Of(camera);
        int width = camera.Color!.Width, height = camera.Color.Height, made = 0;
        var (reader, encoder, aligned) = (new NpzReader(), new NpzEncoder(), new ushort[width * height]);
        Directory.CreateDirectory(folder);
        Claim(episode, folder);
        string from = Path.Combine(episode.Folder, episode.Layout.DepthFolder(camera.Name));
        string[] sources = [.. Directory.EnumerateFiles(from, "*.npz").Order()];
        for (int i = 0; i < sources.Length; i++)
        {
            cancel.ThrowIfCancellationRequested();
            string target = Path.Combine(folder, Path.GetFileName(sources[i]));
            if (!File.Exists(target))
            {
                DepthPicture depth = reader.Read(File.ReadAllBytes(sources[i]));
                if (depth.Width != camera.Depth!.Width || depth.Height != camera.Depth.Height)
                    throw new InvalidDataException($"{sources[i]}: {depth.Width}x{depth.Height}, the camera's depth is "
                        + $"{camera.Depth.Width}x{camera.Depth.Height}");
                alignment.Align(depth.Values.Span, aligned);
                DurableFiles.Replace(target, encoder.Encode(aligned, width, height).Span);
                made++;
            }
            progress(i + 1, sources.Length);
        }
        return made;
    }

    /// <summary>Pictures that are there are only this episode's: another of the same name would be taken for done.</summary>
    private static void Claim(EpisodeReader episode, string folder)
    {
        string file = Path.Combine(folder, "source.txt"), source = $"{episode.Metadata.Id} of {episode.Metadata.Start:O}\n";
        if (!File.Exists(file))
            File.WriteAllText(file, source);
        else if (File.ReadAllText(file) is var other && other != source)
            throw new InvalidDataException($"{folder} holds pictures of another episode ({other.TrimEnd()}); "
                + "name another folder with --out");
    }

    private static DepthAlignment Of(CameraDescription camera)
    {
        // One lens makes both pictures where the camera says nothing: a simulated camera, or a process that has aligned them itself.
        double[] any = []; // of records, arrays are equal only where they are one
        bool same = camera.Color! with { Distortion = any } == camera.Depth! with { Distortion = any };
        if (camera.DepthInColor is null && !same)
            throw new InvalidDataException($"camera {camera.Name} has not told where depth's lens stands to colour's (depth_in_color): "
                + "its depth cannot be laid over its colour");
        Pose pose = camera.DepthInColor is { } d
            ? Pose.FromVector(new([.. d.Translation, .. d.Rotation]))
            : Pose.Identity;
        try
        {
            return new(camera.Depth!, camera.Color!, pose, camera.DepthScale!.Value);
        }
        catch (ArgumentException e)
        {
            throw new InvalidDataException($"camera {camera.Name}: {e.Message}");
        }
    }
}
