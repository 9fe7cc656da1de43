using Microsoft.AspNetCore.Grpc.JsonTranscoding;
using Microsoft.AspNetCore.Http;

namespace Vibe.Hosting.Requests;

/// <summary>
/// Sends the messages of a stream as Server-Sent Events (HTML, 9.2) to whoever accepts them by
/// <c>accept: text/event-stream</c>; to all others each is a line. An event is the JSON of a message and has no id: where to
/// go on stands in the message, and comes back as a query parameter, so that it means the same at every door.
/// </summary>
internal sealed class EventStreamMiddleware(RequestDelegate next)
{
    private const string MediaType = "text/event-stream";

    public async Task InvokeAsync(HttpContext context)
    {
        if (!IsWanted(context))
        {
            await next(context);
            return;
        }
        var response = context.Response;
        response.OnStarting(() =>
        {
            if (response.StatusCode != StatusCodes.Status200OK)
                return Task.CompletedTask;
            response.ContentType = MediaType;
            response.Headers.CacheControl = "no-cache";
            return Task.CompletedTask;
        });
        var body = response.Body;
        response.Body = new EventStream(response, body);
        try
        {
            await next(context);
        }
        finally
        {
            response.Body = body;
        }
    }

    private static bool IsWanted(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<GrpcJsonTranscodingMetadata>()
            is { MethodDescriptor.IsServerStreaming: true }
        && context.Request.Headers.Accept.Any(accept =>
            accept?.Contains(MediaType, StringComparison.OrdinalIgnoreCase) == true
        );
}
