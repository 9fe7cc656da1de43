using Google.Protobuf;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Status = Google.Rpc.Status;

namespace Vibe.Cases.Doors;

/// <summary>One call at a door.</summary>
internal sealed class GrpcCall(HttpContext context, string service, string method)
{
    /// <summary>The service's full name.</summary>
    public string Service => service;

    public string Method => method;

    public IHeaderDictionary Headers => context.Request.Headers;

    /// <summary>Ends when the client has gone.</summary>
    public CancellationToken Gone => context.RequestAborted;

    /// <summary>Reads the one message of a request.</summary>
    public async Task<byte[]> RequestAsync() =>
        await Frames.ReadAsync(context.Request.Body, Gone) ?? throw new InvalidDataException("There is no message.");

    /// <summary>Sends one message of the response.</summary>
    public Task SendAsync(ReadOnlyMemory<byte> message)
    {
        Begin();
        return Frames.WriteAsync(context.Response.Body, message, Gone);
    }

    /// <summary>Ends the response.</summary>
    public Task EndAsync(Status status) =>
        EndAsync([
            new("grpc-status", $"{status.Code}"),
            new("grpc-message", Uri.EscapeDataString(status.Message)),
            new("grpc-status-details-bin", Convert.ToBase64String(status.ToByteArray()).TrimEnd('=')),
        ]);

    /// <summary>Ends the response with trailers.</summary>
    public async Task EndAsync(IEnumerable<KeyValuePair<string, string>> trailers)
    {
        Begin();
        foreach (var (name, value) in trailers)
            context.Response.AppendTrailer(name, value);
        await context.Response.CompleteAsync();
    }

    /// <summary>Breaks the call off without an end.</summary>
    public void Cut() => context.Abort();

    private void Begin()
    {
        if (context.Response.HasStarted)
            return;
        // A response that is on its way must not wait for its first message.
        context.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        context.Response.ContentType ??= "application/grpc";
    }
}
