using System.Text.Json;
using RobotWorldModel.Collector.Codecs;

namespace RobotWorldModel.Runtime.Desk.Episodes;

/// <summary>An episode's tables as the page's plots take them: by column.</summary>
internal static class SeriesJson
{
    /// <summary>
    /// {id, rate_hz, frames, cameras: [{name, color, depth?}], tables: {joints: {q0: [...]}}}, sent on after each table.
    /// </summary>
    public static async Task WriteAsync(Utf8JsonWriter json, EpisodeSeries series, CancellationToken cancel)
    {
        json.WriteStartObject();
        json.WriteString("id", series.Id);
        json.WriteNumber("rate_hz", series.RateHz);
        json.WriteNumber("frames", series.Frames);
        json.WriteStartArray("cameras");
        foreach (EpisodeCamera camera in series.Cameras)
            Write(json, camera);
        json.WriteEndArray();
        json.WriteStartObject("tables");
        foreach ((string name, CsvTable table) in series.Tables)
        {
            json.WriteStartObject(name);
            for (int c = 0; c < table.Columns.Length; c++)
                WriteColumn(json, table, c);
            json.WriteEndObject();
            await json.FlushAsync(cancel);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, EpisodeCamera camera)
    {
        json.WriteStartObject();
        json.WriteString("name", camera.Name);
        json.WriteBoolean("color", camera.Color);
        if (camera.Depth is { } depth)
        {
            json.WriteStartObject("depth");
            json.WriteNumber("near_m", depth.NearM);
            json.WriteNumber("far_m", depth.FarM);
            json.WriteEndObject();
        }
        json.WriteEndObject();
    }

    /// <summary>Numbers, null where a cell is empty or none; text where any cell of the column is no number.</summary>
    private static void WriteColumn(Utf8JsonWriter json, CsvTable table, int column)
    {
        bool numbers = true;
        for (int row = 0; row < table.Rows && numbers; row++)
            numbers = table.TryNumber(row, column, out _);
        json.WriteStartArray(table.Columns[column]);
        for (int row = 0; row < table.Rows; row++)
            if (!numbers)
                json.WriteStringValue(table.Text(row, column));
            else if (table.TryNumber(row, column, out double number) && double.IsFinite(number))
                json.WriteNumberValue(number);
            else
                json.WriteNullValue();
        json.WriteEndArray();
    }
}
