using System.Net.Http.Headers;
using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;
using Vibe.Hosting.Errors;

namespace Vibe.Hosting.Json;

/// <summary>
/// Reads the query and the JSON of a REST request strictly before anything else parses it: what parsers drop or round
/// without a word (a member twice, digits, half a character) is refused here, as it is in JSON that comes as bytes.
/// </summary>
internal sealed class RestBodyMiddleware(RequestDelegate next, Limits limits)
{
    // A body in a batch lies five levels below the root; what is within it is held to its own limits later.
    private static readonly JsonLimits Limit = new(Depth: 60, NameBytes: 1024);

    public async Task InvokeAsync(HttpContext context)
    {
        var request = context.Request;
        if (Refusal.IsGrpc(request))
        {
            await next(context);
            return;
        }
        using var body = new MemoryStream();
        try
        {
            if (context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is { } rest)
                KnownParameters.Check(request.Query, rest.MethodDescriptor, rest.HttpRule);
            await ReadAsync(request.Body, body, context.RequestAborted);
            if (body.Length > 0)
            {
                CheckEncoding(request);
                Check(body.GetBuffer().AsSpan(0, (int)body.Length), context.GetEndpoint());
            }
        }
        catch (VibeException error)
        {
            await Refusal.WriteAsync(context, error);
            return;
        }
        if (body.Length == 0)
        {
            await next(context);
            return;
        }
        body.Position = 0;
        request.Body = body;
        request.ContentLength = body.Length;
        await next(context);
    }

    // Only what is UTF-8 as it stands is read here as it is read later.
    private static void CheckEncoding(HttpRequest request)
    {
        if (request.Headers.ContentEncoding.Any(encoding => encoding is not (null or "" or "identity")))
            throw CallErrors.EncodingUnsupported(request.Headers.ContentEncoding.ToString());
        if (
            MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            && type.CharSet is { Length: > 0 } charset
            && !charset.Trim('"').Equals("utf-8", StringComparison.OrdinalIgnoreCase)
        )
            throw CallErrors.MessageMalformed("The body has to be UTF-8.");
    }

    private static void Check(ReadOnlySpan<byte> json, Endpoint? endpoint)
    {
        StrictJson.Check(json, Limit);
        if (endpoint?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>() is not { } rest)
            return;
        var body = rest.HttpRule.Body;
        var message = rest.MethodDescriptor.InputType;
        if (body.Length == 0)
            KnownMembers.CheckNone(json);
        else
            KnownMembers.Check(json, body == "*" ? message : message.FindFieldByName(body).MessageType);
    }

    private async Task ReadAsync(Stream from, MemoryStream to, CancellationToken cancellation)
    {
        var buffer = new byte[16 * 1024];
        int read;
        while ((read = await from.ReadAsync(buffer, cancellation)) > 0)
        {
            if (to.Length + read > limits.MessageBytes)
                throw CallErrors.MessageTooLarge(limits.MessageBytes);
            to.Write(buffer, 0, read);
        }
    }
}
