using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http;
using RobotWorldModel.Runtime.Desk.Episodes;
using RobotWorldModel.Runtime.Desk.Runs;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>How the desk answers: JSON, and errors as one line for a person with the exit code a command would end with.</summary>
internal static class Replies
{
    public static Task ErrorAsync(HttpContext context, int httpStatus, int code, string message)
    {
        context.Response.StatusCode = httpStatus;
        return JsonAsync(context, new ApiError(message, code), DeskJson.Default.ApiError);
    }

    public static Task BadAsync(HttpContext context, string message) => ErrorAsync(context, StatusCodes.Status400BadRequest, 64, message);

    public static async Task JsonAsync<T>(HttpContext context, T value, JsonTypeInfo<T> type)
    {
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await JsonSerializer.SerializeAsync(context.Response.Body, value, type, context.RequestAborted);
    }

    /// <summary>Sets the tag, and answers 304 where the browser has just this already.</summary>
    public static bool NotModified(HttpContext context, string tag)
    {
        context.Response.Headers.ETag = tag;
        if (context.Request.Headers.IfNoneMatch != tag)
            return false;
        context.Response.StatusCode = StatusCodes.Status304NotModified;
        return true;
    }

    /// <summary>The body as T; null, and the answer is sent, where it is not one.</summary>
    public static async Task<T?> BodyAsync<T>(HttpContext context, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            if (await JsonSerializer.DeserializeAsync(context.Request.Body, type, context.RequestAborted) is { } body)
                return body;
            await BadAsync(context, $"the body is null: {context.Request.Path} takes a JSON object");
        }
        catch (JsonException e)
        {
            string where = e.Path is null or "$" ? "" : $" at {e.Path}";
            await BadAsync(context, $"the body is not what {context.Request.Path} takes{where}: {e.Message}");
        }
        return null;
    }
}

/// <param name="Error">One line: what failed and what to do.</param>
/// <param name="Code">design.md's exit codes.</param>
internal sealed record ApiError(string Error, int Code);

internal sealed record RecordStartBody(string Task, string Source = "none", double? Seconds = null);

internal sealed record RecordStopBody(string Outcome);

internal sealed record ReplayBody(string Episode, double Speed = 1);

internal sealed record JogBody(string Axis, int Steps);

internal sealed record EmptyBody;

internal sealed record MarkBody(string Outcome, string? Note = null);

/// <summary>The protocol's dialect; a key that nobody knows is an error, never ignored.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow, RespectNullableAnnotations = true,
    RespectRequiredConstructorParameters = true, Converters = [typeof(UnknownAsNull)])]
[JsonSerializable(typeof(ApiError))]
[JsonSerializable(typeof(DeskStatus))]
[JsonSerializable(typeof(RecordStartBody))]
[JsonSerializable(typeof(RecordStopBody))]
[JsonSerializable(typeof(ReplayBody))]
[JsonSerializable(typeof(JogBody))]
[JsonSerializable(typeof(EmptyBody))]
[JsonSerializable(typeof(MarkBody))]
[JsonSerializable(typeof(IReadOnlyList<EpisodeListing>))]
[JsonSerializable(typeof(RunList))]
[JsonSerializable(typeof(RunSeries))]
internal sealed partial class DeskJson : JsonSerializerContext;
