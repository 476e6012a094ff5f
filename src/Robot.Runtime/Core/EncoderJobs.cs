using System.Collections.Concurrent;
using System.ComponentModel;
using System.Text.Json;
using RobotWorldModel.Runtime.Processes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Core;

/// <summary>A line of an encoder's standard output.</summary>
/// <param name="Progress">0..1 of what is in the log.</param>
/// <param name="Rows">Rows written.</param>
/// <param name="Stale">Of those, the ones with a stale stream.</param>
/// <param name="Summary">The last line of a job that went well: the episode is committed.</param>
internal sealed record EncoderLine(double Progress, long Rows, long Stale, string Message, EpisodeSummary? Summary = null);

/// <summary>
/// The encoders at work: one niced child process an episode, which follows its log and commits. A child that dies is started again on the
/// same folder, with the same result; after three tries the folder stays as it is, for the next start-up's recovery. One whose log is
/// damaged from its start is tried once: any other would find the same.
/// </summary>
internal sealed class EncoderJobs(Action<string> say) : IDisposable
{
    private const int Tries = 3;
    private const string Said = "robot: "; // before a command's errors
    private static readonly TimeSpan s_retry = TimeSpan.FromSeconds(1);
    private readonly ConcurrentDictionary<string, Job> _jobs = [];

    private sealed class Job(string id, string folder)
    {
        public string Id { get; } = id;

        public string Folder { get; } = folder;

        public volatile EncoderLine Newest = new(0, 0, 0, "waiting");
        public volatile ChildProcess? Child;
        public volatile bool Cancelled;
        public string LastError = "";

        public TaskCompletionSource<EpisodeSummary> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>Jobs that are not done.</summary>
    public IReadOnlyList<EncodingStatus> Status =>
    [
        .. _jobs.Values.Where(j => !j.Done.Task.IsCompleted).OrderBy(j => j.Id)
            .Select(j => new EncodingStatus(j.Id, j.Newest.Progress, j.Newest.Message)),
    ];

    public bool Busy => _jobs.Values.Any(j => !j.Done.Task.IsCompleted);

    /// <summary>Rows with a stale stream so far.</summary>
    public long StaleRows(string id) => _jobs.TryGetValue(id, out var job) ? job.Newest.Stale : 0;

    /// <summary>Starts a job on a <c>demo_NNN.recording</c> folder, whose log may still grow.</summary>
    public void Start(string id, string folder)
    {
        var job = new Job(id, folder);
        _jobs[id] = job;
        _ = RunAsync(job);
    }

    /// <summary>Waits for an episode's commit.</summary>
    /// <exception cref="RobotException">Not known here, discarded, or it could not be committed (74).</exception>
    public Task<EpisodeSummary> WaitAsync(string id) =>
        _jobs.TryGetValue(id, out var job)
            ? job.Done.Task
            : throw new RobotException(ExitCode.Usage, $"{id} was not recorded since this service started");

    /// <summary>Waits for all; errors have been said already.</summary>
    public async Task WaitAllAsync()
    {
        foreach (var job in _jobs.Values)
            await Task.WhenAny(job.Done.Task);
    }

    /// <summary>Ends a job: its episode is discarded. Returns when the child is gone.</summary>
    public async Task CancelAsync(string id)
    {
        if (!_jobs.TryGetValue(id, out var job) || job.Done.Task.IsCompleted)
            return;
        job.Cancelled = true;
        if (job.Child is { } child)
            await child.StopAsync(TimeSpan.FromSeconds(5));
        await Task.WhenAny(job.Done.Task);
    }

    /// <summary>Writes the dataset's index anew, in a child: an episode has left. Encoders do it themselves after a commit.</summary>
    public async Task RefreshIndexAsync(string dataRoot)
    {
        string last = "";
        try
        {
            using var child = ChildProcess.Start(["episodes", "index", dataRoot], line => last = line);
            if (await child.WaitAsync() is not (ExitCode.Done or ExitCode.FaultsFound))
                say($"the dataset's index was not written ({last}); './robot episodes index {dataRoot}' does it");
        }
        catch (Win32Exception e)
        {
            say($"the dataset's index was not written ({e.Message}); './robot episodes index {dataRoot}' does it");
        }
    }

    public void Dispose()
    {
        foreach (var job in _jobs.Values)
            job.Child?.Dispose();
    }

    private async Task RunAsync(Job job)
    {
        for (int attempt = 1; attempt <= Tries && !job.Cancelled; attempt++)
        {
            int code = await EncodeAsync(job);
            if (job.Newest.Summary is { } summary)
            {
                job.Done.TrySetResult(summary);
                return;
            }
            if (job.Cancelled)
                break;
            if (code == ExitCode.FaultsFound)
            {
                say($"{job.Id}: {job.LastError}");
                Fail(job, new(code, $"{job.Id}: {job.LastError}"));
                return;
            }
            string next = attempt < Tries ? "it starts again" : $"{job.Folder} is kept";
            say($"{job.Id}: the encoder ended with code {code} ({job.LastError}); {next}");
        }
        Fail(job, job.Cancelled
            ? new(ExitCode.Interrupted, $"{job.Id} was discarded")
            : new(ExitCode.Disk, $"{job.Id} could not be encoded: {job.LastError}; its log is safe in {job.Folder}; "
                + "make room; the service's next start finishes it ('./robot shutdown', './robot run')"));
    }

    private static void Fail(Job job, RobotException why)
    {
        job.Done.TrySetException(why);
        _ = job.Done.Task.Exception; // seen: nobody may be waiting for it
    }

    /// <returns>The child's exit code; 71 where it could not even be started.</returns>
    private static async Task<int> EncodeAsync(Job job)
    {
        try
        {
            using var child = ChildProcess.Start(["encode", job.Folder], line => Read(job, line));
            job.Child = child;
            int code = await child.WaitAsync();
            job.Child = null;
            return code;
        }
        catch (Win32Exception e)
        {
            const int NoProcess = 71;
            job.LastError = $"no encoder could be started: {e.Message}";
            await Task.Delay(s_retry);
            return NoProcess;
        }
    }

    private static void Read(Job job, string line)
    {
        if (!line.StartsWith('{'))
        {
            job.LastError = line.StartsWith(Said, StringComparison.Ordinal) ? line[Said.Length..] : line;
            return;
        }
        try
        {
            job.Newest = JsonSerializer.Deserialize<EncoderLine>(line, ProtocolJson.Lenient) ?? job.Newest;
        }
        catch (JsonException)
        {
            job.LastError = line; // it died in the middle of a line
        }
    }
}
