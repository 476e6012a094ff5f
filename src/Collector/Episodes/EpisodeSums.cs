using System.Buffers;
using System.Security.Cryptography;
using System.Text;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>SHA256SUMS: every file of an episode but itself, in sha256sum's format, sorted by name.</summary>
internal static class EpisodeSums
{
    private const int DigestLetters = 64;
    private static readonly SearchValues<char> s_hexadecimal = SearchValues.Create("0123456789abcdef");

    /// <summary>Relative names, with '/', of all files in the folder that belong to the episode.</summary>
    /// <exception cref="InvalidDataException">A link, or a name that sha256sum would have to escape.</exception>
    public static List<string> Files(string folder)
    {
        var files = new List<string>();
        foreach (var entry in new DirectoryInfo(folder).EnumerateFileSystemInfos("*", SearchOption.AllDirectories))
        {
            string name = Path.GetRelativePath(folder, entry.FullName);
            if (entry.LinkTarget is not null || name.AsSpan().IndexOfAny('\\', '\n', '\r') >= 0)
                throw new InvalidDataException($"{entry.FullName}: an episode has plain files with plain names only");
            if (entry is FileInfo && name != EpisodeLayout.Sums)
                files.Add(name);
        }
        files.Sort(StringComparer.Ordinal);
        return files;
    }

    public static string DigestOf(string path)
    {
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    public static string DigestOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    public static byte[] Format(IEnumerable<KeyValuePair<string, string>> digests)
    {
        var text = new StringBuilder();
        foreach ((string name, string digest) in digests.OrderBy(d => d.Key, StringComparer.Ordinal))
            text.Append(digest).Append("  ").Append(name).Append('\n');
        return System.Text.Encoding.UTF8.GetBytes(text.ToString());
    }

    /// <summary>Digests by name. What is no line of such a file is reported with its number, from 0.</summary>
    public static SortedDictionary<string, string> Parse(ReadOnlySpan<byte> content, Action<int, string> wrong)
    {
        var digests = new SortedDictionary<string, string>(StringComparer.Ordinal);
        string text = System.Text.Encoding.UTF8.GetString(content);
        if (!text.EndsWith('\n'))
            wrong(text.Count(c => c == '\n'), "the last line has no end");
        string[] lines = text.Split('\n');
        string before = "";
        for (int i = 0; i < lines.Length - (lines[^1].Length == 0 ? 1 : 0); i++)
        {
            string line = lines[i];
            if (line.Length < DigestLetters + 3 || line.AsSpan(0, DigestLetters).ContainsAnyExcept(s_hexadecimal) || line[DigestLetters..(DigestLetters + 2)] != "  ")
            {
                wrong(i, "this is no line of sha256sum's");
                continue;
            }
            string name = line[(DigestLetters + 2)..];
            if (string.CompareOrdinal(name, before) <= 0)
                wrong(i, $"{name} is not in its place: names are sorted, each once");
            before = name;
            digests[name] = line[..DigestLetters];
        }
        return digests;
    }
}
