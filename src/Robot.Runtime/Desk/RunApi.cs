using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using RobotWorldModel.Runtime.Desk.Runs;
using RobotWorldModel.WorldModel.Evaluation;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>
/// Training runs over HTTP: list, numbers over steps, what an evaluation found. A run is named by <c>?run=</c>: its id has slashes.
/// </summary>
internal sealed class RunApi(RunStore store)
{
    private const int Points = 800; // more than a plot has pixels for each line

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapGet("/api/runs", context => Replies.JsonAsync(context, new RunList(store.Root, store.List()), DeskJson.Default.RunList));
        routes.MapGet("/api/runs/metrics", MetricsAsync);
        routes.MapGet("/api/runs/evaluation", context => FileAsync(context, EvaluationReport.NumbersFile, "application/json"));
        routes.MapGet("/api/runs/report", ReportAsync);
    }

    private static string Run(HttpContext context) => context.Request.Query["run"].ToString();

    private static Task NoneAsync(HttpContext context, string what) =>
        Replies.ErrorAsync(context, StatusCodes.Status404NotFound, 64, $"there is no {what} in the folder of runs");

    private Task MetricsAsync(HttpContext context) => store.Series(Run(context), Points) is { } series
        ? Replies.JsonAsync(context, series, DeskJson.Default.RunSeries)
        : NoneAsync(context, $"run '{Run(context)}'");

    private Task ReportAsync(HttpContext context)
    {
        // The page has its style and pictures in itself, and needs nothing else.
        context.Response.Headers.ContentSecurityPolicy =
            "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        return FileAsync(context, EvaluationReport.ReportFile, "text/html");
    }

    private async Task FileAsync(HttpContext context, string file, string type)
    {
        if (store.EvaluationFile(Run(context), file) is not { } path)
        {
            await NoneAsync(context, $"evaluation of '{Run(context)}'");
            return;
        }
        context.Response.ContentType = type + "; charset=utf-8";
        context.Response.Headers.CacheControl = "no-store";
        await context.Response.SendFileAsync(path, context.RequestAborted);
    }
}

/// <param name="Root">Folder of the runs, absolute.</param>
/// <param name="Runs">The newest first.</param>
internal sealed record RunList(string Root, IReadOnlyList<RunListing> Runs);
