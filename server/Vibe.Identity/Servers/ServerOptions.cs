namespace Vibe.Identity.Servers;

/// <summary>How the server is reached, and what it offers there.</summary>
public sealed class ServerOptions
{
    /// <summary>The section of the configuration that holds these options.</summary>
    public const string Section = "Vibe";

    /// <summary>Where gRPC over cleartext HTTP/2 is answered.</summary>
    public string GrpcAddress { get; set; } = "http://127.0.0.1:5280";

    /// <summary>Where gRPC-web and REST over HTTP/1.1 are answered.</summary>
    public string WebAddress { get; set; } = "http://127.0.0.1:5281";

    /// <summary>
    /// The addresses as the outside sees them, where a gateway stands in front or each role has a server of its own:
    /// <c>https://HOST:PORT</c> for one that answers everything, <c>data,sync=https://HOST:PORT</c> for one that answers for
    /// some roles, <c>data,grpc=…</c> and <c>data,web=…</c> where it does so by HTTP/2 or HTTP/1.1 alone. All processes are
    /// told the same.
    /// </summary>
    public string[] PublicAddresses { get; set; } = [];
}
