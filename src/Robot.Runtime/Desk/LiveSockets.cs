using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RobotWorldModel.Runtime.Desk.Film;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>
/// WebSockets to the page. <c>/ws</c>: the desk's status as JSON text, each time it changes. <c>/ws/preview/{camera}</c>: one binary
/// message a picture, a header of 24 bytes (width i4, height i4, sequence i8, originating time in ns of the host's monotonic clock i8;
/// little-endian), then RGB8. The client answers each picture with a message of any content when it has drawn it; at most two are on
/// their way, so that a slow client sees the newest picture late, never an old one. <c>/ws/imagined/{view}</c>: the same with what a model
/// imagines while it controls the arm; view is arm, or a picture that the model sees (wrist_rgb), and a picture's time is how far ahead
/// it is, ns. What cannot be shown closes the socket with the reason.
/// </summary>
internal sealed class LiveSockets(CoreLink core, string runtimeFolder, CancellationToken stopping)
{
    private const int OnTheWay = 2;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/ws", context => ServeAsync(context, SendStatusAsync));
        routes.MapGet("/ws/preview/{name}", context => PicturesAsync(context, name => new PreviewSource(core, runtimeFolder, name)));
        routes.MapGet("/ws/imagined/{name}", context => PicturesAsync(context, name => new FilmSource(core, runtimeFolder, name)));
    }

    private async Task PicturesAsync(HttpContext context, Func<string, IPictureSource> open)
    {
        string name = (string)context.Request.RouteValues["name"]!;
        if (PreviewSource.PlainName().IsMatch(name))
            await ServeAsync(context, (socket, end) => SendPicturesAsync(socket, open(name), end));
        else
            await Replies.ErrorAsync(context, StatusCodes.Status404NotFound, 64, "there is no such camera");
    }

    private async Task ServeAsync(HttpContext context, Func<WebSocket, CancellationToken, Task> send)
    {
        if (!context.WebSockets.IsWebSocketRequest)
        {
            await Replies.ErrorAsync(context, StatusCodes.Status426UpgradeRequired, 64, "this address is for WebSockets");
            return;
        }
        using WebSocket socket = await context.WebSockets.AcceptWebSocketAsync();
        using var end = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, stopping);
        try
        {
            await send(socket, end.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or WebSocketException)
        {
            // The page was closed or the desk ends: the usual end of a socket.
        }
    }

    private async Task SendStatusAsync(WebSocket socket, CancellationToken cancellation)
    {
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        Task heard = ReceiveAsync(socket, () => { }, end);
        DeskStatus? seen = null;
        while (true)
        {
            seen = await core.NextAsync(seen, end.Token);
            byte[] text = JsonSerializer.SerializeToUtf8Bytes(seen, DeskJson.Default.DeskStatus);
            await socket.SendAsync(text, WebSocketMessageType.Text, true, end.Token);
            if (heard.IsCompleted)
                await heard;
        }
    }

    private static async Task SendPicturesAsync(WebSocket socket, IPictureSource source, CancellationToken cancellation)
    {
        using IPictureSource closed = source;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        using var credit = new SemaphoreSlim(OnTheWay);
        Task heard = ReceiveAsync(socket, () => _ = credit.CurrentCount < OnTheWay ? credit.Release() : 0, end);
        while (true)
        {
            await credit.WaitAsync(end.Token);
            ReadOnlyMemory<byte> message;
            try
            {
                message = await source.NextAsync(end.Token);
            }
            catch (InvalidDataException e)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.InternalServerError, Short(e.Message), end.Token);
                return;
            }
            await socket.SendAsync(message, WebSocketMessageType.Binary, true, end.Token);
            if (heard.IsCompleted)
                await heard;
        }
    }

    // A reason has at most 123 bytes.
    private static string Short(string why)
    {
        const int Most = 123;
        while (Encoding.UTF8.GetByteCount(why) > Most)
            why = why[..^1];
        return why;
    }

    /// <summary>Calls back for each message; cancels when the other side closes, breaks or says more than it should.</summary>
    private static async Task ReceiveAsync(WebSocket socket, Action received, CancellationTokenSource end)
    {
        byte[] buffer = new byte[16];
        try
        {
            while (true)
            {
                ValueWebSocketReceiveResult result = await socket.ReceiveAsync(buffer.AsMemory(), end.Token);
                if (result.MessageType == WebSocketMessageType.Close)
                    break;
                if (!result.EndOfMessage)
                    break;
                received();
            }
        }
        finally
        {
            await end.CancelAsync();
        }
    }
}
