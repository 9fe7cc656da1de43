using Vibe.Hosting;
using Vibe.Identity.V1;

namespace Vibe.Identity.Servers;

/// <summary>One address as the outside sees it, with what is answered there.</summary>
/// <param name="Address">The base address, without a trailing slash.</param>
/// <param name="Protocols">The protocols that it speaks.</param>
/// <param name="Roles">The roles behind it; none where all are.</param>
internal sealed record PublicAddress(string Address, IReadOnlyList<Protocol> Protocols, IReadOnlyList<string> Roles)
{
    private static readonly Protocol[] AllProtocols = [Protocol.Grpc, Protocol.GrpcWeb, Protocol.Rest];

    // Over cleartext a port speaks HTTP/2 or HTTP/1.1, so these are the two that can be told apart.
    private static readonly Dictionary<string, Protocol[]> Doors = new(StringComparer.Ordinal)
    {
        ["grpc"] = [Protocol.Grpc],
        ["web"] = [Protocol.GrpcWeb, Protocol.Rest],
    };

    /// <summary>
    /// Reads <c>https://HOST:PORT</c>, before which <c>data,sync,grpc=</c> may say which roles are behind the address and
    /// whether it speaks gRPC alone, or only what browsers do (<c>web</c>).
    /// </summary>
    /// <exception cref="StartupException">It is no address, or names a role that there is not.</exception>
    public static PublicAddress Parse(string text, IReadOnlyCollection<string> roles)
    {
        var words = text.IndexOf('=') is >= 0 and var end
            ? text[..end].Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
            : [];
        var address = text[(text.IndexOf('=') + 1)..].Trim().TrimEnd('/');
        if (!Uri.TryCreate(address, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https"))
            throw new StartupException(
                $"'{text}' is no public address (Vibe:PublicAddresses); expected 'https://HOST:PORT'."
            );
        if (words.FirstOrDefault(word => !Doors.ContainsKey(word) && !roles.Contains(word)) is { } unknown)
            throw new StartupException(
                $"There is no role or door '{unknown}' (Vibe:PublicAddresses); known are {string.Join(", ", roles.Concat(Doors.Keys))}."
            );
        var doors = words.Where(Doors.ContainsKey).SelectMany(word => Doors[word]).Distinct().ToArray();
        return new PublicAddress(
            address,
            doors is [] ? AllProtocols : doors,
            [.. words.Where(word => !Doors.ContainsKey(word))]
        );
    }
}
