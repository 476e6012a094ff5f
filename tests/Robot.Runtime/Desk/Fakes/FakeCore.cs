using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Tests.Desk.Fakes;

/// <summary>
/// Speaks core's side of the protocol over a real socket, with moving data, moving pictures and
/// episodes that appear on disk.
/// </summary>
internal sealed class FakeCore : IAsyncDisposable
{
    private const int PreviewWidth = 320, PreviewHeight = 240;
    private static readonly string[] s_cameras = ["wrist", "scene"];

    private readonly string _data, _runtimeFolder;
    private readonly Socket _listener = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
    private readonly CancellationTokenSource _end = new();
    private readonly List<PreviewSlot> _slots = [];
    private readonly ConcurrentBag<Socket> _clients = [];
    private readonly ConcurrentDictionary<string, double> _encoding = new();
    private readonly Stopwatch _clock = Stopwatch.StartNew();
    private readonly List<Task> _work = [];
    private int _nextEpisode;
    private long _pictures;
    private double _recordingSince, _replaySince;
    private (string Id, string Task, string Source)? _recording;
    private string? _replay;
    private bool _replayStopped, _needsAcknowledge;

    public FakeCore(string socket, string data, string runtimeFolder)
    {
        (_data, _runtimeFolder) = (data, runtimeFolder);
        File.Delete(socket);
        _listener.Bind(new UnixDomainSocketEndPoint(socket));
        _listener.Listen();
        _nextEpisode = Directory.CreateDirectory(Path.Combine(data, "demonstrations")).GetDirectories().Length;
        foreach (string camera in s_cameras)
            _slots.Add(PreviewSlot.Create(PreviewSlot.PathOf(runtimeFolder, Cell, camera), PreviewWidth, PreviewHeight));
        _work.Add(Task.Run(AcceptAsync));
        _work.Add(Task.Run(PaintAsync));
    }

    public static string Cell => "test-cell";

    /// <summary>What was asked, in order, subscriptions aside.</summary>
    public ConcurrentQueue<CoreRequest> Requests { get; } = new();

    /// <summary>Devices that are there; without, the page should say how to start the cell.</summary>
    public bool Connected { get; set; } = true;

    public bool MotionEnabled { get; set; } = true;

    public bool Simulated { get; set; } = true;

    /// <summary>Where the controller's tool differs from the config's.</summary>
    public string? ToolDifference { get; set; }

    /// <summary>Control by a model; null: there was none.</summary>
    public MpcStatus? Mpc { get; set; }

    /// <summary>Frames of an episode whatever its real length; null records at 30 Hz.</summary>
    public int? EpisodeFrames { get; set; }

    /// <summary>How many have been painted: the newest sequence.</summary>
    public long Pictures => Volatile.Read(ref _pictures);

    /// <summary>Does not answer jogs, as while the arm's program starts.</summary>
    public bool KeepsJogsWaiting { get; set; }

    /// <summary>Stops talking, as a core that hangs.</summary>
    public bool Silent { get; set; }

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        foreach (Socket client in _clients)
            client.Dispose();
        await Task.WhenAll(_work).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        foreach (PreviewSlot slot in _slots)
            slot.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (!_end.IsCancellationRequested)
        {
            Socket client = await _listener.AcceptAsync(_end.Token);
            _clients.Add(client);
            _ = Task.Run(() => ServeAsync(client));
        }
    }

    private async Task ServeAsync(Socket client)
    {
        try
        {
            await using var stream = new NetworkStream(client, ownsSocket: true);
            using var reader = new StreamReader(stream, Encoding.UTF8);
            using var writing = new SemaphoreSlim(1);
            while (await reader.ReadLineAsync(_end.Token) is { } line)
            {
                CoreRequest request = JsonSerializer.Deserialize(line, ProtocolJson.Default.CoreRequest)!;
                if (request.Method == CoreMethods.Subscribe)
                    _ = ReportAsync(stream, writing);
                else
                    Requests.Enqueue(request);
                CoreReply answer = Answer(request);
                if (!KeepsJogsWaiting || request.Method != CoreMethods.Jog)
                    await SendAsync(stream, writing, answer);
            }
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // the desk went away, or the test ends
        }
    }

    private async Task ReportAsync(NetworkStream stream, SemaphoreSlim writing)
    {
        try
        {
            for (; ; await Task.Delay(100, _end.Token))
                if (!Silent)
                    await SendAsync(stream, writing, new CoreReply(0, Status: Status()));
        }
        catch (Exception e) when (e is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // as above
        }
    }

    private static async Task SendAsync(NetworkStream stream, SemaphoreSlim writing, CoreReply reply)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(reply, ProtocolJson.Default.CoreReply), (byte)'\n'];
        await writing.WaitAsync();
        try
        {
            await stream.WriteAsync(line);
        }
        finally
        {
            writing.Release();
        }
    }

    private async Task PaintAsync()
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(33));
        while (await timer.WaitForNextTickAsync(_end.Token))
        {
            _pictures++;
            for (int c = 0; c < _slots.Count && Connected; c++)
            {
                byte[] rgb = FakeScene.Color(_clock.Elapsed.TotalSeconds, PreviewWidth, PreviewHeight, c);
                _slots[c].Write(rgb, PreviewWidth, PreviewHeight, 1, _pictures, Now());
            }
        }
    }

    private static long Now() => Stopwatch.GetTimestamp() * (1_000_000_000 / Stopwatch.Frequency);

    private CoreReply Answer(CoreRequest request)
    {
        JsonElement p = request.Params ?? default;
        switch (request.Method)
        {
            case CoreMethods.RecordStart when _recording is { } running:
                return new(request.Id, Error: new(75, $"{running.Id} is being recorded: end it first"));
            case CoreMethods.RecordStart when !Connected:
                return new(request.Id, Error: new(69, "no device delivers data yet: start the cell with ./robot sim"));
            case CoreMethods.RecordStart:
                _recording = ($"demo_{_nextEpisode++:D3}", p.GetProperty("task").GetString()!, p.GetProperty("source").GetString()!);
                _recordingSince = _clock.Elapsed.TotalSeconds;
                return Id(request, _recording.Value.Id);
            case CoreMethods.RecordStop or CoreMethods.RecordDiscard when _recording is null:
                return new(request.Id, Error: new(64, "nothing is being recorded"));
            case CoreMethods.RecordStop:
                (string id, string task, _) = _recording.Value;
                Encode(id, task, p.GetProperty("outcome").GetString()!);
                _recording = null;
                return Id(request, id);
            case CoreMethods.RecordDiscard:
                string gone = _recording.Value.Id;
                _recording = null;
                return Id(request, gone);
            case CoreMethods.ReplayStart:
                (_replay, _replayStopped, _replaySince) = (p.GetProperty("episode").GetString(), false, _clock.Elapsed.TotalSeconds);
                return Id(request, _replay!);
            case CoreMethods.Jog when !MotionEnabled:
                return new(request.Id, Error: new(64, "motion is off: set motion.enabled in the cell's config"));
            case CoreMethods.Stop:
                (_needsAcknowledge, _replayStopped) = (true, true);
                return Empty(request);
            case CoreMethods.Acknowledge:
                _needsAcknowledge = false;
                return Empty(request);
            default:
                return Empty(request);
        }
    }

    private static CoreReply Id(CoreRequest request, string id) =>
        new(request.Id, JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["id"] = id }));

    private static CoreReply Empty(CoreRequest request) =>
        new(request.Id, JsonSerializer.SerializeToElement(new Dictionary<string, string>()));

    private void Encode(string id, string task, string outcome)
    {
        int frames = EpisodeFrames ?? Math.Max(1, (int)((_clock.Elapsed.TotalSeconds - _recordingSince) * 30));
        _encoding[id] = 0.3;
        _work.Add(Task.Run(() =>
        {
            FakeEpisode.Write(_data, id, frames, task, outcome);
            _encoding.TryRemove(id, out _);
        }));
    }

    private CoreStatus Status()
    {
        double t = _clock.Elapsed.TotalSeconds;
        double replayed = Math.Min(1, (t - _replaySince) / 4), s = t - _recordingSince;
        string mode = _recording is not null ? "recording" : _replay is not null && !_replayStopped && replayed < 1 ? "replaying" : "idle";
        string message = Connected ? "" : "waiting for the devices: ./robot sim --config hardware-configs/sim-cell.yaml";
        var status = new CoreStatus(
            Cell, mode, message, Now(), t, _data, Simulated, Streams(t),
            new TickStatus(30, (long)(t * 30), 0, 18, 46, 131), null, null, null,
            Motion(), null, [.. _encoding.Select(e => new EncodingStatus(e.Key, e.Value, "writing pictures"))], null,
            new DiskStatus(212_000_000_000, 2_300), 48_000_000 + (long)(t * 400_000));
        if (_recording is { } r)
            status = status with { Recording = new(r.Id, r.Task, r.Source, s, (long)(s * 30), 0, 1, (long)(s * 92e6)) };
        if (_replay is not null)
        {
            string state = _replayStopped ? "stopped" : replayed < 1 ? "playing" : "done";
            status = status with { Replay = new(_replay, state, replayed, 0.0021, 0.0087, "") };
        }
        return !Connected ? status : status with
        {
            Mpc = Mpc,
            Robot = new(
                "UR5e", "20235500001", "running", "normal", "playing", FakeScene.Joints(t), FakeScene.JointSpeeds(t), FakeScene.Tcp(t), 1,
                Tool: new([0, 0, 0.145, 0, 0, 0], 0.925, [0, 0, 0.067], ToolDifference)),
            Wrench = FakeScene.Wrench(t),
            Gripper = new(FakeScene.Gripper(t), 0.085 * (1 - FakeScene.Gripper(t)), false, true, 0),
        };
    }

    private MotionStatus Motion() => !MotionEnabled ? new(false, "off", null, "motion.enabled is false in the config", false)
        : !Connected ? new(false, "off", null, "", false)
        : _needsAcknowledge ? new(true, "fault", null, "stopped by a person", true, "protective_stop", 38.2, 2.04,
            "find the cause and see to it; then ./robot arm unlock")
        : new(true, "holding", null, "", false, "ready", 38.2, 2.04);

    private StreamStatus[] Streams(double t)
    {
        (string Name, double Rate, double Age)[] streams =
        [
            ("robot", 500, 1.4), ("force", 100, 9.1), ("gripper", 30, 12),
            ("wrist_rgb", 30, 41), ("wrist_depth", 30, 41), ("scene_rgb", 30, 47), ("scene_depth", 30, 47),
        ];
        double wave = 1 + 0.1 * Math.Sin(3 * t);
        return Array.ConvertAll(streams, s => Connected
            ? new StreamStatus(s.Name, s.Rate, s.Rate, s.Age * wave, true, (long)(s.Rate * t), 0, 0, true, "")
            : new StreamStatus(s.Name, s.Rate, 0, null, false, 0, 0, 0, false, Away(s.Name)));
    }

    private static string Away(string stream) => stream.Contains('_') ? "no camera on its socket" : "127.0.1.1 refuses the connection";
}
