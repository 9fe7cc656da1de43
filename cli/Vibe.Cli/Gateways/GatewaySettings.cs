namespace Vibe.Cli.Gateways;

/// <summary>Where a gateway listens, and whom it passes calls on to.</summary>
/// <param name="Listen">The address that clients connect to, over TLS.</param>
/// <param name="AdminPort">The port of Envoy's own page, on the loopback alone.</param>
/// <param name="AddressRate">How many calls a second one address may make.</param>
/// <param name="Certificate">The file of the certificate and its chain, PEM, relative to where Envoy is started.</param>
/// <param name="Key">The file of its private key.</param>
/// <param name="Descriptors">The file of the contract's descriptors.</param>
/// <param name="Backends">The gRPC addresses of the servers, for each role; the empty role stands for all.</param>
/// <param name="Telemetry">The collector of OpenTelemetry that spans are sent to; nothing is sent without one.</param>
internal sealed record GatewaySettings(
    Endpoint Listen,
    int AdminPort,
    int AddressRate,
    string Certificate,
    string Key,
    string Descriptors,
    ILookup<string, Endpoint> Backends,
    Endpoint? Telemetry
);

/// <summary>A host, by name or address, and a port.</summary>
internal sealed record Endpoint(string Host, int Port)
{
    /// <summary>Reads <c>HOST:PORT</c>, or gives nothing.</summary>
    public static Endpoint? Parse(string text)
    {
        var colon = text.LastIndexOf(':');
        return
            colon > 0
            && int.TryParse(text[(colon + 1)..], out var port)
            && port is > 0 and < 65536
            && Uri.CheckHostName(text[..colon].Trim('[', ']')) != UriHostNameType.Unknown
            ? new Endpoint(text[..colon].Trim('[', ']'), port)
            : null;
    }
}
