using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Collector.Files;

namespace RobotWorldModel.Collector.Mcap;

/// <summary>What a recovery found and did.</summary>
/// <param name="WasComplete">The file had its end; nothing was changed.</param>
/// <param name="Chunks">Whole chunks kept.</param>
/// <param name="Messages">Messages in them.</param>
/// <param name="CutBytes">Bytes behind the last whole record that were of no use.</param>
/// <param name="Damage">Why reading ended where it did; null for a file that was simply cut off.</param>
public sealed record McapRecoveryResult(bool WasComplete, long Chunks, long Messages, long CutBytes, string? Damage);

/// <summary>
/// Gives a log that was cut off its end back: everything behind the last whole chunk goes, missing message indexes and the summary are
/// written anew. May be interrupted and repeated at any moment. For our own logs: messages in uncompressed chunks.
/// </summary>
public static class McapRecovery
{
    /// <exception cref="InvalidDataException">It is no MCAP file; it was not touched.</exception>
    /// <exception cref="IOException">The file cannot be opened or written.</exception>
    public static McapRecoveryResult Recover(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.ReadWrite, FileShare.ReadWrite | FileShare.Delete);
        using var scan = new Scan(path, file);
        scan.Run();
        long length = RandomAccess.GetLength(file);
        if (scan.State == McapReadState.Ended && EndIsWhole(file, scan.Read, length))
            return new(true, scan.Chunks, scan.Messages, 0, null);
        if (scan.Read == 0 && length >= McapFormat.Magic.Length)
            throw new InvalidDataException($"{path} is no MCAP file: it does not start as one");
        WriteEnd(path, file, scan);
        return new(false, scan.Chunks, scan.Messages, length - scan.Read, scan.Damage);
    }

    private static void WriteEnd(string path, SafeFileHandle file, Scan scan)
    {
        Check(path, LinuxFile.Truncate(file, scan.End));
        long at = scan.End;
        if (!scan.HasHeader)
        {
            var head = new RecordBuffer(64);
            head.Bytes(McapFormat.Magic);
            head.Begin(McapOp.Header);
            head.Text("ros2");
            head.Text(new McapWriterOptions().Library);
            head.End();
            Check(path, LinuxFile.Truncate(file, 0));
            Check(path, LinuxFile.Write(file, head.Written, 0));
            at = head.Length;
        }
        byte[] indexes = scan.LastIndexes();
        Check(path, LinuxFile.Write(file, indexes, at));
        at += indexes.Length;
        Check(path, LinuxFile.Write(file, scan.Summary.Finish(at).Written, at));
        Check(path, LinuxFile.SyncData(file));
    }

    private static void Check(string path, int error)
    {
        if (error != 0)
            throw new IOException($"{path} cannot be repaired: {LinuxFile.Describe(error)}; free up space or check the disk");
    }

    /// <summary>Whether what stands from DataEnd on is a summary with a right checksum and a footer.</summary>
    private static bool EndIsWhole(SafeFileHandle file, long dataEnd, long length)
    {
        const int Tail = McapFormat.FooterBytes + 8;
        if (length - dataEnd < Tail || length - dataEnd > McapReader.MaxRecordBytes)
            return false;
        var end = new byte[length - dataEnd];
        for (int read = 0, n; read < end.Length; read += n)
            if ((n = RandomAccess.Read(file, end.AsSpan(read), dataEnd + read)) == 0)
                return false;
        var footer = end.AsSpan(end.Length - Tail);
        ulong summary = BinaryPrimitives.ReadUInt64LittleEndian(footer[McapFormat.Prefix..]);
        if (!footer[^8..].SequenceEqual(McapFormat.Magic) || footer[0] != (byte)McapOp.Footer)
            return false;
        ulong from = summary == 0 ? (ulong)(length - Tail) : summary;
        if (from < (ulong)dataEnd || from > (ulong)(length - Tail))
            return false;
        uint crc = BinaryPrimitives.ReadUInt32LittleEndian(footer[(McapFormat.Prefix + 16)..]);
        return crc == 0 || crc == Crc32.Compute(end.AsSpan((int)(from - (ulong)dataEnd), (int)(length - 12 - (long)from)));
    }

    /// <summary>Reads a file from its start and gathers what its summary must say.</summary>
    private sealed class Scan : IDisposable
    {
        private readonly McapReader _reader;
        private readonly SafeFileHandle _file;
        private readonly ChunkBuffer _chunk = new(1 << 20);
        private readonly List<long> _indexOffsets = [];
        private long _chunkAt = -1, _chunkEnd, _indexEnd;

        public Scan(string path, SafeFileHandle file)
        {
            _file = file;
            _reader = new McapReader(path) { OnRecord = Met };
        }

        public McapSummary Summary { get; } = new();

        public McapReadState State => _reader.State;

        public string? Damage => _reader.Damage;

        public bool HasHeader { get; private set; }

        public long Chunks => _reader.Chunks;

        public long Messages { get; private set; }

        /// <summary>Up to where whole records stand.</summary>
        public long Read => _reader.WholeBytes;

        /// <summary>From where on the file is written anew.</summary>
        public long End { get; private set; }

        public void Run()
        {
            while (_reader.TryRead(out _))
                Messages++;
            foreach (var channel in _reader.Channels)
                Summary.Add(channel);
            // Message indexes have no checksum: those of the last chunk may be half written, so they are made anew.
            End = _chunkAt >= 0 ? _chunkEnd : Read;
        }

        /// <summary>The message indexes of the last chunk; adds it to the summary with them.</summary>
        public byte[] LastIndexes()
        {
            if (_chunkAt < 0)
                return [];
            var block = _chunk.Seal(_indexOffsets);
            byte[] indexes = block[(int)(_chunkEnd - _chunkAt)..].ToArray();
            Summary.Add(_chunk, _chunkAt, _indexOffsets, block.Length);
            _chunkAt = -1;
            return indexes;
        }

        public void Dispose()
        {
            _reader.Dispose();
            _chunk.Dispose();
        }

        private void Met(McapOp op, long offset, long bytes)
        {
            HasHeader |= op == McapOp.Header;
            if (op == McapOp.MessageIndex && _chunkAt >= 0)
            {
                Span<byte> id = stackalloc byte[2];
                RandomAccess.Read(_file, id, offset + McapFormat.Prefix);
                int channel = BinaryPrimitives.ReadUInt16LittleEndian(id);
                if (channel < _indexOffsets.Count)
                    _indexOffsets[channel] = offset - _chunkAt;
                _indexEnd = offset + bytes;
                return;
            }
            FinishChunk();
            if (op == McapOp.Chunk)
                StartChunk(offset, bytes);
            else if (op == McapOp.Metadata)
                Summary.AddMetadata(_reader.Metadata[^1].Name, offset, bytes);
        }

        private void FinishChunk()
        {
            if (_chunkAt >= 0)
                Summary.Add(_chunk, _chunkAt, _indexOffsets, _indexEnd - _chunkAt);
            _chunkAt = -1;
        }

        private void StartChunk(long offset, long bytes)
        {
            var records = _reader.ChunkRecords;
            _chunk.Clear();
            _chunk.Grow(McapFormat.ChunkHead + records.Length * 2 + 4096); // the indexes take less than the messages
            _chunk.Append(records);
            for (int at = 0; at + McapFormat.Prefix <= records.Length;)
            {
                ulong length = BinaryPrimitives.ReadUInt64LittleEndian(records[(at + 1)..]);
                if (length > (ulong)(records.Length - at - McapFormat.Prefix))
                    break; // reading its messages will say so
                if (records[at] == (byte)McapOp.Message && length >= McapFormat.MessageHead - McapFormat.Prefix)
                {
                    ushort channel = BinaryPrimitives.ReadUInt16LittleEndian(records[(at + 9)..]);
                    _chunk.AddIndex(channel, BinaryPrimitives.ReadUInt64LittleEndian(records[(at + 15)..]), (ulong)at);
                }
                at += McapFormat.Prefix + (int)length;
            }
            _indexOffsets.Clear();
            for (int i = 0; i < _chunk.ChannelLimit; i++)
                _indexOffsets.Add(-1);
            (_chunkAt, _chunkEnd, _indexEnd) = (offset, offset + bytes, offset + bytes);
        }
    }
}
