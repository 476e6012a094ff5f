using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Desk.Episodes;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>Recorded episodes over HTTP: list, metadata, tables by column, pictures, marks.</summary>
internal sealed class EpisodeApi(EpisodeStore store)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/episodes", context => Replies.JsonAsync(context, store.List(), DeskJson.Default.IReadOnlyListEpisodeListing));
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
        if (store.MetadataFile(Part(context, "id")) is not { } metadata)
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
        await SeriesJson.WriteAsync(json, series, context.RequestAborted);
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
        Outcome? outcome = mark.Outcome switch
        {
            "success" => Outcome.Success,
            "failure" => Outcome.Failure,
            "unknown" => Outcome.Unknown,
            _ => null,
        };
        if (outcome is null)
            await Replies.BadAsync(context, $"an outcome is success, failure or unknown, not '{mark.Outcome}'");
        else if (!store.Mark(Part(context, "id"), outcome.Value, mark.Note))
            await NoneAsync(context, "episode");
        else
            await Replies.JsonAsync(context, new EmptyBody(), DeskJson.Default.EmptyBody);
    }

    /// <summary>k of k.png.</summary>
    private static int? Frame(HttpContext context)
    {
        string file = Part(context, "file");
        if (!file.EndsWith(".png", StringComparison.Ordinal) || file.Length is < 5 or > 11)
            return null;
        ReadOnlySpan<char> number = file.AsSpan(0, file.Length - 4);
        return number.ContainsAnyExceptInRange('0', '9') ? null : int.Parse(number);
    }

    /// <summary>
    /// Headers of a picture's file; true where the browser has it. The same id may be another episode in another data root: it asks each
    /// time.
    /// </summary>
    private static bool Picture(HttpContext context, string path)
    {
        var file = new FileInfo(path);
        context.Response.ContentType = "image/png";
        context.Response.Headers.CacheControl = "private, no-cache";
        return Replies.NotModified(context, $"\"{file.LastWriteTimeUtc.Ticks:x}-{file.Length:x}\"");
    }
}
