using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Scalar.AspNetCore;

namespace Vibe.Hosting.Reference;

/// <summary>
/// The description of REST: the OpenAPI document of the contract, and a page that shows it. Every process gives both, whichever
/// roles it has, to everybody: they say what the contract says, which is public, and what an address serves its
/// <c>/.well-known/vibe</c> tells.
/// </summary>
internal static class RestReference
{
    private const string Script = "text/javascript; charset=utf-8";

    // The viewer is a large program of others, and people give it tokens. So it gets an origin of its own, without the storage and
    // the cookies of the pages beside it, and reaches this server alone, as any page of another origin may.
    private const string Policy =
        "sandbox allow-scripts allow-downloads allow-popups; default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; "
        + "connect-src 'self'; img-src data:; form-action 'none'; frame-ancestors 'none'; base-uri 'none'";

    /// <summary>Maps the document and the page.</summary>
    public static void MapRestReference(this IEndpointRouteBuilder endpoints)
    {
        var page = Own("reference.html", "text/html; charset=utf-8");
        Map(endpoints, "/openapi.json", Own("openapi.json", "application/json"));
        Map(endpoints, "/reference/storage.js", Own("storage.js", Script));
        Map(endpoints, "/reference/start.js", Own("start.js", Script));
        // The package holds it compressed.
        Map(
            endpoints,
            "/reference/scalar.js",
            new(() => ServedFile.OfCompressed(Read(typeof(ScalarOptions), "ScalarStaticAssets.scalar.js"), Script))
        );
        Map(
            endpoints,
            "/reference",
            page,
            headers =>
            {
                headers.ContentSecurityPolicy = Policy;
                headers["referrer-policy"] = "no-referrer";
            }
        );
    }

    private static void Map(
        IEndpointRouteBuilder endpoints,
        string path,
        Lazy<ServedFile> file,
        Action<IHeaderDictionary>? addHeaders = null
    ) =>
        endpoints
            .MapMethods(
                path,
                [HttpMethods.Get, HttpMethods.Head],
                context =>
                {
                    addHeaders?.Invoke(context.Response.Headers);
                    return file.Value.SendAsync(context);
                }
            )
            .AllowAnonymous();

    private static Lazy<ServedFile> Own(string name, string type) =>
        new(() => ServedFile.Of(Read(typeof(RestReference), name), type));

    private static byte[] Read(Type beside, string name)
    {
        using var resource = beside.Assembly.GetManifestResourceStream(name)!;
        using var bytes = new MemoryStream();
        resource.CopyTo(bytes);
        return bytes.ToArray();
    }
}
