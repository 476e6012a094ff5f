using System.Globalization;

namespace RobotWorldModel.Collector.Episodes;

/// <summary>Something wrong with an episode.</summary>
/// <param name="File">Relative to the episode's folder.</param>
/// <param name="Row">Row or frame k, from 0 after the header; a line of SHA256SUMS; null where it is the file as a whole.</param>
public sealed record Finding(string File, int? Row, string What)
{
    public override string ToString() => Row is { } row ? string.Create(CultureInfo.InvariantCulture, $"{File}:{row}: {What}") : $"{File}: {What}";
}

/// <summary>What the capture log says that an episode's files must be, so that a changed number is found and named although it is a number.</summary>
public interface IRowReference
{
    /// <summary>The file's whole content as the log gives it; null where the log cannot say.</summary>
    /// <param name="file">Relative to the episode's folder: joints.csv …</param>
    byte[]? Expected(string file);
}

/// <summary>Gathers findings, a bounded number for each file: a column shifted by one row need not be said a thousand times.</summary>
internal sealed class Findings
{
    private const int MostPerFile = 10;
    private readonly Dictionary<string, List<Finding>> _byFile = [];
    private readonly Dictionary<string, int> _more = [];

    public void Add(string file, int? row, string what)
    {
        lock (_byFile)
        {
            if (!_byFile.TryGetValue(file, out List<Finding>? findings))
                _byFile[file] = findings = [];
            var finding = new Finding(file, row, what);
            if (findings.Contains(finding))
                return;
            if (findings.Count < MostPerFile)
                findings.Add(finding);
            else
                _more[file] = _more.GetValueOrDefault(file) + 1;
        }
    }

    public IReadOnlyList<Finding> All()
    {
        lock (_byFile)
        {
            return [.. _byFile.OrderBy(f => f.Key, StringComparer.Ordinal).SelectMany(f =>
                _more.TryGetValue(f.Key, out int more) ? f.Value.OrderBy(v => v.Row).Append(new Finding(f.Key, null, $"and {more} more")) : f.Value.OrderBy(v => v.Row))];
        }
    }
}
