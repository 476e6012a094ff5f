namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>Committed episodes as the page needs them. Every id, camera and number is checked here: nothing outside the data root is opened.</summary>
internal interface IEpisodeStore
{
    /// <summary>All episodes by id; one whose metadata cannot be read is listed with the reason as its quality.</summary>
    IReadOnlyList<EpisodeSummary> List();

    /// <summary>metadata.json as it is; null where there is no such episode.</summary>
    byte[]? Metadata(string id);

    /// <summary>Cameras and tables of an episode; null where there is no such episode.</summary>
    /// <exception cref="InvalidDataException">A file is damaged; the message names it and the row.</exception>
    EpisodeSeries? Series(string id);

    /// <summary>The path of a frame's colour picture, a PNG; null where there is none.</summary>
    string? ColorPath(string id, string camera, int frame);

    /// <summary>A frame's depth, coloured, as a PNG; null where there is none.</summary>
    /// <exception cref="InvalidDataException">The file is damaged.</exception>
    byte[]? DepthPng(string id, string camera, int frame);

    /// <summary>Rewrites outcome and note in the metadata. False where there is no such episode.</summary>
    bool Mark(string id, string outcome, string? note);
}

/// <param name="Start">UTC, ISO 8601.</param>
/// <param name="Quality">The verdict of the gate, or why the episode cannot be read.</param>
internal sealed record EpisodeSummary(
    string Id, string Task, long Frames, double Seconds, string Outcome, string Quality, string Start, string Note, bool Readable);

/// <param name="Tables">joints, force, gripper, actions, frames … by file name without .csv.</param>
internal sealed record EpisodeSeries(
    string Id, double RateHz, long Frames, IReadOnlyList<EpisodeCamera> Cameras, IReadOnlyDictionary<string, CsvTable> Tables);

/// <param name="Depth">The range that depth's colours span; null without depth.</param>
internal sealed record EpisodeCamera(string Name, bool Color, DepthRange? Depth);

/// <summary>m; nearer and farther take the colours at the ends.</summary>
internal sealed record DepthRange(double NearM, double FarM);
