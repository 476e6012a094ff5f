using System.Net;
using System.Net.Http.Headers;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;

namespace RobotWorldModel.Runtime.Desk;

/// <summary>
/// Keeps other web pages away from the arm. The desk has no password: a page of a stranger, open in the same browser, could send it requests. It
/// cannot name our host (DNS rebinding gives it away), cannot hide its origin, and cannot send JSON without asking first.
/// </summary>
internal sealed class RequestGuard(IPAddress listen)
{
    /// <summary>Why a request is refused; null where it may pass.</summary>
    public string? Refusal(HttpContext context)
    {
        HttpRequest request = context.Request;
        if (!KnownHost(context))
            return $"the host '{request.Host}' is not this desk's: open it as http://localhost:{context.Connection.LocalPort}";
        bool changes = !HttpMethods.IsGet(request.Method) && !HttpMethods.IsHead(request.Method);
        bool socket = request.Path.StartsWithSegments("/ws");
        if ((changes || socket) && !SameOrigin(request))
            return $"a page of '{request.Headers.Origin}' may not control this cell";
        return changes && !IsJson(request.ContentType) ? "a request that changes something must be application/json" : null;
    }

    /// <summary>The listen address, localhost or the address that this very connection came in on, with the port.</summary>
    private bool KnownHost(HttpContext context)
    {
        HostString host = context.Request.Host;
        if (!host.HasValue || (host.Port ?? 80) != context.Connection.LocalPort)
            return false;
        if (host.Host.Equals("localhost", StringComparison.OrdinalIgnoreCase))
            return true;
        // Only the usual writing of an address: TryParse also takes 0x7f.1 and the like.
        if (!IPAddress.TryParse(host.Host, out IPAddress? address) || !host.Host.Trim('[', ']').Equals(address.ToString(), StringComparison.OrdinalIgnoreCase))
            return false;
        IPAddress? local = context.Connection.LocalIpAddress;
        if (local is { IsIPv4MappedToIPv6: true })
            local = local.MapToIPv4();
        return address.Equals(listen) || address.Equals(local) || address.Equals(IPAddress.Loopback) || address.Equals(IPAddress.IPv6Loopback);
    }

    /// <summary>Browsers always send an Origin with what matters here; who sends none is no browser.</summary>
    private static bool SameOrigin(HttpRequest request)
    {
        StringValues origin = request.Headers.Origin;
        return origin.Count == 0
            || (origin.Count == 1 && string.Equals(origin[0], $"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
    }

    private static bool IsJson(string? contentType) =>
        MediaTypeHeaderValue.TryParse(contentType, out MediaTypeHeaderValue? type)
        && string.Equals(type.MediaType, "application/json", StringComparison.OrdinalIgnoreCase)
        && (type.CharSet is null || type.CharSet.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase));
}
