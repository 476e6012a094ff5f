using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RobotWorldModel.Runtime.Desk.Episodes;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>Recorded episodes over HTTP: list, metadata, tables by column, pictures, marks.</summary>
internal sealed class EpisodeApi(IEpisodeStore store)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/episodes", context => Replies.JsonAsync(context, store.List(), DeskJson.Default.IReadOnlyListEpisodeSummary));
        routes.MapGet("/api/episodes/{id}", MetadataAsync);
        routes.MapGet("/api/episodes/{id}/series", SeriesAsync);
        routes.MapGet("/api/episodes/{id}/{camera}/rgb/{file}", ColorAsync);
        routes.MapGet("/api/episodes/{id}/{camera}/depth/{file}", DepthAsync);
        routes.MapPost("/api/episodes/{id}/mark", MarkAsync);
    }

    private static string Part(HttpContext context, string name) => (string)context.Request.RouteValues[name]!;

    private static Task NoneAsync(HttpContext context, string what) =>
        Replies.ErrorAsync(context, StatusCodes.Status404NotFound, 64, $"there is no {what} of that name in the data root");

    private async Task MetadataAsync(HttpContext context)
    {
        if (store.Metadata(Part(context, "id")) is not { } metadata)
        {
            await NoneAsync(context, "episode");
            return;
        }
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.Body.WriteAsync(metadata, context.RequestAborted);
    }

    private async Task SeriesAsync(HttpContext context)
    {
        if (store.Series(Part(context, "id")) is not { } series)
        {
            await NoneAsync(context, "episode");
            return;
        }
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await using var json = new Utf8JsonWriter(context.Response.BodyWriter);
        json.WriteStartObject();
        json.WriteString("id", series.Id);
        json.WriteNumber("rate_hz", series.RateHz);
        json.WriteNumber("frames", series.Frames);
        json.WriteStartArray("cameras");
        foreach (EpisodeCamera camera in series.Cameras)
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
        json.WriteEndArray();
        json.WriteStartObject("tables");
        foreach ((string name, CsvTable table) in series.Tables)
        {
            json.WritePropertyName(name);
            table.Write(json);
            await json.FlushAsync(context.RequestAborted);
        }
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private async Task ColorAsync(HttpContext context)
    {
        if (Frame(context) is not { } frame || store.ColorPath(Part(context, "id"), Part(context, "camera"), frame) is not { } path)
        {
            await NoneAsync(context, "picture");
            return;
        }
        if (!Picture(context, path))
            await context.Response.SendFileAsync(path, context.RequestAborted);
    }

    private async Task DepthAsync(HttpContext context)
    {
        if (Frame(context) is not { } frame || store.DepthPng(Part(context, "id"), Part(context, "camera"), frame) is not { } png)
        {
            await NoneAsync(context, "picture");
            return;
        }
        context.Response.ContentType = "image/png";
        context.Response.ContentLength = png.Length;
        await context.Response.Body.WriteAsync(png, context.RequestAborted);
    }

    private async Task MarkAsync(HttpContext context)
    {
        if (await Replies.BodyAsync(context, DeskJson.Default.MarkBody) is not { } mark)
            return;
        if (mark.Outcome is not ("success" or "failure" or "unknown"))
            await Replies.ErrorAsync(context, StatusCodes.Status400BadRequest, 64, $"an outcome is success, failure or unknown, not '{mark.Outcome}'");
        else if (!store.Mark(Part(context, "id"), mark.Outcome, mark.Note))
            await NoneAsync(context, "episode");
        else
            await Replies.JsonAsync(context, new EmptyBody(), DeskJson.Default.EmptyBody);
    }

    /// <summary>k of k.png.</summary>
    private static int? Frame(HttpContext context)
    {
        string file = Part(context, "file");
        return file.EndsWith(".png", StringComparison.Ordinal) && file.Length is > 4 and < 12 && file.AsSpan(0, file.Length - 4).ContainsAnyExceptInRange('0', '9') == false
            ? int.Parse(file.AsSpan(0, file.Length - 4))
            : null;
    }

    /// <summary>Headers of a picture's file; true where the browser has it. The same id may be another episode in another data root: it asks each time.</summary>
    private static bool Picture(HttpContext context, string path)
    {
        var file = new FileInfo(path);
        context.Response.ContentType = "image/png";
        context.Response.Headers.CacheControl = "private, no-cache";
        return Replies.NotModified(context, $"\"{file.LastWriteTimeUtc.Ticks:x}-{file.Length:x}\"");
    }
}
