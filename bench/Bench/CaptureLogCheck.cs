using System.Text.Json;
using System.Text.Json.Nodes;
using RobotWorldModel.Collector.Capture;
using RobotWorldModel.Drivers.FrameSocket;
using RobotWorldModel.Drivers.Samples;
using RobotWorldModel.Simulation.Cell;

namespace RobotWorldModel.Bench;

/// <summary>One stream as its log has it, compared with what the cell says it sent.</summary>
internal sealed class LoggedStream(string name, bool pictures)
{
    private readonly List<(long OriginatingNs, long DeviceNs, long ArrivalNs, long TrueNs)> _samples = [];
    private ulong _number;

    public string Name { get; } = name;

    public bool Pictures { get; } = pictures;

    /// <summary>Samples read back.</summary>
    public int InLog => _samples.Count;

    /// <summary>By the recorder's own counters.</summary>
    public long Received { get; set; }

    /// <summary>By the cell, from the first to the last sample of the log.</summary>
    public long Sent { get; private set; }

    /// <summary>Pictures without a readable stamp, or with a number that is not one more than the one before.</summary>
    public int WrongNumbers { get; private set; }

    /// <summary>|originating - true| of the samples after a time, ms.</summary>
    public List<double> ErrorsMs { get; } = [];

    /// <summary>Arrival less true time, ms: what the transport took, and with it whether samples were paired rightly.</summary>
    public List<double> DelaysMs { get; } = [];

    /// <summary>From the first to the last sample's originating time.</summary>
    public double RateHz => (InLog - 1) * 1e9 / (LastOriginatingNs - FirstOriginatingNs);

    public long FirstOriginatingNs => _samples[0].OriginatingNs;

    public long LastOriginatingNs => _samples[^1].OriginatingNs;

    public void Add(in CaptureMessage message) =>
        _samples.Add((message.OriginatingNs, message.DeviceNs, message.ArrivalNs, long.MinValue));

    public void AddPicture(in CaptureMessage message)
    {
        var image = message.Image();
        bool stamped = PictureStamp.TryRead(image.Pixels, message.IsDepth ? PixelFormat.Depth16 : PixelFormat.Rgb8,
            out ulong number, out long trueNs);
        if (!stamped || (_samples.Count > 0 && number != _number + 1))
            WrongNumbers++;
        _number = number;
        _samples.Add((message.OriginatingNs, message.DeviceNs, message.ArrivalNs, stamped ? trueNs : long.MinValue));
    }

    /// <param name="sent">What the cell sent around the recording, in order; device stamps are its own clock's.</param>
    /// <param name="stamped">The stream carries device stamps.</param>
    /// <param name="judgeFromNs">Samples that arrived before are not judged.</param>
    public void Compare(List<(long TrueNs, long DeviceNs)> sent, bool stamped, long judgeFromNs)
    {
        long[] keys = [.. sent.Select(s => stamped ? s.DeviceNs : s.TrueNs)];
        int first = Nearest(keys, Key(_samples[0])), last = Nearest(keys, Key(_samples[^1]));
        Sent = last - first + 1;
        foreach (var sample in _samples)
        {
            if (sample.ArrivalNs < judgeFromNs)
                continue;
            int at = Nearest(keys, Key(sample));
            if (stamped && keys[at] != sample.DeviceNs)
                throw new InvalidDataException(
                    $"{Name}: the log has a sample with the device stamp {sample.DeviceNs}, which the cell never sent");
            long trueNs = Pictures ? sample.TrueNs : sent[at].TrueNs;
            ErrorsMs.Add(Math.Abs(sample.OriginatingNs - trueNs) * 1e-6);
            DelaysMs.Add((sample.ArrivalNs - trueNs) * 1e-6);
        }

        long Key((long OriginatingNs, long DeviceNs, long, long) sample) => stamped ? sample.DeviceNs : sample.OriginatingNs;
    }

    private static int Nearest(long[] sorted, long key)
    {
        int at = Array.BinarySearch(sorted, key);
        if (at >= 0)
            return at;
        at = ~at;
        return at == sorted.Length || (at > 0 && key - sorted[at - 1] < sorted[at] - key) ? at - 1 : at;
    }
}

/// <summary>Reads a whole capture log back and asks the cell for the truth about every sample in it.</summary>
internal sealed class CaptureLogCheck
{
    private const long AroundNs = 1_000_000_000, WindowNs = 2_000_000_000;
    private readonly Dictionary<string, LoggedStream> _streams = [];

    public IReadOnlyCollection<LoggedStream> Streams => _streams.Values;

    public long Bytes { get; private set; }

    /// <summary>Longest time from a chunk's first sample to the end of the sync that covers it.</summary>
    public double WorstSyncDelayMs { get; private set; }

    /// <param name="path">capture.mcap with its pictures.</param>
    /// <param name="control">Of the cell that still runs.</param>
    /// <param name="judgeFromNs">Originating times of samples that arrived before are not judged.</param>
    /// <exception cref="InvalidDataException">The log is damaged or was cut off.</exception>
    public static CaptureLogCheck Run(string path, CellControl control, long judgeFromNs)
    {
        var check = new CaptureLogCheck { Bytes = new FileInfo(path).Length };
        using (var reader = new CaptureReader(path))
        {
            while (reader.TryRead(out var message))
                check.Take(message);
            if (reader.Damage is { } damage)
                throw new InvalidDataException(damage);
            check.TakeCounters(reader.End ?? throw new InvalidDataException($"{path}: was cut off"));
        }
        foreach (var stream in check.Streams)
        {
            var sent = TimesOf(control, stream.Name, stream.FirstOriginatingNs - AroundNs, stream.LastOriginatingNs + AroundNs);
            stream.Compare(sent, stamped: stream.Pictures || stream.Name == "robot", judgeFromNs);
        }
        return check;
    }

    private void Take(in CaptureMessage message)
    {
        if (message.Kind is not (CaptureKind.RobotState or CaptureKind.Wrench or CaptureKind.GripperState or CaptureKind.Image))
            return;
        bool picture = message.Kind == CaptureKind.Image;
        if (!_streams.TryGetValue(message.Stream, out var stream))
            _streams[message.Stream] = stream = new(message.Stream, picture);
        if (picture)
            stream.AddPicture(message);
        else
            stream.Add(message);
    }

    private void TakeCounters(CaptureEnd end)
    {
        using var counters = JsonDocument.Parse(end.Counters);
        foreach (var stream in counters.RootElement.GetProperty("streams").EnumerateObject())
            if (stream.Value.GetProperty("received").GetInt64() is > 0 and long received)
                _streams[stream.Name].Received = received;
        WorstSyncDelayMs = counters.RootElement.GetProperty("worst_sync_delay_us").GetInt64() * 1e-3;
    }

    /// <summary>Asked for piece by piece: the cell stands still while it answers.</summary>
    private static List<(long TrueNs, long DeviceNs)> TimesOf(CellControl control, string stream, long fromNs, long toNs)
    {
        var times = new List<(long, long)>();
        for (long from = fromNs; from <= toNs; from += WindowNs)
        {
            var part = control.Call(
                "times", new JsonObject { ["stream"] = stream, ["from"] = from, ["to"] = Math.Min(from + WindowNs - 1, toNs) })!.AsArray();
            for (int i = 0; i < part.Count; i += 2)
                times.Add(((long)part[i]!, (long)part[i + 1]!));
        }
        return times;
    }
}
