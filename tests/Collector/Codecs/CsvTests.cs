using RobotWorldModel.Collector.Codecs;
using RobotWorldModel.Tests.Shared;

namespace RobotWorldModel.Collector.Tests.Codecs;

public class CsvTests
{
    [Fact]
    public void Every_double_comes_back_as_it_was()
    {
        var random = new Random(5);
        double[] values = new double[5000];
        for (int i = 0; i < values.Length; i++)
            values[i] = BitConverter.Int64BitsToDouble(random.NextInt64());
        double[] special = [0, -0.0, 1, 0.1, 1 / 3.0, double.Epsilon, double.MaxValue, 1e16, 123456789012345680, -1e-7];
        special.CopyTo(values, 0);
        values = [.. values.Where(double.IsFinite)];
        var output = new MemoryStream();
        using (var writer = new CsvWriter(output, "value"))
        {
            foreach (double v in values)
            {
                writer.Cell(v);
                writer.EndRow();
            }
        }
        double[] read = CsvTable.Parse(output.ToArray()).Numbers("value");
        Assert.Equal(values.Select(BitConverter.DoubleToInt64Bits), read.Select(BitConverter.DoubleToInt64Bits));
    }

    [Fact]
    public void Text_is_quoted_where_it_must_be_and_cells_may_be_empty()
    {
        string[] texts = ["plain", "", "a,b", "say \"no\"", "two\r\nlines", "\"", "für µ"];
        var output = new MemoryStream();
        using (var writer = new CsvWriter(output, "text", "rest, quoted"))
        {
            foreach (string text in texts)
            {
                writer.Cell(text);
                writer.Empty();
                writer.EndRow();
            }
        }
        byte[] file = output.ToArray();
        Assert.StartsWith("text,\"rest, quoted\"\r\nplain,\r\n", System.Text.Encoding.UTF8.GetString(file), StringComparison.Ordinal);
        CsvTable table = CsvTable.Parse(file);
        Assert.Equal(["text", "rest, quoted"], table.Columns);
        Assert.Equal(texts, Enumerable.Range(0, table.Rows).Select(r => table.Text(r, 0)));
        Assert.True(table.IsEmpty(3, 1));
        Assert.True(double.IsNaN(table.Number(3, 1)));
        Assert.Equal("plain,\r\n"u8, table.Line(0));
    }

    [Fact]
    public void Rows_allocate_nothing()
    {
        using var writer = new CsvWriter(Stream.Null, "a", "b", "c", "d");
        void Rows(int n)
        {
            for (int i = 0; i < n; i++)
            {
                writer.Cell(i * 0.1);
                writer.Cell((long)i);
                writer.Cell("ok");
                writer.Empty();
                writer.EndRow();
            }
        }
        Assert.Equal(0, Allocations.OfOneRound(() => Rows(20_000)));
    }

    [Theory]
    [InlineData("a,b\r\n1,2\r\n3\r\n", 1)]
    [InlineData("a,b\r\n1,2,3\r\n", 0)]
    [InlineData("a,b\r\n\"1,2\r\n", 0)]
    [InlineData("", null)]
    public void What_is_no_table_is_refused_with_its_row(string text, int? row)
    {
        var error = Assert.Throws<CsvFormatException>(() => CsvTable.Parse(System.Text.Encoding.ASCII.GetBytes(text)));
        Assert.Equal(row, error.Row);
    }

    [Fact]
    public void A_row_of_another_length_than_the_header_is_a_mistake()
    {
        using var writer = new CsvWriter(new MemoryStream(), "a", "b");
        writer.Cell(1.0);
        Assert.Throws<InvalidOperationException>(writer.EndRow);
    }

    [Fact]
    public void Lone_line_feeds_and_a_last_row_without_one_are_read()
    {
        CsvTable table = CsvTable.Parse("a,b\n1,2\n3,"u8.ToArray());
        Assert.Equal(2, table.Rows);
        Assert.Equal(2, table.Number(0, 1));
        Assert.Equal("3", table.Text(1, 0));
        Assert.True(table.IsEmpty(1, 1));
    }
}
