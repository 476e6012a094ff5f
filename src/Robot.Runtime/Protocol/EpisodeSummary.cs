namespace RobotWorldModel.Runtime.Protocol;

/// <summary>A committed episode in a line: the answer to <see cref="CoreMethods.RecordWait"/>, and a row of the demo's report.</summary>
/// <param name="Path">The folder, absolute.</param>
/// <param name="Dropped">Samples lost on this host; 0 in a healthy recording.</param>
/// <param name="Stale">Rows in which some stream was stale.</param>
/// <param name="Received">Samples in the log, by stream.</param>
/// <param name="FirstNs">By stream: the first sample's device stamp where the stream has one, else its originating time; with
/// <paramref name="LastNs"/> what a cell is asked for to count what it sent.</param>
public sealed record EpisodeSummary(
    string Id,
    string Path,
    string Task,
    string Outcome,
    long Frames,
    double Seconds,
    long Dropped,
    long Stale,
    IReadOnlyDictionary<string, long> Received,
    IReadOnlyDictionary<string, long> FirstNs,
    IReadOnlyDictionary<string, long> LastNs,
    LatenessSummary LatenessMs);

/// <summary>Of the ticks, milliseconds after their slot.</summary>
public sealed record LatenessSummary(double P50, double P99, double Max);
