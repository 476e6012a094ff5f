using System.Collections.Concurrent;
using System.Text.Json;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>Episodes as they lie in <c>demonstrations</c> of the data root.</summary>
internal sealed class FolderEpisodeStore(string root) : IEpisodeStore
{
    private const string Folder = "demonstrations";
    private const double DefaultDepthScale = 0.001;

    private readonly DataPaths _paths = new(root);
    private readonly ConcurrentDictionary<string, (DateTime Written, EpisodeSummary Summary)> _summaries = new();
    private readonly ConcurrentDictionary<string, DepthRange> _ranges = new();

    public IReadOnlyList<EpisodeSummary> List()
    {
        if (_paths.Find(Folder) is not { } folder)
            return [];
        var episodes = new List<EpisodeSummary>();
        foreach (string path in Directory.EnumerateDirectories(folder, "demo_*"))
            if (Path.GetFileName(path) is var id && !id.Contains('.') && _paths.Find(Folder, id) is not null)
                episodes.Add(Summary(id));
        episodes.Sort((a, b) => a.Id.Length != b.Id.Length ? a.Id.Length - b.Id.Length : string.CompareOrdinal(a.Id, b.Id));
        return episodes;
    }

    public byte[]? Metadata(string id) => _paths.Find(Folder, id, "metadata.json") is { } path ? File.ReadAllBytes(path) : null;

    public EpisodeSeries? Series(string id)
    {
        if (_paths.Find(Folder, id) is not { } folder || Metadata(id) is not { } bytes)
            return null;
        using JsonDocument metadata = Parse(bytes, id);
        var tables = new Dictionary<string, CsvTable>();
        foreach (string file in Directory.EnumerateFiles(folder, "*.csv").Order(StringComparer.Ordinal))
            if (_paths.Find(Folder, id, Path.GetFileName(file)) is { } path)
                tables[Path.GetFileNameWithoutExtension(path)] = CsvTable.Read(path);
        EpisodeSummary summary = Summarize(id, metadata.RootElement);
        long frames = tables.Values.Select(t => (long)t.Rows).Append(summary.Frames).Max();
        double rate = Number(metadata.RootElement, "rate_hz") ?? 30;
        return new EpisodeSeries(id, rate, frames, Cameras(id, metadata.RootElement), tables);
    }

    public string? ColorPath(string id, string camera, int frame) => FramePath(id, camera, "rgb", $"{frame:D6}.png");

    public byte[]? DepthPng(string id, string camera, int frame)
    {
        if (FramePath(id, camera, "depth", $"{frame:D6}.npz") is not { } path || Metadata(id) is not { } bytes)
            return null;
        using JsonDocument metadata = Parse(bytes, id);
        double scale = DepthScale(metadata.RootElement, camera);
        var picture = DepthPicture.Read(path);
        return picture.ToPng(scale, Range(id, camera, scale) ?? picture.Range(scale));
    }

    public bool Mark(string id, string outcome, string? note)
    {
        if (_paths.Find(Folder, id, "metadata.json") is not { } metadata || _paths.Find(Folder, id, "SHA256SUMS") is not { } sums)
            return false;
        EpisodeMark.Write(metadata, sums, outcome, note);
        return true;
    }

    private EpisodeSummary Summary(string id)
    {
        if (_paths.Find(Folder, id, "metadata.json") is not { } path)
            return Unreadable(id, "metadata.json is missing");
        DateTime written = File.GetLastWriteTimeUtc(path);
        if (_summaries.TryGetValue(id, out var known) && known.Written == written)
            return known.Summary;
        EpisodeSummary summary;
        try
        {
            using JsonDocument metadata = Parse(File.ReadAllBytes(path), id);
            summary = Summarize(id, metadata.RootElement);
        }
        catch (Exception e) when (e is InvalidDataException or IOException)
        {
            summary = Unreadable(id, e.Message);
        }
        _summaries[id] = (written, summary);
        return summary;
    }

    private static EpisodeSummary Unreadable(string id, string why) => new(id, "", 0, 0, "unknown", why, "", "", Readable: false);

    private static JsonDocument Parse(byte[] metadata, string id)
    {
        try
        {
            JsonDocument document = JsonDocument.Parse(metadata);
            if (document.RootElement.ValueKind == JsonValueKind.Object)
                return document;
            document.Dispose();
            throw new InvalidDataException($"{id}: metadata.json is no JSON object");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{id}: metadata.json is damaged: {e.Message}", e);
        }
    }

    private static EpisodeSummary Summarize(string id, JsonElement metadata)
    {
        long frames = (long)(Number(metadata, "frames") ?? 0);
        double seconds = Number(metadata, "duration_s") ?? Number(metadata, "duration") ?? frames / (Number(metadata, "rate_hz") ?? 30);
        return new EpisodeSummary(id, Text(metadata, "task"), frames, seconds, Text(metadata, "outcome", "unknown"), Quality(metadata),
            Text(metadata, "start"), Text(metadata, "note"), Readable: true);
    }

    private static string Quality(JsonElement metadata) => !metadata.TryGetProperty("quality", out JsonElement quality) ? "not judged"
        : quality.ValueKind == JsonValueKind.Object ? Text(quality, "verdict", "not judged")
        : quality.ValueKind == JsonValueKind.String ? quality.GetString()! : "not judged";

    private static double? Number(JsonElement of, string name) =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static string Text(JsonElement of, string name, string otherwise = "") =>
        of.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString()! : otherwise;

    private static IEnumerable<JsonElement> CamerasOf(JsonElement metadata) =>
        metadata.TryGetProperty("cameras", out JsonElement cameras) && cameras.ValueKind == JsonValueKind.Array
            ? cameras.EnumerateArray().Where(c => c.ValueKind == JsonValueKind.Object)
            : [];

    private static double DepthScale(JsonElement metadata, string camera)
    {
        double? scale = CamerasOf(metadata).Where(c => Text(c, "name") == camera).Select(c => Number(c, "depth_scale")).FirstOrDefault();
        return scale is > 0 ? scale.Value : DefaultDepthScale;
    }

    /// <summary>Folders of rgb/ and depth/, or the one camera whose pictures lie in them directly; in the order of the metadata.</summary>
    private List<EpisodeCamera> Cameras(string id, JsonElement metadata)
    {
        string[] known = [.. CamerasOf(metadata).Select(c => Text(c, "name"))];
        var names = new HashSet<string>();
        bool flat = false;
        foreach (string kind in (string[])["rgb", "depth"])
        {
            if (_paths.Find(Folder, id, kind) is not { } folder)
                continue;
            string[] folders = Directory.GetDirectories(folder);
            flat |= folders.Length == 0;
            names.UnionWith(folders.Select(f => Path.GetFileName(f)));
        }
        if (names.Count == 0 && flat)
            names.Add(known.FirstOrDefault(n => n.Length > 0) ?? "camera");
        IEnumerable<string> ordered = names.OrderBy(n => (uint)Array.IndexOf(known, n)).ThenBy(n => n, StringComparer.Ordinal);
        return [.. ordered.Select(n => new EpisodeCamera(n, KindFolder(id, n, "rgb") is not null, Range(id, n, DepthScale(metadata, n))))];
    }

    /// <summary>From the first picture: one range an episode, or the colours of a still scene would flicker.</summary>
    private DepthRange? Range(string id, string camera, double scale)
    {
        string key = $"{id}/{camera}";
        if (_ranges.TryGetValue(key, out DepthRange? range))
            return range;
        if (KindFolder(id, camera, "depth") is not { } folder || Directory.EnumerateFiles(folder, "*.npz").Min(StringComparer.Ordinal) is not { } first)
            return null;
        if (new FileInfo(first).LinkTarget is not null)
            return null;
        return _ranges[key] = DepthPicture.Read(first).Range(scale);
    }

    private string? KindFolder(string id, string camera, string kind)
    {
        if (_paths.Find(Folder, id, kind) is not { } folder)
            return null;
        return Directory.EnumerateDirectories(folder).Any() ? _paths.Find(Folder, id, kind, camera) : folder;
    }

    private string? FramePath(string id, string camera, string kind, string file) =>
        _paths.Find(Folder, id, kind) is not { } folder ? null
        : Directory.EnumerateDirectories(folder).Any() ? _paths.Find(Folder, id, kind, camera, file)
        : _paths.Find(Folder, id, kind, file);
}
