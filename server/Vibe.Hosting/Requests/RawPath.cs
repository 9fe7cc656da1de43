using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Vibe.Hosting.Requests;

/// <summary>
/// The path of a request as it came. The web server takes <c>.</c> and <c>..</c> out of paths, written plainly or with
/// percent signs, so that the deletion of a document <c>x/../y</c> would reach y, and reading <c>documents/.</c> would
/// list them. Neither is an id, in any encoding; a path that has one names nothing here.
/// </summary>
internal static class RawPath
{
    /// <summary>Whether a segment of the path is one or two dots, in any encoding.</summary>
    public static bool HasDots(HttpContext context)
    {
        var target = context.Features.Get<IHttpRequestFeature>()?.RawTarget ?? "";
        var path = target.Split('?', 2)[0];
        return path.Contains("/.", StringComparison.Ordinal) && Dots(path)
            || path.Contains("/%2", StringComparison.Ordinal) && Dots(path);
    }

    private static bool Dots(string path) =>
        path.Replace("%2e", ".", StringComparison.OrdinalIgnoreCase)
            .Split('/', ':')
            .Any(segment => segment is "." or "..");
}
