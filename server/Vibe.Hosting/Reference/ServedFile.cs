using System.IO.Compression;
using System.Security.Cryptography;
using Microsoft.AspNetCore.Http;
using Microsoft.Net.Http.Headers;

namespace Vibe.Hosting.Reference;

/// <summary>
/// A file that is the same for everybody, and so may be compressed and kept: nothing in it is a secret that its length could tell.
/// </summary>
internal sealed class ServedFile
{
    private readonly byte[] _plain;
    private readonly byte[] _compressed;
    private readonly string _type;
    private readonly EntityTagHeaderValue _etag;

    private ServedFile(byte[] plain, byte[] compressed, string type)
    {
        (_plain, _compressed, _type) = (plain, compressed, type);
        // Weak: it is one file, however it is encoded.
        _etag = new EntityTagHeaderValue($"\"{Convert.ToHexStringLower(SHA256.HashData(plain)[..16])}\"", isWeak: true);
    }

    /// <summary>A file that comes as it is.</summary>
    public static ServedFile Of(byte[] plain, string type) => new(plain, Compress(plain), type);

    /// <summary>A file that comes compressed by gzip.</summary>
    public static ServedFile OfCompressed(byte[] compressed, string type) => new(Expand(compressed), compressed, type);

    /// <summary>Sends it, or says that the caller has it already.</summary>
    public async Task SendAsync(HttpContext context)
    {
        var (request, response) = (context.Request, context.Response);
        response.GetTypedHeaders().ETag = _etag;
        response.Headers.CacheControl = "no-cache";
        response.Headers.Vary = HeaderNames.AcceptEncoding;
        response.Headers.XContentTypeOptions = "nosniff";
        if (request.GetTypedHeaders().IfNoneMatch.Any(known => known.Compare(_etag, useStrongComparison: false)))
        {
            response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }
        var takesGzip = request
            .GetTypedHeaders()
            .AcceptEncoding.Any(encoding => encoding is { Value.Value: "gzip" or "*", Quality: null or > 0 });
        if (takesGzip)
            response.Headers.ContentEncoding = "gzip";
        response.ContentType = _type;
        var content = takesGzip ? _compressed : _plain;
        response.ContentLength = content.Length;
        if (!HttpMethods.IsHead(request.Method))
            await response.Body.WriteAsync(content, context.RequestAborted);
    }

    private static byte[] Compress(byte[] plain)
    {
        using var bytes = new MemoryStream();
        using (var gzip = new GZipStream(bytes, CompressionLevel.SmallestSize))
            gzip.Write(plain);
        return bytes.ToArray();
    }

    private static byte[] Expand(byte[] compressed)
    {
        using var gzip = new GZipStream(new MemoryStream(compressed), CompressionMode.Decompress);
        using var bytes = new MemoryStream();
        gzip.CopyTo(bytes);
        return bytes.ToArray();
    }
}
