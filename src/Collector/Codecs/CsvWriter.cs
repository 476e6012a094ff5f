using System.Buffers.Text;

namespace RobotWorldModel.Collector.Codecs;

/// <summary>
/// Writes a table by RFC 4180: a header, rows ended by CR LF, '.' decimals in the shortest form that reads back as the same double.
/// Allocates nothing per row. Disposing writes what is left and closes the stream.
/// </summary>
public sealed class CsvWriter : IDisposable
{
    private const int LongestNumber = 32;
    private readonly Stream _output;
    private readonly byte[] _buffer = new byte[64 * 1024];
    private readonly int _columns;
    private int _used, _column;
    private bool _disposed;

    public CsvWriter(Stream output, params IReadOnlyList<string> columns)
    {
        (_output, _columns) = (output, columns.Count);
        foreach (string name in columns)
            Cell(name);
        EndRow();
    }

    /// <summary>Rows after the header.</summary>
    public int Rows { get; private set; } = -1;

    public void Cell(double value)
    {
        BeginCell(LongestNumber);
        value.TryFormat(_buffer.AsSpan(_used), out int n, default, System.Globalization.CultureInfo.InvariantCulture);
        _used += n;
    }

    public void Cell(long value)
    {
        BeginCell(LongestNumber);
        Utf8Formatter.TryFormat(value, _buffer.AsSpan(_used), out int n);
        _used += n;
    }

    /// <summary>0 or 1.</summary>
    public void Cell(bool value) => Cell(value ? 1L : 0L);

    /// <summary>Text, quoted where it must be.</summary>
    public void Cell(ReadOnlySpan<char> text)
    {
        BeginCell(2 + 6 * text.Length); // each letter at most three bytes, or two quotes
        bool quoted = text.IndexOfAny(",\"\r\n") >= 0;
        if (quoted)
            _buffer[_used++] = (byte)'"';
        while (text.Length > 0)
        {
            int quote = text.IndexOf('"');
            ReadOnlySpan<char> part = quote < 0 ? text : text[..(quote + 1)];
            _used += System.Text.Encoding.UTF8.GetBytes(part, _buffer.AsSpan(_used));
            if (quote >= 0)
                _buffer[_used++] = (byte)'"';
            text = text[part.Length..];
        }
        if (quoted)
            _buffer[_used++] = (byte)'"';
    }

    public void Empty() => BeginCell(0);

    public void Empty(int cells)
    {
        for (int i = 0; i < cells; i++)
            Empty();
    }

    /// <exception cref="InvalidOperationException">The row does not have as many cells as the header: a mistake of the caller.</exception>
    public void EndRow()
    {
        if (_column != _columns)
            throw new InvalidOperationException($"row {Rows} has {_column} cells, the header {_columns}");
        Reserve(2);
        _buffer[_used++] = (byte)'\r';
        _buffer[_used++] = (byte)'\n';
        _column = 0;
        Rows++;
    }

    public void Flush()
    {
        _output.Write(_buffer, 0, _used);
        _used = 0;
        _output.Flush();
    }

    public void Dispose()
    {
        if (_disposed)
            return;
        _disposed = true;
        Flush();
        _output.Dispose();
    }

    private void BeginCell(int bytes)
    {
        Reserve(bytes + 1);
        if (_column++ > 0)
            _buffer[_used++] = (byte)',';
    }

    private void Reserve(int bytes)
    {
        if (bytes > _buffer.Length)
            throw new ArgumentException($"a cell of up to {bytes} bytes does not fit; the longest has {_buffer.Length}");
        if (_used + bytes <= _buffer.Length)
            return;
        _output.Write(_buffer, 0, _used);
        _used = 0;
    }
}
