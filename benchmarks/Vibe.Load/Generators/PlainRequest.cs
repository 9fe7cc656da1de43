namespace Vibe.Load.Generators;

/// <summary>A request of HTTP as it is sent, the same each time.</summary>
/// <param name="Address">The whole of it.</param>
/// <param name="Headers">Beside those that every request has.</param>
/// <param name="Body">What is posted; without it something is got.</param>
internal sealed record PlainRequest(Uri Address, IReadOnlyList<(string Name, string Value)> Headers, byte[]? Body)
{
    /// <summary>Whether it goes over HTTP/1.1, where it would else go over HTTP/2.</summary>
    public bool IsHttp1 { get; init; }

    /// <summary>A call of gRPC.</summary>
    public static PlainRequest Of(Uri address, Call call) =>
        new(
            new Uri(address, call.Path),
            [("content-type", "application/grpc"), ("te", "trailers"), .. Bearing(call.Token)],
            call.Framed
        );

    /// <summary>The header of a token.</summary>
    public static IEnumerable<(string Name, string Value)> Bearing(string? token) =>
        token is null ? [] : [("authorization", $"Bearer {token}")];

    /// <summary>The same for a client of .NET.</summary>
    public HttpRequestMessage ToMessage()
    {
        var message = new HttpRequestMessage(Body is null ? HttpMethod.Get : HttpMethod.Post, Address)
        {
            Version = IsHttp1 ? new Version(1, 1) : new Version(2, 0),
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = Body is null ? null : new ByteArrayContent(Body),
        };
        foreach (var (name, value) in Headers)
            if (!message.Headers.TryAddWithoutValidation(name, value))
                message.Content!.Headers.TryAddWithoutValidation(name, value);
        return message;
    }
}
