using System.Globalization;

namespace RobotWorldModel.Vision.Boards;

/// <summary>A set of square markers: a black border one cell wide around cells that say which marker it is.</summary>
/// <param name="Name">4x4, 5x5, 6x6 (ArUco's) or tag36h11 (AprilTag's).</param>
/// <param name="Cells">Across, without the border.</param>
/// <param name="Codes">Of the markers from 0: their cells row by row, white is 1, the first cell the highest bit.</param>
public sealed record MarkerDictionary(string Name, int Cells, IReadOnlyList<ulong> Codes)
{
    public const string AprilTag = "tag36h11";
    private static readonly Lazy<IReadOnlyList<MarkerDictionary>> s_all = new(Read);

    /// <summary>Across with the border.</summary>
    public int CellsWithBorder => Cells + 2;

    public static IReadOnlyList<MarkerDictionary> All => s_all.Value;

    /// <exception cref="ArgumentException">There is none of that name; says which there are.</exception>
    public static MarkerDictionary ByName(string name) => All.FirstOrDefault(d => d.Name == name)
        ?? throw new ArgumentException($"'{name}' is no dictionary of markers; use {string.Join(", ", All.Select(d => d.Name))}");

    /// <summary>Whether a cell of a marker is white; x to the right, y down, from -1 (the border) to <see cref="Cells"/>.</summary>
    public bool IsWhite(int id, int x, int y) =>
        x >= 0 && y >= 0 && x < Cells && y < Cells && (Codes[id] >> (Cells * Cells - 1 - (y * Cells + x)) & 1) != 0;

    private static List<MarkerDictionary> Read()
    {
        using var text = new StreamReader(typeof(MarkerDictionary).Assembly.GetManifestResourceStream("marker-codes.txt")!);
        var all = new List<MarkerDictionary>();
        var codes = new List<ulong>();
        while (text.ReadLine() is { } line)
        {
            string[] words = line.Split(' ');
            if (line.StartsWith('#'))
                continue;
            if (words is [var name, { Length: 1 } cells])
                all.Add(new(name, int.Parse(cells), codes = []));
            else
                codes.AddRange(words.Select(w => ulong.Parse(w, NumberStyles.HexNumber)));
        }
        return all;
    }
}
