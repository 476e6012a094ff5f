using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using RobotWorldModel.Runtime.Desk.Episodes;
using RobotWorldModel.Runtime.Desk.Runs;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>
/// The process that may be slow and may die: HTTP API, WebSockets and dashboard. It knows core only through its Unix socket and preview
/// slots, and recordings only through their files.
/// </summary>
public sealed class DeskServer : IAsyncDisposable
{
    /// <summary>Requests are small; a large one is a mistake or worse.</summary>
    private const int LargestRequestBytes = 64 * 1024;

    /// <summary>After two of these a page that fell asleep, or lost its network, is given up.</summary>
    private static readonly TimeSpan s_keepAlive = TimeSpan.FromSeconds(15);

    private readonly WebApplication _app;
    private readonly CoreLink _core;

    private DeskServer(WebApplication app, CoreLink core)
    {
        (_app, _core) = (app, core);
    }

    /// <summary>Where the page is, once started: http://127.0.0.1:8080.</summary>
    public Uri Address { get; private set; } = null!;

    /// <summary>Serves until cancelled.</summary>
    /// <param name="listening">Called when the page can be opened.</param>
    /// <exception cref="DeskException">The address is taken or cannot be used.</exception>
    public static async Task RunAsync(DeskOptions options, Action listening, CancellationToken cancellation)
    {
        try
        {
            await using DeskServer desk = await StartAsync(options, cancellation);
            listening();
            await Task.Delay(Timeout.Infinite, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // asked to end, be it while starting
        }
    }

    /// <summary>Returns when the page can be opened.</summary>
    /// <exception cref="DeskException">The address is taken or cannot be used.</exception>
    public static async Task<DeskServer> StartAsync(DeskOptions options, CancellationToken cancellation = default)
    {
        IPEndPoint endPoint = options.EndPoint;
        WebApplication app = Build(endPoint);
        var core = new CoreLink(options);
        Map(app, options, endPoint, core);
        var desk = new DeskServer(app, core);
        try
        {
            await app.StartAsync(cancellation);
            desk.Address = new Uri(app.Urls.First());
            return desk;
        }
        catch (Exception e)
        {
            await desk.DisposeAsync();
            if (e is not (IOException or SocketException))
                throw;
            throw e.InnerException is AddressInUseException
                ? new DeskException(75, $"desk: {options.Listen} is in use by another program. End it, or change service.listen", e)
                : new DeskException(69, $"desk: cannot listen on {options.Listen}: {e.Message}. Check service.listen", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
        await _core.DisposeAsync();
    }

    /// <summary>
    /// An empty builder: no appsettings.json of the current folder, no ASPNETCORE_URLS, no signal handlers;
    /// the config decides.
    /// </summary>
    private static WebApplication Build(IPEndPoint endPoint)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new() { ContentRootPath = AppContext.BaseDirectory });
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.FromSeconds(2));
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true).SetMinimumLevel(LogLevel.Error)
            .AddFilter("Microsoft.Extensions.Hosting", LogLevel.None); // a port that is taken is thrown, and said in one line
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = LargestRequestBytes;
            kestrel.Listen(endPoint);
        });
        return builder.Build();
    }

    private static void Map(WebApplication app, DeskOptions options, IPEndPoint endPoint, CoreLink core)
    {
        var guard = new RequestGuard(endPoint.Address);
        var page = new PageFiles();
        app.UseWebSockets(new WebSocketOptions { KeepAliveInterval = s_keepAlive, KeepAliveTimeout = s_keepAlive });
        app.Use((context, next) => GuardedAsync(context, next, guard));
        app.UseRouting();
        new CoreApi(core).Map(app);
        new EpisodeApi(new EpisodeStore(options.Data)).Map(app);
        new RunApi(new RunStore(options.Runs)).Map(app);
        new LiveSockets(core, options.RuntimeFolder, app.Lifetime.ApplicationStopping).Map(app);
        app.MapGet("/metrics", context =>
        {
            context.Response.ContentType = MetricsText.ContentType;
            return context.Response.WriteAsync(MetricsText.Write(core.Status));
        });
        app.MapMethods("/{**path}", [HttpMethods.Get, HttpMethods.Head], page.ServeAsync);
    }

    private static async Task GuardedAsync(HttpContext context, RequestDelegate next, RequestGuard guard)
    {
        IHeaderDictionary headers = context.Response.Headers;
        headers.ContentSecurityPolicy = "default-src 'self'; img-src 'self' blob: data:; base-uri 'none'; "
            + "form-action 'none'; frame-ancestors 'none'";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        if (guard.Refusal(context) is { } reason)
        {
            await Replies.ErrorAsync(context, StatusCodes.Status403Forbidden, 64, reason);
            return;
        }
        try
        {
            await next(context);
        }
        catch (BadHttpRequestException e) when (!context.Response.HasStarted)
        {
            await Replies.ErrorAsync(context, e.StatusCode, 64, e.Message);
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException && !context.Response.HasStarted)
        {
            await Replies.ErrorAsync(context, StatusCodes.Status500InternalServerError, 74, e.Message);
        }
        int status = context.Response.StatusCode;
        if (!context.Response.HasStarted && status is StatusCodes.Status404NotFound or StatusCodes.Status405MethodNotAllowed)
            await Replies.ErrorAsync(context, status, 64, $"there is no {context.Request.Method} {context.Request.Path}");
    }

    /// <summary>Signals are the command's business, not the web server's.</summary>
    private sealed class NoLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
