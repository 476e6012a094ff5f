using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RobotWorldModel.Collector.Episodes;
using RobotWorldModel.Runtime.Protocol;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>Core's methods over HTTP. The desk checks the shape of a request; whether it may happen is core's to say.</summary>
internal sealed class CoreApi(CoreLink core)
{
    private static readonly JsonElement s_empty = JsonSerializer.SerializeToElement(new EmptyBody(), DeskJson.Default.EmptyBody);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/status", context => Replies.JsonAsync(context, core.Status, DeskJson.Default.DeskStatus));
        Post(routes, "/api/record/start", CoreMethods.RecordStart, DeskJson.Default.RecordStartBody);
        Post(routes, "/api/record/stop", CoreMethods.RecordStop, DeskJson.Default.RecordStopBody);
        Post(routes, "/api/record/discard", CoreMethods.RecordDiscard, DeskJson.Default.EmptyBody);
        Post(routes, "/api/replay", CoreMethods.ReplayStart, DeskJson.Default.ReplayBody, body =>
            EpisodeNaming.IsEpisodeName(body.Episode)
                ? null
                : $"'{body.Episode}' is no id of an episode of this data root, as demo_007 is");
        Post(routes, "/api/stop", CoreMethods.Stop, DeskJson.Default.EmptyBody);
        Post(routes, "/api/acknowledge", CoreMethods.Acknowledge, DeskJson.Default.EmptyBody);
        Post(routes, "/api/jog", CoreMethods.Jog, DeskJson.Default.JogBody);
    }

    /// <param name="refuse">What is wrong with a body; null: nothing.</param>
    private void Post<T>(
        IEndpointRouteBuilder routes, string path, string method, JsonTypeInfo<T> type, Func<T, string?>? refuse = null)
        where T : class =>
        routes.MapPost(path, async (HttpContext context) =>
        {
            if (await Replies.BodyAsync(context, type) is not { } body)
                return;
            if (refuse?.Invoke(body) is { } why)
                await Replies.BadAsync(context, why);
            else
                await AskAsync(context, method, JsonSerializer.SerializeToElement(body, type));
        });

    private async Task AskAsync(HttpContext context, string method, JsonElement parameters)
    {
        CoreReply reply;
        try
        {
            // Once asked, a request is seen through: a page that is closed just then must not leave it half said.
            reply = await core.AskAsync(method, parameters, CancellationToken.None);
        }
        catch (CoreAwayException e)
        {
            await Replies.ErrorAsync(context, StatusCodes.Status503ServiceUnavailable, 69, e.Message);
            return;
        }
        if (reply.Error is { } error)
            await Replies.ErrorAsync(context, HttpStatusOf(error.Code), error.Code, error.Message);
        else
            await Replies.JsonAsync(context, reply.Result ?? s_empty, ProtocolJson.Default.JsonElement);
    }

    private static int HttpStatusOf(int code) => code switch
    {
        64 => StatusCodes.Status400BadRequest,
        69 => StatusCodes.Status503ServiceUnavailable,
        74 => StatusCodes.Status507InsufficientStorage,
        75 => StatusCodes.Status409Conflict,
        _ => StatusCodes.Status500InternalServerError,
    };
}
