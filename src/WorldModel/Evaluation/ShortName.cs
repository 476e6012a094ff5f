namespace RobotWorldModel.WorldModel.Evaluation;

/// <summary>
/// Names as tables and plots have room for: a modality may name a dozen columns. Files of numbers have them in full.
/// </summary>
public static class ShortName
{
    private const int Room = 48;

    /// <summary>joint_position as it is; task:goal_x,goal_y,goal_z → task: goal_x/y/z.</summary>
    public static string OfModality(string name)
    {
        int colon = name.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? name : $"{name[..colon]}: {OfColumns(name[(colon + 1)..].Split(','))}";
    }

    /// <summary>
    /// Neighbours that differ in what follows their last _ alone stand together: tcp_x, tcp_y → tcp_x/y. What has no room is counted.
    /// </summary>
    public static string OfColumns(IReadOnlyList<string> columns)
    {
        var shown = new List<string>();
        int length = 0, named = 0;
        while (named < columns.Count)
        {
            string stem = Stem(columns[named]);
            int end = named + 1;
            while (end < columns.Count && stem.Length > 0 && Stem(columns[end]) == stem)
                end++;
            string group = string.Join('/', (string[])[columns[named], .. columns.Skip(named + 1).Take(end - named - 1)
                .Select(column => column[stem.Length..])]);
            if (shown.Count > 0 && length + 2 + group.Length > Room)
                return $"{string.Join(", ", shown)} and {columns.Count - named} more";
            length += (shown.Count > 0 ? 2 : 0) + group.Length;
            shown.Add(group);
            named = end;
        }
        return string.Join(", ", shown);
    }

    // With its _; empty where there is none.
    private static string Stem(string column) => column[..(column.LastIndexOf('_') + 1)];
}
