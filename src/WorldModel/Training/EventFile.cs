using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.WorldModel.Training;

/// <summary>
/// A TensorBoard event file: TFRecords (length, its masked CRC-32C, data, its masked CRC-32C; little-endian) of the message
/// <c>tensorflow.Event</c> (tensorflow/core/util/event.proto, framework/summary.proto). Each event is one write to the file, so that a
/// kill leaves at most the last one incomplete; TensorBoard reads up to there. One thread at a time.
/// </summary>
public sealed class EventFile : IDisposable
{
    // Fields of Event, of Summary.Value and of what lies in it.
    private const int WallTime = 1, Step = 2, FileVersion = 3, Summary = 5, SessionLog = 7;
    private const int Value = 1, Tag = 1, SimpleValue = 2, Image = 4, Tensor = 8, ValueMetadata = 9;
    private const int StringType = 7, SessionStart = 1, Rgb = 3;
    private static int s_files;
    private readonly FileStream _file;
    private readonly TimeProvider _time;
    private readonly ProtoWriter _event = new(), _summary = new(), _value = new();
    private readonly PngEncoder _png = new();
    private byte[] _record = [];

    /// <summary>Begins a file in a run's folder: a run that goes on after a kill has several, and TensorBoard reads them all.</summary>
    /// <param name="resumedAt">
    /// The first step that this file will have where the run goes on; what earlier files have from there on TensorBoard then leaves out.
    /// Null for a run from the start.
    /// </param>
    /// <exception cref="IOException">The folder cannot be made or written to.</exception>
    public EventFile(string folder, long? resumedAt = null, TimeProvider? time = null)
    {
        _time = time ?? TimeProvider.System;
        Directory.CreateDirectory(folder);
        // TensorBoard goes through a folder's files by name: the seconds must come first, in ten digits.
        int number = Interlocked.Increment(ref s_files) - 1;
        Path = System.IO.Path.Combine(folder, string.Create(CultureInfo.InvariantCulture,
            $"events.out.tfevents.{(long)Now:D10}.{Environment.MachineName}.{Environment.ProcessId}.{number}"));
        _file = new(Path, FileMode.CreateNew, FileAccess.Write, FileShare.Read | FileShare.Delete, bufferSize: 0);
        Write(NewEvent(0).Text(FileVersion, "brain.Event:2"));
        if (resumedAt is { } step)
            Write(NewEvent(step).Message(SessionLog, new ProtoWriter().Integer(1, SessionStart)));
    }

    public string Path { get; }

    private double Now => (_time.GetUtcNow() - DateTimeOffset.UnixEpoch).TotalSeconds;

    /// <summary>One value of one curve. NaN and infinity are written as they are.</summary>
    public void Scalar(string tag, long step, double value) => Scalars(step, [(tag, value)]);

    /// <summary>Values of several curves at one step, as one event.</summary>
    public void Scalars(long step, ReadOnlySpan<(string Tag, double Value)> values)
    {
        _summary.Clear();
        foreach ((string tag, double value) in values)
        {
            _value.Clear();
            _summary.Message(Value, _value.Text(Tag, tag).Float(SimpleValue, (float)value));
        }
        Write(NewEvent(step).Message(Summary, _summary));
    }

    /// <summary>A picture, stored as PNG.</summary>
    /// <param name="rgb">Rows from the top, three bytes a pixel: width · height · 3.</param>
    /// <exception cref="ArgumentException">The pixels are not that many.</exception>
    public void Picture(string tag, long step, ReadOnlySpan<byte> rgb, int width, int height)
    {
        ProtoWriter image = new ProtoWriter().Integer(1, height).Integer(2, width).Integer(3, Rgb)
            .Blob(4, _png.Encode(rgb, width, height).Span);
        One(step, new ProtoWriter().Text(Tag, tag).Message(Image, image));
    }

    /// <summary>A text in Markdown: configuration, notes.</summary>
    public void Text(string tag, long step, string markdown)
    {
        ProtoWriter shape = new ProtoWriter().Message(2, new ProtoWriter().Integer(1, 1)); // [1]
        ProtoWriter tensor = new ProtoWriter().Integer(1, StringType).Message(2, shape).Text(8, markdown);
        ProtoWriter plugin = new ProtoWriter().Message(1, new ProtoWriter().Text(1, "text"));
        One(step, new ProtoWriter().Text(Tag, tag).Message(Tensor, tensor).Message(ValueMetadata, plugin));
    }

    public void Dispose() => _file.Dispose();

    /// <summary>The checksum as TFRecords store it, turned and shifted so that a checksum of checksums is none of its own.</summary>
    internal static uint MaskedCrc32C(ReadOnlySpan<byte> data)
    {
        uint crc = uint.MaxValue;
        for (; data.Length >= 8; data = data[8..])
            crc = BitOperations.Crc32C(crc, BinaryPrimitives.ReadUInt64LittleEndian(data));
        foreach (byte b in data)
            crc = BitOperations.Crc32C(crc, b);
        return BitOperations.RotateRight(~crc, 15) + 0xA282EAD8;
    }

    private void One(long step, ProtoWriter value) =>
        Write(NewEvent(step).Message(Summary, new ProtoWriter().Message(Value, value)));

    private ProtoWriter NewEvent(long step)
    {
        _event.Clear();
        return _event.Double(WallTime, Now).Integer(Step, step);
    }

    private void Write(ProtoWriter message)
    {
        ReadOnlySpan<byte> data = message.Written;
        int length = 12 + data.Length + 4;
        if (_record.Length < length)
            _record = new byte[length * 2];
        Span<byte> record = _record.AsSpan(0, length);
        BinaryPrimitives.WriteInt64LittleEndian(record, data.Length);
        BinaryPrimitives.WriteUInt32LittleEndian(record[8..], MaskedCrc32C(record[..8]));
        data.CopyTo(record[12..]);
        BinaryPrimitives.WriteUInt32LittleEndian(record[^4..], MaskedCrc32C(data));
        _file.Write(record);
    }
}
