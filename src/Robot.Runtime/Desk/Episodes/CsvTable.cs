using System.Globalization;
using System.Text;
using System.Text.Json;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>An episode's CSV by columns: numbers, or text where a cell is no number. An empty cell is NaN or the empty text.</summary>
internal sealed class CsvTable
{
    private CsvTable(IReadOnlyList<CsvColumn> columns, int rows)
    {
        (Columns, Rows) = (columns, rows);
    }

    public IReadOnlyList<CsvColumn> Columns { get; }

    public int Rows { get; }

    /// <exception cref="InvalidDataException">A row has not as many cells as the header.</exception>
    public static CsvTable Read(string path)
    {
        string file = Path.GetFileName(path);
        using var reader = new StreamReader(path, Encoding.UTF8);
        var cells = new List<string>();
        if (reader.ReadLine() is not { } header)
            throw new InvalidDataException($"{file} is empty: it should begin with a header line");
        Split(header, cells);
        string[] names = [.. cells];
        var columns = Array.ConvertAll(names, _ => new List<string>());
        int rows = 0;
        for (; reader.ReadLine() is { } line; rows++)
        {
            Split(line, cells);
            if (cells.Count != names.Length)
                throw new InvalidDataException($"{file}: row {rows} has {cells.Count} cells, its header {names.Length}. ./robot episodes verify says more");
            for (int c = 0; c < cells.Count; c++)
                columns[c].Add(cells[c]);
        }
        return new CsvTable([.. names.Select((name, c) => CsvColumn.Of(name, columns[c]))], rows);
    }

    /// <summary>One object: an array a column; what is not a number is null.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        foreach (CsvColumn column in Columns)
        {
            json.WriteStartArray(column.Name);
            if (column.Texts is not null)
                foreach (string text in column.Texts)
                    json.WriteStringValue(text);
            else
                foreach (double number in column.Numbers!)
                    if (double.IsFinite(number))
                        json.WriteNumberValue(number);
                    else
                        json.WriteNullValue();
            json.WriteEndArray();
        }
        json.WriteEndObject();
    }

    /// <summary>RFC 4180 within one line: quotes may hold commas, a doubled quote is one.</summary>
    private static void Split(string line, List<string> cells)
    {
        cells.Clear();
        if (!line.Contains('"'))
        {
            cells.AddRange(line.Split(','));
            return;
        }
        var cell = new StringBuilder();
        bool quoted = false;
        for (int i = 0; i < line.Length; i++)
        {
            if (line[i] == '"' && quoted && i + 1 < line.Length && line[i + 1] == '"')
                cell.Append(line[++i]);
            else if (line[i] == '"')
                quoted = !quoted;
            else if (line[i] == ',' && !quoted)
                Flush();
            else
                cell.Append(line[i]);
        }
        Flush();

        void Flush()
        {
            cells.Add(cell.ToString());
            cell.Clear();
        }
    }
}

/// <summary>Either numbers or texts.</summary>
internal sealed record CsvColumn(string Name, double[]? Numbers, string[]? Texts)
{
    public static CsvColumn Of(string name, List<string> cells)
    {
        double[] numbers = new double[cells.Count];
        for (int i = 0; i < numbers.Length; i++)
            if (cells[i].Length == 0)
                numbers[i] = double.NaN;
            else if (!double.TryParse(cells[i], NumberStyles.Float, CultureInfo.InvariantCulture, out numbers[i]))
                return new CsvColumn(name, null, [.. cells]);
        return new CsvColumn(name, numbers, null);
    }
}
