using System.Globalization;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>A table that is no table; <see cref="Row"/> counts from 0 after the header, null where it is the header or the whole file.</summary>
public sealed class CsvFormatException(int? row, string message) : FormatException(message)
{
    public int? Row { get; } = row < 0 ? null : row;
}

/// <summary>
/// A CSV file (RFC 4180; a lone LF ends a row too) read whole, its cells found once and parsed when asked for. Rows count from 0 after the
/// header.
/// </summary>
public sealed class CsvTable
{
    private readonly byte[] _content;
    private readonly List<int> _starts = [], _ends = []; // of all cells, the header's first
    private readonly List<int> _rowStarts = [];

    private CsvTable(byte[] content)
    {
        _content = content;
        Parse();
    }

    public string[] Columns { get; private set; } = [];

    public int Rows => _rowStarts.Count - 2; // the header's start and the end of the file are in the list

    /// <exception cref="CsvFormatException">Rows of different lengths, or quotes that do not close.</exception>
    public static CsvTable Read(string path)
    {
        using var file = File.OpenHandle(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        var content = new byte[RandomAccess.GetLength(file)];
        for (int at = 0, n; at < content.Length; at += n)
            if ((n = RandomAccess.Read(file, content.AsSpan(at), at)) == 0)
                throw new CsvFormatException(null, "the file became shorter while it was read");
        return new CsvTable(content);
    }

    /// <exception cref="CsvFormatException">As <see cref="Read"/>.</exception>
    public static CsvTable Parse(byte[] content) => new(content);

    /// <summary>The column's index, or -1.</summary>
    public int Column(string name) => Array.IndexOf(Columns, name);

    /// <summary>The cell as it stands in the file, quotes included.</summary>
    public ReadOnlySpan<byte> Cell(int row, int column)
    {
        int i = (row + 1) * Columns.Length + column;
        return _content.AsSpan(_starts[i], _ends[i] - _starts[i]);
    }

    public bool IsEmpty(int row, int column) => Cell(row, column).IsEmpty;

    public string Text(int row, int column) => Unquote(Cell(row, column));

    /// <summary>The cell as a number; NaN where it is empty. False where it is anything else.</summary>
    public bool TryNumber(int row, int column, out double value)
    {
        ReadOnlySpan<byte> cell = Cell(row, column);
        value = double.NaN;
        return cell.IsEmpty || double.TryParse(cell, NumberStyles.Float, CultureInfo.InvariantCulture, out value);
    }

    /// <summary>The cell as a number; NaN where it is empty.</summary>
    /// <exception cref="CsvFormatException">It is not a number.</exception>
    public double Number(int row, int column) =>
        TryNumber(row, column, out double value) ? value : throw new CsvFormatException(row, $"{Columns[column]} is '{Text(row, column)}', not a number");

    /// <summary>A whole column as numbers; NaN where a cell is empty.</summary>
    /// <exception cref="CsvFormatException">A cell is not a number, or there is no such column.</exception>
    public double[] Numbers(string column)
    {
        int c = Column(column);
        if (c < 0)
            throw new CsvFormatException(null, $"there is no column {column}; there are {string.Join(", ", Columns)}");
        var values = new double[Rows];
        for (int r = 0; r < values.Length; r++)
            values[r] = Number(r, c);
        return values;
    }

    /// <summary>The row as it stands in the file, its line end included. -1 is the header.</summary>
    public ReadOnlySpan<byte> Line(int row) => _content.AsSpan(_rowStarts[row + 1], _rowStarts[row + 2] - _rowStarts[row + 1]);

    private void Parse()
    {
        int at = 0;
        while (at < _content.Length)
        {
            _rowStarts.Add(at);
            int cells = 0;
            for (bool rowEnds = false; !rowEnds; cells++)
                rowEnds = ParseCell(ref at);
            if (_rowStarts.Count == 1)
                Columns = new string[cells];
            else if (cells != Columns.Length)
                throw new CsvFormatException(_rowStarts.Count - 2, $"it has {cells} cells, the header {Columns.Length}");
        }
        if (_rowStarts.Count == 0)
            throw new CsvFormatException(null, "the file is empty");
        _rowStarts.Add(at);
        for (int c = 0; c < Columns.Length; c++)
            Columns[c] = Unquote(_content.AsSpan(_starts[c], _ends[c] - _starts[c]));
    }

    /// <summary>Goes over one cell and what ends it; true where that ends the row.</summary>
    private bool ParseCell(ref int at)
    {
        _starts.Add(at);
        if (at < _content.Length && _content[at] == '"')
        {
            for (at++; ; at++)
            {
                int quote = _content.AsSpan(at).IndexOf((byte)'"');
                if (quote < 0)
                    throw new CsvFormatException(_rowStarts.Count - 2, "a quote is not closed");
                at += quote + 1;
                if (at >= _content.Length || _content[at] != '"')
                    break;
            }
        }
        int end = _content.AsSpan(at).IndexOfAny((byte)',', (byte)'\n');
        at = end < 0 ? _content.Length : at + end;
        bool comma = end >= 0 && _content[at] == ',';
        _ends.Add(!comma && end >= 0 && at > _starts[^1] && _content[at - 1] == '\r' ? at - 1 : at);
        if (end >= 0)
            at++;
        return !comma;
    }

    private static string Unquote(ReadOnlySpan<byte> cell)
    {
        string text = System.Text.Encoding.UTF8.GetString(cell);
        return text is ['"', .., '"'] ? text[1..^1].Replace("\"\"", "\"", StringComparison.Ordinal) : text;
    }
}
