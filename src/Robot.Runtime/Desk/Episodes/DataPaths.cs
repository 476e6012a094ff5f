using System.Text.RegularExpressions;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>Paths inside the data root, and no others: names are checked, and nothing on the way may be a link.</summary>
internal sealed partial class DataPaths(string root)
{
    /// <summary>Absolute. The root itself may be a link to another disk: whoever started the desk chose it.</summary>
    public string Root { get; } = Path.GetFullPath(root);

    /// <summary>The path of root/part/part…, null where it does not exist, a part is no plain name, or one of them is a link.</summary>
    public string? Find(params ReadOnlySpan<string> parts)
    {
        string path = Root;
        foreach (string part in parts)
        {
            if (!PlainName().IsMatch(part))
                return null;
            path = Path.Combine(path, part);
            FileSystemInfo info = Directory.Exists(path) ? new DirectoryInfo(path) : new FileInfo(path);
            if (!info.Exists || info.LinkTarget is not null)
                return null;
        }
        return path;
    }

    /// <summary>Letters, digits, _ and -, and a suffix: neither empty, nor hidden, nor '..', nor with a separator in any encoding.</summary>
    [GeneratedRegex(@"^[A-Za-z0-9_][A-Za-z0-9_-]{0,99}(\.[A-Za-z0-9]{1,8})?\z")]
    private static partial Regex PlainName();
}
