using System.Collections.Concurrent;
using System.Text.Json;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Episodes;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>
/// Committed episodes in <c>demonstrations</c> of the data root, as the page needs them. Every id, camera and number is checked here:
/// nothing outside the data root is opened.
/// </summary>
internal sealed class EpisodeStore(string root)
{
    private readonly DataPaths _paths = new(root);
    private readonly ConcurrentDictionary<string, (DateTime Written, EpisodeListing Listing)> _listings = new();
    private readonly ConcurrentDictionary<(string Id, string Camera), DepthRange> _ranges = new();
    private volatile Opened? _opened;

    /// <summary>The episode that was looked at last: its metadata is asked for with every picture.</summary>
    private sealed record Opened(string Path, DateTime Written, EpisodeMetadata Metadata);

    /// <summary>All episodes by number; one whose metadata cannot be read is listed with the reason as its quality.</summary>
    public IReadOnlyList<EpisodeListing> List() => _paths.Find(EpisodeCatalog.Demonstrations) is { } folder
        ? [.. EpisodeCatalog.Find(folder).Where(e => PathOf(e.Id) is not null).Select(e => Listing(e.Id))]
        : [];

    /// <summary>metadata.json as it is; null where there is no such episode.</summary>
    public byte[]? MetadataFile(string id) => PathOf(id, EpisodeLayout.Metadata) is { } path ? File.ReadAllBytes(path) : null;

    /// <summary>Cameras and tables of an episode; null where there is no such episode.</summary>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it and the row.</exception>
    public EpisodeSeries? Series(string id)
    {
        if (Metadata(id) is not { } metadata)
            return null;
        EpisodeReader episode = EpisodeReader.Open(PathOf(id)!);
        var tables = new Dictionary<string, CsvTable>();
        foreach (string path in Directory.EnumerateFiles(episode.Folder, "*.csv").Order(StringComparer.Ordinal))
            if (PathOf(id, Path.GetFileName(path)) is not null && episode.Table(Path.GetFileName(path)) is { } table)
                tables[Path.GetFileNameWithoutExtension(path)] = table;
        var cameras = metadata.Cameras.Select(c => new EpisodeCamera(c.Name, Color: c.Color is not null, Range(id, c.Name)));
        return new EpisodeSeries(id, metadata.RateHz, metadata.Frames, [.. cameras], tables);
    }

    /// <summary>The path of a frame's colour picture, a PNG; null where there is none.</summary>
    public string? ColorPath(string id, string camera, int frame) =>
        Metadata(id) is { } m && Camera(m, camera) is not null ? PathOf(id, m.Layout.Rgb(camera, frame).Split('/')) : null;

    /// <summary>A frame's depth in colours, as a PNG; null where there is none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    public byte[]? DepthPng(string id, string camera, int frame)
    {
        if (Metadata(id) is not { } m || Camera(m, camera) is not { DepthScale: { } scale }
            || PathOf(id, m.Layout.Depth(camera, frame).Split('/')) is not { } path)
            return null;
        DepthPicture picture = ReadDepth(path);
        return DepthColors.Paint(picture, scale, Range(id, camera) ?? DepthColors.Range(picture, scale));
    }

    /// <summary>Sets the outcome, and the note where one is given. False where there is no such episode.</summary>
    public bool Mark(string id, Outcome outcome, string? note)
    {
        if (PathOf(id, EpisodeLayout.Metadata) is null || PathOf(id, EpisodeLayout.Sums) is null)
            return false;
        EpisodeMark.Mark(PathOf(id)!, outcome, note);
        DatasetIndex.RefreshAfter(PathOf(id)!, line => Console.Error.WriteLine($"desk: {line}"));
        return true;
    }

    private string? PathOf(string id, params ReadOnlySpan<string> parts) =>
        EpisodeNaming.IsEpisodeName(id) ? _paths.Find([EpisodeCatalog.Demonstrations, id, .. parts]) : null;

    /// <summary>Null where there is no such episode.</summary>
    private EpisodeMetadata? Metadata(string id)
    {
        if (PathOf(id, EpisodeLayout.Metadata) is not { } path)
            return null;
        DateTime written = File.GetLastWriteTimeUtc(path);
        if (_opened is { } known && known.Path == path && known.Written == written)
            return known.Metadata;
        EpisodeMetadata metadata = EpisodeMetadata.Read(Path.GetDirectoryName(path)!);
        _opened = new Opened(path, written, metadata);
        return metadata;
    }

    private static CameraDescription? Camera(EpisodeMetadata metadata, string name) =>
        metadata.Cameras.FirstOrDefault(c => c.Name == name);

    private EpisodeListing Listing(string id)
    {
        if (PathOf(id, EpisodeLayout.Metadata) is not { } path)
            return EpisodeListing.Unreadable(id, $"{EpisodeLayout.Metadata} is missing");
        DateTime written = File.GetLastWriteTimeUtc(path);
        if (_listings.TryGetValue(id, out var known) && known.Written == written)
            return known.Listing;
        EpisodeListing listing;
        try
        {
            listing = EpisodeListing.Of(id, EpisodeMetadata.Read(Path.GetDirectoryName(path)!));
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            listing = EpisodeListing.Unreadable(id, e.Message);
        }
        _listings[id] = (written, listing);
        return listing;
    }

    /// <summary>From the first picture: one range an episode, or the colours of a still scene would flicker. Null without depth.</summary>
    private DepthRange? Range(string id, string camera)
    {
        if (_ranges.TryGetValue((id, camera), out DepthRange? range))
            return range;
        if (Metadata(id) is not { } m || Camera(m, camera) is not { DepthScale: { } scale }
            || PathOf(id, m.Layout.DepthFolder(camera).Split('/')) is not { } folder)
            return null;
        string? first = Directory.EnumerateFiles(folder, "*.npz").Min(StringComparer.Ordinal);
        if (first is null || new FileInfo(first).LinkTarget is not null)
            return null;
        return _ranges[(id, camera)] = DepthColors.Range(ReadDepth(first), scale);
    }

    private static DepthPicture ReadDepth(string path)
    {
        try
        {
            return new NpzReader().Read(File.ReadAllBytes(path));
        }
        catch (InvalidDataException e)
        {
            throw new InvalidDataException($"{Path.GetFileName(path)} is damaged: {e.Message}", e);
        }
    }
}

/// <summary>A row of the page's list.</summary>
/// <param name="Start">UTC, ISO 8601.</param>
/// <param name="Quality">The verdict of the gate, or why the episode cannot be read.</param>
internal sealed record EpisodeListing(
    string Id, string Task, long Frames, double Seconds, string Outcome, string Quality, string Start, string Note, bool Readable)
{
    public static EpisodeListing Of(string id, EpisodeMetadata m) => new(
        id, m.Task, m.Frames, m.Duration, Words(m.Outcome), Words(m.Quality.Verdict), m.Start.UtcDateTime.ToString("O"), m.Note ?? "",
        Readable: true);

    public static EpisodeListing Unreadable(string id, string why) =>
        new(id, "", 0, 0, Words(default(Outcome)), why, "", "", Readable: false);

    private static string Words(Enum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()).Replace('_', ' ');
}

/// <param name="Tables">joints, force, gripper, actions, frames … by file name without .csv.</param>
internal sealed record EpisodeSeries(
    string Id, double RateHz, long Frames, IReadOnlyList<EpisodeCamera> Cameras, IReadOnlyDictionary<string, CsvTable> Tables);

/// <param name="Depth">The range that depth's colours span; null without depth.</param>
internal sealed record EpisodeCamera(string Name, bool Color, DepthRange? Depth);
