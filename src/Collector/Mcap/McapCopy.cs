namespace RobotWorldModel.Collector.Mcap;

/// <summary>Copies logs channel by channel: an episode keeps its numbers and leaves its pictures.</summary>
public static class McapCopy
{
    /// <summary>
    /// Writes a new, whole file with the messages of some channels and all metadata, up to the source's last whole chunk, and syncs it.
    /// </summary>
    /// <returns>Messages copied.</returns>
    /// <exception cref="IOException">The new file exists, or the disk refused; then the unfinished file is removed.</exception>
    public static long Copy(string source, string destination, Func<McapChannel, bool> keep)
    {
        using var reader = new McapReader(source);
        var writer = new McapWriter(destination);
        long messages = 0;
        var schemas = new Dictionary<McapSchema, McapSchema>();
        var channels = new Dictionary<McapChannel, McapChannel?>();
        int metadata = 0;
        try
        {
            while (reader.TryRead(out var message) && writer.Failure is null)
            {
                CopyMetadata();
                if (!channels.TryGetValue(message.Channel, out var to))
                    channels[message.Channel] = to = keep(message.Channel) ? AddChannel(message.Channel) : null;
                if (to is null)
                    continue;
                writer.Write(to, message.Sequence, message.LogTimeNs, message.PublishTimeNs, Drivers.Time.HostClock.NowNs, message.Data);
                messages++;
            }
            CopyMetadata();
        }
        finally
        {
            writer.Close();
        }
        if ((writer.Failure ?? reader.Damage) is { } failure) // a short copy must take no log's place
        {
            File.Delete(destination);
            throw new IOException(failure);
        }
        return messages;

        void CopyMetadata()
        {
            for (; metadata < reader.Metadata.Count; metadata++)
                writer.AddMetadata(reader.Metadata[metadata].Name, reader.Metadata[metadata].Values);
        }

        McapChannel AddChannel(McapChannel from)
        {
            McapSchema? schema = null;
            if (from.Schema is { } s && !schemas.TryGetValue(s, out schema))
                schemas[s] = schema = writer.AddSchema(s.Name, s.Encoding, s.Data);
            return writer.AddChannel(schema, from.Topic, from.MessageEncoding, from.Metadata);
        }
    }
}
