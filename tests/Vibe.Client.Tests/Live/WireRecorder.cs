using System.Collections.Concurrent;

namespace Vibe.Client.Tests.Live;

/// <summary>
/// What went over the wire for calls: requests with their headers, and the ids that the server gave them. What the client asks
/// beside them is left out.
/// </summary>
internal sealed class WireRecorder
{
    public ConcurrentQueue<HttpRequestMessage> Requests { get; } = new();

    public ConcurrentQueue<string> RequestIds { get; } = new();

    /// <summary>Counts the answers that came.</summary>
    public SemaphoreSlim Answered { get; } = new(0);

    public VibeClientOptions Options(string? application = null) =>
        new()
        {
            Application = application,
            ConfigureChannel = channel => channel.HttpHandler = new Handler(this, channel.HttpHandler!),
        };

    private sealed class Handler(WireRecorder recorder, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override async Task<HttpResponseMessage> SendAsync(
            HttpRequestMessage request,
            CancellationToken cancellationToken
        )
        {
            if (request.RequestUri!.AbsolutePath.EndsWith("/GetServer", StringComparison.Ordinal))
            {
                return await base.SendAsync(request, cancellationToken);
            }

            recorder.Requests.Enqueue(request);
            var response = await base.SendAsync(request, cancellationToken);
            if (response.Headers.TryGetValues("x-request-id", out var ids))
            {
                recorder.RequestIds.Enqueue(ids.Single());
            }

            recorder.Answered.Release();
            return response;
        }
    }
}
