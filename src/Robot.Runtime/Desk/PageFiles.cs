using System.Collections.Frozen;
using System.Reflection;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>The dashboard's files, out of the program itself. They are looked up by their exact name: no path leads out.</summary>
internal sealed class PageFiles
{
    private const string Prefix = "wwwroot/";
    private readonly FrozenDictionary<string, PageFile> _files;

    public PageFiles()
    {
        Assembly program = typeof(PageFiles).Assembly;
        _files = program.GetManifestResourceNames().Where(n => n.StartsWith(Prefix, StringComparison.Ordinal))
            .ToFrozenDictionary(n => '/' + n[Prefix.Length..], n => Load(program, n));
    }

    private sealed record PageFile(byte[] Content, string Type, string Tag);

    public async Task ServeAsync(HttpContext context)
    {
        string path = context.Request.Path.Value is null or "/" ? "/index.html" : context.Request.Path.Value;
        if (!_files.TryGetValue(path, out PageFile? file))
        {
            await Replies.ErrorAsync(context, StatusCodes.Status404NotFound, 64, $"there is no page {path}");
            return;
        }
        context.Response.Headers.CacheControl = "no-cache"; // asked for again each time: an update shows at once
        if (Replies.NotModified(context, file.Tag))
            return;
        context.Response.ContentType = file.Type;
        context.Response.ContentLength = file.Content.Length;
        if (HttpMethods.IsGet(context.Request.Method))
            await context.Response.Body.WriteAsync(file.Content, context.RequestAborted);
    }

    private static PageFile Load(Assembly program, string name)
    {
        using Stream stream = program.GetManifestResourceStream(name)!;
        byte[] content = new byte[stream.Length];
        stream.ReadExactly(content);
        return new PageFile(content, TypeOf(name), $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
    }

    private static string TypeOf(string name) => Path.GetExtension(name) switch
    {
        ".html" => "text/html; charset=utf-8",
        ".css" => "text/css; charset=utf-8",
        ".js" => "text/javascript; charset=utf-8",
        ".svg" => "image/svg+xml",
        ".png" => "image/png",
        _ => "text/plain; charset=utf-8",
    };
}
