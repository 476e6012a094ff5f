using System.Security.Cryptography;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>
/// Marks a committed episode: both files are rewritten by rename. The new SHA256SUMS lies beside before metadata.json changes, so that whoever finds
/// the pair half done can finish it.
/// </summary>
internal static class EpisodeMark
{
    private static readonly JsonSerializerOptions s_json = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly Lock s_lock = new();

    /// <exception cref="InvalidDataException">The metadata is damaged, or the sums do not name it.</exception>
    public static void Write(string metadataPath, string sumsPath, string outcome, string? note)
    {
        lock (s_lock)
        {
            byte[] metadata = Marked(metadataPath, outcome, note);
            string[] sums = File.ReadAllLines(sumsPath);
            int line = Array.FindIndex(sums, s => s.EndsWith(" metadata.json", StringComparison.Ordinal) || s.EndsWith("*metadata.json", StringComparison.Ordinal));
            if (line < 0)
                throw new InvalidDataException($"{sumsPath} does not name metadata.json. ./robot episodes verify says more");
            sums[line] = $"{Convert.ToHexStringLower(SHA256.HashData(metadata))}  metadata.json";

            WriteSynced(sumsPath + ".new", System.Text.Encoding.UTF8.GetBytes(string.Join('\n', sums) + "\n"));
            WriteSynced(metadataPath + ".new", metadata);
            File.Move(metadataPath + ".new", metadataPath, overwrite: true);
            File.Move(sumsPath + ".new", sumsPath, overwrite: true);
        }
    }

    private static byte[] Marked(string path, string outcome, string? note)
    {
        try
        {
            JsonObject metadata = JsonNode.Parse(File.ReadAllBytes(path)) as JsonObject ?? throw new JsonException("it is no object");
            metadata["outcome"] = outcome;
            if (note is not null)
                metadata["note"] = note;
            return [.. System.Text.Encoding.UTF8.GetBytes(metadata.ToJsonString(s_json)), (byte)'\n'];
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{path} is damaged: {e.Message}", e);
        }
    }

    private static void WriteSynced(string path, byte[] content)
    {
        using var file = new FileStream(path, FileMode.Create, FileAccess.Write);
        file.Write(content);
        file.Flush(flushToDisk: true);
    }
}
