namespace Vibe.Testing.Telemetry;

/// <summary>Notes what a caller sends over REST, and what it is told when it is refused.</summary>
internal sealed class CanaryHandler(Canaries canaries, string caller) : DelegatingHandler(new HttpClientHandler())
{
    protected override async Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    )
    {
        canaries.Sent(caller, Texts.OfTarget(request.RequestUri!.PathAndQuery));
        if (request.Content is { } content)
            canaries.Sent(caller, Texts.OfJson(await content.ReadAsByteArrayAsync(cancellationToken)));
        var response = await base.SendAsync(request, cancellationToken);
        if (!response.IsSuccessStatusCode)
            canaries.Told(
                caller,
                [
                    .. Texts.OfHeaders(
                        response.Headers.Select(header =>
                            KeyValuePair.Create(header.Key.ToLowerInvariant(), string.Join(',', header.Value))
                        )
                    ),
                    .. Texts.OfRefusal(await response.Content.ReadAsByteArrayAsync(cancellationToken)),
                ]
            );
        return response;
    }
}
